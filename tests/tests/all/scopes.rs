//! Organizations and workspaces: who makes them, what they hold, how they are switched off.

use lockgate_tests::component::Crafted;
use lockgate_tests::{Answer, Host};
use reqwest::Method;
use serde_json::{Value, json};

/// An organization, and its first admin's token.
fn organization(host: &Host, slug: &str) -> String {
    let request = host.admin(Method::POST, "/v1/organizations").json(&json!({"slug": slug}));
    host.send(request).status(201).json()["admin_token"].as_str().unwrap().to_owned()
}

fn workspace(host: &Host, token: &str, organization: &str, slug: &str) -> Answer {
    let body = json!({"slug": slug, "organization": organization});
    host.send(host.shown(token, Method::POST, "/v1/workspaces").json(&body))
}

fn patch(host: &Host, token: &str, path: &str, body: Value) -> Answer {
    host.send(host.shown(token, Method::PATCH, path).json(&body))
}

fn get(host: &Host, token: &str, path: &str) -> Answer {
    host.send(host.shown(token, Method::GET, path))
}

fn delete(host: &Host, token: &str, path: &str) -> Answer {
    host.send(host.shown(token, Method::DELETE, path))
}

#[test]
fn the_owner_makes_organizations_and_sees_nothing_of_what_is_in_them() {
    let host = Host::start();
    let acme = organization(&host, "acme");
    workspace(&host, &acme, "acme", "acme-shop").status(201);
    let owner = host.token().to_owned();
    let shown = get(&host, &owner, "/v1/organizations/acme").status(200).json();
    assert_eq!(
        (&shown["slug"], &shown["enabled"], &shown["admin_token"]),
        (&json!("acme"), &json!(true), &Value::Null)
    );
    for path in ["/v1/organizations/acme/groups", "/v1/organizations/acme/tokens", "/v1/workspaces/acme-shop"] {
        get(&host, &owner, path).problem(404, "LG1004");
    }
    workspace(&host, &owner, "acme", "mine").problem(404, "LG1004");
    let slugs = |token: &str, path: &str| -> Vec<Value> {
        let list = get(&host, token, path).status(200).json();
        list["items"].as_array().unwrap().iter().map(|item| item["slug"].clone()).collect()
    };
    assert_eq!(slugs(&owner, "/v1/organizations"), ["acme", "default"]);
    assert_eq!(slugs(&owner, "/v1/workspaces"), ["default"]);
    assert_eq!(slugs(&acme, "/v1/organizations"), ["acme"]);
    assert_eq!(slugs(&acme, "/v1/workspaces"), ["acme-shop"]);
    get(&host, &acme, "/v1/organizations/default").problem(404, "LG1004");
}

#[test]
fn only_the_owner_makes_switches_and_deletes_organizations() {
    let host = Host::start();
    let acme = organization(&host, "acme");
    let body = json!({"slug": "other"});
    host.send(host.shown(&acme, Method::POST, "/v1/organizations").json(&body)).problem(403, "LG1003");
    patch(&host, &acme, "/v1/organizations/acme", json!({"enabled": false})).problem(403, "LG1003");
    delete(&host, &acme, "/v1/organizations/acme").problem(403, "LG1003");
    patch(&host, &acme, "/v1/organizations/acme", json!({"name": "Acme"})).status(200);
    let owner = host.token().to_owned();
    let own = "/v1/organizations/default";
    patch(&host, &owner, own, json!({"enabled": false})).problem(409, "LG1005");
    delete(&host, &owner, own).problem(409, "LG1005");
    // An operator of the same organization is not its owner.
    let body = json!({"name": "operator", "role": "operator"});
    let made = host.send(host.admin(Method::POST, "/v1/organizations/default/tokens").json(&body)).status(201).json();
    let operator = made["token"].as_str().unwrap();
    host.send(host.shown(operator, Method::POST, "/v1/organizations").json(&json!({"slug": "x"})))
        .problem(403, "LG1003");
}

#[test]
fn what_is_deleted_is_empty_and_its_tokens_end_with_it() {
    let host = Host::start();
    let acme = organization(&host, "acme");
    workspace(&host, &acme, "acme", "shop").status(201);
    let body = json!({"name": "viewer", "role": "viewer"});
    let made = host.send(host.shown(&acme, Method::POST, "/v1/workspaces/shop/tokens").json(&body)).status(201).json();
    let viewer = made["token"].as_str().unwrap();
    get(&host, viewer, "/v1/workspaces/shop/groups").status(200);
    let definition = json!({"slug": "g", "name": "g", "resource_type": "EXTERNAL"});
    host.send(host.shown(&acme, Method::POST, "/v1/workspaces/shop/groups").json(&definition)).status(201);

    let owner = host.token().to_owned();
    let refused = delete(&host, &owner, "/v1/organizations/acme").problem(409, "LG1005");
    assert!(refused["detail"].as_str().unwrap().contains("1 workspaces"), "{refused:#}");
    delete(&host, &acme, "/v1/workspaces/shop").problem(409, "LG1005");
    delete(&host, &acme, "/v1/workspaces/shop/groups/g").status(204);
    delete(&host, &acme, "/v1/workspaces/shop").status(204);
    get(&host, viewer, "/v1/workspaces").problem(401, "LG1002");
    delete(&host, &owner, "/v1/organizations/acme").status(204);
    get(&host, &acme, "/v1/organizations").problem(401, "LG1002");
    // The slug is free again, and the old token stays invalid.
    organization(&host, "acme");
    get(&host, &acme, "/v1/organizations").problem(401, "LG1002");
}

