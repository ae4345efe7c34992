//! What an operator has to grant, and when they have to grant it again.

use lockgate_tests::component::Crafted;
use lockgate_tests::{Host, Serve, guests};
use reqwest::Method;
use serde_json::{Value, json};

use super::{failure, grant, host, script, upstream};

/// The state of each entry, by name.
fn states(host: &Host, group: &str) -> Vec<(String, String)> {
    let items = host.get(&format!("/groups/{group}/uses")).status(200).json()["items"].as_array().unwrap().clone();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    items.iter().map(|one| (text(&one["name"]), text(&one["state"]))).collect()
}

fn state(host: &Host, group: &str, name: &str) -> String {
    states(host, group).into_iter().find(|(own, _)| own == name).unwrap().1
}

#[test]
fn an_entry_waits_until_it_is_granted_and_again_when_it_changes() {
    let upstream = upstream();
    let host = host(&upstream);
    let text = json!({"text": "x"});
    assert!(states(&host, "flow").iter().all(|(_, state)| state == "waiting"));
    assert_eq!(failure(&host, "write", &text)["code"], "not-granted");
    let told = grant(&host, "flow", &["write"]);
    told.prints("docs/send").prints("fixed main").prints("granted");
    assert_eq!(failure(&host, "write", &text), Value::Null);
    assert_eq!(failure(&host, "lose", &text)["code"], "not-granted", "one grant is of one entry");
    // Another connection, another connector: each waits anew.
    for changed in [
        json!({"connector": "docs/send", "as": "write", "connection": {"fixed": "other"}}),
        json!({"connector": "docs/send", "as": "write", "connection": {"dynamic": {}}}),
        json!({"connector": "chat/send", "as": "write", "connection": {"fixed": "main"}}),
        json!({"connector": "docs/send@1", "as": "write", "connection": {"fixed": "main"}}),
    ] {
        host.set("flow", json!({"uses": [changed]}));
        assert_eq!(state(&host, "flow", "write"), "changed", "{changed}");
        let refused = failure(&host, "write", &text);
        assert_eq!(refused["code"], "not-granted", "{changed}");
        assert!(refused["message"].as_str().unwrap().contains("lockgate group grant flow write"), "{refused}");
    }
    // What was granted is in force again when it is back as it was.
    host.set("flow", json!({"uses": [{"connector": "docs/send", "as": "write", "connection": {"fixed": "main"}}]}));
    assert_eq!(failure(&host, "write", &text), Value::Null);
    host.run(["group", "revoke", "flow", "write"]).ok();
    assert_eq!(
        (failure(&host, "write", &text)["code"].clone(), state(&host, "flow", "write")),
        (json!("not-granted"), "waiting".to_owned())
    );
    host.run(["group", "revoke", "flow", "write"]).exits(1).says("LG1004");
}

#[test]
fn a_group_that_was_made_again_is_another_one() {
    let upstream = upstream();
    let host = host(&upstream);
    grant(&host, "flow", &["write"]);
    host.send(host.request(Method::DELETE, "/groups/docs")).status(204);
    assert_eq!(failure(&host, "write", &json!({"text": "x"}))["code"], "not-granted");
    host.group("docs", super::group(&upstream));
    assert_eq!(state(&host, "flow", "write"), "changed");
    assert_eq!(failure(&host, "write", &json!({"text": "x"}))["code"], "not-granted");
}

#[test]
fn only_an_operator_grants_and_only_what_they_saw() {
    let upstream = upstream();
    let host = host(&upstream);
    let path = "/v1/workspaces/default/groups/flow/uses/write/grant";
    let digest = host.get("/groups/flow/uses").json()["items"][0]["digest"].clone();
    let put =
        |token: &str, digest: &Value| host.send(host.shown(token, Method::PUT, path).json(&json!({"digest": digest})));
    for role in ["viewer", "invoker", "editor"] {
        put(&host.token_with(role, json!({})), &digest).problem(403, "LG1003");
    }
    let operator = |members: Value| host.token_with("operator", members);
    put(&operator(json!({"tenants": ["ada"]})), &digest).problem(403, "LG1003");
    // Who does not reach the other group gives nobody a way into it.
    put(&operator(json!({"groups": ["flow"]})), &digest).problem(404, "LG1004");
    let stale = format!("sha256:{}", "0".repeat(64));
    put(&operator(json!({})), &json!(stale)).problem(412, "LG1006");
    let granted = put(&operator(json!({"groups": ["flow", "docs"]})), &digest).status(200).json();
    assert_eq!((&granted["state"], &granted["group"]), (&json!("granted"), &json!("docs")));
    // Nothing is granted of what does not exist.
    host.set("flow", json!({"uses": [{"connector": "docs/none"}, {"connector": "none/send", "as": "b"}]}));
    for name in ["none", "b"] {
        host.run(["group", "grant", "flow", name]).exits(1).says("LG1004");
    }
    let audit = host.send(host.admin(Method::GET, "/v1/audit?action=use.grant")).status(200).json();
    assert_eq!(audit["items"][0]["subject"], "flow: write = docs/send");
    assert_eq!(audit["items"].as_array().unwrap().len(), 1);
}

