//! Lockgate over HTTP with the function in JavaScript: a script of a group, with a fresh instance for each call.

use super::{
    Kind, Rival, Server,
    lockgate::{GROUP, Host},
};
use crate::{
    setup::Setup,
    workload::{CONNECTOR, root},
};
use anyhow::{Context, Result};
use serde_json::json;
use std::fs;

pub(crate) const FRESH: Rival =
    Rival { name: "lockgate-script", title: "Lockgate, script, fresh instance", kind: Kind::Http(start) };

fn start(setup: &Setup) -> Result<Server> {
    let host = Host::start(setup)?;
    let source = format!("{}\nexport default price;\n", source()?);
    let script = json!({"language": "javascript", "source": source});
    host.post(
        "",
        &json!({
            "slug": GROUP, "name": GROUP, "resource_type": "EXTERNAL",
            "connectors": [{"name": CONNECTOR, "type": "function", "script": script}],
        }),
    )?;
    let target = host.workload(setup, GROUP);
    let description = host.description.clone();
    Ok(Server { process: host.into_process(), target, description })
}

/// The module that the worker of `workerd` imports.
fn source() -> Result<String> {
    let file = root().join("tests/bench/rivals/workerd/price.js");
    fs::read_to_string(&file).with_context(|| format!("reading {}", file.display()))
}
