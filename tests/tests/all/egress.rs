//! Egress, attacked from both of its sides with real bytes: by connectors and their callers, who want to go where
//! they may not or to see a credential, and by the systems that they call.

mod addresses;
mod certificates;
mod consent;
mod credentials;
mod database_logins;
mod databases;
mod deadlines;
mod grpc;
mod guest_memory;
mod headers;
mod http2;
mod names;
mod resets;
mod rotation;
mod upstreams;

use lockgate_tests::Host;
use reqwest::Method;
use serde_json::{Value, json};

/// A declarative connector that sends `GET` to the path that its caller gives, and shows the text that comes back.
fn get() -> Value {
    json!({
        "name": "get", "type": "http",
        "input_schema": {"type": "object", "required": ["path"], "properties": {"path": {"type": "string"}}},
        "output_schema": true,
        "http": {"method": "GET", "path": "/{{path}}", "response": {"format": "text"}},
    })
}

/// Makes group `g` with that connector, whose requests go to this URL without a credential.
fn group(host: &Host, url: &str, members: Value) {
    let mut group = json!({"base_url": url, "destinations": [{"url": url, "credential": "none"}]});
    group.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    host.group("g", group);
    connector(host, "g", &get());
}

/// Adds a declarative connector to a group.
#[track_caller]
fn connector(host: &Host, group: &str, definition: &Value) {
    host.send(host.request(Method::POST, &format!("/groups/{group}/connectors")).json(definition)).status(201);
}
