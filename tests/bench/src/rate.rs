//! The rate of a token: what is measured is what a host can do, not what one token may ask for by default.

use std::{net::SocketAddr, path::Path, process::Command};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

/// Lets the first admin's token ask as often as it likes. An older host has no rates.
pub(crate) fn lift(lockgate: &Path, address: SocketAddr, token: &str) -> Result<()> {
    let run = |arguments: &[&str]| {
        let mut command = Command::new(lockgate);
        command.env("LOCKGATE_URL", format!("http://{address}")).env("LOCKGATE_TOKEN", token);
        let output = command.args(arguments).args(["--organization", "default", "--output", "json"]).output()?;
        ensure!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        anyhow::Ok(serde_json::from_slice::<Value>(&output.stdout)?)
    };
    let knows = Command::new(lockgate).args(["token", "set", "--help"]).output()?;
    if !knows.status.success() {
        return Ok(());
    }
    let tokens = run(&["token", "list"])?;
    let id = tokens.pointer("/0/id").and_then(Value::as_str).context("the admin's token")?;
    run(&["token", "set", id, "requests_per_second=1000000", "burst=1000000"]).map(drop)
}
