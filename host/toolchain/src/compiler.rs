//! Which Rust compiles a plugin: the first way that works here, in this order.
//!
//! 1. A toolchain that has the target.
//! 2. rustup adds the target to the active toolchain.
//! 3. A toolchain with the source of the standard library, which is then built for the target, once per target folder.

mod linker;
mod toolchain;

use crate::{Error, Event, TARGET};
use std::{
    env,
    ffi::OsString,
    fmt, fs,
    path::{Path, PathBuf},
    process::Command,
};
use toolchain::{Toolchain, rustup};

/// A Rust that can compile plugins.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Compiler {
    /// The path of its cargo.
    pub cargo: PathBuf,
    /// The path of its rustc.
    pub rustc: PathBuf,
    /// Where its standard library for the target comes from.
    pub std: Std,
    /// A linker from elsewhere, if it has none of its own.
    pub linker: Option<PathBuf>,
}

/// Where the standard library for the target comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Std {
    /// The target's standard library is installed.
    Installed,
    /// It is built from its source, which is installed.
    Source,
}

impl fmt::Display for Compiler {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let std = match self.std {
            Std::Installed => "",
            Std::Source => ", building the standard library from source",
        };
        write!(out, "{}{std}", self.rustc.display())
    }
}

/// Finds a compiler for the project in `folder`, whose `rust-toolchain.toml` counts.
///
/// Where rustup could not add the target, `remembered` keeps the choice, and it is used as long as its parts exist: a
/// rebuild must not wait for rustup again.
pub(crate) fn find(
    folder: &Path,
    path: &OsString,
    remembered: &Path,
    tell: &mut dyn FnMut(Event<'_>),
) -> Result<Compiler, Error> {
    let known = fs::read(remembered).ok().and_then(|bytes| serde_json::from_slice::<Compiler>(&bytes).ok());
    if let Some(compiler) = known.filter(Compiler::exists) {
        return Ok(compiler);
    }
    let rustup = rustup(path);
    let compiler = search(folder, path, rustup.as_deref(), tell)?;
    if rustup.is_some() && compiler.std == Std::Source {
        // Forgetting costs the next build another try, no more.
        if let (Some(parent), Ok(bytes)) = (remembered.parent(), serde_json::to_vec(&compiler)) {
            let _ = fs::create_dir_all(parent).and_then(|()| fs::write(remembered, bytes));
        }
    }
    Ok(compiler)
}

impl Compiler {
    fn exists(&self) -> bool {
        [Some(&self.cargo), Some(&self.rustc), self.linker.as_ref()].into_iter().flatten().all(|path| path.is_file())
    }
}

/// Chooses among the installed toolchains.
pub(crate) fn installed(folder: &Path, path: &OsString) -> Result<Compiler, Error> {
    let rustup = rustup(path);
    let toolchains = toolchain::installed(folder, path, rustup.as_deref());
    match with_target(&toolchains, path) {
        Some(compiler) => Ok(compiler),
        None => with_source(&toolchains, rustup.is_some(), path),
    }
}

fn search(
    folder: &Path,
    path: &OsString,
    rustup: Option<&Path>,
    tell: &mut dyn FnMut(Event<'_>),
) -> Result<Compiler, Error> {
    let toolchains = toolchain::installed(folder, path, rustup);
    if let Some(compiler) = with_target(&toolchains, path) {
        return Ok(compiler);
    }
    let active = toolchains.iter().find(|toolchain| toolchain.name.is_some());
    if let (Some(rustup), Some(active)) = (rustup, active) {
        tell(Event::AddingTarget);
        match add_target(rustup, active) {
            Ok(()) if active.has_target() => return Ok(active.compiler(Std::Installed, None)),
            Ok(()) => tell(Event::TargetNotAdded("rustup said nothing, and the target is not there")),
            Err(why) => tell(Event::TargetNotAdded(&why)),
        }
    }
    with_source(&toolchains, rustup.is_some(), path)
}

fn with_target(toolchains: &[Toolchain], path: &OsString) -> Option<Compiler> {
    let ready = toolchains.iter().find(|toolchain| toolchain.has_target())?;
    Some(ready.compiler(Std::Installed, linker::for_toolchain(ready, toolchains, path)))
}

fn with_source(toolchains: &[Toolchain], has_rustup: bool, path: &OsString) -> Result<Compiler, Error> {
    let mut looked_at = Vec::new();
    for toolchain in toolchains {
        let why = match linker::for_toolchain(toolchain, toolchains, path) {
            _ if !toolchain.has_std_source() => "has neither the target nor the source of the standard library",
            None if !toolchain.has_linker() => "has the source of the standard library, and there is no wasm linker",
            linker => return Ok(toolchain.compiler(Std::Source, linker)),
        };
        looked_at.push(format!("{} {why}", toolchain.rustc.display()));
    }
    if looked_at.is_empty() {
        looked_at.push("no rustup, rustc or cargo in PATH".to_owned());
    }
    Err(Error::NoCompiler { looked_at, remedy: remedy(has_rustup, path) })
}

fn add_target(rustup: &Path, active: &Toolchain) -> Result<(), String> {
    let output = Command::new(rustup)
        .args(["target", "add", TARGET, "--toolchain"])
        .args(&active.name)
        .output()
        .map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stderr);
    let why = text.lines().rev().find(|line| line.starts_with("error:")).or_else(|| text.lines().last());
    Err(why.unwrap_or("rustup gave no reason").to_owned())
}

fn remedy(has_rustup: bool, path: &OsString) -> String {
    if has_rustup {
        format!("rustup target add {TARGET}")
    } else if env::split_paths(path).any(|folder| folder.join("apt-get").is_file()) {
        "apt-get install rustc-web cargo-web rust-web-src lld".to_owned()
    } else {
        format!("curl https://sh.rustup.rs -sSf | sh -s -- --target {TARGET}")
    }
}
