//! Ready-made groups as they are shipped, whose addresses lead to servers of a test.

use std::fs;
use std::path::PathBuf;

use crate::{Home, Upstream, root};

/// Copies `community/NAME` into the folder of packages of a home, with `origin` replaced by this server, and gives the
/// folder.
pub fn package(home: &Home, name: &str, origin: &str, upstream: &Upstream) -> PathBuf {
    let (shipped, packages) = (root().join("community").join(name), home.work().join("packages"));
    let folder = packages.join(name);
    fs::create_dir_all(&folder).expect("a folder");
    fs::copy(shipped.join("package.yaml"), folder.join("package.yaml")).expect("a package");
    let text = fs::read_to_string(shipped.join("group.yaml")).expect("a group");
    let (from, to) = (format!("{{url: \"{origin}"), format!("{{plaintext: true, url: \"{}", upstream.url()));
    let mut changed = text.replace(&from, &to);
    for (from, to) in [
        ("resource_type: EXTERNAL".to_owned(), "resource_type: INTERNAL".to_owned()),
        (format!("base_url: {origin}"), format!("base_url: {}", upstream.url())),
    ] {
        assert!(changed.contains(&from), "{from}");
        changed = changed.replace(&from, &to);
    }
    assert!(changed.contains(&to), "no destination {origin}");
    fs::write(folder.join("group.yaml"), changed).expect("a group");
    packages
}
