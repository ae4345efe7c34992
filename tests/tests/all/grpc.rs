//! Declarative gRPC connectors against a server of `grpcio`: what is sent and what comes back, what is refused, and that a
//! call that nobody waits for ends there too.

mod calls;
mod consent;
mod credentials;
mod descriptors;
mod endings;
mod messages;
mod rogues;
mod tokens;

use lockgate_tests::grpc_servers::GrpcServer;
use lockgate_tests::{Answer, Authority, Host, Serve};
use reqwest::Method;
use serde_json::{Value, json};

const KEY: &str = "a-real-key-5e02c4";

/// The files of `tests/grpc/proto` that need no others but the well-known types and those of `google.rpc`.
pub(crate) fn protos() -> Value {
    let names = [
        "inventory/v1/inventory.proto",
        "lockgate/test/legacy.proto",
        "lockgate/test/probe.proto",
        "lockgate/test/types.proto",
    ];
    let files: serde_json::Map<_, _> =
        names.iter().map(|name| ((*name).to_owned(), GrpcServer::proto(name).into())).collect();
    json!({"files": files})
}

/// A group that calls a server at this address of an authority, with a key as metadata.
fn group(url: &str, authority: &Authority, protos: &Value, connectors: &Value) -> Value {
    json!({
        "resource_type": "INTERNAL", "certificate_authorities": [authority.pem()],
        "activation": {"credentials": {"main": {"methods": {
            "key": {"type": "api_key", "in": "header", "name": "x-api-key"},
        }}}},
        "destinations": [{"grpc": url, "credential": "main", "plaintext": url.starts_with("http:")}],
        "protos": protos, "connectors": connectors,
    })
}

/// A connector that calls a method with its input, and takes anything.
pub(crate) fn connector(name: &str, path: &str) -> Value {
    let (service, method) = path.split_once('/').expect("SERVICE/METHOD");
    json!({
        "name": name, "type": "grpc", "input_schema": true, "output_schema": true,
        "grpc": {"service": service, "method": method},
    })
}

/// A host with the group `g` and the connection `main`.
fn host_of(server: &GrpcServer, group: &Value) -> Host {
    let host = Serve::new().reaching_addresses([server.address()]).start();
    make(&host, group);
    host
}

fn make(host: &Host, group: &Value) {
    host.group("g", group.clone());
    let credentials = json!({"main": {"values": {"value": KEY}}});
    let connection = json!({"name": "main", "credentials": credentials});
    host.send(host.request(Method::POST, "/groups/g/connections").json(&connection)).status(201);
}

/// A host whose group has these connectors, by the method that each calls.
fn host(server: &GrpcServer, authority: &Authority, connectors: &[(&str, &str)]) -> Host {
    let connectors: Vec<_> = connectors.iter().map(|(name, path)| connector(name, path)).collect();
    host_of(server, &group(&server.url(), authority, &protos(), &connectors.into()))
}

fn request(host: &Host, name: &str, input: &Value) -> reqwest::RequestBuilder {
    let body = json!({"input": input, "connection": {"fixed": "main"}});
    host.request(Method::POST, &format!("/groups/g/connectors/{name}/invoke")).json(&body)
}

fn call(host: &Host, name: &str, input: &Value) -> Answer {
    host.send(request(host, name, input))
}

/// The connector's failure.
#[track_caller]
fn failure(answer: Answer) -> Value {
    answer.problem(422, "LG3001")["failure"].take()
}
