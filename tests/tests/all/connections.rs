//! Connections: made, read without their secrets, used by calls, renewed, switched, deleted.

mod command_line;

use lockgate_tests::connected::{reach, values};
use lockgate_tests::{Home, Host, guests};
use reqwest::Method;
use serde_json::{Value, json};

const PATH: &str = "/groups/g/connections";

fn host() -> Host {
    let host = Host::start();
    host.with_activation();
    host
}

#[test]
fn a_call_runs_with_the_connection_that_it_names() {
    let host = host();
    let made = host.connection("k-1", json!({})).status(201);
    assert_eq!(made.header("etag"), "\"1\"");
    let made = made.json();
    assert_eq!((&made["state"], &made["name"], &made["tenant"]), (&json!("active"), &json!("main"), &Value::Null));
    let settings = host.call_as(json!({"fixed": "main"})).output()["settings"].clone();
    assert_eq!(settings, json!({"subdomain": "shop"}));
    let id = made["id"].as_str().unwrap();
    assert_eq!(host.call_as(json!({"fixed": id})).output()["tenant"], Value::Null);
    // A visible value hides the group's setting of that name.
    host.set("g", json!({"settings": {"subdomain": "of the group", "page_size": 5}}));
    let settings = host.call_as(json!({"fixed": "main"})).output()["settings"].clone();
    assert_eq!(settings, json!({"subdomain": "shop", "page_size": 5}));
    host.invoke("g/facts", &json!({})).problem(400, "LG1015");
    host.call_as(json!({"fixed": "other"})).problem(404, "LG1017");
    host.call_as(json!({"dynamic": {"tenant": "ada"}})).problem(404, "LG1017");
}

#[test]
fn fixed_and_dynamic_never_meet() {
    let host = host();
    host.connection("k-1", json!({"name": "own", "tenant": "ada"})).status(201);
    let two = host.connection("k-2", json!({"name": "two", "tenant": "ada"})).status(201).json();
    host.connection("k-3", json!({"name": "own", "tenant": "bo"})).status(201);
    let dynamic = |tenant: &str, name: Value| host.call_as(json!({"dynamic": {"tenant": tenant, "name": name}}));
    dynamic("ada", Value::Null).problem(409, "LG1018");
    assert_eq!(dynamic("ada", json!("own")).output()["tenant"], "ada");
    assert_eq!(dynamic("bo", Value::Null).output()["tenant"], "bo");
    dynamic("bo", json!("two")).problem(404, "LG1017");
    host.call_as(json!({"fixed": "own"})).problem(400, "LG1016");
    host.call_as(json!({"fixed": two["id"]})).problem(400, "LG1016");
    let default = |name: &str| {
        let path = format!("{PATH}/{name}");
        host.send(host.request(Method::PATCH, &path).json(&json!({"default": true}))).status(200)
    };
    default("two");
    dynamic("ada", Value::Null).status(200);
    // The mark moves: there is one of an owner at most.
    let id = host.get(&format!("{PATH}?tenant=ada&q=own")).json()["items"][0]["id"].as_str().unwrap().to_owned();
    default(&id);
    assert_eq!(host.get(&format!("{PATH}/two")).json()["default"], false);
    let header = |tenant: &str| {
        let body = json!({"input": {}, "connection": {"dynamic": {"tenant": "ada"}}});
        let request = host.request(Method::POST, "/groups/g/connectors/facts/invoke").json(&body);
        host.send(request.header("lockgate-tenant", tenant))
    };
    header("ada").status(200);
    header("bo").problem(400, "LG1001");
    host.connection("k-4", json!({"name": "own"})).status(201);
    host.call_as(json!({"fixed": "own"})).status(200);
    host.get(&format!("{PATH}/own")).problem(409, "LG1018");
}

