//! Tenants: declared or just named, switched off, said by tokens that stand for them.

use lockgate_tests::{Answer, Host, guests};
use reqwest::Method;
use serde_json::{Value, json};

fn call(host: &Host, token: &str, tenant: Option<&str>) -> Answer {
    let path = "/v1/workspaces/default/groups/g/connectors/facts/invoke";
    let request = host.shown(token, Method::POST, path).json(&json!({"input": {}}));
    host.send(match tenant {
        Some(tenant) => request.header("lockgate-tenant", tenant),
        None => request,
    })
}

fn host() -> Host {
    let host = Host::start();
    host.with_guest(&guests::STATE, json!({}));
    host
}

#[test]
fn a_name_is_enough_unless_the_workspace_takes_known_tenants_only() {
    let host = host();
    let admin = host.token().to_owned();
    assert_eq!(call(&host, &admin, Some("ada")).output()["tenant"], "ada");
    let only = |on: bool| {
        let request = host.admin(Method::PATCH, "/v1/workspaces/default").json(&json!({"known_tenants_only": on}));
        host.send(request).status(200);
    };
    only(true);
    call(&host, &admin, Some("ada")).problem(404, "LG1032");
    call(&host, &admin, None).status(200);
    host.run(["tenant", "create", "ada"]).ok();
    call(&host, &admin, Some("ada")).status(200);
    call(&host, &admin, Some("bo")).problem(404, "LG1032");
    only(false);
    call(&host, &admin, Some("bo")).status(200);
}

#[test]
fn a_disabled_tenant_is_refused() {
    let host = host();
    let admin = host.token().to_owned();
    host.run(["tenant", "create", "ada"]).ok();
    host.run(["tenant", "disable", "ada"]).ok().prints("at version 2");
    call(&host, &admin, Some("ada")).problem(409, "LG1031");
    call(&host, &admin, Some("bo")).status(200);
    host.run(["tenant", "list"]).ok().prints("no");
    host.run(["tenant", "enable", "ada"]).ok();
    call(&host, &admin, Some("ada")).status(200);
    host.run(["tenant", "disable", "ada"]).ok();
    host.run(["tenant", "delete", "ada"]).ok();
    // Forgotten, so it is any tenant again.
    call(&host, &admin, Some("ada")).status(200);
}

#[test]
fn a_tenant_is_an_object_with_a_version() {
    let host = Host::start();
    let post = |body: Value| host.send(host.request(Method::POST, "/tenants").json(&body));
    let name = "cust/42:x";
    let made = post(json!({"name": name})).status(201);
    assert_eq!(made.header("etag"), "\"1\"");
    post(json!({"name": name})).problem(409, "LG1005");
    post(json!({"name": "two words"})).problem(400, "LG1001");
    let path = "/tenants/cust%2F42:x";
    assert_eq!(host.get(path).status(200).json()["name"], name);
    let patch =
        |tag: &str, body: Value| host.send(host.request(Method::PATCH, path).header("if-match", tag).json(&body));
    patch("\"1\"", json!({"enabled": false})).status(200);
    patch("\"1\"", json!({"enabled": true})).problem(412, "LG1006");
    patch("*", json!({"name": "new"})).problem(400, "LG1001");
    host.send(host.request(Method::DELETE, path)).status(204);
    host.get(path).problem(404, "LG1004");
    host.send(host.admin(Method::GET, "/v1/organizations/default/tenants")).problem(404, "LG1004");
}

#[test]
fn a_token_of_a_tenant_says_no_other() {
    let host = host();
    host.run(["tenant", "create", "bo"]).ok();
    let ada = host.token_with("invoker", json!({"tenants": ["ada"]}));
    assert_eq!(call(&host, &ada, None).output()["tenant"], "ada");
    assert_eq!(call(&host, &ada, Some("ada")).output()["tenant"], "ada");
    // One that is declared and one that nobody knows are told alike.
    let detail = |tenant: &str| {
        let refused = call(&host, &ada, Some(tenant)).problem(403, "LG1003");
        refused["detail"].as_str().unwrap().replace(tenant, "T")
    };
    assert_eq!(detail("bo"), detail("nobody"));
    let dynamic = json!({"input": {}, "connection": {"dynamic": {"tenant": "bo"}}});
    let path = "/v1/workspaces/default/groups/g/connectors/facts/invoke";
    host.send(host.shown(&ada, Method::POST, path).json(&dynamic)).problem(403, "LG1003");

    let two = host.token_with("invoker", json!({"tenants": ["ada", "bo"]}));
    call(&host, &two, None).problem(400, "LG1001");
    assert_eq!(call(&host, &two, Some("bo")).output()["tenant"], "bo");
}
