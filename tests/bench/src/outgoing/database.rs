//! A query of one row on PostgreSQL and on MariaDB, with TLS.

mod mysql;
mod native;
mod server;

pub(crate) use native::serve as serve_native;

use super::{Comparison, Entrant, Load, Plan, REUSED, compiled_title};
use crate::{
    guest,
    load::{Expected, JSON, Target},
    process::{Process, free_address},
    rival::lockgate::Host,
    setup::Setup,
};
use anyhow::Result;
use lockgate_tests::{
    database_servers::{DATABASE, PASSWORD, USER},
    guests,
};
use serde_json::{Value, json};
use server::Database;
use std::{env, net::SocketAddr, process::Command};

const NATIVE: &str = "axum and sqlx, native code";

/// What is asked of ours, over the native handler's.
const DECLARATIVE: f64 = 1.0;
const DECLARATIVE_MYSQL: f64 = 0.6;
const COMPILED: f64 = 0.75;

/// The statement of all, but for how a parameter is written.
const STATEMENT: &str = "SELECT number, sku, quantity FROM orders WHERE sku = :sku AND number > :after ORDER BY number";
const ORDER: &str = r#"{"number":"A-77","sku":"sku-77","quantity":3}"#;

/// Rows that are read in steps and added up.
const MILLION: &str = "A million rows of PostgreSQL, added up one by one";
const NUMBERS: &str = "SELECT generate_series(1, 1000000)::int8";
const SUM: &str = r#"{"rows":1000000,"sum":500000500000"#;

pub(crate) fn measure(setup: &Setup, plan: &Plan) -> Result<String> {
    mysql::build()?;
    let postgresql =
        [declarative(setup, Database::postgresql(), DECLARATIVE)?, compiled(setup, 1)?, compiled(setup, REUSED)?];
    let mariadb = [declarative(setup, Database::mariadb(), DECLARATIVE_MYSQL)?];
    let comparisons = vec![
        Comparison { title: Some("PostgreSQL"), load: Load::Steady, native: native()?, ours: postgresql.into() },
        Comparison { title: Some("MariaDB"), load: Load::Steady, native: native_mysql()?, ours: mariadb.into() },
        Comparison { title: Some(MILLION), load: Load::Single, native: native_sum()?, ours: vec![sum(setup)?] },
    ];
    super::measure("database", plan, comparisons)
}

/// Our own program as a handler of axum.
fn native() -> Result<Entrant> {
    let (database, address) = (Database::postgresql(), free_address()?);
    let process = native_process(&database, address)?;
    Ok(Entrant::native(process, of_native(address), database, NATIVE))
}

fn native_process(database: &Database, address: SocketAddr) -> Result<Process> {
    let mut command = Command::new(env::current_exe()?);
    command.args(["serve-native-database", &address.to_string(), &database.port().to_string()]);
    Process::serve(command.arg(database.authority()), address)
}

/// The same program adds up rows as they come.
fn native_sum() -> Result<Entrant> {
    let (database, address) = (Database::postgresql(), free_address()?);
    let process = native_process(&database, address)?;
    let expected = Expected::Start(SUM.as_bytes().to_vec());
    let target = Target::new(address, "/sum", JSON, asked_sum().to_string().as_bytes(), expected);
    Ok(Entrant::native(process, target, database, NATIVE))
}

/// A guest of the tests does, in a fresh instance.
fn sum(setup: &Setup) -> Result<Entrant> {
    let database = Database::postgresql();
    let host = host(setup, &database, json!([]), &json!({"cpu_ms": 60_000, "deadline_ms": 60_000}))?;
    host.load("bench", &guest::of_tests(&guests::DATABASE)?)?;
    let mut entrant = Entrant::lockgate((compiled_title(1), None), "sum", &asked_sum(), host, database, SUM);
    // It says too how much memory it has.
    entrant.target.expected = Expected::Start(format!("{{\"output\":{SUM}").into_bytes());
    Ok(entrant)
}

fn asked_sum() -> Value {
    json!({"statement": NUMBERS})
}

/// The same handler with sqlx's driver of MySQL.
fn native_mysql() -> Result<Entrant> {
    let (database, address) = (Database::mariadb(), free_address()?);
    let process = mysql::process(address, &database)?;
    Ok(Entrant::native(process, of_native(address), database, NATIVE))
}

/// Calls of a native handler.
fn of_native(address: SocketAddr) -> Target {
    let expected = Expected::Body(format!("[{ORDER}]").into_bytes());
    Target::new(address, "/orders", JSON, input().to_string().as_bytes(), expected)
}

fn declarative(setup: &Setup, database: Database, asked: f64) -> Result<Entrant> {
    let host = host(setup, &database, json!([definition(&database)]), &json!({}))?;
    let asked = ("Lockgate, declarative connector", Some(asked));
    let output = format!("{{\"rows\":[{ORDER}],\"more\":false}}");
    Ok(Entrant::lockgate(asked, "list", &input(), host, database, &output))
}

/// `calls` of one instance, until the next call has a fresh one.
fn compiled(setup: &Setup, calls: u64) -> Result<Entrant> {
    let database = Database::postgresql();
    let host = host(setup, &database, json!([]), &json!({"calls_per_instance": calls}))?;
    host.load("bench", &guest::sample("orders")?)?;
    let asked = (compiled_title(calls), Some(COMPILED));
    Ok(Entrant::lockgate(asked, "list_orders", &input(), host, database, &format!("[{ORDER}]")))
}

fn input() -> Value {
    json!({"sku": "sku-77", "after": ""})
}

/// A host with a group that has the database, and a connection with its login.
fn host(setup: &Setup, database: &Database, connectors: Value, limits: &Value) -> Result<Host> {
    let host = Host::reaching(setup, database.address())?;
    host.post(
        "",
        &json!({
            "slug": "bench", "name": "bench", "resource_type": "INTERNAL", "capabilities": ["database"],
            "certificate_authorities": [std::fs::read_to_string(database.authority())?],
            "activation": {"credentials": {"main": {"methods": {"login": {"type": "basic"}}}}},
            "destinations": [{
                "name": "orders", "credential": "main",
                "database": {
                    "engine": database.engine(), "host": "127.0.0.1", "port": database.port(), "name": DATABASE,
                },
            }],
            "limits": limits, "connectors": connectors,
        }),
    )?;
    let credentials = json!({"main": {"values": {"username": USER, "password": PASSWORD}}});
    host.post("/bench/connections", &json!({"name": "main", "credentials": credentials}))?;
    Ok(host)
}

/// The same query as data.
fn definition(database: &Database) -> Value {
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
        "database": {"engine": database.engine(), "statement": STATEMENT},
    })
}
