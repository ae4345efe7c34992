//! What was published stays loadable: components that were compiled for the contract as it was then.

use lockgate_tests::{Host, Reply, Serve, Upstream};
use serde_json::{Value, json};

/// `lockgate:http` as it was first published, of resources alone.
const HTTP_0_1_0: &[u8] = include_bytes!("../../fixtures/contract/http-0.1.0.wasm");

fn host(upstream: &Upstream, component: &[u8]) -> Host {
    let host = Serve::new().reaching(&[upstream]).start();
    let destination = json!({"url": upstream.url(), "credential": "none", "plaintext": true});
    host.group("g", json!({"resource_type": "INTERNAL", "capabilities": ["http"], "destinations": [destination]}));
    host.load("g", component).status(201);
    host
}

#[test]
fn requests_made_of_resources() {
    let upstream = Upstream::start(|seen| {
        Reply::new(201).header("content-type", "text/plain").header("x-own", "2").body(seen.body.clone())
    });
    let host = host(&upstream, HTTP_0_1_0);
    for (connector, body) in [("send", "Hello"), ("stream", "Hello"), ("upload", "Hello world")] {
        let got = host.invoke(&format!("g/{connector}"), &json!(upstream.url())).output();
        let parts: [&Value; 3] = [&got["status"], &got["kind"], &got["body"]];
        assert_eq!(parts, [&json!(201), &json!("text/plain"), &json!(body)], "{connector}: {got}");
    }
    let seen = upstream.seen();
    assert!(seen.len() == 3 && seen.iter().all(|seen| seen.method == "POST" && seen.header("x-own") == Some("1")));
}
