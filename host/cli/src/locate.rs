//! How client commands find the running host of this machine: a pointer file in the user's run-time folder names its
//! data folder, and there are its address and the token of its first admin.

use std::fs::{DirBuilder, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::data_folder::{ADDRESS, ADMIN_TOKEN};
use crate::exit::Usage;
use crate::{environment, own_file};

/// The address of a host, and the token for it.
#[derive(Debug)]
pub(crate) struct Host {
    pub(crate) url: String,
    pub(crate) token: String,
}

fn pointer() -> PathBuf {
    let folder = environment::get(environment::RUNTIME_DIR).map_or_else(
        || PathBuf::from(format!("/tmp/lockgate-{}", rustix::process::getuid().as_raw())),
        |folder| PathBuf::from(folder).join("lockgate"),
    );
    folder.join("host")
}

/// Leaves the pointer to a host that was just started.
pub(crate) fn announce(data: &Path) -> anyhow::Result<()> {
    let data = data.canonicalize()?;
    let pointer = pointer();
    let folder = pointer.parent().unwrap_or(Path::new("/tmp"));
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    // Another user may have made the folder in /tmp first.
    own_file::check_folder(folder)?;
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&pointer)?;
    Ok(writeln!(file, "{}", data.display())?)
}

/// The host of the environment, or the running one of this machine.
pub(crate) fn host(data: Option<&Path>) -> anyhow::Result<Host> {
    let (url, token) = (environment::get(environment::URL), environment::get(environment::TOKEN));
    if let (Some(url), Some(token)) = (&url, &token) {
        return Ok(Host { url: url.trim_end_matches('/').to_owned(), token: token.clone() });
    }
    let data = match data {
        Some(data) => data.to_owned(),
        None => {
            let named = own_file::read(&pointer())?.map(|text| PathBuf::from(text.trim()));
            named.ok_or_else(|| {
                let what =
                    "no running host found: start one with `lockgate serve`, or set LOCKGATE_URL and LOCKGATE_TOKEN";
                Usage(what.to_owned())
            })?
        }
    };
    let read = |name: &str| {
        let path = data.join(name);
        let text = std::fs::read_to_string(&path).with_context(|| format!("can't read `{}`", path.display()))?;
        anyhow::Ok(text.trim().to_owned())
    };
    Ok(Host {
        url: match url {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None => format!("http://{}", read(ADDRESS)?),
        },
        token: match token {
            Some(token) => token,
            None => read(ADMIN_TOKEN)?,
        },
    })
}
