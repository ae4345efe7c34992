//! The upstream and the native handler: programs of a workspace of their own (`tests/bench/grpc`).

use super::super::Upstream;
use crate::{
    process::{Process, free_address},
    workload::root,
};
use anyhow::{Context, Result, ensure};
use std::{
    io::Read,
    net::{SocketAddr, TcpStream},
    path::PathBuf,
    process::Command,
};

/// What the metadata `x-inventory-key` must be.
pub(super) const KEY: &str = "key-of-the-benchmark";

/// Builds them, if they are not built.
pub(super) fn build() -> Result<()> {
    let manifest = root().join("tests/bench/grpc/Cargo.toml");
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--release", "--locked", "--quiet", "--manifest-path"]).arg(manifest);
    let status = cargo.arg("--target-dir").arg(target()).status().context("cargo does not start")?;
    ensure!(status.success(), "tests/bench/grpc does not build");
    Ok(())
}

fn target() -> PathBuf {
    root().join("target/bench-grpc")
}

fn command() -> Command {
    Command::new(target().join("release/lockgate-bench-grpc"))
}

/// The native handler, which calls this upstream.
pub(super) fn native_process(address: SocketAddr, upstream: SocketAddr) -> Result<Process> {
    Process::serve(command().args(["native", &address.to_string(), &upstream.to_string()]), address)
}

/// An upstream in a process of its own.
#[derive(Debug)]
pub(super) struct GrpcUpstream {
    pub(super) address: SocketAddr,
    /// Says how many connections there were.
    counter: SocketAddr,
    /// Connections before the first rival came: it was looked whether it listens.
    before: u64,
    _process: Process,
}

impl GrpcUpstream {
    pub(super) fn start() -> Result<Self> {
        let (address, counter) = (free_address()?, free_address()?);
        let process =
            Process::serve(command().args(["upstream", &address.to_string(), &counter.to_string()]), address)?;
        Ok(Self { address, counter, before: connections(counter)?, _process: process })
    }
}

impl Upstream for GrpcUpstream {
    fn opened(&self) -> Result<u64> {
        Ok(connections(self.counter)?.saturating_sub(self.before))
    }
}

fn connections(counter: SocketAddr) -> Result<u64> {
    let mut text = String::new();
    TcpStream::connect(counter)?.read_to_string(&mut text)?;
    Ok(text.parse()?)
}
