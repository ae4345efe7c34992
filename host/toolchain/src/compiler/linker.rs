//! A linker for WebAssembly. Rust brings `rust-lld`; distributions leave it out and package `lld` apart.

use super::toolchain::{Toolchain, in_path};
use std::{ffi::OsString, path::PathBuf};

pub(super) const RUST_LLD: &str = if cfg!(windows) { "rust-lld.exe" } else { "rust-lld" };

/// lld's name for WebAssembly, as LLVM installs it and as distributions add their versions, newest first.
const WASM_LD: [&str; 10] = [
    "wasm-ld",
    "wasm-ld-22",
    "wasm-ld-21",
    "wasm-ld-20",
    "wasm-ld-19",
    "wasm-ld-18",
    "wasm-ld-17",
    "wasm-ld-16",
    "wasm-ld-15",
    "wasm-ld-14",
];

/// The linker that a toolchain needs as an argument; none if it has its own, or if none is installed.
pub(super) fn for_toolchain(toolchain: &Toolchain, others: &[Toolchain], path: &OsString) -> Option<PathBuf> {
    if toolchain.has_linker() {
        return None;
    }
    let of_rust = others.iter().find_map(Toolchain::linker);
    // A package's `rust-lld` may be a link whose target is another package; such a file does not count.
    of_rust.or_else(|| [RUST_LLD].iter().chain(&WASM_LD).find_map(|name| in_path(path, name).next()))
}
