//! A group `g` whose declarative connectors go to a database of the test's own, by a verified TLS connection.

use reqwest::Method;
use serde_json::{Value, json};

use crate::database_servers::{DATABASE, PASSWORD};
use crate::{Answer, Authority, Host, Serve};

/// A host with the group, and a connection with the login of a user. Connectors take any input.
pub fn host(engine: &str, port: u16, authority: &Authority, user: &str, connectors: &[(&str, Value)]) -> Host {
    let host = Serve::new().reaching_addresses([format!("127.0.0.1:{port}").parse().expect("an address")]).start();
    let definitions: Vec<Value> = connectors
        .iter()
        .map(|(name, database)| {
            let mut database = database.clone();
            database["engine"] = engine.into();
            json!({"name": name, "type": "database", "input_schema": true, "output_schema": true, "database": database})
        })
        .collect();
    let database = json!({"engine": engine, "host": "localhost", "port": port, "name": DATABASE});
    host.group(
        "g",
        json!({
            "resource_type": "INTERNAL", "certificate_authorities": [authority.pem()],
            "activation": {"credentials": {"main": {"methods": {"login": {"type": "basic"}}}}},
            "destinations": [{"database": database, "credential": "main"}], "connectors": definitions,
        }),
    );
    connect(&host, "g", user);
    host
}

/// Gives a group its connection `main`.
pub fn connect(host: &Host, group: &str, user: &str) {
    let credentials = json!({"main": {"values": {"username": user, "password": PASSWORD}}});
    let path = format!("/groups/{group}/connections");
    host.send(host.request(Method::POST, &path).json(&json!({"name": "main", "credentials": credentials}))).status(201);
}

/// Calls a connector by its reference; of `g`, if that is not said.
pub fn call(host: &Host, connector: &str, input: &Value) -> Answer {
    call_for(host, connector, input, 30_000)
}

/// The same with a deadline.
pub fn call_for(host: &Host, connector: &str, input: &Value, deadline_ms: u64) -> Answer {
    let (group, name) = connector.split_once('/').unwrap_or(("g", connector));
    let body = json!({"input": input, "connection": {"fixed": "main"}});
    let request = host.request(Method::POST, &format!("/groups/{group}/connectors/{name}/invoke"));
    host.send(request.header("lockgate-deadline-ms", deadline_ms).json(&body))
}

/// The code of a connector's failure.
pub fn failure(answer: Answer) -> String {
    answer.problem(422, "LG3001")["failure"]["code"].as_str().expect("a code").to_owned()
}
