//! A connection is for the servers that it was made for: another one gets nothing until an admin has accepted it.

use lockgate_tests::grpc_servers::{GrpcServer, Options, Transport};
use lockgate_tests::{Authority, Serve};
use reqwest::Method;
use serde_json::{Value, json};

use super::{KEY, call, connector, group, make, protos};

#[test]
fn another_server_or_less_tls_needs_a_look_at_every_connection() {
    let authority = Authority::new();
    let plain = Options { transport: Transport::Plain, ..Options::default() };
    let (good, evil, clear) =
        (GrpcServer::start(&authority), GrpcServer::start(&authority), GrpcServer::with(&authority, &plain));
    let host = Serve::new().reaching_addresses([good.address(), evil.address(), clear.address()]).start();
    let definition =
        group(&good.url(), &authority, &protos(), &json!([connector("get", "inventory.v1.Inventory/GetItem")]));
    make(&host, &definition);
    let pen = json!({"sku": "pen-1"});
    call(&host, "get", &pen).status(200);
    let changes: [(&str, Value, &GrpcServer); 4] = [
        ("another port", json!({"destinations": [{"grpc": evil.url(), "credential": "main"}]}), &evil),
        ("no TLS", json!({"destinations": [{"grpc": clear.url(), "credential": "main", "plaintext": true}]}), &clear),
        (
            "one more",
            json!({"destinations": [
                {"grpc": evil.url(), "credential": "main", "name": "evil"}, {"grpc": good.url(), "credential": "main"},
            ]}),
            &evil,
        ),
        (
            "another place for the key",
            json!({"activation": {"credentials": {"main": {"methods": {"key": {"name": "x-other-key"}}}}}}),
            &good,
        ),
    ];
    for (what, change, server) in &changes {
        let before = server.calls("GetItem").len();
        host.set("g", change.clone());
        call(&host, "get", &pen).problem(409, "LG1021");
        assert_eq!(server.calls("GetItem").len(), before, "{what}");
        let shown = host.get("/groups/g/connections/main").json();
        assert_eq!(shown["state"], "needs_review", "{what}: {shown:#}");
        // Back again, it is what it was made for.
        host.set("g", json!({"destinations": definition["destinations"], "activation": definition["activation"]}));
        call(&host, "get", &pen).status(200);
    }
    assert!(evil.events().len() == 1 && clear.events().is_empty() || evil.calls("").is_empty());
    // Accepted, the key goes there.
    host.set("g", changes[0].1.clone());
    let shown = host.get("/groups/g/connections/main").json();
    let body = json!({"digest": shown["review"]["digest"]});
    host.send(host.request(Method::POST, "/groups/g/connections/main/accept").json(&body)).status(200);
    call(&host, "get", &pen).status(200);
    assert!(evil.calls("GetItem")[0].to_string().contains(KEY));
}

#[test]
fn descriptors_lead_nowhere_else() {
    let authority = Authority::new();
    let server = GrpcServer::start(&authority);
    let host = Serve::new().reaching_addresses([server.address()]).start();
    make(
        &host,
        &group(&server.url(), &authority, &protos(), &json!([connector("get", "inventory.v1.Inventory/GetItem")])),
    );
    let other = json!({"protos": {"files": {
        "inventory/v1/inventory.proto": "syntax = \"proto3\"; package inventory.v1; \
            service Inventory { rpc GetItem(In) returns (In); } message In { string sku = 1; }",
    }}});
    host.set("g", other);
    assert_eq!(call(&host, "get", &json!({"sku": "pen-1"})).output(), json!({"sku": "pen-1"}));
}
