//! A group that becomes wider or different: its connections wait until an admin has accepted the difference.

use lockgate_tests::connected::reach;
use lockgate_tests::{Answer, Host};
use reqwest::Method;
use serde_json::{Value, json};

const GROUP: &str = "/v1/workspaces/default/groups/g";
const CONNECTION: &str = "/groups/g/connections/main";

/// What an editor may try: as a merge patch.
fn changes() -> Vec<(&'static str, Value)> {
    let methods = |methods: Value| json!({"activation": {"credentials": {"main": {"methods": methods}}}});
    vec![
        (
            "a further destination",
            json!({"destinations": [
                {"url": "https://{subdomain}.acme.example", "credential": "main"},
                {"url": "https://evil.example", "credential": "main"},
            ]}),
        ),
        (
            "another destination",
            json!({
                "base_url": "https://{subdomain}.evil.example/api",
                "destinations": [{"url": "https://{subdomain}.evil.example", "credential": "main"}],
            }),
        ),
        ("another placement", methods(json!({"key": {"in": "query", "name": "key"}}))),
        ("another base", json!({"base_url": "https://{subdomain}.acme.example/other"})),
        (
            "a login that sends it elsewhere",
            methods(json!({"key": {
                "type": "custom", "in": null, "name": null, "fields": {"value": {"type": "password", "required": true}},
                "login": {"url": "https://evil.example/login", "token": "/token",
                          "placements": [{"in": "body", "name": "key", "value": "{value}"}]},
                "placements": [{"in": "header", "name": "x-api-key", "value": "{token}"}],
            }})),
        ),
        ("a value that guests read", json!({"activation": {"fields": {"note": {"visible": true}}}})),
    ]
}

fn host() -> (Host, String) {
    let host = Host::start();
    host.with_activation();
    let editor = host.token_with("editor", json!({}));
    (host, editor)
}

pub(crate) fn merged(target: &mut Value, patch: &Value) {
    match patch {
        Value::Object(changes) => {
            if !target.is_object() {
                *target = json!({});
            }
            for (name, value) in changes {
                if value.is_null() {
                    target.as_object_mut().unwrap().remove(name);
                } else {
                    merged(&mut target[name], value);
                }
            }
        }
        other => *target = other.clone(),
    }
}

/// The group's whole definition with a change, as PUT takes it.
fn whole(patch: &Value) -> Value {
    let mut whole = json!({"slug": "g", "name": "g", "resource_type": "EXTERNAL"});
    whole.as_object_mut().unwrap().extend(reach().as_object().unwrap().clone());
    merged(&mut whole, patch);
    whole
}

fn accept(host: &Host, token: &str, digest: &Value) -> Answer {
    let path = format!("/v1/workspaces/default{CONNECTION}/accept");
    host.send(host.shown(token, Method::POST, &path).json(&json!({"digest": digest})))
}

#[test]
fn an_editor_can_not_turn_a_connection_to_something_else() {
    let (host, editor) = host();
    let mut note = lockgate_tests::connected::values("s3cret");
    note["fields"]["note"] = json!("a secret note");
    host.send(host.request(Method::POST, "/groups/g/connections").json(&note)).status(201);
    let call = || host.call_as(json!({"fixed": "main"}));
    call().status(200);
    for (what, patch) in changes() {
        for method in [Method::PATCH, Method::PUT] {
            let body = if method == Method::PUT { whole(&patch) } else { patch.clone() };
            host.send(host.shown(&editor, method.clone(), GROUP).json(&body)).status(200);
            call().problem(409, "LG1021");
            let shown = host.get(CONNECTION).json();
            assert_eq!(shown["state"], "needs_review", "{what} by {method}: {shown:#}");
            assert!(shown["review"]["changes"].as_array().unwrap().iter().any(|one| one["wider"] == true), "{shown:#}");
            accept(&host, &editor, &shown["review"]["digest"]).problem(403, "LG1003");
            accept(&host, host.token(), &json!(format!("sha256:{}", "0".repeat(64)))).problem(412, "LG1006");
            let accepted = accept(&host, host.token(), &shown["review"]["digest"]).status(200).json();
            assert_eq!(accepted["state"], "active", "{what}: {accepted:#}");
            assert!(!accepted["accepted"].as_array().unwrap().is_empty(), "{accepted:#}");
            call().status(200);
            // Back to where it was, and accepted again.
            host.send(host.shown(&editor, Method::PUT, GROUP).json(&whole(&json!({})))).status(200);
            if let Some(digest) = host.get(CONNECTION).json().pointer("/review/digest") {
                accept(&host, host.token(), digest).status(200);
            }
            call().status(200);
        }
    }
    let audit = host.send(host.admin(Method::GET, "/v1/audit?action=connection.accept&limit=100")).status(200).json();
    assert!(audit["items"].as_array().unwrap().len() >= 2 * changes().len(), "{audit:#}");
}