#[test]
fn an_organizations_connection_is_used_below_and_not_read_there() {
    let host = Host::start();
    let organization = "/v1/organizations/default";
    let mut group = json!({"slug": "g", "name": "g", "resource_type": "EXTERNAL"});
    group.as_object_mut().unwrap().extend(reach().as_object().unwrap().clone());
    host.send(host.admin(Method::POST, &format!("{organization}/groups")).json(&group)).status(201);
    let load = host.admin(Method::POST, &format!("{organization}/groups/g/plugins"));
    let component = lockgate_tests::guests::STATE.bytes();
    host.send(load.header("content-type", "application/wasm").body(component)).status(201);
    let mut body = values("k-org");
    body["name"] = json!("shared");
    host.send(host.admin(Method::POST, &format!("{organization}/groups/g/connections")).json(&body)).status(201);
    let call = |name: &str| {
        let body = json!({"input": {}, "connection": {"fixed": name}});
        host.send(host.request(Method::POST, "/groups/org:g/connectors/facts/invoke").json(&body))
    };
    call("shared").status(200);
    host.get("/groups/org:g/connections/shared").problem(404, "LG1004");
    assert_eq!(host.get("/groups/org:g/connections").json()["items"], json!([]));
    host.send(host.request(Method::POST, "/groups/org:g/connections").json(&body)).status(201);
    call("shared").problem(409, "LG1018");
    body["tenant"] = json!("ada");
    let refused = host.send(host.admin(Method::POST, &format!("{organization}/groups/g/connections")).json(&body));
    assert_eq!(refused.problem(422, "LG1010")["errors"][0]["pointer"], "/tenant");
}

#[test]
fn secrets_go_in_and_masks_come_out() {
    let host = host();
    let mut body = values("s3cret-key");
    body["fields"]["note"] = json!("s3cret-note");
    let made = host.send(host.request(Method::POST, PATH).json(&body)).status(201);
    let answers = [made, host.get(PATH), host.get(&format!("{PATH}/main")), host.get("/connections")];
    for answer in answers {
        assert!(!answer.body.contains("s3cret"), "{}", answer.body);
        assert!(answer.body.contains("\"value\":\"********\"") && answer.body.contains("\"note\":\"********\""));
        assert!(answer.body.contains("\"subdomain\":\"shop\""), "{}", answer.body);
    }
    // The mask of a read is no value.
    let put = |body: &Value| host.send(host.request(Method::PUT, &format!("{PATH}/main/credentials")).json(body));
    let refused = put(&values("********")).problem(422, "LG1022");
    assert_eq!(refused["errors"][0]["pointer"], "/credentials/main/values/value");
}

#[test]
fn values_are_checked_and_never_repeated() {
    let host = host();
    let path = "/groups/g/connections";
    for (body, pointer) in [
        (json!({"credentials": {"main": {"values": {"value": "x-leak"}}}}), "/fields/subdomain"),
        (
            json!({"fields": {"subdomain": "x-leak.evil"}, "credentials": {"main": {"values": {"value": "x"}}}}),
            "/fields/subdomain",
        ),
        (json!({"fields": {"subdomain": "a"}}), "/credentials/main"),
        (
            json!({"fields": {"subdomain": "a"}, "credentials": {"main": {"values": {}}}}),
            "/credentials/main/values/value",
        ),
        (
            json!({"fields": {"subdomain": "a"}, "credentials": {"main": {"values": {"value": "x", "token": "x-leak"}}}}),
            "/credentials/main/values/token",
        ),
        (
            json!({"fields": {"subdomain": "a"}, "credentials": {"main": {"method": "oauth", "values": {}}}}),
            "/credentials/main/method",
        ),
        (
            json!({"fields": {"subdomain": "a"}, "credentials": {"main": {"method": "token", "values": {"token": "x-leak", "expires_in": -1}}}}),
            "/credentials/main/values/expires_in",
        ),
        (
            json!({"fields": {"subdomain": "a"}, "credentials": {"other": {"values": {}}, "main": {"values": {"value": "x"}}}}),
            "/credentials/other",
        ),
    ] {
        let refused = host.send(host.request(Method::POST, path).json(&body)).problem(422, "LG1022");
        let pointers: Vec<_> = refused["errors"].as_array().unwrap().iter().map(|one| one["pointer"].clone()).collect();
        assert!(pointers.contains(&json!(pointer)), "{pointer}: {refused:#}");
        assert!(!refused.to_string().contains("leak"), "{refused:#}");
    }
    for name in ["", "a b", "-a", "a/b", &"a".repeat(65), "0191b2f0-0000-7000-8000-000000000000"] {
        assert_eq!(host.connection("k", json!({"name": name})).problem(422, "LG1010")["errors"][0]["pointer"], "/name");
    }
    host.connection("k", json!({"colour": 1})).problem(400, "LG1001");
    assert_eq!(host.get(path).json()["items"], json!([]));
}

