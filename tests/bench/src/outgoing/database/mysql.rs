//! The native handler on MariaDB: a program of a workspace of its own (`tests/bench/mysql`).

use super::server::Database;
use crate::{process::Process, workload::root};
use anyhow::{Context, Result, ensure};
use lockgate_tests::database_servers::{DATABASE, PASSWORD, USER};
use std::{net::SocketAddr, path::PathBuf, process::Command};

/// Builds it, if it is not built.
pub(super) fn build() -> Result<()> {
    let manifest = root().join("tests/bench/mysql/Cargo.toml");
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--release", "--locked", "--quiet", "--manifest-path"]).arg(manifest);
    let status = cargo.arg("--target-dir").arg(target()).status().context("cargo does not start")?;
    ensure!(status.success(), "tests/bench/mysql does not build");
    Ok(())
}

fn target() -> PathBuf {
    root().join("target/bench-mysql")
}

/// Starts it on this address.
pub(super) fn process(address: SocketAddr, database: &Database) -> Result<Process> {
    let mut command = Command::new(target().join("release/lockgate-bench-mysql"));
    command.args([address, database.address()].map(|address| address.to_string())).arg(database.authority());
    Process::serve(command.args([USER, PASSWORD, DATABASE]), address)
}