#[test]
fn a_disabled_scope_refuses_calls_and_changes_and_still_shows() {
    let host = Host::start();
    let acme = organization(&host, "acme");
    workspace(&host, &acme, "acme", "shop").status(201);
    let definition = json!({"slug": "g", "name": "g", "resource_type": "EXTERNAL"});
    let groups = "/v1/workspaces/shop/groups";
    host.send(host.shown(&acme, Method::POST, groups).json(&definition)).status(201);
    let component = Crafted::plugin("shop", "1").connector("which").component();
    let load = host.shown(&acme, Method::POST, "/v1/workspaces/shop/groups/g/plugins");
    host.send(load.header("content-type", "application/wasm").body(component)).status(201);
    let call = || {
        let path = "/v1/workspaces/shop/groups/g/connectors/which/invoke";
        host.send(host.shown(&acme, Method::POST, path).json(&json!({"input": 1})))
    };
    assert_eq!(call().output(), "1");
    let owner = host.token().to_owned();
    for (token, path) in [(&acme, "/v1/workspaces/shop"), (&owner, "/v1/organizations/acme")] {
        patch(&host, token, path, json!({"enabled": false})).status(200);
        call().problem(409, "LG1030");
        let change = patch(&host, &acme, "/v1/workspaces/shop/groups/g", json!({"name": "New"}));
        change.problem(409, "LG1030");
        patch(&host, &acme, path, json!({"name": "New"})).problem(409, "LG1030");
        get(&host, &acme, "/v1/workspaces/shop/groups/g").status(200);
        patch(&host, token, path, json!({"enabled": true})).status(200);
        assert_eq!(call().output(), "1");
    }
    patch(&host, &owner, "/v1/organizations/acme", json!({"enabled": false})).status(200);
    workspace(&host, &acme, "acme", "more").problem(409, "LG1030");
}

#[test]
fn a_workspace_is_switched_from_above() {
    let host = Host::start();
    let admin = host.token_with("admin", json!({}));
    patch(&host, &admin, "/v1/workspaces/default", json!({"name": "Main"})).status(200);
    patch(&host, &admin, "/v1/workspaces/default", json!({"enabled": false})).problem(403, "LG1003");
    delete(&host, &admin, "/v1/workspaces/default").problem(403, "LG1003");
    workspace(&host, &admin, "default", "second").problem(404, "LG1004");
}

#[test]
fn a_scope_has_an_etag_and_a_slug_that_is_used_once() {
    let host = Host::start();
    let owner = host.token().to_owned();
    let made = workspace(&host, &owner, "default", "shop").status(201);
    assert_eq!(made.header("etag"), "\"1\"");
    let change = |tag: &str, name: &str| {
        let request = host.admin(Method::PATCH, "/v1/workspaces/shop").header("if-match", tag);
        host.send(request.json(&json!({"name": name})))
    };
    assert_eq!(change("\"1\"", "Shop").status(200).header("etag"), "\"2\"");
    change("\"1\"", "Lost").problem(412, "LG1006");
    host.send(host.admin(Method::DELETE, "/v1/workspaces/shop").header("if-match", "\"1\"")).problem(412, "LG1006");
    workspace(&host, &owner, "default", "shop").problem(409, "LG1005");
    workspace(&host, &owner, "default", "No slug").problem(400, "LG1001");
    change("\"2\"", "line\nbreak").problem(422, "LG1010");
    patch(&host, &owner, "/v1/workspaces/shop", json!({"slug": "other"})).problem(400, "LG1001");
    let wrong = patch(&host, &owner, "/v1/organizations/default", json!({"known_tenants_only": true}));
    wrong.problem(422, "LG1010");
}

#[test]
fn scopes_on_the_command_line() {
    let host = Host::start();
    let made = host.run(["organization", "create", "acme"]).ok();
    assert!(made.stdout.contains("\nlg_"), "{made:?}");
    host.run(["organization", "list"]).ok().prints("acme").prints("default");
    host.run(["workspace", "create", "shop", "--known-tenants-only"]).ok().prints("made workspace shop");
    host.run(["workspace", "list"]).ok().prints("known only");
    host.run(["workspace", "set", "shop", "enabled=false"]).ok().prints("at version 2");
    host.run(["workspace", "show", "shop"]).ok().prints("\"enabled\": false");
    host.run(["workspace", "delete", "shop"]).ok();
    host.run(["organization", "delete", "acme"]).exits(2).says("its tokens").says("repeat with `--yes`");
    host.run(["organization", "delete", "acme", "--yes"]).ok();
    host.run(["organization", "delete", "acme", "--yes"]).exits(1).says("LG1004");
}
