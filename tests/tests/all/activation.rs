//! What a definition says about where a group may go and as whom: `base_url`, `activation`, `destinations`.

use lockgate_tests::{Host, guests};
use reqwest::Method;
use serde_json::{Value, json};

/// The definition of `docs/connections.md`.
fn definition() -> Value {
    json!({
        "slug": "g", "name": "g", "resource_type": "EXTERNAL", "base_url": "https://{subdomain}.acme.example/api",
        "activation": {
            "credentials": {"main": {"default": "key", "methods": {
                "key": {"type": "api_key", "in": "header", "name": "x-api-key"},
                "login": {"type": "basic"},
            }}},
            "fields": {"subdomain": {"type": "text", "required": true, "visible": true, "pattern": "[a-z0-9-]+"}},
            "verify": {"path": "/me", "expect": {"status": 200}},
        },
        "destinations": [
            {"url": "https://{subdomain}.acme.example", "credential": "main"},
            {"url": "https://cdn.acme.example", "credential": "none"},
        ],
    })
}

#[test]
fn it_comes_back_as_it_was_written() {
    let host = Host::start();
    host.send(host.request(Method::POST, "/groups").json(&definition())).status(201);
    let read = host.get("/groups/g").status(200).json();
    let written = definition();
    assert!(written.as_object().unwrap().iter().all(|(key, value)| read[key] == *value), "{read:#}");
    host.set("g", json!({"base_url": null, "activation": {"verify": null}}));
    let read = host.get("/groups/g").status(200).json();
    assert!(read.get("base_url").is_none() && read["activation"].get("verify").is_none(), "{read:#}");
}

#[test]
fn what_breaks_a_rule_is_told_with_its_place_however_it_is_sent() {
    let host = Host::start();
    host.send(host.request(Method::POST, "/groups").json(&definition())).status(201);
    for (path, value, pointer) in [
        ("/base_url", json!("https://elsewhere.example"), "/base_url"),
        ("/base_url", json!(5), "/base_url"),
        ("/activation/colour", json!(1), "/activation/colour"),
        ("/activation/credentials/main/methods/key/in", json!("body"), "/activation/credentials/main/methods/key/in"),
        ("/activation/fields/subdomain/type", json!("password"), "/activation/fields/subdomain"),
        ("/destinations/0/url", json!("https://*.com"), "/destinations/0/url"),
        ("/destinations/0/credential", json!("other"), "/destinations/0/credential"),
        ("/destinations/1/url", json!("http://cdn.acme.example/%2e%2e"), "/destinations/1/url"),
        ("/destinations/1/plaintext", json!(true), "/destinations/1"),
    ] {
        let mut changed = definition();
        let (above, key) = path.rsplit_once('/').unwrap();
        match changed.pointer_mut(above).unwrap() {
            Value::Object(members) => drop(members.insert(key.to_owned(), value)),
            other => panic!("{other}"),
        }
        let whole = |method, path: &str| host.send(host.request(method, path).json(&changed)).problem(422, "LG1010");
        let mut answers = vec![whole(Method::PUT, "/groups/g"), whole(Method::PATCH, "/groups/g")];
        changed["slug"] = json!("h");
        changed["name"] = json!("h");
        answers.push(host.send(host.request(Method::POST, "/groups").json(&changed)).problem(422, "LG1010"));
        for answer in answers {
            let pointers = answer["errors"].as_array().unwrap().iter().map(|one| one["pointer"].as_str().unwrap());
            let pointers: Vec<_> = pointers.collect();
            assert!(pointers.contains(&pointer), "{path}: {answer:#}");
        }
    }
    assert_eq!(host.get("/groups/g").json()["version"], 1);
}

#[test]
fn the_command_line_passes_it_through() {
    let host = Host::start();
    host.home.write("group.yaml", serde_json::to_string(&definition()).unwrap());
    host.run(["group", "create", "-f", "group.yaml"]).ok();
    let shown = host.run(["group", "show", "g"]).ok().json();
    assert_eq!(shown["destinations"], definition()["destinations"]);
    host.run(["group", "set", "g", "base_url=https://cdn.acme.example"]).ok();
    assert_eq!(host.run(["group", "show", "g"]).ok().json()["base_url"], "https://cdn.acme.example");
    host.run(["group", "set", "g", "base_url=https://other.example"]).exits(1).says("at /base_url");
}

#[test]
fn with_an_activation_a_call_needs_a_connection() {
    let host = Host::start();
    host.with_guest(&guests::STATE, json!({}));
    host.invoke("g/count", &json!({})).status(200);
    let mut reach = definition();
    reach.as_object_mut().unwrap().retain(|key, _| ["base_url", "activation", "destinations"].contains(&key.as_str()));
    host.set("g", reach);
    let call = |connection: Value| {
        let body = json!({"input": {}, "connection": connection});
        host.send(host.request(Method::POST, "/groups/g/connectors/count/invoke").json(&body))
    };
    host.invoke("g/count", &json!({})).problem(400, "LG1015");
    call(json!({"fixed": "main"})).problem(404, "LG1017");
    call(json!({"dynamic": {"tenant": "ada"}})).problem(404, "LG1017");
    call(json!({"dynamic": {"tenant": "ada", "name": "main"}})).problem(404, "LG1017");
    call(json!({"both": 1})).problem(400, "LG1001");
}
