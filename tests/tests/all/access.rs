//! Tokens as objects: made, limited, switched off, revoked, slowed down.

use lockgate_tests::{Answer, Host, Serve, guests};
use reqwest::Method;
use serde_json::{Value, json};

const GROUPS: &str = "/v1/workspaces/default/groups";

fn post(host: &Host, token: &str, body: Value) -> Answer {
    host.send(host.shown(token, Method::POST, "/v1/workspaces/default/tokens").json(&body))
}

fn get(host: &Host, token: &str, path: &str) -> Answer {
    host.send(host.shown(token, Method::GET, path))
}

/// A token's id, by its name.
fn id(host: &Host, name: &str) -> String {
    let list = host.get("/tokens?limit=500").status(200).json();
    let found = list["items"].as_array().unwrap().iter().find(|token| token["name"] == name).cloned();
    found.expect("the token")["id"].as_str().unwrap().to_owned()
}

fn patch(host: &Host, id: &str, body: Value) -> Answer {
    host.send(host.request(Method::PATCH, &format!("/tokens/{id}")).json(&body))
}

#[test]
fn a_token_is_shown_once() {
    let host = Host::start();
    host.group("shop", json!({}));
    let base = json!({"slug": "base", "name": "Base", "resource_type": "EXTERNAL"});
    host.send(host.admin(Method::POST, "/v1/organizations/default/groups").json(&base)).status(201);
    let admin = host.token().to_owned();
    let body = json!({"name": "ci", "role": "editor", "groups": ["shop", "org:base"], "tenants": ["ada"]});
    let made = post(&host, &admin, body).status(201);
    assert_eq!(made.header("etag"), "\"1\"");
    let made = made.json();
    let text = made["token"].as_str().unwrap().to_owned();
    assert!(text.starts_with("lg_"));
    let shown = host.get(&format!("/tokens/{}", made["id"].as_str().unwrap())).status(200).json();
    assert_eq!((&shown["token"], &shown["role"], &shown["used_at"]), (&Value::Null, &json!("editor"), &Value::Null));
    assert_eq!((&shown["groups"], &shown["tenants"]), (&json!(["shop", "org:base"]), &json!(["ada"])));
    assert!(!host.get("/tokens").body.contains(&text) && !host.log().contains(&text));
}

#[test]
fn wrong_tokens_are_refused_with_their_place() {
    let host = Host::start();
    let admin = host.token().to_owned();
    for (member, value, pointer) in [
        ("role", json!("root"), "/role"),
        ("name", json!(""), "/name"),
        ("groups", json!([]), "/groups"),
        ("groups", json!(["ok", "Not ok"]), "/groups/1"),
        ("tenants", json!(["two words"]), "/tenants/0"),
        ("expires_at", json!("tomorrow"), "/expires_at"),
        ("requests_per_second", json!(0), "/requests_per_second"),
        ("burst", json!(2_000_000), "/burst"),
    ] {
        let mut body = json!({"name": "x", "role": "viewer"});
        body[member] = value;
        let refused = post(&host, &admin, body).problem(422, "LG1010");
        assert_eq!(refused["errors"][0]["pointer"], pointer, "{refused:#}");
    }
    let both = json!({"name": "x", "role": "viewer", "expires_in": 1, "expires_at": "2030-01-31T12:00:00Z"});
    post(&host, &admin, both).problem(422, "LG1010");
    post(&host, &admin, json!({"name": "x", "role": "viewer", "colour": "red"})).problem(400, "LG1001");
}

