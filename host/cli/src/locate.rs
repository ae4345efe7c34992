//! How client commands find the running hosts of this machine: in the user's run-time folder a pointer names the data
//! folder of the host that was started last, and a folder `hosts` has a file for each; in the data folders are the hosts'
//! addresses and the tokens of their first admins.

use std::fs::{DirBuilder, OpenOptions};
use std::io::{ErrorKind, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use lockgate_domain::Digest;

use crate::data_folder::{ADDRESS, ADMIN_TOKEN};
use crate::exit::Usage;
use crate::{environment, output, own_file};

/// How long a host of this machine may take to accept a connection before it counts as one that is too busy to say so.
const ANSWERS_WITHIN: Duration = Duration::from_secs(1);
/// What to do without a host.
const NONE: &str = "no running host found: start one with `lockgate serve`, or set LOCKGATE_URL and LOCKGATE_TOKEN";

/// The address of a host, and the token for it.
#[derive(Debug)]
pub(crate) struct Host {
    pub(crate) url: String,
    pub(crate) token: String,
    /// Its data folder, where one of several hosts of this machine is meant.
    pub(crate) one_of_several: Option<PathBuf>,
}

fn folder() -> PathBuf {
    environment::get(environment::RUNTIME_DIR).map_or_else(
        || PathBuf::from(format!("/tmp/lockgate-{}", rustix::process::getuid().as_raw())),
        |folder| PathBuf::from(folder).join("lockgate"),
    )
}

fn pointer() -> PathBuf {
    folder().join("host")
}

/// The file of one host among those of all.
fn entry(data: &Path) -> PathBuf {
    folder().join("hosts").join(Digest::of(data.as_os_str().as_encoded_bytes()).hex())
}

/// What a file of this user names, if it is there.
fn named(file: &Path) -> anyhow::Result<Option<PathBuf>> {
    Ok(own_file::read(file)?.map(|text| PathBuf::from(text.trim())))
}

/// Leaves the pointer to a host that was just started. If client commands found another one until now, says so.
pub(crate) fn announce(data: &Path) -> anyhow::Result<()> {
    let data = data.canonicalize()?;
    let folder = folder();
    DirBuilder::new().recursive(true).mode(0o700).create(folder.join("hosts"))?;
    // Another user may have made the folder in /tmp first.
    own_file::check_folder(&folder)?;
    let other = named(&pointer())?.filter(|other| *other != data && !is_dead(other));
    for file in [entry(&data), pointer()] {
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&file)?;
        writeln!(file, "{}", data.display())?;
    }
    if let Some(other) = other {
        output::note(format!(
            "client commands speak to this host now; for the one that runs already: --data-dir {}",
            other.display()
        ));
    }
    Ok(())
}

/// Whether nothing listens any more at the address that a data folder names.
#[expect(clippy::disallowed_methods, reason = "to a host of this user on this machine; no guest is near")]
fn is_dead(data: &Path) -> bool {
    let Ok(address) = std::fs::read_to_string(data.join(ADDRESS)) else { return true };
    let Ok(address) = address.trim().parse::<SocketAddr>() else { return true };
    let refused = |error: std::io::Error| error.kind() == ErrorKind::ConnectionRefused;
    TcpStream::connect_timeout(&address, ANSWERS_WITHIN).is_err_and(refused)
}

/// Whether hosts of other data folders run on this machine. Files of those that are gone are removed.
fn others_run(data: &Path) -> bool {
    let files = std::fs::read_dir(folder().join("hosts")).into_iter().flatten().flatten();
    let mut running = false;
    for file in files {
        let Some(other) = named(&file.path()).ok().flatten().filter(|other| other != data) else { continue };
        if is_dead(&other) {
            // Nothing depends on it: at worst it is looked at again.
            let _ = std::fs::remove_file(file.path());
        } else {
            running = true;
        }
    }
    running
}

/// The data folder of the host that was started last of those that run. The pointer to one that is gone is removed.
///
/// # Errors
/// Another user could have written the pointer.
pub(crate) fn running() -> anyhow::Result<Option<PathBuf>> {
    if let Some(data) = named(&pointer())? {
        if !is_dead(&data) {
            return Ok(Some(data));
        }
        let _ = std::fs::remove_file(pointer());
    }
    let files = std::fs::read_dir(folder().join("hosts")).into_iter().flatten().flatten();
    let mut started: Vec<_> =
        files.filter_map(|file| Some((file.metadata().ok()?.modified().ok()?, file.path()))).collect();
    started.sort();
    // The file of a host is written when it starts.
    let last = started.iter().rev().filter_map(|(_, file)| named(file).ok().flatten()).find(|data| !is_dead(data));
    Ok(last)
}

/// The host of a data folder that is named, or of the environment, or the running one of this machine.
pub(crate) fn host(data: Option<&Path>) -> anyhow::Result<Host> {
    let (url, token) = (environment::get(environment::URL), environment::get(environment::TOKEN));
    let url = url.filter(|_| data.is_none()).map(|url| url.trim_end_matches('/').to_owned());
    if let (Some(url), Some(token)) = (&url, &token) {
        return Ok(Host { url: url.clone(), token: token.clone(), one_of_several: None });
    }
    let data = data.map(Path::to_owned).or_else(|| environment::get(environment::DATA_DIR).map(PathBuf::from));
    let data = match data {
        Some(data) => data,
        None => running()?.ok_or_else(|| Usage(NONE.to_owned()))?,
    };
    let data = data.canonicalize().with_context(|| format!("can't read `{}`", data.display()))?;
    let read = |name: &str| {
        let path = data.join(name);
        let text = std::fs::read_to_string(&path).with_context(|| format!("can't read `{}`", path.display()))?;
        anyhow::Ok(text.trim().to_owned())
    };
    let token = match token {
        Some(token) => token,
        None => read(ADMIN_TOKEN)?,
    };
    match url {
        Some(url) => Ok(Host { url, token, one_of_several: None }),
        None => {
            let url = format!("http://{}", read(ADDRESS)?);
            Ok(Host { url, token, one_of_several: others_run(&data).then_some(data) })
        }
    }
}
