//! Rules of the repository that no compiler knows.

mod folders;
mod imports;
mod paths;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use lockgate_tests::{guests, hostile, root};

/// The host's crates from the top; each may use those below it.
const ARROWS: [&str; 11] =
    ["cli", "server", "flow", "script", "engine", "protobuf", "egress", "telemetry", "store", "vault", "domain"];
/// Beside them: the author's tools, which use nothing of the host. The program uses them, and the build of the guests of
/// scripts.
const TOOLCHAIN: &str = "toolchain";
const BUILDERS: [&str; 2] = ["cli", "script"];

fn folders(path: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(path).unwrap().map(|entry| entry.unwrap());
    entries.filter(|entry| entry.path().is_dir()).map(|entry| entry.file_name().into_string().unwrap()).collect()
}

/// The folders of `host` that are crates. The console is a project of another language.
fn crates() -> BTreeSet<String> {
    let mut found = folders(&root().join("host"));
    assert!(found.remove("console"), "host/console is there");
    found
}

/// Crates of this workspace that a crate uses, tests included.
fn uses(name: &str) -> Vec<String> {
    let text = fs::read_to_string(root().join("host").join(name).join("Cargo.toml")).unwrap();
    let manifest: toml::Table = toml::from_str(&text).unwrap();
    let tables =
        ["dependencies", "dev-dependencies", "build-dependencies"].into_iter().filter_map(|table| manifest.get(table));
    let names = tables.flat_map(|table| table.as_table().unwrap().keys());
    names.filter_map(|name| name.strip_prefix("lockgate-")).map(str::to_owned).collect()
}

#[test]
fn dependencies_of_the_host_only_go_down() {
    for name in crates() {
        for used in uses(&name) {
            let place = |name: &str| ARROWS.iter().position(|own| *own == name);
            let allowed = match (place(&name), place(&used)) {
                (Some(own), Some(other)) => own < other,
                (Some(own), None) => BUILDERS.contains(&ARROWS[own]) && used == TOOLCHAIN,
                (None, _) => false,
            };
            assert!(
                allowed,
                "host/{name} uses lockgate-{used}: arrows go down {ARROWS:?}, and only {BUILDERS:?} use {TOOLCHAIN}"
            );
        }
        assert!(name == TOOLCHAIN || ARROWS.contains(&name.as_str()), "host/{name} has no place in the list of arrows");
    }
}

#[test]
fn every_guest_is_listed() {
    for workspace in ["sample-plugins", "tests/guests"] {
        let folder = root().join(workspace);
        // The hostile guests have a list of their own, and scripts are compiled by nobody.
        let others = ["target", ".cargo", "hostile", "scripts", "minutes"];
        let found = folders(&folder).into_iter().filter(|name| !others.contains(&name.as_str()));
        let listed = guests::ALL.iter().filter(|guest| guest.workspace == workspace).map(|guest| guest.name.to_owned());
        assert_eq!(found.collect::<BTreeSet<_>>(), listed.collect(), "{workspace} and tests/src/guests.rs differ");
    }
}

#[test]
fn every_hostile_guest_is_listed() {
    let files = fs::read_dir(root().join("tests/guests/hostile")).unwrap().map(|entry| entry.unwrap().path());
    let files = files.filter(|path| path.extension().is_some_and(|kind| kind == "wat"));
    let found = files.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned());
    let listed = hostile::ALL.iter().map(|guest| guest.name.to_owned());
    assert_eq!(found.collect::<BTreeSet<_>>(), listed.collect(), "the folder and tests/src/hostile.rs differ");
}

/// A stale program or guest would test yesterday's code.
#[test]
fn what_is_tested_is_what_was_built_last() {
    let stale = |built: &Path, source: &Path| {
        let time = |path: &Path| fs::metadata(path).unwrap().modified().unwrap();
        time(source) > time(built)
    };
    for guest in guests::ALL {
        let built = guest.path();
        let source = guest.folder();
        let mut open = vec![source];
        while let Some(path) = open.pop() {
            if path.is_dir() {
                open.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            } else if path.extension().is_some_and(|kind| kind == "rs" || kind == "js") {
                assert!(
                    !stale(&built, &path),
                    "{} is newer than its component: run `target/debug/guests`",
                    path.display()
                );
            }
        }
    }
}
