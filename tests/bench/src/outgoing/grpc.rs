//! A unary call of a gRPC server that answers at once.

mod programs;

use super::{Comparison, Entrant, Plan, REUSED, compiled_title};
use crate::{
    guest,
    load::{Expected, JSON, Target},
    process::free_address,
    rival::lockgate::Host,
    setup::Setup,
    workload::root,
};
use anyhow::Result;
use programs::{GrpcUpstream, KEY, native_process};
use serde_json::{Value, json};
use std::{fs, net::SocketAddr};

/// What is asked of ours, over the native handler's.
const DECLARATIVE: f64 = 0.85;
const COMPILED: f64 = 0.7;

/// The item as the native handler writes it.
const NATIVE: &str = concat!(
    r#"{"sku":"pen-1","name":"Pen","unit":"UNIT_PIECE","stock":12,"counted_at":"2026-11-29T10:20:30Z","#,
    r#""labels":{"shelf":"P"},"cents":199,"#,
    r#""parts":[{"sku":"cap-1","name":"Cap","unit":"UNIT_PIECE","stock":0,"labels":{},"parts":[]}]}"#,
);
/// As the JSON mapping of protobuf writes it, in the order of the fields' numbers.
const DECLARED: &str = concat!(
    r#"{"sku":"pen-1","name":"Pen","unit":"UNIT_PIECE","stock":"12","countedAt":"2026-11-29T10:20:30Z","#,
    r#""labels":{"shelf":"P"},"fixed":"199","parts":[{"sku":"cap-1","name":"Cap","unit":"UNIT_PIECE"}]}"#,
);

/// As the sample writes it.
const SAMPLED: &str = r#"{"sku":"pen-1","name":"Pen","stock":"12","countedAt":"2026-11-29T10:20:30Z","fixed":"199"}"#;

pub(crate) fn measure(setup: &Setup, plan: &Plan) -> Result<String> {
    programs::build()?;
    let ours = [declarative(setup)?, compiled(setup, 1)?, compiled(setup, REUSED)?];
    super::measure("grpc", plan, Comparison::of(native()?, ours))
}

/// A handler of axum with a client of tonic.
fn native() -> Result<Entrant> {
    let (upstream, address) = (GrpcUpstream::start()?, free_address()?);
    let process = native_process(address, upstream.address)?;
    let expected = Expected::Body(NATIVE.as_bytes().to_vec());
    let target = Target::new(address, "/item", JSON, input().to_string().as_bytes(), expected);
    Ok(Entrant::native(process, target, upstream, "axum and tonic, native code"))
}

fn declarative(setup: &Setup) -> Result<Entrant> {
    let upstream = GrpcUpstream::start()?;
    let host = host(setup, upstream.address, json!([definition()]), 1)?;
    let asked = ("Lockgate, declarative connector", Some(DECLARATIVE));
    Ok(Entrant::lockgate(asked, "get", &input(), host, upstream, DECLARED))
}

/// `calls` of one instance, until the next call has a fresh one.
fn compiled(setup: &Setup, calls: u64) -> Result<Entrant> {
    let upstream = GrpcUpstream::start()?;
    let host = host(setup, upstream.address, json!([]), calls)?;
    host.load("bench", &guest::sample("inventory")?)?;
    let asked = (compiled_title(calls), Some(COMPILED));
    Ok(Entrant::lockgate(asked, "get_item", &json!("pen-1"), host, upstream, SAMPLED))
}

fn input() -> Value {
    json!({"sku": "pen-1"})
}

/// A host with a group that calls the upstream, and a connection with its key.
fn host(setup: &Setup, upstream: SocketAddr, connectors: Value, calls_per_instance: u64) -> Result<Host> {
    const PROTO: &str = "inventory/v1/inventory.proto";
    let host = Host::reaching(setup, upstream)?;
    let text = fs::read_to_string(root().join("tests/grpc/proto").join(PROTO))?;
    let method = json!({"type": "api_key", "in": "header", "name": "x-inventory-key"});
    host.post(
        "",
        &json!({
            "slug": "bench", "name": "bench", "resource_type": "INTERNAL", "capabilities": ["grpc"],
            "activation": {"credentials": {"main": {"methods": {"key": method}}}},
            "destinations": [{"grpc": format!("http://{upstream}"), "credential": "main", "plaintext": true}],
            "protos": {"files": {PROTO: text}},
            "connectors": connectors, "limits": {"calls_per_instance": calls_per_instance},
        }),
    )?;
    let credentials = json!({"main": {"values": {"value": KEY}}});
    host.post("/bench/connections", &json!({"name": "main", "credentials": credentials}))?;
    Ok(host)
}

/// The same call as data. Its schemas follow from the messages.
fn definition() -> Value {
    json!({"name": "get", "type": "grpc", "grpc": {"service": "inventory.v1.Inventory", "method": "GetItem"}})
}
