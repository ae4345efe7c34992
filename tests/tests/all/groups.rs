//! Definitions of groups: made, read, replaced, patched, deleted, by several people at once.

use std::time::Duration;

use lockgate_tests::{Answer, Host};
use reqwest::Method;
use serde_json::{Value, json};

fn definition(slug: &str) -> Value {
    json!({"slug": slug, "name": slug, "resource_type": "EXTERNAL"})
}

fn post(host: &Host, body: &Value) -> Answer {
    host.send(host.request(Method::POST, "/groups").json(body))
}

#[test]
fn a_definition_comes_back_as_it_was_given() {
    let host = Host::start();
    let whole = json!({
        "apiVersion": "lockgate/v1", "kind": "Group", "slug": "acme", "name": "Acme", "description": "Issue tracker",
        "image_url": "https://acme.example/icon.png", "documentation_url": "https://docs.acme.example",
        "resource_type": "INTERNAL", "tags": ["work"], "settings": {"page_size": 50}, "capabilities": ["http"],
        "limits": {"deadline_ms": 10_000, "connectors": {"slow": {"cpu_ms": 2000}}}, "enabled": false,
    });
    let made = post(&host, &whole).status(201);
    assert_eq!(made.header("etag"), "\"1\"");
    let read = host.get("/groups/acme").status(200);
    assert_eq!(read.header("etag"), "\"1\"");
    let read = read.json();
    assert!(whole.as_object().unwrap().iter().all(|(key, value)| read[key] == *value), "{read:#}");
    assert_eq!(made.json(), read);
}

#[test]
fn what_breaks_a_rule_is_told_with_its_place() {
    let host = Host::start();
    let with = |key: &str, value: Value| {
        let mut body = definition("g");
        body[key] = value;
        post(&host, &body).problem(422, "LG1010")
    };
    for (key, value, named) in [
        ("colour", json!("red"), "colour"),
        ("slug", json!("Not a slug"), "slug"),
        ("slug", json!("a".repeat(64)), "slug"),
        ("name", json!(""), "name"),
        ("resource_type", json!("external"), "external"),
        ("limits", json!({"speed": 1}), "speed"),
        ("limits", json!({"cpu_ms": -1}), "-1"),
        ("capabilities", json!(["root"]), "root"),
        ("apiVersion", json!("lockgate/v2"), "apiVersion"),
        ("image_url", json!("javascript:alert(1)"), "image_url"),
        ("settings", json!({"big": "x".repeat(70_000)}), "settings"),
    ] {
        let refused = with(key, value);
        assert!(refused.to_string().contains(named), "{key}: {refused:#}");
    }
    let mut missing = definition("g");
    missing.as_object_mut().unwrap().remove("resource_type");
    assert!(post(&host, &missing).problem(422, "LG1010")["detail"].as_str().unwrap().contains("resource_type"));
    assert_eq!(host.get("/groups").json()["items"], json!([]), "nothing was made");
}

#[test]
fn a_change_names_the_version_that_it_changes() {
    let host = Host::start();
    host.group("g", json!({}));
    let patch = |tag: &str, name: &str| {
        let request = host.request(Method::PATCH, "/groups/g").header("if-match", tag);
        host.send(request.json(&json!({"name": name})))
    };
    assert_eq!(patch("\"1\"", "Second").status(200).header("etag"), "\"2\"");
    patch("\"1\"", "Lost").problem(412, "LG1006");
    patch("W/\"2\"", "Weak").problem(400, "LG1001");
    assert_eq!(patch("*", "Third").status(200).header("etag"), "\"3\"");
    let delete = |tag: &str| host.send(host.request(Method::DELETE, "/groups/g").header("if-match", tag));
    delete("\"2\"").problem(412, "LG1006");
    assert_eq!(host.get("/groups/g").json()["name"], "Third");
    delete("\"3\"").status(204);
    host.get("/groups/g").problem(404, "LG1004");
}

#[test]
fn of_two_writers_with_one_version_one_wins() {
    let host = Host::start();
    host.group("g", json!({}));
    let change = |turn: usize| {
        let request = host.request(Method::PATCH, "/groups/g").header("if-match", "\"1\"");
        request.json(&json!({"name": format!("Writer {turn}")}))
    };
    let statuses: Vec<_> =
        host.send_all((0..20).map(change).collect::<Vec<_>>()).iter().map(|answer| answer.status).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 412).count(), 19, "{statuses:?}");
}