#[test]
fn a_connection_has_a_life() {
    let host = host();
    let pending = host.send(host.request(Method::POST, PATH).json(&json!({"name": "a"}))).status(201).json();
    assert_eq!(pending["state"], "pending");
    host.call_as(json!({"fixed": "a"})).problem(409, "LG1019");
    let put = |tag: &str, body: &Value| {
        let request = host.request(Method::PUT, &format!("{PATH}/a/credentials")).header("if-match", tag);
        host.send(request.json(body))
    };
    put("\"1\"", &values("first")).status(200);
    put("\"1\"", &values("second")).problem(412, "LG1006");
    host.call_as(json!({"fixed": "a"})).status(200);
    let renewed = put("*", &values("second")).status(200).json();
    assert_eq!((&renewed["id"], &renewed["version"]), (&pending["id"], &json!(3)));
    host.call_as(json!({"fixed": "a"})).status(200);
    // What is good for a second needs a person after it.
    let short = json!({"fields": {"subdomain": "shop"},
                       "credentials": {"main": {"method": "token", "values": {"token": "t", "expires_in": 1}}}});
    let bounded = put("*", &short).status(200).json();
    assert!(bounded["expires_at"].is_string() && bounded["methods"] == json!({"main": "token"}), "{bounded:#}");
    let path = format!("{PATH}/a");
    host.until("its end", || host.request(Method::GET, &path), |answer| answer.json()["state"] == "needs_reauth");
    host.call_as(json!({"fixed": "a"})).problem(409, "LG1020");
    put("*", &values("third")).status(200);
    let patch = |body: Value| host.send(host.request(Method::PATCH, &path).json(&body));
    patch(json!({"enabled": false})).status(200);
    host.call_as(json!({"fixed": "a"})).problem(409, "LG1011");
    assert_eq!(host.get("/connections?state=disabled").json()["items"][0]["name"], "a");
    host.get("/connections?state=sleeping").problem(400, "LG1001");
    patch(json!({"enabled": true, "name": "b"})).status(200);
    host.call_as(json!({"fixed": "b"})).status(200);
    host.send(host.request(Method::DELETE, &format!("{PATH}/b"))).status(204);
    host.call_as(json!({"fixed": "b"})).problem(404, "LG1017");
    let audit = host.send(host.admin(Method::GET, "/v1/audit?limit=100")).status(200).body;
    for action in ["connection.create", "connection.update", "connection.credentials", "connection.delete"] {
        assert!(audit.contains(action), "{action}: {audit}");
    }
}

#[test]
fn a_custom_methods_expires_in_ends_it() {
    let host = host();
    let custom = json!({
        "type": "custom", "fields": {"key": {"type": "password", "required": true}, "expires_in": {"type": "number"}},
        "placements": [{"in": "header", "name": "x-key", "value": "{{key}}"}],
    });
    host.set("g", json!({"activation": {"credentials": {"main": {"methods": {"own": custom}}}}}));
    let body = |values: Value| json!({"fields": {"subdomain": "shop"}, "credentials": {"main": {"method": "own", "values": values}}});
    let make = |values: Value| host.send(host.request(Method::POST, PATH).json(&body(values)));
    for wrong in [json!(0), json!(-5), json!("soon"), json!(1e12)] {
        let refused = make(json!({"key": "k", "expires_in": wrong})).problem(422, "LG1022");
        assert_eq!(refused["errors"][0]["pointer"], "/credentials/main/values/expires_in", "{refused:#}");
    }
    let made = make(json!({"key": "k", "expires_in": 1})).status(201).json();
    assert!(made["expires_at"].is_string(), "{made:#}");
    let path = format!("{PATH}/main");
    host.until("its end", || host.request(Method::GET, &path), |answer| answer.json()["state"] == "needs_reauth");
    host.call_as(json!({"fixed": "main"})).problem(409, "LG1020");
    let put = |values: Value| {
        host.send(host.request(Method::PUT, &format!("{path}/credentials")).json(&body(values))).status(200).json()
    };
    let renewed = put(json!({"key": "k2", "expires_in": 3600.5}));
    assert_eq!((&renewed["id"], &renewed["state"]), (&made["id"], &json!("active")));
    host.call_as(json!({"fixed": "main"})).status(200);
    assert_eq!(put(json!({"key": "k3"}))["expires_at"], Value::Null, "without it there is no end");
}

