//! `docs/walkthrough.md`, followed by somebody who has the program, Rust, PostgreSQL, and nothing of ours.

use std::os::unix::fs::PermissionsExt;

use lockgate_tests::postgres::{Postgres, free_port};
use lockgate_tests::{Home, page};

#[test]
fn the_page_is_followed_literally() {
    let (home, postgres, port) = (Home::new(), Postgres::installed(), free_port());
    let mut shell = home.shell();
    let programs = home.path().join("bin");
    // The administrator of the server is who it says, on a socket that is not where Debian has it.
    let sudo = format!("#!/bin/sh\nshift 2\nPGUSER=postgres PGHOST={} exec \"$@\"\n", postgres.folder().display());
    std::fs::write(programs.join("sudo"), sudo).unwrap();
    std::fs::set_permissions(programs.join("sudo"), PermissionsExt::from_mode(0o755)).unwrap();

    let path = std::env::var("PATH").unwrap();
    shell.env("PATH", format!("{}:{}:{path}", programs.display(), postgres.programs().display()));
    // Other tests run beside this one, so the usual ports may be taken.
    shell.env("PGPORT", postgres.port().to_string()).env("LOCKGATE_LISTEN", format!("127.0.0.1:{port}"));
    shell.env_remove("LOCKGATE_DATABASE_URL");
    page::follow("walkthrough.md", &mut shell, |text| text.replace(&format!("127.0.0.1:{port}"), "127.0.0.1:7747"));
}
