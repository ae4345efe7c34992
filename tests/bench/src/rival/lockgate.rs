//! Lockgate over HTTP, with everything that a call has by default: token, both schemas, limits, record.

use super::{Kind, Rival, Server};
use crate::{
    client,
    load::{Expected, Target},
    process::Process,
    setup::Setup,
    tool,
    workload::CONNECTOR,
};
use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::{
    fs,
    process::{Command, Stdio},
};

pub(crate) const FRESH: Rival =
    Rival { name: "lockgate", title: "Lockgate, fresh instance", kind: Kind::Http(|setup| start(setup, json!({}))) };

pub(crate) const REUSE: Rival = Rival {
    name: "lockgate-reuse",
    title: "Lockgate, instance reused",
    kind: Kind::Http(|setup| start(setup, json!({ "calls_per_instance": 1_000_000 }))),
};

const GROUPS: &str = "/v1/workspaces/default/groups";

fn start(setup: &Setup, limits: Value) -> Result<Server> {
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("data");
    let mut command = Command::new(&setup.lockgate);
    command.args(["serve", "--listen", "127.0.0.1:0", "--data-dir"]).arg(&data);
    let description = tool::describe(&tool::version(&setup.lockgate)?, &command);
    let mut process = Process::start(command.stdin(Stdio::null()).stdout(Stdio::null()))?;
    let (address, token) = (data.join("address"), data.join("admin-token"));
    process.wait_until(|| address.exists() && token.exists())?;
    process.keep(folder);
    let address = fs::read_to_string(address)?.trim().parse().context("the address that the host wrote")?;
    let token = fs::read_to_string(token)?;
    let headers = |kind: &str| format!("Authorization: Bearer {}\r\nContent-Type: {kind}\r\n", token.trim());

    let group = json!({
        "apiVersion": "lockgate/v1", "kind": "Group", "slug": "bench", "name": "bench", "resource_type": "EXTERNAL",
        "limits": limits,
    });
    client::post(address, GROUPS, &headers("application/json"), group.to_string().as_bytes())?;
    let plugin = fs::read(&setup.plugin).with_context(|| format!("reading {}", setup.plugin.display()))?;
    client::post(address, &format!("{GROUPS}/bench/plugins"), &headers("application/wasm"), &plugin)?;

    let body = format!("{{\"input\":{}}}", setup.workload.input);
    let expected = Expected::Start(format!("{{\"output\":{},\"call\":", setup.workload.expected).into_bytes());
    let path = format!("{GROUPS}/bench/connectors/{CONNECTOR}/invoke");
    let target = Target::new(address, &path, &headers("application/json"), body.as_bytes(), expected);
    Ok(Server { process, target, description: format!("{description}, limits {limits}") })
}