#[test]
fn internal_needs_an_operator_and_then_a_review() {
    let (host, editor) = host();
    host.connection("k", json!({})).status(201);
    let internal = json!({"resource_type": "INTERNAL"});
    host.send(host.shown(&editor, Method::PATCH, GROUP).json(&internal)).problem(403, "LG1003");
    host.call_as(json!({"fixed": "main"})).status(200);
    let operator = host.token_with("operator", json!({}));
    host.send(host.shown(&operator, Method::PATCH, GROUP).json(&internal)).status(200);
    host.call_as(json!({"fixed": "main"})).problem(409, "LG1021");
    let shown = host.run(["connection", "accept", "g", "main"]).exits(2).says("! resource_type: EXTERNAL -> INTERNAL");
    assert!(shown.stderr.contains("--yes=sha256:"), "{shown:#?}");
    host.run(["connection", "accept", "g", "main", "--yes"]).ok().prints("connection main is active");
    host.call_as(json!({"fixed": "main"})).status(200);
    host.run(["connection", "accept", "g", "main", "--yes"]).ok().says("nothing is to be accepted");
}

#[test]
fn a_narrower_group_keeps_its_connections() {
    let (host, editor) = host();
    host.connection("k", json!({})).status(201);
    let narrower = json!({"destinations": [{"url": "https://{subdomain}.acme.example/api", "credential": "main"}]});
    host.send(host.shown(&editor, Method::PATCH, GROUP).json(&narrower)).status(200);
    host.call_as(json!({"fixed": "main"})).status(200);
    // And new values are for what the group is then.
    let wider = json!({"destinations": [{"url": "https://{subdomain}.acme.example", "credential": "main"}]});
    host.send(host.shown(&editor, Method::PATCH, GROUP).json(&wider)).status(200);
    host.call_as(json!({"fixed": "main"})).status(200);
    let other = json!({"base_url": "https://{subdomain}.acme.example/v2"});
    host.send(host.shown(&editor, Method::PATCH, GROUP).json(&other)).status(200);
    host.call_as(json!({"fixed": "main"})).problem(409, "LG1021");
    let again = lockgate_tests::connected::values("k2");
    host.send(host.request(Method::PUT, &format!("{CONNECTION}/credentials")).json(&again)).status(200);
    host.call_as(json!({"fixed": "main"})).status(200);
}

#[test]
fn a_stored_secret_does_not_become_readable_by_a_switch() {
    let (host, editor) = host();
    let mut body = lockgate_tests::connected::values("k");
    body["fields"]["note"] = json!("never-to-be-read");
    host.send(host.request(Method::POST, "/groups/g/connections").json(&body)).status(201);
    let visible = json!({"activation": {"fields": {"note": {"visible": true}}}});
    host.send(host.shown(&editor, Method::PATCH, GROUP).json(&visible)).status(200);
    let digest = host.get(CONNECTION).json()["review"]["digest"].clone();
    accept(&host, host.token(), &digest).status(200);
    let output = host.call_as(json!({"fixed": "main"})).output();
    assert!(!output.to_string().contains("never-to-be-read"), "{output:#}");
    assert_eq!(host.get(CONNECTION).json()["fields"]["note"], "********");
}
