//! What a scope sets for a group that it sees.

use lockgate_tests::connected::reach;
use lockgate_tests::{Answer, Host};
use reqwest::Method;
use serde_json::{Value, json};

const PATH: &str = "/groups/g/installation";

fn put(host: &Host, body: &Value) -> Answer {
    host.send(host.request(Method::PUT, PATH).json(body))
}

#[test]
fn it_switches_limits_and_fills_fields() {
    let host = Host::start();
    host.with_activation();
    let empty = host.get(PATH).status(200);
    assert_eq!((empty.header("etag"), &empty.json()["version"]), ("\"0\"", &json!(0)));
    let set = json!({"values": {"subdomain": "everyone"}, "limits": {"input_bytes": 1}, "return_urls": ["https://a.example/x"]});
    let made = put(&host, &set).status(200).json();
    assert_eq!((&made["values"], &made["version"]), (&set["values"], &json!(1)));
    assert_eq!(made["callback_url"], Value::Null);
    // Nobody has to say what the scope says for everybody.
    let body = json!({"credentials": {"main": {"values": {"value": "k"}}}});
    let made = host.send(host.request(Method::POST, "/groups/g/connections").json(&body)).status(201).json();
    assert_eq!(made["fields"]["subdomain"], "everyone");
    let refused = host.call_as(json!({"fixed": "main"})).problem(413, "LG1007");
    let limit = json!({"name": "input_bytes", "value": 1, "setting": "limits.input_bytes of the installation"});
    assert_eq!(refused["limit"], limit);
    put(&host, &json!({"values": {"subdomain": "later"}})).status(200);
    // A value is fixed in the connection that was made with it.
    assert_eq!(host.call_as(json!({"fixed": "main"})).output()["settings"]["subdomain"], "everyone");
    put(&host, &json!({"enabled": false})).status(200);
    host.call_as(json!({"fixed": "main"})).problem(409, "LG1011");
    host.run(["installation", "set", "g", "enabled=null"]).ok();
    host.call_as(json!({"fixed": "main"})).status(200);
}

#[test]
fn a_workspace_stands_over_its_organization() {
    let host = Host::start();
    let organization = "/v1/organizations/default/groups";
    let mut group = json!({"slug": "g", "name": "g", "resource_type": "EXTERNAL"});
    group.as_object_mut().unwrap().extend(reach().as_object().unwrap().clone());
    host.send(host.admin(Method::POST, organization).json(&group)).status(201);
    let above = |body: Value| {
        host.send(host.admin(Method::PUT, &format!("{organization}/g/installation")).json(&body)).status(200)
    };
    let below =
        |body: Value| host.send(host.request(Method::PUT, "/groups/org:g/installation").json(&body)).status(200).json();
    above(json!({"values": {"subdomain": "above"}, "limits": {"cpu_ms": 7, "deadline_ms": 9}}));
    let own = below(json!({"limits": {"cpu_ms": 8}}));
    assert_eq!(own["in_force"]["values"], json!({"subdomain": "above"}));
    assert_eq!(own["in_force"]["limits"], json!({"cpu_ms": 8, "deadline_ms": 9}));
    assert_eq!(own["limits"], json!({"cpu_ms": 8}));
    above(json!({"enabled": false}));
    let own = host.get("/groups/org:g/installation").json();
    assert_eq!((&own["in_force"]["enabled"], &own["in_force"]["limits"]), (&json!(false), &json!({"cpu_ms": 8})));
}

#[test]
fn a_test_reads_no_more_than_an_invoke() {
    let host = Host::start();
    let connector = json!({"name": "c", "type": "http", "input_schema": true, "output_schema": true,
                           "http": {"method": "GET", "url": "https://nowhere.example/"}});
    let group = json!({"slug": "g", "name": "G", "resource_type": "EXTERNAL", "connectors": [connector]});
    host.send(host.request(Method::POST, "/groups").json(&group)).status(201);
    put(&host, &json!({"limits": {"input_bytes": 1}})).status(200);
    // More than the limit and the members beside an input, and less than the connector's own limit.
    let body = json!({"input": "x".repeat(16 * 1024)});
    let limit = json!({"name": "input_bytes", "value": 1, "setting": "limits.input_bytes of the installation"});
    for route in ["invoke", "test"] {
        let path = format!("/groups/g/connectors/c/{route}");
        let refused = host.send(host.request(Method::POST, &path).json(&body)).problem(413, "LG1007");
        assert_eq!(refused["limit"], limit, "{route}: {refused:#}");
        let detail = refused["detail"].as_str().unwrap();
        assert!(detail.ends_with("input_bytes = 1 (limits.input_bytes of the installation)"), "{route}: {detail}");
    }
}

#[test]
fn what_it_can_not_set_is_refused() {
    let host = Host::start();
    host.with_activation();
    for (body, pointer) in [
        (json!({"limits": {"calls_in_flight": 1}}), "/limits/calls_in_flight"),
        (json!({"values": {"subdomain": "a.b"}}), "/values/subdomain"),
        (json!({"values": {"note": "secret"}}), "/values/note"),
        (json!({"values": {"colour": "x"}}), "/values/colour"),
        (json!({"return_urls": ["javascript:alert(1)"]}), "/return_urls/0"),
        (json!({"oauth": {"main": {"client_id": "x"}}}), "/oauth/main"),
    ] {
        let refused = put(&host, &body).problem(422, "LG1010");
        assert_eq!(refused["errors"][0]["pointer"], pointer, "{refused:#}");
    }
    put(&host, &json!({"colour": 1})).problem(400, "LG1001");
    let editor = host.token_with("editor", json!({}));
    let path = format!("/v1/workspaces/default{PATH}");
    host.send(host.shown(&editor, Method::PUT, &path).json(&json!({}))).problem(403, "LG1003");
    put(&host, &json!({})).status(200);
    let stale = host.request(Method::PUT, PATH).header("if-match", "\"0\"").json(&json!({}));
    host.send(stale).problem(412, "LG1006");
}

#[test]
fn an_oauth_clients_secret_is_write_only() {
    let host = Host::start();
    host.with_activation();
    let oauth = json!({"type": "oauth2", "grant": "client_credentials", "token_url": "https://id.acme.example/token"});
    host.set("g", json!({"activation": {"credentials": {"main": {"methods": {"oauth": oauth}}}}}));
    let client = json!({"client_id": "id-s3cret", "client_secret": "se-s3cret", "scopes": ["read"]});
    let made = put(&host, &json!({"oauth": {"main": client}})).status(200);
    assert!(!made.body.contains("s3cret"), "{}", made.body);
    let masked = json!({"client_id": "********", "client_secret": "********", "scopes": ["read"]});
    assert_eq!(made.json()["oauth"]["main"], masked);
    // What a read gave can be put back.
    put(&host, &json!({"oauth": {"main": masked}, "enabled": true})).status(200);
    assert_eq!(host.get(PATH).json()["oauth"]["main"], masked);
    host.home.write("secret", "other\n");
    host.run(["installation", "set", "g", "--secret", "main.client_secret=@secret"]).ok();
    assert_eq!(put(&host, &json!({})).status(200).json()["oauth"], json!({}));
}
