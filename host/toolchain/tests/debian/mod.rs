//! The compiler of the tests: Debian's, which has the source of the standard library and no rustup around it.

use lockgate_toolchain::Options;
use std::path::Path;

pub(crate) const CARGO: &str = "/usr/bin/cargo";
pub(crate) const RUSTC: &str = "/usr/bin/rustc";

pub(crate) fn options(folder: &Path) -> Options {
    for program in [CARGO, RUSTC, "/usr/lib/rustlib/src/rust/library/std/Cargo.toml"] {
        let install = "apt-get install rustc-web cargo-web rust-web-src lld";
        assert!(Path::new(program).exists(), "{program} is missing: run `{install}`");
    }
    Options { folder: folder.to_owned(), path: "/usr/bin".into() }
}
