//! Code that guests were compiled to, kept below `target/` and given to the hosts of all tests: each would compile the same
//! guests anew. A host takes no code but what its own key authenticates, so these hosts have one key ring. Tests of keys and
//! of new data folders have a [ring of their own](crate::Home::with_keys_of_its_own).

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use lockgate_domain::Digest;
use reqwest::Method;
use serde_json::json;

use crate::{Home, Serve, guests, prepared};

/// It protects nothing but what tests store.
const RING: &str = "lockgate-key-1:6c6f636b676174652d746573747320736861726520746869732072696e672e2e\n";

/// Where the code is kept, for tests alone: what measures hosts has them compile.
fn kept() -> Option<PathBuf> {
    let own = std::env::current_exe().expect("a test is a program");
    own.parent().is_some_and(|folder| folder.ends_with("deps")).then(|| prepared::folder().join("compiled"))
}

/// Gives a home that has no data folder one with the common ring.
pub(crate) fn begin(home: &Home) {
    let data = home.data();
    if kept().is_none() || data.exists() {
        return;
    }
    DirBuilder::new().mode(0o700).create(&data).expect("a data folder");
    let ring = OpenOptions::new().write(true).create_new(true).mode(0o600).open(data.join("master.key"));
    ring.and_then(|mut file| file.write_all(RING.as_bytes())).expect("the key ring");
}

/// Whether a host's ring is the common one, as far as its folder says.
fn shares(home: &Home) -> bool {
    fs::read_to_string(home.data().join("master.key")).is_ok_and(|text| text == RING)
}

/// Loads one of the guests with the code that it was compiled to before, or keeps what it becomes. `load` says whether it
/// was loaded.
pub(crate) fn sharing<T>(
    home: &Home,
    component: &[u8],
    load: impl FnOnce() -> T,
    loaded: impl FnOnce(&T) -> bool,
) -> T {
    let Some(kept) = kept().filter(|_| is_guest(component) && shares(home)) else { return load() };
    let (digest, cache) = (Digest::of(component), home.data().join("cache"));
    copy(&kept, &cache, &digest);
    let answer = load();
    if loaded(&answer) {
        copy(&cache, &kept, &digest);
    }
    answer
}

/// Gives a host what the guests of scripts were compiled to. The first that asks makes it, and the others wait.
pub(crate) fn give_scripts(home: &Home) {
    let Some(kept) = kept().filter(|_| shares(home)) else { return };
    fs::create_dir_all(&kept).expect("a folder");
    let lock = File::create(kept.join("lock")).expect("a file");
    lock.lock().expect("the lock of the compiled code");
    let digests = lockgate_script::digests();
    let is_there = |digest: &Digest| !named(&kept, digest).is_empty();
    if !digests.iter().all(is_there) {
        let host = Serve::new().start();
        host.group("g", json!({}));
        let script = json!({"language": "javascript", "source": "export default () => 1;"});
        let connector = json!({"name": "c", "type": "function", "script": script});
        host.send(host.request(Method::POST, "/groups/g/connectors").json(&connector)).status(201);
        let made = host.end();
        digests.iter().for_each(|digest| copy(&made.data().join("cache"), &kept, digest));
    }
    drop(lock);
    digests.iter().for_each(|digest| copy(&kept, &home.data().join("cache"), digest));
}

/// Whether a component is one of the guests as they are built now. Most others differ in their length.
fn is_guest(component: &[u8]) -> bool {
    let has_length = |path: &Path| fs::metadata(path).is_ok_and(|found| found.len() == component.len() as u64);
    let paths = guests::ALL.iter().map(guests::Guest::component);
    paths.filter(|path| has_length(path)).any(|path| fs::read(path).is_ok_and(|bytes| bytes == component))
}

/// The files of one component: code and authentication code, for each engine that made some.
fn named(folder: &Path, digest: &Digest) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let is_of = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name.starts_with(digest.hex().as_str()) && (name.ends_with(".cwasm") || name.ends_with(".mac"))
    };
    let mut found: Vec<_> = entries.filter(is_of).collect();
    // Authentication codes first: who sees code sees that it is authentic.
    found.sort_by(|one, other| other.cmp(one));
    found
}

/// Copies what is not there yet. Each file appears whole, whoever else does the same.
fn copy(from: &Path, to: &Path, digest: &Digest) {
    DirBuilder::new().recursive(true).mode(0o700).create(to).expect("a folder");
    for path in named(from, digest) {
        let place = to.join(path.file_name().expect("a file"));
        if !place.exists() {
            let fresh = tempfile::NamedTempFile::new_in(to).expect("a file");
            fs::copy(&path, fresh.path()).expect("a copy");
            fresh.persist(&place).expect("its place");
        }
    }
}
