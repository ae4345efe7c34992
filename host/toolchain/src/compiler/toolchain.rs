//! The Rust toolchains of this machine: those of rustup, the active one first, then those in PATH.

use crate::{Compiler, Std, TARGET};
use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
    process::Command,
};

/// One cargo and rustc with their libraries.
#[derive(Debug)]
pub(super) struct Toolchain {
    /// rustup's name for it.
    pub(super) name: Option<String>,
    pub(super) cargo: PathBuf,
    pub(super) rustc: PathBuf,
    sysroot: PathBuf,
}

impl Toolchain {
    fn in_sysroot(sysroot: PathBuf, name: Option<String>) -> Option<Self> {
        let program = |program: &str| sysroot.join("bin").join(program).with_extension(env::consts::EXE_EXTENSION);
        let (cargo, rustc) = (program("cargo"), program("rustc"));
        (cargo.is_file() && rustc.is_file()).then_some(Self { name, cargo, rustc, sysroot })
    }

    pub(super) fn compiler(&self, std: Std, linker: Option<PathBuf>) -> Compiler {
        Compiler { cargo: self.cargo.clone(), rustc: self.rustc.clone(), std, linker }
    }

    pub(super) fn has_target(&self) -> bool {
        self.sysroot.join("lib/rustlib").join(TARGET).join("lib").is_dir()
    }

    pub(super) fn has_std_source(&self) -> bool {
        self.sysroot.join("lib/rustlib/src/rust/library/std/Cargo.toml").is_file()
    }

    /// The linker that comes with the toolchain, which it finds by itself.
    pub(super) fn linker(&self) -> Option<PathBuf> {
        let hosts = self.sysroot.join("lib/rustlib").read_dir().ok()?;
        let linkers = hosts.flatten().map(|host| host.path().join("bin").join(super::linker::RUST_LLD));
        linkers.into_iter().find(|linker| linker.is_file())
    }

    pub(super) fn has_linker(&self) -> bool {
        self.linker().is_some()
    }
}

pub(super) fn rustup(path: &OsString) -> Option<PathBuf> {
    in_path(path, "rustup").next()
}

/// Every installed toolchain, each once.
pub(super) fn installed(folder: &Path, path: &OsString, rustup: Option<&Path>) -> Vec<Toolchain> {
    let mut found: Vec<Toolchain> = Vec::new();
    let of_rustup = rustup.map(|rustup| of_rustup(folder, rustup)).unwrap_or_default();
    for toolchain in of_rustup.into_iter().chain(in_path(path, "rustc").filter_map(|rustc| of_path(&rustc))) {
        if !found.iter().any(|known| known.sysroot == toolchain.sysroot) {
            found.push(toolchain);
        }
    }
    found
}

fn of_rustup(folder: &Path, rustup: &Path) -> Vec<Toolchain> {
    let ask = |arguments: &[&str]| {
        // Set by the proxy that an outer cargo was started through, it would hide the project's own choice.
        let mut command = Command::new(rustup);
        command.args(arguments).current_dir(folder).env_remove("RUSTUP_TOOLCHAIN");
        command.output().map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default()
    };
    let active = ask(&["show", "active-toolchain"]);
    let active = active.split_whitespace().next().unwrap_or_default();
    let mut toolchains: Vec<Toolchain> = ask(&["toolchain", "list", "-v"])
        .lines()
        .filter_map(|line| {
            let name = line.split_whitespace().next()?;
            let sysroot = line.split_whitespace().next_back().map(PathBuf::from)?.canonicalize().ok()?;
            Toolchain::in_sysroot(sysroot, Some(name.to_owned()))
        })
        .collect();
    toolchains.sort_by_key(|toolchain| toolchain.name.as_deref() != Some(active));
    toolchains
}

/// A rustc that is not a proxy of rustup prints the folder of its libraries.
fn of_path(rustc: &Path) -> Option<Toolchain> {
    let is_proxy = |path: &Path| path.with_file_name("rustup").exists();
    if is_proxy(rustc) || rustc.canonicalize().is_ok_and(|target| target.ends_with("rustup")) {
        return None;
    }
    let output = Command::new(rustc).args(["--print", "sysroot"]).output().ok()?;
    let sysroot = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()).canonicalize().ok()?;
    Toolchain::in_sysroot(sysroot, None)
}

/// Files of this name in the folders of PATH.
pub(super) fn in_path<'a>(path: &'a OsString, program: &'a str) -> impl Iterator<Item = PathBuf> + 'a {
    let file = PathBuf::from(program).with_extension(env::consts::EXE_EXTENSION);
    env::split_paths(path).map(move |folder| folder.join(&file)).filter(|program| program.is_file())
}