/// Store and catalog change together, however early the caller hangs up: the next change finds the version it read.
#[test]
fn a_change_whose_caller_goes_away_is_whole() {
    let host = Host::start();
    host.group("g", json!({}));
    let body = json!({"description": "x".repeat(2000)}).to_string();
    let head = format!(
        "PATCH /v1/workspaces/default/groups/g HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        host.token(),
        body.len()
    );
    for turn in 0..100 {
        let connection = host.connect().send(&head);
        std::thread::sleep(Duration::from_micros(turn * 50));
        drop(connection);
    }
    let tag = host.get("/groups/g").header("etag").to_owned();
    let change = host.request(Method::PATCH, "/groups/g").json(&json!({"name": "Still changes"}));
    host.send(change).status(200);
    assert_ne!(host.get("/groups/g").header("etag"), tag);
}

#[test]
fn put_replaces_and_patch_merges() {
    let host = Host::start();
    host.group("g", json!({"description": "d", "tags": ["a"], "settings": {"x": 1, "y": {"z": 2}}}));
    host.set("g", json!({"settings": {"x": null, "y": {"w": 3}}, "tags": ["b"]}));
    let merged = host.get("/groups/g").json();
    assert_eq!((&merged["settings"], &merged["tags"]), (&json!({"y": {"z": 2, "w": 3}}), &json!(["b"])));
    assert_eq!(merged["description"], "d");

    host.send(host.request(Method::PUT, "/groups/g").json(&definition("g"))).status(200);
    let replaced = host.get("/groups/g").json();
    assert_eq!((&replaced["settings"], &replaced["description"]), (&Value::Null, &Value::Null));
    host.send(host.request(Method::PATCH, "/groups/g").json(&json!({"colour": "red"}))).problem(422, "LG1010");
    host.send(host.request(Method::PATCH, "/groups/g").json(&json!([1]))).problem(422, "LG1010");
}

#[test]
fn a_slug_never_changes_and_is_used_once() {
    let host = Host::start();
    host.group("g", json!({}));
    host.group("h", json!({}));
    let renamed =
        host.send(host.request(Method::PATCH, "/groups/g").json(&json!({"slug": "other"}))).problem(422, "LG1010");
    assert_eq!(renamed["errors"][0]["pointer"], "/slug");
    host.send(host.request(Method::PUT, "/groups/g").json(&definition("h"))).problem(422, "LG1010");
    post(&host, &definition("g")).problem(409, "LG1005");
    let mut same_name = definition("third");
    same_name["name"] = json!("g");
    post(&host, &same_name).problem(409, "LG1005");
}

#[test]
fn a_body_that_is_no_definition() {
    let host = Host::start();
    let sent = |kind: &str, body: &str| {
        host.send(host.request(Method::POST, "/groups").header("content-type", kind).body(body.to_owned()))
    };
    sent("application/json", "{").problem(400, "LG1001");
    sent("application/yaml", "slug: g").problem(415, "LG1013");
    sent("application/json", &format!("\"{}\"", "x".repeat(2 << 20))).problem(413, "LG1007");
}

#[test]
fn limits_are_for_connectors_that_exist() {
    let host = Host::start();
    let connector = json!({
        "name": "item", "type": "http", "input_schema": true, "output_schema": true,
        "http": {"method": "GET", "url": "https://a.example/"},
    });
    let with = |slug: &str, name: &str| {
        let limits = json!({"connectors": {name: {"deadline_ms": 5}}});
        let mut body = definition(slug);
        (body["connectors"], body["limits"]) = (json!([connector]), limits);
        post(&host, &body)
    };
    let refused = with("g", "itme").problem(422, "LG1010");
    assert_eq!(refused["errors"][0]["pointer"], "/limits/connectors/itme");
    assert!(refused["errors"][0]["detail"].as_str().unwrap().contains("expected one of `item`"), "{refused}");
    with("g", "item").status(201);
    let limits = json!({"limits": {"connectors": {"itme": {"deadline_ms": 5}}}});
    host.send(host.request(Method::PATCH, "/groups/g").json(&limits)).problem(422, "LG1010");
    host.send(host.request(Method::PUT, "/groups/g/installation").json(&limits)).problem(422, "LG1010");
    // A group without any connector gets them with its first plugin.
    let mut body = definition("h");
    body["limits"] = json!({"connectors": {"later": {"deadline_ms": 5}}});
    post(&host, &body).status(201);
}