#[test]
fn the_fields_of_every_method_are_known() {
    const PEM: &str = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
    let host = host();
    let own = json!({
        "type": "custom",
        "fields": {
            "account": {"type": "text", "required": true, "pattern": "[A-Z]{3}"}, "cert": {"type": "certificate"},
            "region": {"type": "select", "options": ["eu", "us"], "default": "eu"}, "port": {"type": "number"},
        },
        "placements": [{"in": "query", "name": "account", "value": "{{account}}"}],
    });
    let methods = json!({"login": {"type": "basic"}, "own": own});
    host.set("g", json!({"activation": {"credentials": {"main": {"methods": methods}}}}));
    let make = |name: &str, method: &str, values: &Value| {
        let body = json!({"name": name, "fields": {"subdomain": "shop"},
                          "credentials": {"main": {"method": method, "values": values}}});
        host.send(host.request(Method::POST, PATH).json(&body))
    };
    for (name, method, values) in [
        ("basic", "login", json!({"username": "s3cret-u", "password": "s3cret-p"})),
        ("key", "key", json!({"value": "s3cret-k"})),
        ("bearer", "token", json!({"token": "s3cret-t"})),
        ("custom", "own", json!({"account": "XYZ", "cert": PEM, "region": "us", "port": 8443})),
    ] {
        let made = make(name, method, &values).status(201);
        assert!(!["s3cret", "XYZ", "MIIB"].iter().any(|value| made.body.contains(value)), "{}", made.body);
        let (made, masks) =
            (made.json(), values.as_object().unwrap().keys().map(|key| (key.clone(), json!("********"))));
        assert_eq!(made["credentials"]["main"], Value::Object(masks.collect()), "{made:#}");
        assert_eq!(made["methods"]["main"], method);
        host.call_as(json!({"fixed": name})).status(200);
    }
    for (method, values, field, rule) in [
        ("login", json!({"password": "p"}), "username", "required"),
        ("login", json!({"username": "u", "password": 5}), "password", "type"),
        ("key", json!({"value": ""}), "value", "minLength"),
        ("token", json!({"token": "t", "value": "v"}), "value", "unknown"),
        ("own", json!({"account": "xyz"}), "account", "pattern"),
        ("own", json!({"account": "XYZ", "cert": "no PEM"}), "cert", "certificate"),
        ("own", json!({"account": "XYZ", "region": "mars"}), "region", "enum"),
        ("own", json!({"account": "XYZ", "port": "many"}), "port", "type"),
    ] {
        let refused = make("wrong", method, &values).problem(422, "LG1022");
        let expected = (json!(format!("/credentials/main/values/{field}")), json!(rule));
        let first = &refused["errors"][0];
        assert_eq!((first["pointer"].clone(), first["rule"].clone()), expected, "{refused:#}");
    }
}

#[test]
fn without_an_activation_there_are_none() {
    let host = Host::start();
    host.with_guest(&lockgate_tests::guests::STATE, json!({}));
    host.connection("k", json!({})).problem(400, "LG1014");
    host.send(host.request(Method::POST, PATH).json(&json!({}))).problem(400, "LG1014");
    host.call_as(json!({"fixed": "main"})).problem(400, "LG1014");
    host.call_as(json!({"dynamic": {"tenant": "ada"}})).problem(400, "LG1014");
}

#[test]
fn what_can_not_be_used_is_not_replaced_by_another() {
    let host = host();
    host.connection("k-1", json!({"name": "one", "tenant": "ada", "default": true})).status(201);
    host.connection("k-2", json!({"name": "two", "tenant": "ada"})).status(201);
    host.connection("k-3", json!({"name": "main"})).status(201);
    let call = || host.call_as(json!({"dynamic": {"tenant": "ada"}}));
    call().status(200);
    let patch = |body: Value| host.send(host.request(Method::PATCH, &format!("{PATH}/one")).json(&body)).status(200);
    patch(json!({"enabled": false}));
    call().problem(409, "LG1011");
    patch(json!({"enabled": true, "default": false}));
    call().problem(409, "LG1018");
    host.send(host.request(Method::DELETE, &format!("{PATH}/one"))).status(204);
    call().status(200);
    host.send(host.request(Method::DELETE, &format!("{PATH}/two"))).status(204);
    // The workspace has one, and it is no tenant's.
    call().problem(404, "LG1017");
    // The header alone says the same of a tenant.
    let header = || {
        let request = host.request(Method::POST, "/groups/g/connectors/facts/invoke").json(&json!({"input": {}}));
        host.send(request.header("lockgate-tenant", "ada"))
    };
    header().problem(404, "LG1017");
    host.connection("k-4", json!({"name": "three", "tenant": "ada"})).status(201);
    assert_eq!(header().output()["tenant"], "ada");
}

#[test]
fn they_outlive_a_power_failure() {
    let mut host = host();
    host.connection("k-1", json!({})).status(201);
    host.call_as(json!({"fixed": "main"})).status(200);
    host.kill_and_restart();
    host.call_as(json!({"fixed": "main"})).status(200);
}