#[test]
fn a_grant_is_durable_and_of_its_scope() {
    let upstream = upstream();
    let mut host = host(&upstream);
    grant(&host, "flow", &["write"]);
    host.kill_and_restart();
    assert_eq!(failure(&host, "write", &json!({"text": "x"})), Value::Null);
    // A group of the organization: its operator grants for every workspace, a workspace's for its own calls.
    let above = "/v1/organizations/default/groups";
    let leaf = json!({"slug": "leaf", "name": "leaf", "resource_type": "EXTERNAL"});
    host.send(host.admin(Method::POST, above).json(&leaf)).status(201);
    let leaf_plugin = host.admin(Method::POST, "/v1/organizations/default/groups/leaf/plugins");
    host.send(leaf_plugin.header("content-type", "application/wasm").body(guests::LIMITS.bytes())).status(201);
    let flow = json!({"slug": "top", "name": "top", "resource_type": "EXTERNAL", "capabilities": ["connectors"],
        "uses": [{"connector": "leaf/input"}]});
    host.send(host.admin(Method::POST, above).json(&flow)).status(201);
    let plugin = host.admin(Method::POST, "/v1/organizations/default/groups/top/plugins");
    host.send(plugin.header("content-type", "application/wasm").body(guests::FLOWS.bytes())).status(201);
    // A group of the workspace with the slug that the entry names is not meant.
    host.group("leaf", json!({}));
    host.load("leaf", Crafted::plugin("leaf", "1").connector("input").component()).status(201);
    let call = || host.invoke("org:top/pass", &json!({"connector": "input", "input": "abc"}));
    call().problem(422, "LG3001");
    host.run(["group", "grant", "org:top", "input"]).ok();
    assert_eq!(call().output(), json!(3));
    host.run(["group", "revoke", "org:top", "input"]).ok();
    assert_eq!(call().problem(422, "LG3001")["failure"]["code"], "not-granted");
    host.run(["group", "grant", "top", "input", "--organization", "default"]).ok();
    assert_eq!(call().output(), json!(3));
    host.run(["group", "revoke", "org:top", "input"]).exits(1);
    assert_eq!(call().output(), json!(3));
}

/// Two groups with code that calls, each of which uses the other.
fn two() -> Host {
    let host = Serve::new().start().with_scripts();
    for (own, other) in [("one", "two"), ("two", "one")] {
        let uses = json!([
            {"connector": format!("{other}/pass")},
            {"connector": format!("{other}/plain"), "as": "plain"},
            {"connector": format!("{other}/failure"), "as": "failure"},
        ]);
        let plain = json!({"name": "plain", "type": "http", "input_schema": true, "output_schema": true,
            "http": {"method": "GET", "url": "https://plain.example/"}});
        host.group(own, json!({"capabilities": ["connectors"], "uses": uses, "connectors": [plain]}));
        host.load(own, guests::FLOWS.bytes()).status(201);
    }
    host
}

#[test]
fn a_cycle_is_not_granted() {
    let host = two();
    host.run(["group", "grant", "one", "pass"]).ok();
    let refused = host.run(["group", "grant", "two", "pass"]).exits(1);
    refused.says("LG1081").says("one/pass, which calls two/pass");
    // What has no code calls nobody.
    host.run(["group", "grant", "two", "plain"]).ok();
    // The other way round it is possible, once the first is taken back.
    host.run(["group", "revoke", "one", "pass"]).ok();
    host.run(["group", "grant", "two", "pass"]).ok();
    host.run(["group", "grant", "one", "pass"]).exits(1).says("LG1081");
    // Nor does a group's code call itself.
    host.set("one", json!({"uses": [{"connector": "one/pass"}, {"connector": "one/plain"}]}));
    host.run(["group", "grant", "one", "pass"]).exits(1).says("LG1081");
    host.run(["group", "grant", "one", "plain"]).ok();
}

#[test]
fn a_cycle_that_an_upgrade_closes_ends_at_the_call() {
    let host = two();
    let plain = |source: &str| {
        let script = json!({"language": "javascript", "source": source});
        json!({"name": "plain", "type": "function", "script": script})
    };
    let save = |group: &str, source: &str| {
        let path = format!("/groups/{group}/connectors/plain?allow_removal");
        host.send(host.request(Method::PUT, &path).json(&plain(source))).status(200);
    };
    host.run(["group", "grant", "one", "plain"]).ok();
    host.run(["group", "grant", "two", "plain"]).ok();
    let through = r#"
        import { call } from "lockgate/connectors";
        export default async (input) => {
            try {
                return await call("plain", input);
            } catch (error) {
                return { code: error.code };
            }
        };"#;
    save("one", through);
    save("two", through);
    // one/plain calls two/plain, which would call one/plain.
    assert_eq!(host.invoke("one/plain", &json!({})).output(), json!({"code": "cycle"}));
}

#[test]
fn four_calls_wait_for_each_other_and_no_more() {
    let host = Serve::new().start().with_scripts();
    for number in 0..6 {
        let uses = json!([{"connector": format!("g{}/announce", number + 1), "as": "next"}]);
        let uses = if number == 5 { Value::Null } else { uses };
        let source = match number {
            5 => "export default () => 0;".to_owned(),
            _ => r#"
                import { call } from "lockgate/connectors";
                export default async () => {
                    try {
                        return 1 + (await call("next"));
                    } catch (error) {
                        return error.code === "too-deep" ? 1 : Promise.reject(error);
                    }
                };"#
            .to_owned(),
        };
        let group = json!({"capabilities": ["connectors"], "uses": uses, "connectors": [script(&source)]});
        host.group(&format!("g{number}"), group);
    }
    for number in 0..5 {
        host.run(["group", "grant", &format!("g{number}"), "next"]).ok();
    }
    assert_eq!(host.invoke("g2/announce", &json!({})).output(), json!(3), "four of them, down to the last");
    assert_eq!(host.invoke("g0/announce", &json!({})).output(), json!(4), "the fifth is refused");
}
