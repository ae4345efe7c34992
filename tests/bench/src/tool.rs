//! The rivals' programs, as `setup.sh` installs them.

use crate::workload::root;
use anyhow::{Context, Result, ensure};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

#[derive(Debug)]
pub(crate) struct Tool {
    pub(crate) path: PathBuf,
    /// What `--version` prints.
    pub(crate) version: String,
}

impl Tool {
    pub(crate) fn find(name: &str) -> Result<Self> {
        let path = root().join("target/bench-tools").join(name);
        let version = version(&path).context("run tests/bench/setup.sh")?;
        Ok(Self { path, version })
    }
}

/// What a program prints with `--version`.
pub(crate) fn version(program: &Path) -> Result<String> {
    let shown = program.display();
    let output = Command::new(program).arg("--version").output().with_context(|| format!("starting {shown}"))?;
    ensure!(output.status.success(), "`{shown} --version` fails");
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Version and command line, for the report: of paths the last part, and no port, which differs from run to run.
pub(crate) fn describe(version: &str, command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let line: Vec<String> = words.map(|word| steady(&word.to_string_lossy())).collect();
    format!("{version}: `{}`", line.join(" "))
}

fn steady(word: &str) -> String {
    match word.split_once("127.0.0.1:") {
        Some((before, _)) => format!("{before}127.0.0.1:PORT"),
        None if word.starts_with('/') => word.rsplit('/').next().unwrap_or(word).to_owned(),
        None => word.to_owned(),
    }
}

/// The version of a crate that this program was built with.
pub(crate) fn locked(name: &str) -> String {
    let lock = fs::read_to_string(root().join("Cargo.lock")).unwrap_or_default();
    let version =
        lock.split_once(&format!("name = \"{name}\"\nversion = \"")).and_then(|(_, rest)| rest.split('"').next());
    format!("{name} {}", version.unwrap_or("unknown"))
}
