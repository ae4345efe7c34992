//! A list over HTTP, of an upstream that answers at once.

mod native;
mod upstream;

pub(crate) use native::serve as serve_native;
pub(crate) use upstream::serve as serve_upstream;

use super::{Comparison, Entrant, Plan, REUSED, compiled_title};
use crate::{
    guest,
    load::{Expected, JSON, Target},
    process::{Process, free_address},
    rival::lockgate::Host,
    setup::Setup,
};
use anyhow::Result;
use serde_json::{Value, json};
use std::{env, net::SocketAddr, process::Command};
use upstream::{HttpUpstream, KEY};

/// What is asked of ours, over the native handler's.
const DECLARATIVE: f64 = 0.9;
const COMPILED: f64 = 0.75;

pub(crate) fn measure(setup: &Setup, plan: &Plan) -> Result<String> {
    let ours = [declarative(setup)?, compiled(setup, 1)?, compiled(setup, REUSED)?];
    super::measure("http", plan, Comparison::of(native()?, ours))
}

/// Our own program as a handler of axum.
fn native() -> Result<Entrant> {
    let (upstream, address) = (HttpUpstream::start()?, free_address()?);
    let mut command = Command::new(env::current_exe()?);
    command.args(["serve-native-http", &address.to_string(), &upstream.address.to_string()]);
    let process = Process::serve(&mut command, address)?;
    let expected = Expected::Body(upstream::listed().into_bytes());
    let target = Target::new(address, "/list", JSON, input().to_string().as_bytes(), expected);
    Ok(Entrant::native(process, target, upstream, "axum and reqwest, native code"))
}

fn declarative(setup: &Setup) -> Result<Entrant> {
    let upstream = HttpUpstream::start()?;
    let host = host(setup, upstream.address, json!([definition()]), 1)?;
    let asked = ("Lockgate, declarative connector", Some(DECLARATIVE));
    let input = json!({"owner": "acme", "name": "rockets"});
    Ok(Entrant::lockgate(asked, "list", &input, host, upstream, &upstream::issues()))
}

/// `calls` of one instance, until the next call has a fresh one.
fn compiled(setup: &Setup, calls: u64) -> Result<Entrant> {
    let upstream = HttpUpstream::start()?;
    let host = host(setup, upstream.address, json!([]), calls)?;
    host.load("bench", &guest::sample("issues")?)?;
    let asked = (compiled_title(calls), Some(COMPILED));
    Ok(Entrant::lockgate(asked, "list_issues", &input(), host, upstream, &upstream::listed()))
}

fn input() -> Value {
    json!({"repository": "acme/rockets"})
}

/// A host with a group that goes to the upstream, and a connection with its key.
fn host(setup: &Setup, upstream: SocketAddr, connectors: Value, calls_per_instance: u64) -> Result<Host> {
    let host = Host::reaching(setup, upstream)?;
    let url = format!("http://{upstream}");
    let method = json!({"type": "api_key", "in": "header", "name": "x-tracker-key"});
    host.post(
        "",
        &json!({
            "slug": "bench", "name": "bench", "resource_type": "INTERNAL", "capabilities": ["http"], "base_url": url,
            "activation": {"credentials": {"main": {"methods": {"key": method}}}},
            "destinations": [{"url": url, "credential": "main", "plaintext": true}],
            "connectors": connectors, "limits": {"calls_per_instance": calls_per_instance},
        }),
    )?;
    let credentials = json!({"main": {"values": {"value": KEY}}});
    host.post("/bench/connections", &json!({"name": "main", "credentials": credentials}))?;
    Ok(host)
}

/// The same request as data.
fn definition() -> Value {
    let text = json!({"type": "string"});
    json!({
        "name": "list", "type": "http",
        "input_schema": {
            "type": "object", "required": ["owner", "name"], "properties": {"owner": text, "name": text},
            "additionalProperties": false,
        },
        "output_schema": {"type": "array", "items": {
            "type": "object", "required": ["number", "title", "state"],
            "properties": {
                "number": {"type": "integer"}, "title": text, "state": text, "body": {"type": ["string", "null"]},
            },
        }},
        "http": {
            "method": "GET", "path": "/repos/{{owner}}/{{name}}/issues",
            "query": {"per_page": "30", "state": "open"},
            "headers": {
                "accept": "application/vnd.github+json", "x-github-api-version": "2022-11-28",
                "user-agent": "lockgate-bench",
            },
        },
    })
}
