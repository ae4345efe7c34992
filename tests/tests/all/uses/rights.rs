//! A call that code makes has no right that its caller lacks.

use lockgate_tests::{Answer, Host};
use reqwest::Method;
use serde_json::{Value, json};

use super::{failure, grant, host, upstream};

/// A call of the compiled flow with a token of its own.
fn ask(host: &Host, token: &str, entry: &str, tenant: Option<&str>, connection: Value) -> Answer {
    let path = "/v1/workspaces/default/groups/flow/connectors/pass/invoke";
    let body = json!({"input": {"connector": entry, "input": {"text": "x"}}, "connection": connection});
    let call = host.shown(token, Method::POST, path).json(&body);
    host.send(match tenant {
        Some(tenant) => call.header("lockgate-tenant", tenant),
        None => call,
    })
}

#[track_caller]
fn refused(answer: Answer, code: &str) {
    let problem = answer.problem(422, "LG3001");
    assert_eq!(problem["failure"]["code"], code, "{problem:#}");
}

#[test]
fn a_token_of_some_tenants_stays_with_them() {
    let upstream = upstream();
    let host = host(&upstream);
    grant(&host, "flow", &["--all"]);
    let token = host.token_with("invoker", json!({"tenants": ["ada"]}));
    assert_eq!(ask(&host, &token, "post", None, Value::Null).output()["last"], "a");
    ask(&host, &token, "post", Some("bo"), Value::Null).problem(403, "LG1003");
    let two = host.token_with("invoker", json!({"tenants": ["ada", "bo"]}));
    assert_eq!(ask(&host, &two, "post", Some("bo"), Value::Null).output()["last"], "b");
    ask(&host, &two, "post", None, Value::Null).problem(400, "LG1001");
    // The operator has granted what is fixed to the flow.
    assert_eq!(ask(&host, &token, "write", None, Value::Null).output()["last"], "W");
}

#[test]
fn a_token_of_some_groups_reaches_no_other() {
    let upstream = upstream();
    let host = host(&upstream);
    grant(&host, "flow", &["--all"]);
    let token = host.token_with("invoker", json!({"groups": ["flow"]}));
    refused(ask(&host, &token, "write", None, Value::Null), "denied");
    let token = host.token_with("invoker", json!({"groups": ["flow", "docs"]}));
    assert_eq!(ask(&host, &token, "write", None, Value::Null).output()["last"], "W");
    refused(ask(&host, &token, "lose", None, Value::Null), "denied");
}

#[test]
fn inherit_is_the_callers_own_choice() {
    let upstream = upstream();
    let host = host(&upstream);
    grant(&host, "flow", &["--all"]);
    // `flow` has no activation, so its callers name no connection: a tenant alone means the tenant's.
    let tenant = ask(&host, host.token(), "same", Some("bo"), Value::Null);
    assert_eq!(tenant.output()["last"], "b");
    refused(ask(&host, host.token(), "same", None, Value::Null), "connection");
    // With one, its own choice is taken over.
    let activation = json!({"credentials": {"main": {"methods": {"key": {"type": "bearer"}}}}});
    host.set("flow", json!({"activation": activation}));
    for (tenant, name) in [(Value::Null, "main"), (json!("ada"), "own")] {
        let values = json!({"main": {"values": {"token": "of-the-flow"}}});
        let body = json!({"name": name, "tenant": tenant, "credentials": values});
        host.send(host.request(Method::POST, "/groups/flow/connections").json(&body)).status(201);
    }
    let fixed = ask(&host, host.token(), "same", None, json!({"fixed": "main"}));
    assert_eq!(fixed.output()["last"], "W");
    let dynamic = ask(&host, host.token(), "same", None, json!({"dynamic": {"tenant": "ada", "name": "own"}}));
    assert_eq!(dynamic.output()["last"], "a");
}

#[test]
fn what_is_switched_off_is_switched_off_for_flows() {
    let upstream = upstream();
    let host = host(&upstream);
    grant(&host, "flow", &["--all"]);
    let text = json!({"text": "x"});
    host.set("docs", json!({"enabled": false}));
    let denied = failure(&host, "write", &text);
    assert_eq!((&denied["code"], &denied["details"]["code"]), (&json!("denied"), &json!("LG1011")));
    host.set("docs", json!({"enabled": true}));
    host.set("flow", json!({"capabilities": []}));
    let denied = failure(&host, "write", &text);
    assert_eq!(denied["code"], "denied");
    assert!(denied["message"].as_str().unwrap().contains("`connectors`"), "{denied}");
    host.set("flow", json!({"capabilities": ["connectors"]}));
    assert_eq!(failure(&host, "write", &text), Value::Null);
    // Under review: the flow gets no further than anybody else.
    host.set(
        "docs",
        json!({"destinations": [{"url": upstream.url(), "credential": "main", "plaintext": true},
        {"url": "https://other.example", "credential": "main"}]}),
    );
    let review = failure(&host, "write", &text);
    assert_eq!((&review["code"], &review["details"]["code"]), (&json!("connection"), &json!("LG1021")));
}

#[test]
fn a_definition_that_leads_elsewhere_calls_nothing() {
    let upstream = upstream();
    let host = host(&upstream);
    grant(&host, "flow", &["--all"]);
    let source = "import { call } from 'lockgate/connectors'; export default () => call('write', { text: 'x' });";
    let run = |group: Value| {
        let body = json!({"group": group, "connector": super::script(source), "input": {}});
        host.send(host.request(Method::POST, "/tests/run").json(&body)).status(200).json()
    };
    assert_eq!(run(json!("flow"))["output"]["last"], "W", "as a saved one would");
    let mut elsewhere = json!({"slug": "flow", "name": "flow", "resource_type": "EXTERNAL", "capabilities": ["connectors"],
        "uses": super::uses(), "destinations": [{"url": "https://elsewhere.example", "credential": "none"}]});
    let answer = run(elsewhere.clone());
    assert_eq!(answer["problem"]["failure"]["code"], "denied", "{answer:#}");
    // An entry that nobody granted waits in a test too.
    elsewhere.as_object_mut().unwrap().remove("destinations");
    elsewhere["uses"] = json!([{"connector": "docs/send", "as": "write", "connection": {"fixed": "other"}}]);
    assert_eq!(run(elsewhere)["problem"]["failure"]["code"], "not-granted");
}
