//! Lockgate over HTTP, with everything that a call has by default: token, both schemas, limits, record.

use super::{Kind, Rival, Server};
use crate::{
    client,
    load::{Expected, Target},
    process::Process,
    rate,
    setup::Setup,
    tool,
    workload::CONNECTOR,
};
use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::{
    fs,
    net::SocketAddr,
    path::Path,
    process::{Command, Stdio},
};

pub(crate) const FRESH: Rival = Rival {
    name: "lockgate",
    title: "Lockgate, fresh instance",
    kind: Kind::Http(|setup| start(setup, &setup.lockgate, json!({}))),
};

pub(crate) const REUSE: Rival = Rival {
    name: "lockgate-reuse",
    title: "Lockgate, instance reused",
    kind: Kind::Http(|setup| start(setup, &setup.lockgate, reused())),
};

pub(crate) const BEFORE: Rival = Rival {
    name: "lockgate-before",
    title: "Lockgate before, fresh instance",
    kind: Kind::Http(|setup| start(setup, older(setup)?, json!({}))),
};

pub(crate) const REUSE_BEFORE: Rival = Rival {
    name: "lockgate-before-reuse",
    title: "Lockgate before, instance reused",
    kind: Kind::Http(|setup| start(setup, older(setup)?, reused())),
};

fn reused() -> Value {
    json!({ "calls_per_instance": 1_000_000 })
}

fn older(setup: &Setup) -> Result<&Path> {
    setup.before.as_deref().context("no older host to measure")
}

/// The group that is called.
pub(crate) const GROUP: &str = "bench";

const GROUPS: &str = "/v1/workspaces/default/groups";

/// A host in a folder of its own.
pub(crate) struct Host {
    process: Process,
    /// Program, version and flags.
    pub(crate) description: String,
    pub(crate) address: SocketAddr,
    token: String,
}

impl Host {
    pub(crate) fn start(setup: &Setup) -> Result<Self> {
        Self::of(&setup.lockgate, None)
    }

    /// One whose groups may reach an address of this machine.
    pub(crate) fn reaching(setup: &Setup, upstream: SocketAddr) -> Result<Self> {
        Self::of(&setup.lockgate, Some(upstream))
    }

    fn of(lockgate: &Path, upstream: Option<SocketAddr>) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let data = folder.path().join("data");
        let mut command = Command::new(lockgate);
        command.args(["serve", "--listen", "127.0.0.1:0", "--data-dir"]).arg(&data);
        if let Some(upstream) = upstream {
            let file = folder.path().join("lockgate.toml");
            fs::write(&file, format!("reachable = [\"{upstream}\"]\n"))?;
            command.arg("--config").arg(file);
        }
        let description = tool::describe(&tool::version(lockgate)?, &command);
        let mut process = Process::start(command.stdin(Stdio::null()).stdout(Stdio::null()))?;
        let (address, token) = (data.join("address"), data.join("admin-token"));
        process.wait_until(|| address.exists() && token.exists())?;
        process.keep(folder);
        let address = fs::read_to_string(address)?.trim().parse().context("the address that the host wrote")?;
        let token = fs::read_to_string(token)?.trim().to_owned();
        rate::lift(lockgate, address, &token)?;
        Ok(Self { process, description, address, token })
    }

    fn headers(&self, kind: &str) -> String {
        format!("Authorization: Bearer {}\r\nContent-Type: {kind}\r\n", self.token)
    }

    /// Makes a group with one plugin in it.
    pub(crate) fn group(&self, slug: &str, limits: &Value, plugin: &Path) -> Result<()> {
        let group = json!({
            "apiVersion": "lockgate/v1", "kind": "Group", "slug": slug, "name": slug, "resource_type": "EXTERNAL",
            "limits": limits,
        });
        self.post("", &group)?;
        self.load(slug, plugin)
    }

    /// Sends JSON to a path below the groups.
    pub(crate) fn post(&self, path: &str, body: &Value) -> Result<()> {
        let path = format!("{GROUPS}{path}");
        client::post(self.address, &path, &self.headers("application/json"), body.to_string().as_bytes())
    }

    /// Loads a plugin into a group.
    pub(crate) fn load(&self, slug: &str, plugin: &Path) -> Result<()> {
        let plugin = fs::read(plugin).with_context(|| format!("reading {}", plugin.display()))?;
        client::post(self.address, &format!("{GROUPS}/{slug}/plugins"), &self.headers("application/wasm"), &plugin)
    }

    /// Calls of one connector with this body.
    pub(crate) fn call(&self, group: &str, connector: &str, body: &Value, expected: Expected) -> Target {
        let path = format!("{GROUPS}/{group}/connectors/{connector}/invoke");
        let headers = self.headers("application/json");
        Target::new(self.address, &path, &headers, body.to_string().as_bytes(), expected)
    }

    /// What is left to keep when it is only called.
    pub(crate) fn into_process(self) -> Process {
        self.process
    }

    /// Calls of one connector.
    pub(crate) fn target(&self, group: &str, connector: &str, input: &str, expected: Expected) -> Target {
        let path = format!("{GROUPS}/{group}/connectors/{connector}/invoke");
        let body = format!("{{\"input\":{input}}}");
        Target::new(self.address, &path, &self.headers("application/json"), body.as_bytes(), expected)
    }

    /// Calls of the workload.
    pub(crate) fn workload(&self, setup: &Setup, group: &str) -> Target {
        let expected = Expected::Start(format!("{{\"output\":{},\"call\":", setup.workload.expected).into_bytes());
        self.target(group, CONNECTOR, &setup.workload.input, expected)
    }
}

fn start(setup: &Setup, lockgate: &Path, limits: Value) -> Result<Server> {
    let host = Host::of(lockgate, None)?;
    host.group(GROUP, &limits, &setup.plugin)?;
    let target = host.workload(setup, GROUP);
    Ok(Server { process: host.process, target, description: format!("{}, limits {limits}", host.description) })
}
