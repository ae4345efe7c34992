//! A group that becomes wider or different: its connections wait until an admin has accepted the difference.

use lockgate_domain::merge_patch;
use lockgate_tests::connected::reach;
use lockgate_tests::{Answer, Authority, Host};
use reqwest::Method;
use serde_json::{Value, json};

const GROUP: &str = "/v1/workspaces/default/groups/g";
const CONNECTION: &str = "/groups/g/connections/main";

fn host() -> (Host, String) {
    let host = Host::start();
    host.with_activation();
    let editor = host.token_with("editor", json!({}));
    (host, editor)
}

/// The same with a connection whose method trades its value for a token first.
fn host_with_login() -> (Host, String) {
    let (host, editor) = host();
    host.set("g", login(json!({})));
    let body = json!({"fields": {"subdomain": "shop"}, "credentials": {"main": {"method": "login", "values": {"value": "k"}}}});
    host.send(host.request(Method::POST, "/groups/g/connections").json(&body)).status(201);
    (host, editor)
}

fn methods(methods: Value) -> Value {
    json!({"activation": {"credentials": {"main": {"methods": methods}}}})
}

/// A method with a login, changed.
fn login(change: Value) -> Value {
    let mut login = json!({
        "url": "https://{subdomain}.acme.example/token", "token": "/token",
        "placements": [{"in": "body", "name": "key", "value": "{{value}}"}],
    });
    merge_patch(&mut login, &change);
    methods(json!({"login": {
        "type": "custom", "fields": {"value": {"type": "password", "required": true}}, "login": login,
        "placements": [{"in": "header", "name": "authorization", "value": "Bearer {{token}}"}],
    }}))
}

/// A group's whole definition with a change, as PUT takes it.
fn whole(group: &Value, patch: &Value) -> Value {
    let made = ["id", "version", "created_at", "updated_at", "connector_names"];
    let members = group.as_object().unwrap().iter().filter(|(key, _)| !made.contains(&key.as_str()));
    let mut whole = Value::Object(members.map(|(key, value)| (key.clone(), value.clone())).collect());
    merge_patch(&mut whole, patch);
    whole
}

/// An editor makes a change, by PATCH and by PUT. Each time calls with the connection are refused until an admin has
/// accepted what the command line prints, and that is in the audit.
fn waits_for_an_admin(start: fn() -> (Host, String), patch: &Value, line: &str) {
    for method in [Method::PATCH, Method::PUT] {
        let (host, editor) = start();
        let operator = host.token_with("operator", json!({}));
        let call = || host.call_as(json!({"fixed": "main"}));
        call().status(200);
        let body = if method == Method::PUT { whole(&host.get("/groups/g").json(), patch) } else { patch.clone() };
        host.send(host.shown(&editor, method.clone(), GROUP).json(&body)).status(200);
        call().problem(409, "LG1021");
        let shown = host.get(CONNECTION).json();
        assert_eq!(shown["state"], "needs_review", "by {method}: {shown:#}");
        let digest = shown["review"]["digest"].as_str().unwrap();
        for token in [&editor, &operator] {
            accept(&host, token, &json!(digest)).problem(403, "LG1003");
        }
        accept(&host, host.token(), &json!(format!("sha256:{}", "0".repeat(64)))).problem(412, "LG1006");
        // Looking is not accepting.
        host.run(["connection", "accept", "g", "main"]).exits(2).says(&format!("! {line}")).says(digest);
        call().problem(409, "LG1021");
        let yes = format!("--yes={digest}");
        host.run(["connection", "accept", "g", "main", &yes]).ok().says(line).prints("connection main is active");
        call().status(200);
        let audit = host.send(host.admin(Method::GET, "/v1/audit?action=connection.accept")).status(200).json();
        let last = &audit["items"][0];
        assert!(last["subject"].as_str().unwrap().ends_with(digest) && last["token"].is_string(), "{last:#}");
    }
}

fn connected() -> (Host, String) {
    let (host, editor) = host();
    let mut body = lockgate_tests::connected::values("k");
    body["fields"]["note"] = json!("a secret note");
    host.send(host.request(Method::POST, "/groups/g/connections").json(&body)).status(201);
    (host, editor)
}

fn accept(host: &Host, token: &str, digest: &Value) -> Answer {
    let path = format!("/v1/workspaces/default{CONNECTION}/accept");
    host.send(host.shown(token, Method::POST, &path).json(&json!({"digest": digest})))
}

#[test]
fn a_further_destination_waits() {
    let patch = json!({"destinations": [
        {"url": "https://{subdomain}.acme.example", "credential": "main"},
        {"url": "https://evil.example", "credential": "main"},
    ]});
    waits_for_an_admin(connected, &patch, "+ destination https://evil.example/ credential main");
}

#[test]
fn another_destination_waits() {
    let patch = json!({
        "base_url": "https://{subdomain}.evil.example/api",
        "destinations": [{"url": "https://{subdomain}.evil.example", "credential": "main"}],
    });
    waits_for_an_admin(connected, &patch, "+ destination https://{subdomain}.evil.example/ credential main");
}

#[test]
fn a_further_authority_waits() {
    let patch = json!({"certificate_authorities": [Authority::new().pem()]});
    waits_for_an_admin(connected, &patch, "+ certificate_authorities: sha256:");
}

