//! What stays open towards an upstream when a connection changes.

use lockgate_tests::{Reply, Serve, Upstream};
use reqwest::Method;
use serde_json::{Value, json};

use super::{connector, get};

/// A token goes with each request, so a new one closes nothing; nothing that a connection had open outlives that it was
/// disabled, or that its group's destinations became others.
#[test]
fn a_new_token_leaves_open_what_a_disabled_connection_and_a_changed_group_close() {
    let upstream = Upstream::start(|_| Reply::new(200).body("fine"));
    let host = Serve::new().reaching(&[&upstream]).start();
    let url = upstream.url();
    host.group(
        "g",
        json!({
            "resource_type": "INTERNAL", "base_url": url,
            "destinations": [{"url": url, "credential": "main", "plaintext": true}],
            "activation": {"credentials": {"main": {"methods": {"it": {"type": "bearer"}}}}},
        }),
    );
    connector(&host, "g", &get());
    let path = "/groups/g/connections";
    let values = |token: &str| json!({"main": {"values": {"token": token}}});
    let body = json!({"name": "main", "credentials": values("the-first-token")});
    host.send(host.request(Method::POST, path).json(&body)).status(201);
    let patch = |body: Value| host.send(host.request(Method::PATCH, &format!("{path}/main")).json(&body)).status(200);
    // Which token the upstream saw, and how many connections it has seen.
    let call = || {
        let body = json!({"input": {"path": "x"}, "connection": {"fixed": "main"}});
        let answer = host.send(host.request(Method::POST, "/groups/g/connectors/get/invoke").json(&body));
        assert_eq!(answer.output(), "fine");
        let seen = upstream.seen();
        let sent = seen.last().unwrap().headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("authorization"));
        (sent.unwrap().1.clone(), upstream.connections())
    };
    assert_eq!(call(), ("Bearer the-first-token".into(), 1));
    assert_eq!(call(), ("Bearer the-first-token".into(), 1));
    let rotated = json!({"credentials": values("the-second-token")});
    host.send(host.request(Method::PUT, &format!("{path}/main/credentials")).json(&rotated)).status(200);
    assert_eq!(call(), ("Bearer the-second-token".into(), 1));
    patch(json!({"default": true}));
    assert_eq!(call(), ("Bearer the-second-token".into(), 1));
    patch(json!({"enabled": false}));
    patch(json!({"enabled": true}));
    assert_eq!(call(), ("Bearer the-second-token".into(), 2));
    let narrower = json!({"destinations": [
        {"url": url, "methods": ["GET"], "credential": "main", "plaintext": true},
    ]});
    host.send(host.request(Method::PATCH, "/groups/g").json(&narrower)).status(200);
    assert_eq!(call(), ("Bearer the-second-token".into(), 3));
}
