//! Guests that call gRPC: a server of `grpcio` with TLS, and messages as JSON by the group's descriptors or as bytes.

mod contract;
mod refusals;
mod sample;
mod streams;

use lockgate_tests::grpc_servers::GrpcServer;
use lockgate_tests::{Answer, Authority, Host, Serve};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

/// `lockgate:grpc` as it was first published, in a component that calls all of it.
const GRPC_0_1_0: &[u8] = include_bytes!("../../fixtures/contract/grpc-0.1.0.wasm");
const KEY: &str = "a-real-key-5e02c4";

/// A server, and a host whose group `g` has it and a component that calls it.
struct Setup {
    host: Host,
    server: GrpcServer,
}

/// The files of `tests/grpc/proto`.
fn protos() -> Value {
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

/// Makes one with the guest of these tests, and with these members of the group beside those that reach the server.
fn setup(members: Value) -> Setup {
    with(GRPC_0_1_0, members)
}

/// Makes one with any component.
fn with(component: impl Into<Vec<u8>>, members: Value) -> Setup {
    let authority = Authority::new();
    let server = GrpcServer::start(&authority);
    let host = Serve::new().reaching_addresses([server.address()]).start();
    let mut group = json!({
        "resource_type": "INTERNAL", "capabilities": ["grpc"], "certificate_authorities": [authority.pem()],
        "activation": {"credentials": {"main": {"methods": {
            "key": {"type": "api_key", "in": "header", "name": "x-api-key"},
        }}}},
        "destinations": [{"name": "test", "grpc": server.url(), "credential": "main"}],
        "protos": protos(),
    });
    group.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    host.group("g", group);
    host.load("g", component).status(201);
    let connection = json!({"name": "main", "credentials": {"main": {"method": "key", "values": {"value": KEY}}}});
    host.send(host.request(Method::POST, "/groups/g/connections").json(&connection)).status(201);
    Setup { host, server }
}

impl Setup {
    fn call(&self, connector: &str, input: &Value) -> RequestBuilder {
        let path = format!("/groups/g/connectors/{connector}/invoke");
        self.host.request(Method::POST, &path).json(&json!({"input": input, "connection": {"fixed": "main"}}))
    }

    #[track_caller]
    fn invoke(&self, connector: &str, input: &Value) -> Answer {
        self.host.send(self.call(connector, input))
    }

    /// The failure of a call, which must have this code.
    #[track_caller]
    fn refused(&self, connector: &str, input: &Value, code: &str) -> Value {
        let failure = self.invoke(connector, input).status(422).json()["failure"].take();
        assert_eq!(failure["code"], code, "{failure}");
        failure
    }
}