#[test]
fn oauth_needs_a_client_of_the_installation() {
    let host = host();
    let oauth = json!({"type": "oauth2", "grant": "client_credentials", "token_url": "https://id.acme.example/token"});
    host.set("g", json!({"activation": {"credentials": {"main": {"methods": {"oauth": oauth}}}}}));
    let body = json!({"fields": {"subdomain": "a"}, "credentials": {"main": {"method": "oauth"}}});
    host.send(host.request(Method::POST, PATH).json(&body)).problem(409, "LG1070");
}

#[test]
fn verifying_needs_a_declared_request() {
    let host = host();
    host.connection("k-1", json!({})).status(201);
    let verify = || host.send(host.request(Method::POST, &format!("{PATH}/main/verify")));
    assert_eq!(verify().status(200).json(), json!({"result": "not verifiable"}));
}

#[test]
fn a_tenants_connections_are_the_tenants() {
    let host = host();
    host.connection("k-1", json!({"tenant": "ada"})).status(201);
    host.connection("k-2", json!({"tenant": "bo"})).status(201);
    host.connection("k-3", json!({})).status(201);
    let ada = host.token_with("operator", json!({"tenants": ["ada"]}));
    let at = |method: Method, path: &str| host.shown(&ada, method, &format!("/v1/workspaces/default{path}"));
    let seen = host.send(at(Method::GET, PATH)).status(200).json();
    assert_eq!((seen["items"].as_array().unwrap().len(), &seen["items"][0]["tenant"]), (1, &json!("ada")));
    host.send(at(Method::POST, PATH).json(&values("k"))).problem(403, "LG1003");
    let mut other = values("k");
    other["tenant"] = json!("bo");
    host.send(at(Method::POST, PATH).json(&other)).problem(403, "LG1003");
    host.run(["workspace", "set", "default", "known_tenants_only=true"]).ok();
    host.connection("k-4", json!({"tenant": "cy"})).problem(404, "LG1032");
    // Whoever goes takes their credentials along.
    host.run(["tenant", "create", "ada"]).ok();
    host.run(["tenant", "delete", "ada"]).ok();
    let left = host.get(PATH).json();
    assert!(left["items"].as_array().unwrap().iter().all(|one| one["tenant"] != "ada"), "{left:#}");
}

#[test]
fn a_group_goes_with_its_connections_only_on_purpose() {
    let host = host();
    host.connection("k-1", json!({"tenant": "ada"})).status(201);
    host.connection("k-2", json!({"tenant": "ada", "name": "two"})).status(201);
    host.connection("k-3", json!({})).status(201);
    host.call_as(json!({"fixed": "main"})).status(200);
    let delete = |role: &str| {
        let token = host.token_with(role, json!({}));
        host.send(host.shown(&token, Method::DELETE, "/v1/workspaces/default/groups/g"))
    };
    let refused = delete("editor").problem(403, "LG1003");
    assert!(refused["detail"].as_str().unwrap().contains("operator"), "{refused}");
    let lost = || host.get("/groups/g/dependents").status(200).json();
    host.until(
        "the record",
        || host.request(Method::GET, "/groups/g/dependents"),
        |answer| answer.json()["callers"].as_array().is_some_and(|callers| !callers.is_empty()),
    );
    let expected = json!([
        {"workspace": "default", "tenant": null, "count": 1}, {"workspace": "default", "tenant": "ada", "count": 2},
    ]);
    assert_eq!((&lost()["connections"], &lost()["callers"][0]["calls"]), (&expected, &json!(1)));
    let limited = host.token_with("operator", json!({"tenants": ["ada"]}));
    let path = "/v1/workspaces/default/groups/g/dependents";
    host.send(host.shown(&limited, Method::GET, path)).problem(403, "LG1003");

    let asked = host.run(["group", "delete", "g"]).exits(2).says("2 connections of tenant ada of workspace default");
    asked.says("1 connection of workspace default").says("1 call in the last 7 days").says("repeat with `--yes`");
    host.get("/groups/g").status(200);
    host.run(["group", "delete", "g", "--yes"]).ok().says("deleted group g");

    // Settings of a scope have secrets too; a group without either is an editor's.
    host.with_activation();
    let settings = json!({"values": {"subdomain": "shop"}});
    host.send(host.request(Method::PUT, "/groups/g/installation").json(&settings)).status(200);
    delete("editor").problem(403, "LG1003");
    assert_eq!(lost()["installations"], json!(["default"]));
    delete("operator").status(204);
    host.group("empty", json!({}));
    host.run(["group", "delete", "empty"]).ok();
    host.with_activation();
    delete("editor").status(204);
}
