//! `README.md` and the pages for authors, followed in an empty folder by somebody who has the program and Rust.

use lockgate_tests::postgres::free_port;
use lockgate_tests::{Home, page};

fn followed(name: &str) {
    let (home, port) = (Home::new(), free_port());
    let mut shell = home.shell();
    // Other tests run beside this one, so the usual port may be taken.
    shell.env("LOCKGATE_LISTEN", format!("127.0.0.1:{port}")).env_remove("LOCKGATE_DATABASE_URL");
    page::follow(name, &mut shell, |text| text.replace(&format!("127.0.0.1:{port}"), "127.0.0.1:7747"));
}

#[test]
fn readme() {
    followed("../README.md");
}

#[test]
fn authors() {
    followed("authors.md");
}

#[test]
fn group() {
    followed("group.md");
}
