//! A query of one row on PostgreSQL with TLS.

mod native;
mod server;

pub(crate) use native::serve as serve_native;

use super::{Entrant, Plan, REUSED, compiled_title};
use crate::{
    guest,
    load::{Expected, JSON, Target},
    process::{Process, free_address},
    rival::lockgate::Host,
    setup::Setup,
};
use anyhow::Result;
use lockgate_tests::database_servers::{DATABASE, PASSWORD, USER};
use serde_json::{Value, json};
use server::Database;
use std::{env, process::Command};

/// What is asked of ours, over the native handler's.
const DECLARATIVE: f64 = 1.0;
const COMPILED: f64 = 0.75;

/// The statement of all, but for how a parameter is written.
const STATEMENT: &str = "SELECT number, sku, quantity FROM orders WHERE sku = :sku AND number > :after ORDER BY number";
const ORDER: &str = r#"{"number":"A-77","sku":"sku-77","quantity":3}"#;

pub(crate) fn measure(setup: &Setup, plan: &Plan) -> Result<String> {
    let entrants = [native()?, declarative(setup)?, compiled(setup, 1)?, compiled(setup, REUSED)?];
    super::measure("database", plan, entrants)
}

/// Our own program as a handler of axum.
fn native() -> Result<Entrant> {
    let (database, address) = (Database::start(), free_address()?);
    let mut command = Command::new(env::current_exe()?);
    command.args(["serve-native-database", &address.to_string(), &database.port().to_string()]);
    let process = Process::serve(command.arg(database.authority()), address)?;
    let expected = Expected::Body(format!("[{ORDER}]").into_bytes());
    let target = Target::new(address, "/orders", JSON, input().to_string().as_bytes(), expected);
    Ok(Entrant::native(process, target, database, "axum and sqlx, native code"))
}

fn declarative(setup: &Setup) -> Result<Entrant> {
    let database = Database::start();
    let host = host(setup, &database, json!([definition()]), 1)?;
    let asked = ("Lockgate, declarative connector", DECLARATIVE);
    let output = format!("{{\"rows\":[{ORDER}],\"more\":false}}");
    Ok(Entrant::lockgate(asked, "list", &input(), host, database, &output))
}

/// `calls` of one instance, until the next call has a fresh one.
fn compiled(setup: &Setup, calls: u64) -> Result<Entrant> {
    let database = Database::start();
    let host = host(setup, &database, json!([]), calls)?;
    host.load("bench", &guest::sample("orders")?)?;
    let asked = (compiled_title(calls), COMPILED);
    Ok(Entrant::lockgate(asked, "list_orders", &input(), host, database, &format!("[{ORDER}]")))
}

fn input() -> Value {
    json!({"sku": "sku-77", "after": ""})
}

/// A host with a group that has the database, and a connection with its login.
fn host(setup: &Setup, database: &Database, connectors: Value, calls_per_instance: u64) -> Result<Host> {
    let host = Host::reaching(setup, database.address())?;
    host.post(
        "",
        &json!({
            "slug": "bench", "name": "bench", "resource_type": "INTERNAL", "capabilities": ["database"],
            "certificate_authorities": [std::fs::read_to_string(database.authority())?],
            "activation": {"credentials": {"main": {"methods": {"login": {"type": "basic"}}}}},
            "destinations": [{
                "name": "orders", "credential": "main",
                "database": {"engine": "postgresql", "host": "127.0.0.1", "port": database.port(), "name": DATABASE},
            }],
            "limits": {"calls_per_instance": calls_per_instance}, "connectors": connectors,
        }),
    )?;
    let credentials = json!({"main": {"values": {"username": USER, "password": PASSWORD}}});
    host.post("/bench/connections", &json!({"name": "main", "credentials": credentials}))?;
    Ok(host)
}

/// The same query as data.
fn definition() -> Value {
    let text = json!({"type": "string"});
    let order = json!({
        "type": "object", "required": ["number", "sku", "quantity"],
        "properties": {"number": text, "sku": text, "quantity": {"type": "integer"}},
    });
    json!({
        "name": "list", "type": "database",
        "input_schema": {
            "type": "object", "required": ["sku", "after"], "properties": {"sku": text, "after": text},
            "additionalProperties": false,
        },
        "output_schema": {
            "type": "object", "required": ["rows", "more"],
            "properties": {"rows": {"type": "array", "items": order}, "more": {"type": "boolean"}},
        },
        "database": {"engine": "postgresql", "statement": STATEMENT},
    })
}
