//! The host that is measured.

use crate::{client::Connection, density::Held, process::Process, rate};
use anyhow::{Context, Result};
use std::{
    fs,
    net::SocketAddr,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

pub(crate) const GROUPS: &str = "/v1/workspaces/default/groups";

#[derive(Debug)]
pub(crate) struct Host {
    process: Process,
    connection: Connection,
    token: String,
    pub(crate) listening: Duration,
    pub(crate) ready: Duration,
}

/// The group of a plugin.
pub(crate) fn slug(number: usize) -> String {
    format!("group-{number:06}")
}

impl Host {
    pub(crate) fn start(lockgate: &Path, data: &Path) -> Result<Self> {
        let (address, token) = (data.join("address"), data.join("admin-token"));
        // Left by the host before.
        let _ = fs::remove_file(&address);
        let mut command = Command::new(lockgate);
        command.args(["serve", "--log", "warn", "--listen", "127.0.0.1:0", "--data-dir"]).arg(data);
        let began = Instant::now();
        let mut process = Process::start(command.stdin(Stdio::null()).stdout(Stdio::null()))?;
        process.wait_until(|| fs::read_to_string(&address).is_ok_and(|text| text.ends_with('\n')))?;
        let listening = began.elapsed();
        let address: SocketAddr = fs::read_to_string(&address)?.trim().parse().context("the host's address")?;
        process.wait_until(|| ready(address).is_ok())?;
        let ready = began.elapsed();
        let token = fs::read_to_string(token)?.trim().to_owned();
        rate::lift(lockgate, address, &token)?;
        Ok(Self { process, connection: Connection::open(address)?, token, listening, ready })
    }

    pub(crate) fn send(&mut self, method: &str, path: &str, kind: &str, body: &[u8]) -> Result<Vec<u8>> {
        let headers = format!("Authorization: Bearer {}\r\nContent-Type: {kind}\r\n", self.token);
        self.connection.send(method, path, &headers, body)
    }

    pub(crate) fn held(&mut self) -> Result<Held> {
        let folder = format!("/proc/{}", self.process.child().id());
        Ok(Held {
            anonymous_bytes: self.process.memory()?,
            mappings: fs::read_to_string(format!("{folder}/maps"))?.lines().count(),
            files: fs::read_dir(format!("{folder}/fd"))?.count(),
        })
    }

    /// Asks it to end, and waits.
    pub(crate) fn end(self) -> Result<()> {
        // An open connection would be waited for.
        drop(self.connection);
        self.process.end()
    }
}

fn ready(address: SocketAddr) -> Result<()> {
    Connection::open(address)?.send("GET", "/readyz", "", b"").map(drop)
}