#[test]
fn nobody_gives_away_more_than_they_have() {
    let host = Host::start();
    ["shop", "other"].iter().for_each(|slug| host.group(slug, json!({})));
    let limited = host.token_with("admin", json!({"groups": ["shop"], "tenants": ["ada", "bo"]}));
    let with = |more: Value| {
        let mut body = json!({"name": "made", "role": "admin"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        post(&host, &limited, body)
    };
    with(json!({"groups": ["shop"], "tenants": ["ada"]})).status(201);
    for wider in [
        json!({}),
        json!({"groups": ["shop"]}),
        json!({"tenants": ["ada"]}),
        json!({"groups": ["shop", "other"], "tenants": ["ada"]}),
        json!({"groups": ["shop"], "tenants": ["cy"]}),
    ] {
        with(wider).problem(403, "LG1003");
    }
    for role in ["viewer", "invoker", "editor", "operator"] {
        let token = host.token_with(role, json!({}));
        post(&host, &token, json!({"name": "x", "role": "viewer"})).problem(403, "LG1003");
    }
    // What concerns the whole scope is not theirs, and other tokens do not exist for them.
    let request = host.shown(&limited, Method::PATCH, "/v1/workspaces/default").json(&json!({"name": "Mine"}));
    host.send(request).problem(403, "LG1003");
    get(&host, &limited, "/v1/audit").problem(403, "LG1003");
    let seen = get(&host, &limited, "/v1/workspaces/default/tokens").status(200).json();
    assert_eq!(seen["items"].as_array().unwrap().len(), 2, "{seen:#}");
    let other = id(&host, "viewer");
    get(&host, &limited, &format!("/v1/workspaces/default/tokens/{other}")).problem(404, "LG1004");
    // An organization's tokens are not the workspace's.
    let above = host.send(host.admin(Method::GET, "/v1/organizations/default/tokens")).status(200).json();
    assert_eq!(above["items"][0]["name"], "first admin");
    host.get(&format!("/tokens/{}", above["items"][0]["id"].as_str().unwrap())).problem(404, "LG1004");
}

#[test]
fn a_token_of_a_group_sees_no_other() {
    let host = Host::start();
    for slug in ["shop", "other"] {
        host.group(slug, json!({}));
        host.load(slug, guests::STATE.bytes()).status(201);
    }
    let token = host.token_with("editor", json!({"groups": ["shop"]}));
    get(&host, &token, &format!("{GROUPS}/shop")).status(200);
    let there = get(&host, &token, &format!("{GROUPS}/other")).problem(404, "LG1004");
    let nowhere = get(&host, &token, &format!("{GROUPS}/none")).problem(404, "LG1004");
    assert_eq!(there["detail"].as_str().unwrap().replace("other", "none"), nowhere["detail"]);
    let list = get(&host, &token, &format!("{GROUPS}?visible=all")).status(200).json();
    assert_eq!(list["items"].as_array().unwrap().len(), 1, "{list:#}");
    for path in ["other/connectors", "other/connectors/count", "other/plugins"] {
        get(&host, &token, &format!("{GROUPS}/{path}")).problem(404, "LG1004");
    }
    let call = |group: &str| {
        let path = format!("{GROUPS}/{group}/connectors/facts/invoke");
        host.send(host.shown(&token, Method::POST, &path).json(&json!({"input": {}})))
    };
    call("shop").status(200);
    call("other").problem(404, "LG1004");
    let create = |slug: &str| {
        let body = json!({"slug": slug, "name": slug, "resource_type": "EXTERNAL"});
        host.send(host.shown(&token, Method::POST, GROUPS).json(&body))
    };
    create("other").problem(403, "LG1003");
    create("new").problem(403, "LG1003");
    create("shop").problem(409, "LG1005");
}

#[test]
fn a_revoked_or_disabled_token_is_a_strangers_at_once() {
    let host = Host::start();
    let token = host.token_with("viewer", json!({}));
    let id = id(&host, "viewer");
    let seen = || get(&host, &token, GROUPS);
    seen().status(200);
    patch(&host, &id, json!({"enabled": false})).status(200);
    assert!(seen().problem(401, "LG1002")["detail"].as_str().unwrap().contains("disabled"));
    patch(&host, &id, json!({"enabled": true, "name": "Renamed"})).status(200);
    seen().status(200);
    let delete = |tag: &str| host.send(host.request(Method::DELETE, &format!("/tokens/{id}")).header("if-match", tag));
    delete("\"1\"").problem(412, "LG1006");
    delete("\"3\"").status(204);
    seen().problem(401, "LG1002");
    host.get(&format!("/tokens/{id}")).problem(404, "LG1004");
}

#[test]
fn a_token_ends_when_it_said() {
    let host = Host::start();
    let past = host.token_with("viewer", json!({"expires_at": "2020-01-31T12:00:00Z"}));
    let id = id(&host, "viewer");
    assert!(get(&host, &past, GROUPS).problem(401, "LG1002")["detail"].as_str().unwrap().contains("expired"));
    patch(&host, &id, json!({"expires_in": 3600})).status(200);
    get(&host, &past, GROUPS).status(200);
    patch(&host, &id, json!({"expires_in": 0})).status(200);
    get(&host, &past, GROUPS).problem(401, "LG1002");
    let endless = patch(&host, &id, json!({"expires_at": null})).status(200).json();
    assert_eq!(endless["expires_at"], Value::Null);
    get(&host, &past, GROUPS).status(200);
    patch(&host, &id, json!({"name": "Same end"})).status(200);
    get(&host, &past, GROUPS).status(200);
}

#[test]
fn the_last_use_is_known_and_outlives_the_host() {
    let host = Host::start();
    let token = host.token_with("viewer", json!({}));
    let path = format!("/tokens/{}", id(&host, "viewer"));
    assert_eq!(host.get(&path).json()["used_at"], Value::Null);
    get(&host, &token, GROUPS).status(200);
    let used = host.get(&path).json()["used_at"].clone();
    assert!(used.is_string());
    assert_eq!(host.get(&path).header("etag"), "\"1\"", "a use is no change");
    let host = Serve::at(host.end()).start();
    assert_eq!(host.get(&path).json()["used_at"], used);
}

#[test]
fn a_token_that_asks_too_often_is_told_when_to_come_back() {
    let host = Host::start();
    let slow = host.token_with("viewer", json!({"requests_per_second": 1, "burst": 3}));
    let other = host.token_with("viewer", json!({"name": "other"}));
    let answers = host.send_all((0..20).map(|_| host.shown(&slow, Method::GET, GROUPS)).collect::<Vec<_>>());
    let mut refused = answers.into_iter().filter(|answer| answer.status != 200).collect::<Vec<_>>();
    assert!(refused.len() >= 10, "{}", refused.len());
    let answer = refused.pop().unwrap();
    assert!(answer.header("retry-after").parse::<u64>().unwrap() >= 1);
    let document = answer.problem(429, "LG1033");
    assert_eq!((&document["retryable"], &document["limit"]["value"]), (&json!(true), &json!(1)));
    get(&host, &other, GROUPS).status(200);
    let id = id(&host, "viewer");
    patch(&host, &id, json!({"requests_per_second": 1000, "burst": 1000})).status(200);
    for answer in host.send_all((0..20).map(|_| host.shown(&slow, Method::GET, GROUPS)).collect::<Vec<_>>()) {
        answer.status(200);
    }
}

#[test]
fn what_is_set_survives_a_kill() {
    let mut host = Host::start();
    host.group("shop", json!({}));
    let body = json!({"groups": ["shop"], "tenants": ["ada"], "expires_in": 9000, "burst": 7});
    let token = host.token_with("viewer", body);
    let before = host.get("/tokens").status(200).json();
    host.kill_and_restart();
    let after = host.get("/tokens").status(200).json();
    assert_eq!(before, after);
    get(&host, &token, GROUPS).status(200);
    let id = id(&host, "viewer");
    host.send(host.request(Method::DELETE, &format!("/tokens/{id}"))).status(204);
    host.kill_and_restart();
    get(&host, &token, GROUPS).problem(401, "LG1002");
}

#[test]
fn tokens_on_the_command_line() {
    let host = Host::start();
    host.group("shop", json!({}));
    let arguments =
        ["token", "create", "ci", "--role", "invoker", "--group", "shop", "--tenant", "ada", "--expires-in", "90d"];
    let made = host.run(arguments).ok();
    let token = made.stdout.trim().to_owned();
    assert!(token.starts_with("lg_"), "{made:?}");
    get(&host, &token, GROUPS).status(200);
    host.run(["token", "list"]).ok().prints("invoker").prints("shop, ada");
    let id = id(&host, "ci");
    host.run(["token", "set", &id, "enabled=false"]).ok().prints("at version 2");
    get(&host, &token, GROUPS).problem(401, "LG1002");
    host.run(["token", "show", &id]).ok().prints("\"enabled\": false");
    host.run(["token", "revoke", &id]).ok();
    host.run(["token", "revoke", &id]).exits(1).says("LG1004");
    host.run(["token", "create", "x"]).exits(2).says("--role");
    host.run(["token", "create", "x", "--role", "viewer", "--expires-in", "soon"]).exits(2).says("90d");
}

#[test]
fn a_lost_admin_token_is_replaced_while_the_host_is_stopped() {
    let host = Host::start();
    let data = host.home.data();
    // While it runs, the host itself is asked.
    let running =
        host.run(["token", "create", "by-the-host", "--role", "viewer", "--data-dir", data.to_str().unwrap()]);
    running.ok();
    id(&host, "by-the-host");
    let lost = host.token().to_owned();
    let home = host.end();
    std::fs::remove_file(data.join("admin-token")).unwrap();
    let made = home.run(["token", "create", "--data-dir", data.to_str().unwrap()]).ok().says("kept in ");
    let token = made.stdout.trim().to_owned();
    let host = Serve::at(home).start();
    assert_eq!(host.token(), token, "client commands find it");
    get(&host, &token, "/v1/organizations/default/tokens").status(200);
    // The lost one is there until someone revokes it.
    get(&host, &lost, GROUPS).status(200);
    let home = lockgate_tests::Home::new();
    if home.database().is_none() {
        let nothing = home.run(["token", "create", "--data-dir", home.work().to_str().unwrap()]);
        nothing.exits(2).says("holds no store");
    }
}
