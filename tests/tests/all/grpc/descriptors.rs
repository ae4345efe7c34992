//! Where descriptors come from: files, a set, and the server itself, by both versions of reflection.

use lockgate_tests::Authority;
use lockgate_tests::grpc_servers::{GrpcServer, JsonFormat, Options, Reflection};
use serde_json::{Value, json};

use super::{KEY, call, group, host_of, protos};

const CONNECTOR: &str = "name: get\ntype: grpc\ngrpc:\n  service: inventory.v1.Inventory\n  method: GetItem\n";

/// A connector from the command line that says nothing about its schemas, and a call of it.
fn works(server: &GrpcServer, authority: &Authority, protos: &Value) {
    let host = host_of(server, &group(&server.url(), authority, protos, &json!([])));
    let file = host.home.write("get.yaml", CONNECTOR);
    if protos["reflection"] == true {
        host.run(["grpc", "refresh", "g", "--connection", "main"]).ok();
    }
    let file = file.to_str().unwrap();
    host.run(["connector", "create", "g", "-f", file, "--connection", "main"]).ok();
    let shown = host.run(["connector", "show", "g/get"]).ok().json();
    assert_eq!(shown["input_schema"]["properties"]["sku"]["type"], "string", "{shown:#}");
    let host_output =
        host.run(["invoke", "g/get", "--input", r#"{"sku": "pen-1"}"#, "--connection", "main"]).ok().json();
    let expected = json!({
        "sku": "pen-1", "name": "Pen", "unit": "UNIT_PIECE", "stock": "12", "countedAt": "2026-11-29T10:20:30Z",
        "labels": {"shelf": "P"}, "fixed": "199", "parts": [{"sku": "cap-1", "name": "Cap", "unit": "UNIT_PIECE"}],
    });
    assert_eq!(host_output, expected);
    let list = host.run(["grpc", "list", "g", "--connection", "main"]).ok();
    list.prints("inventory.v1.Inventory").prints("GetItem");
    let described = host.run(["grpc", "describe", "g", "inventory.v1.Inventory/GetItem", "--connection", "main"]).ok();
    described.prints("sku");
    let tested =
        host.run(["connector", "test", "g/get", "--input", r#"{"sku": "pen-1"}"#, "--connection", "main"]).ok();
    assert!(!format!("{tested:?}").contains(KEY));
    // Methods that stream what they are sent have no connector.
    let import = CONNECTOR.replace("GetItem", "Import").replace("name: get", "name: import");
    let file = host.home.write("import.yaml", import);
    let refused = host.run(["connector", "create", "g", "-f", file.to_str().unwrap(), "--connection", "main"]).exits(1);
    refused.says("Import");
    let missing = CONNECTOR.replace("GetItem", "Missing").replace("name: get", "name: missing");
    let file = host.home.write("missing.yaml", missing);
    host.run(["connector", "create", "g", "-f", file.to_str().unwrap(), "--connection", "main"])
        .exits(1)
        .says("Missing");
    assert_eq!(call(&host, "get", &json!({"sku": "no"})).problem(422, "LG3001")["failure"]["code"], "not_found");
}

#[test]
fn files_and_sets_are_read() {
    let authority = Authority::new();
    let server = GrpcServer::with(&authority, &Options { reflection: Reflection::None, ..Options::default() });
    works(&server, &authority, &protos());
    use base64::Engine;
    let set = base64::engine::general_purpose::STANDARD.encode(JsonFormat::start().descriptors());
    works(&server, &authority, &json!({"descriptor_set": set}));
}

#[test]
fn servers_are_asked_in_the_version_that_they_have() {
    let authority = Authority::new();
    for (reflection, one_file) in
        [(Reflection::Both, false), (Reflection::V1, true), (Reflection::V1Alpha, false), (Reflection::V1Alpha, true)]
    {
        let required = vec![("x-api-key".to_owned(), KEY.to_owned())];
        let server = GrpcServer::with(&authority, &Options { reflection, one_file, required, ..Options::default() });
        works(&server, &authority, &json!({"reflection": true}));
    }
}

#[test]
fn a_server_without_reflection_is_told_apart() {
    let authority = Authority::new();
    let server = GrpcServer::with(&authority, &Options { reflection: Reflection::None, ..Options::default() });
    let host = host_of(&server, &group(&server.url(), &authority, &json!({"reflection": true}), &json!([])));
    let refused = host.run(["grpc", "refresh", "g", "--connection", "main"]).exits(1);
    refused.says("reflection");
}
