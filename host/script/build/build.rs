//! Builds the two guests of scripts from their source, as `lockgate build` builds any plugin, and makes a snapshot of the
//! engine.

mod snapshot;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use lockgate_toolchain::{Event, Options};

/// What the guests are made of, from this crate's folder.
const SOURCES: [&str; 12] = [
    "guests/.cargo",
    "guests/Cargo.lock",
    "guests/Cargo.toml",
    "guests/compiler",
    "guests/engine",
    "wit",
    "build",
    "../../guest-sdk/Cargo.toml",
    "../../guest-sdk/macros",
    "../../guest-sdk/src",
    "../../guest-sdk/wit",
    "../../wit/connector",
];

/// What an outer cargo sets for its own build, and what would send the inner one elsewhere: to its own lint, or into the
/// target folder that the outer one has locked.
const NOT_OURS: [&str; 6] = [
    "CARGO_BUILD_TARGET",
    "CARGO_BUILD_TARGET_DIR",
    "CARGO_TARGET_DIR",
    "CLIPPY_ARGS",
    "RUSTC_WORKSPACE_WRAPPER",
    "RUSTFLAGS",
];

/// The compiler of C for the engine.
const CLANG: &str = "clang-19";

fn main() -> Result<(), Box<dyn Error>> {
    for source in SOURCES {
        println!("cargo::rerun-if-changed={source}");
    }
    for name in NOT_OURS {
        // SAFETY: this process has one thread.
        unsafe { env::remove_var(name) };
    }
    require_clang()?;
    let guests = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("guests");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let engine = snapshot::of(&compiled(&guests.join("engine"))?)?;
    fs::write(out.join("engine.wasm"), lockgate_toolchain::encode(&engine)?)?;
    let compiler = compiled(&guests.join("compiler"))?;
    fs::write(out.join("compiler.wasm"), lockgate_toolchain::encode(&compiler)?)?;
    Ok(())
}

/// Says what is missing before cargo's own build says it in a hundred lines.
fn require_clang() -> Result<(), Box<dyn Error>> {
    let chosen = env::var("CC_wasm32_unknown_unknown");
    println!("cargo::rerun-if-env-changed=CC_wasm32_unknown_unknown");
    let program = chosen.as_deref().unwrap_or(CLANG);
    match Command::new(program).arg("--version").output() {
        Ok(output) if output.status.success() => Ok(()),
        _ => Err(format!(
            "the engine of scripts is C, compiled by `{program}`, which is not installed: run `./dev setup`, or \
             `apt-get install clang-19 llvm-19`"
        )
        .into()),
    }
}

fn compiled(folder: &Path) -> Result<Vec<u8>, Box<dyn Error>> {
    let tell = &mut |event: Event<'_>| {
        if let Event::Diagnostic(text) = event {
            println!("{text}");
        }
    };
    Ok(lockgate_toolchain::compile(&Options::new(folder), tell)?.bytes)
}
