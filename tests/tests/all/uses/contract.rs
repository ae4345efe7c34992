//! A flow that was compiled for `lockgate:connectors` as it was first published goes on working.

use serde_json::json;

use super::{call_for, grant, host, upstream, uses};

const CONNECTORS_0_1_0: &[u8] = include_bytes!("../../../fixtures/contract/connectors-0.1.0.wasm");

#[test]
fn a_flow_of_the_first_contract_calls_connectors() {
    let upstream = upstream();
    let host = host(&upstream);
    host.group("old", json!({"capabilities": ["connectors"], "uses": uses()}));
    host.load("old", CONNECTORS_0_1_0).status(201);
    let ask = |entry: &str, text: &str| json!({"connector": entry, "input": {"text": text}});
    let failed = |entry: &str| host.invoke("old/failure", &ask(entry, "one")).output();
    assert_eq!(failed("write")["code"], "not-granted");
    grant(&host, "old", &["write", "post", "lose"]);
    let written = host.invoke("old/pass", &ask("write", "one")).output();
    assert_eq!(written, json!({"path": "/send", "last": "W", "sent": {"text": "one"}}));
    // With the connection of the caller's tenant.
    let posted = call_for(&host, "old/each", &json!([ask("write", "one"), ask("post", "two")]), "ada").output();
    assert_eq!(posted, json!({"path": "/send", "last": "a", "sent": {"text": "two"}}));
    // A failure that the called connector returned, and two of the host's own.
    let lost = failed("lose");
    assert_eq!((&lost["retryable"], &lost["details"]["code"]), (&json!(false), &json!("LG3001")), "{lost}");
    assert_eq!(failed("post")["code"], "no-tenant");
    assert_eq!(failed("nobody")["code"], "unknown-connector");
}
