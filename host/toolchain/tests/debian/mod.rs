//! The compiler of the tests: Debian's, which has the source of the standard library and no rustup around it.
#![allow(clippy::expect_used, reason = "the helpers of tests end a test that can't go on")]

#[path = "../../../../tests/src/prepared.rs"]
mod prepared;

use lockgate_toolchain::{Options, Template, build, create};
use std::{path::Path, process::Command};

pub(crate) const CARGO: &str = "/usr/bin/cargo";
pub(crate) const RUSTC: &str = "/usr/bin/rustc";

pub(crate) fn options(folder: &Path) -> Options {
    for program in [CARGO, RUSTC, "/usr/lib/rustlib/src/rust/library/std/Cargo.toml"] {
        let install = "apt-get install rustc-web cargo-web rust-web-src lld";
        assert!(Path::new(program).exists(), "{program} is missing: run `{install}`");
    }
    Options { folder: folder.to_owned(), path: "/usr/bin".into() }
}

/// What one of Debian's programs prints; the tests' own toolchain is left out of its environment.
pub(crate) fn command(program: &str) -> Command {
    let mut command = Command::new(program);
    command.env("PATH", "/usr/bin:/bin");
    command
}

/// Gives a project the standard library and the dependencies, compiled.
pub(crate) fn prepare(project: &Path) {
    let version = command(RUSTC).arg("-vV").output().expect("rustc runs");
    let version = String::from_utf8_lossy(&version.stdout).into_owned();
    prepared::target(project, "debian", &version, |folder| {
        let project = create(folder, "prepared", Template::Rust).expect("written");
        build(&options(&project.folder), &mut |_| {}).expect("built");
        let mut tests = command(CARGO);
        let status = tests.args(["test", "--no-run", "--quiet"]).current_dir(&project.folder).status();
        assert!(status.expect("cargo runs").success());
    });
}
