//! Pages of the documentation, typed as they stand there; only the ports are free ones of this machine.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::symlink;

use lockgate_tests::pages::Shell;
use lockgate_tests::{Home, guests, program, root};

/// Where the pages have the tracker.
const TRACKER: &str = "127.0.0.1:7801";

/// The files that `sample-plugins/issues` comes with.
fn groups() -> Vec<String> {
    let entries = fs::read_dir(guests::ISSUES.folder().join("groups")).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// A checkout in which everything is built, as far as the pages need it.
fn checkout() -> Shell {
    let home = Home::new();
    let programs = home.work().join("target/release");
    fs::create_dir_all(&programs).unwrap();
    for name in ["lockgate", "tracker"] {
        symlink(program(name), programs.join(name)).unwrap();
    }
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let shell = Shell::new(home).instead(TRACKER, free.to_string()).with("LOCKGATE_LISTEN", "127.0.0.1:0");
    shell.place("sample-plugins/target/lockgate/issues.wasm");
    for name in groups() {
        shell.place(&format!("sample-plugins/issues/groups/{name}"));
    }
    shell.place("sample-plugins/issues/lockgate.toml");
    shell
}

#[test]
fn auth() {
    assert!(checkout().follow("docs/auth.md") > 20);
}

#[test]
fn http() {
    assert!(checkout().follow("docs/http.md") > 5);
}

#[test]
fn the_page_shows_the_groups_as_they_are() {
    let page = fs::read_to_string(root().join("docs/auth.md")).unwrap();
    for name in groups() {
        let text = fs::read_to_string(guests::ISSUES.folder().join("groups").join(&name)).unwrap();
        let shown = text.split_once("activation:").unwrap().1.split_once("destinations:").unwrap().0;
        assert!(page.contains(&format!("activation:{shown}")), "docs/auth.md does not show {name}");
    }
}