#[test]
fn a_placement_that_moves_waits() {
    let patch = methods(json!({"key": {"in": "query", "name": "key"}}));
    waits_for_an_admin(connected, &patch, "+ credential main, placement: query key = {{value}}");
}

#[test]
fn another_base_waits() {
    let patch = json!({"base_url": "https://{subdomain}.acme.example/other"});
    let line = "base_url: https://{subdomain}.acme.example/api -> https://{subdomain}.acme.example/other";
    waits_for_an_admin(connected, &patch, line);
}

#[test]
fn another_login_url_waits() {
    let patch = login(json!({"url": "https://evil.example/token"}));
    waits_for_an_admin(
        host_with_login,
        &patch,
        "credential main, login_url: POST https://{subdomain}.acme.example/token",
    );
}

#[test]
fn a_login_that_sends_something_else_waits() {
    let patch = login(json!({"placements": [{"in": "query", "name": "key", "value": "{{value}}"}]}));
    waits_for_an_admin(
        host_with_login,
        &patch,
        "credential main, login_url: POST https://{subdomain}.acme.example/token",
    );
}

#[test]
fn a_field_that_guests_could_read_waits() {
    let patch = json!({"activation": {"fields": {"note": {"visible": true}}}});
    waits_for_an_admin(connected, &patch, "+ fields, visible: note");
}

#[test]
fn a_field_that_guests_could_sign_with_waits() {
    let patch = json!({"activation": {"fields": {"note": {"use": "sign"}}}});
    waits_for_an_admin(connected, &patch, "+ fields, use: sign: note");
}

#[test]
fn internal_needs_an_operator_and_then_a_review() {
    let (host, editor) = connected();
    let before = host.get("/groups/g").json();
    let operator = host.token_with("operator", json!({}));
    for method in [Method::PATCH, Method::PUT] {
        let internal = json!({"resource_type": "INTERNAL"});
        let body = if method == Method::PUT { whole(&before, &internal) } else { internal };
        host.send(host.shown(&editor, method.clone(), GROUP).json(&body)).problem(403, "LG1003");
        host.call_as(json!({"fixed": "main"})).status(200);
        host.send(host.shown(&operator, method, GROUP).json(&body)).status(200);
        host.call_as(json!({"fixed": "main"})).problem(409, "LG1021");
        let shown = host.run(["connection", "accept", "g", "main"]).exits(2);
        let shown = shown.says("! resource_type: EXTERNAL -> INTERNAL");
        assert!(shown.stderr.contains("--yes=sha256:"), "{shown:#?}");
        host.run(["connection", "accept", "g", "main", "--yes"]).ok().prints("connection main is active");
        host.call_as(json!({"fixed": "main"})).status(200);
        host.run(["connection", "accept", "g", "main", "--yes"]).ok().says("nothing is to be accepted");
        host.send(host.shown(&operator, Method::PUT, GROUP).json(&whole(&before, &json!({})))).status(200);
        // Less is reached than what was accepted.
        host.call_as(json!({"fixed": "main"})).status(200);
        let again = lockgate_tests::connected::values("k");
        host.send(host.request(Method::PUT, &format!("{CONNECTION}/credentials")).json(&again)).status(200);
    }
}

#[test]
fn a_narrower_group_keeps_its_connections() {
    let (host, editor) = connected();
    let patch = |body: Value| host.send(host.shown(&editor, Method::PATCH, GROUP).json(&body)).status(200);
    let call = || host.call_as(json!({"fixed": "main"}));
    let of_acme = |members: Value| {
        let mut one = json!({"url": "https://{subdomain}.acme.example/api", "credential": "main"});
        merge_patch(&mut one, &members);
        json!({"destinations": [one]})
    };
    for narrower in [
        of_acme(json!({})),
        of_acme(json!({"methods": ["GET"]})),
        of_acme(json!({"methods": ["GET"], "credential": "none"})),
        json!({"base_url": null}),
        json!({"destinations": []}),
        json!({"description": "For people", "settings": {"page_size": 5}, "limits": {"cpu_ms": 500}}),
    ] {
        patch(narrower.clone());
        call().status(200);
        let shown = host.get(CONNECTION).json();
        assert!(shown["state"] == "active" && shown.get("review").is_none(), "{narrower}: {shown:#}");
    }
    // And back: it was made for this.
    patch(reach());
    call().status(200);
    // New values are for what the group is then.
    patch(json!({"base_url": "https://{subdomain}.acme.example/v2"}));
    call().problem(409, "LG1021");
    let again = lockgate_tests::connected::values("k2");
    host.send(host.request(Method::PUT, &format!("{CONNECTION}/credentials")).json(&again)).status(200);
    call().status(200);
}

#[test]
fn what_changed_again_is_not_accepted_unseen() {
    let (host, editor) = connected();
    let base = |path: &str| {
        let body = json!({"base_url": format!("https://{{subdomain}}.acme.example/{path}")});
        host.send(host.shown(&editor, Method::PATCH, GROUP).json(&body)).status(200);
        host.get(CONNECTION).json()["review"]["digest"].clone()
    };
    let seen = base("one");
    let now = base("two");
    accept(&host, host.token(), &seen).problem(412, "LG1006");
    let yes = format!("--yes={}", seen.as_str().unwrap());
    host.run(["connection", "accept", "g", "main", &yes]).exits(2).says("the group changed again");
    host.call_as(json!({"fixed": "main"})).problem(409, "LG1021");
    accept(&host, host.token(), &now).status(200);
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
