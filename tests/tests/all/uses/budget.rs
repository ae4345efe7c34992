//! A tree of calls costs no more than one call may, and no limit of concurrency makes it wait for itself.

use std::collections::BTreeMap;
use std::time::Duration;

use lockgate_tests::{Host, Reply, Serve, Upstream, guests};
use reqwest::Method;
use serde_json::{Value, json};

use super::script;

/// A host whose group `flow` calls the connectors of `leaf`, which reach every limit.
fn host(limits: Value) -> Host {
    let host = Serve::new().start().with_scripts();
    host.group("leaf", json!({"limits": {"cpu_ms": 60_000, "host_calls": 100_000, "deadline_ms": 60_000}}));
    host.load("leaf", guests::LIMITS.bytes()).status(201);
    let uses = ["spin", "host_calls", "input", "output", "fail", "lie", "trap"];
    let uses: Vec<_> = uses.iter().map(|name| json!({"connector": format!("leaf/{name}")})).collect();
    host.group("flow", json!({"capabilities": ["connectors"], "uses": uses, "limits": limits}));
    host.load("flow", guests::FLOWS.bytes()).status(201);
    host.run(["group", "grant", "flow", "--all"]).ok();
    host
}

fn each(connector: &str, inputs: &[Value]) -> Value {
    inputs.iter().map(|input| json!({"connector": connector, "input": input})).collect()
}

#[test]
fn cpu_time_is_shared() {
    let host = host(json!({"cpu_ms": 50}));
    // One call that takes it all, and many that do together.
    host.invoke("flow/each", &each("spin", &[json!(500)])).limit(500, "LG3005", "cpu_ms", 50);
    host.invoke("flow/each", &each("spin", &vec![json!(4); 200])).limit(500, "LG3005", "cpu_ms", 50);
    // A flow that catches failures does not go on either.
    host.invoke("flow/failure", &json!({"connector": "spin", "input": 500})).limit(500, "LG3005", "cpu_ms", 50);
    host.run(["group", "set", "flow", "limits.cpu_ms=60000"]).ok();
    let answer = host.invoke("flow/each", &each("spin", &[json!(20), json!(20)])).status(200).json();
    let path = format!("/calls?parent={}", answer["call"]["id"].as_str().unwrap());
    let of_leaf = host.until(
        "their records",
        || host.request(Method::GET, &path),
        |answer| answer.json()["items"].as_array().is_some_and(|items| items.len() == 2),
    );
    let items = of_leaf.json()["items"].as_array().unwrap().clone();
    let spent: u64 = items.iter().map(|call| call["usage"]["cpu_us"].as_u64().unwrap()).sum();
    assert!(answer["call"]["usage"]["cpu_us"].as_u64().unwrap() >= spent, "its own includes theirs");
}

#[test]
fn host_calls_are_shared() {
    let host = host(json!({"host_calls": 100}));
    host.invoke("flow/each", &each("host_calls", &[json!(40), json!(40)])).status(200);
    host.invoke("flow/each", &each("host_calls", &[json!(40), json!(40), json!(40)])).limit(
        500,
        "LG3010",
        "host_calls",
        100,
    );
    host.invoke("flow/failure", &json!({"connector": "host_calls", "input": 200})).limit(
        500,
        "LG3010",
        "host_calls",
        100,
    );
    // A call is one itself.
    host.invoke("flow/each", &each("input", &vec![json!("a"); 101])).limit(500, "LG3010", "host_calls", 100);
}

#[test]
fn the_deadline_is_shared() {
    let host = host(json!({"deadline_ms": 200, "cpu_ms": 60_000}));
    host.invoke("flow/pass", &json!({"connector": "spin", "input": 5000})).limit(504, "LG3004", "deadline_ms", 200);
    // The caller's own holds for all of them too.
    host.run(["group", "set", "flow", "limits.deadline_ms=60000"]).ok();
    let call = host.call("flow/pass", &json!({"connector": "spin", "input": 5000}));
    host.send(call.header("lockgate-deadline-ms", "200")).problem(504, "LG3004");
}

#[test]
fn the_limits_of_the_other_group_hold_too() {
    let host = host(json!({"cpu_ms": 60_000}));
    host.run(["group", "set", "leaf", "limits.cpu_ms=20", "limits.input_bytes=1000", "limits.output_bytes=2000"]).ok();
    let failed = |connector: &str, input: Value| {
        let answer = host.invoke("flow/failure", &json!({"connector": connector, "input": input})).output();
        (answer["code"].as_str().unwrap().to_owned(), answer["details"]["code"].as_str().unwrap().to_owned())
    };
    let expected = |word: &str, code: &str| (word.to_owned(), code.to_owned());
    assert_eq!(failed("spin", json!(500)), expected("call-failed", "LG3005"));
    assert_eq!(failed("input", json!("x".repeat(1001))), expected("invalid-input", "LG1007"));
    assert_eq!(failed("output", json!(3000)), expected("call-failed", "LG3007"));
    assert_eq!(failed("trap", json!({})), expected("call-failed", "LG3002"));
    assert_eq!(failed("lie", json!({})), expected("call-failed", "LG3009"));
    assert_eq!(failed("fail", json!({"left": 3})), expected("out_of_stock", "LG3001"));
}

#[test]
fn what_comes_back_counts_as_memory_of_the_caller() {
    let host = host(json!({"memory_bytes": 4 << 20}));
    host.run(["group", "set", "leaf", "limits.output_bytes=8000000"]).ok();
    host.invoke("flow/pass", &json!({"connector": "output", "input": 100_000})).status(200);
    host.invoke("flow/pass", &json!({"connector": "output", "input": 3_500_000})).limit(
        500,
        "LG3006",
        "memory_bytes",
        4 << 20,
    );
}

/// A flow whose call of another group waits for a slow server, with few permits everywhere.
fn slow(upstream: &Upstream, limits: &Value) -> Host {
    let host = Serve::new().reaching(&[upstream]).start().with_scripts();
    let ask = json!({"name": "ask", "type": "http", "input_schema": true, "output_schema": true,
        "http": {"method": "POST", "path": "/", "body": {"json": {"a": 1}}}});
    host.group(
        "leaf",
        json!({
            "resource_type": "INTERNAL", "base_url": upstream.url(), "limits": limits, "connectors": [ask],
            "destinations": [{"url": upstream.url(), "credential": "none", "plaintext": true}],
        }),
    );
    let back = "import { call } from 'lockgate/connectors'; export default () => call('ask', {});";
    let go = "import { call } from 'lockgate/connectors'; export default () => call('middle', {});";
    let named = |name: &str, source: &str| {
        let mut script = script(source);
        script["name"] = json!(name);
        script
    };
    // `flow/go` calls `middle/pass`, which calls `flow/ask`'s like: the same group twice in one tree.
    host.group(
        "middle",
        json!({
            "capabilities": ["connectors"], "limits": limits, "uses": [{"connector": "leaf/ask"}],
            "connectors": [named("pass", back)],
        }),
    );
    host.group(
        "flow",
        json!({
            "capabilities": ["connectors"], "limits": limits, "uses": [{"connector": "middle/pass", "as": "middle"}],
            "connectors": [named("go", go)],
        }),
    );
    for group in ["middle", "flow"] {
        host.run(["group", "grant", group, "--all"]).ok();
    }
    host
}

#[test]
fn a_hundred_flows_with_few_permits_come_to_an_end() {
    let upstream = Upstream::start(|_| Reply::new(200).json(&json!({"ok": true})).after(Duration::from_millis(5)));
    let host = slow(&upstream, &json!({"calls_in_flight": 2, "tenant_calls_in_flight": 1}));
    host.lift_rate();
    let calls = (0..100).map(|number| {
        let call = host.call("flow/go", &json!({}));
        call.header("lockgate-tenant", format!("t{}", number % 3))
    });
    let mut statuses: BTreeMap<u16, usize> = BTreeMap::new();
    for answer in host.send_all(calls) {
        *statuses.entry(answer.status).or_default() += 1;
        // A flow runs, or there was no room for one: it never stops in the middle for want of a permit of its own tree.
        assert!(
            answer.status == 200 || answer.json()["code"] == "LG1008" || answer.json()["failure"]["code"] == "busy"
        );
    }
    assert!(statuses.get(&200).is_some_and(|count| *count >= 2), "{statuses:?}");
    // Nothing is held any more.
    for _ in 0..3 {
        host.invoke("flow/go", &json!({})).status(200);
    }
}

#[test]
fn a_tree_does_not_wait_for_its_own_permits() {
    let upstream = Upstream::start(|_| Reply::new(200).json(&json!({"ok": true})));
    let host = slow(&upstream, &json!({"calls_in_flight": 1, "tenant_calls_in_flight": 1}));
    // The same group twice: `flow/twice` calls `middle/pass`, and that calls a connector of `flow`.
    let ask = json!({"name": "ask", "type": "http", "input_schema": true, "output_schema": true,
        "http": {"method": "POST", "path": "/", "body": {"json": {"a": 1}}}});
    host.set(
        "flow",
        json!({
            "resource_type": "INTERNAL", "base_url": upstream.url(),
            "destinations": [{"url": upstream.url(), "credential": "none", "plaintext": true}],
        }),
    );
    host.send(host.request(Method::POST, "/groups/flow/connectors").json(&ask)).status(201);
    host.set("middle", json!({"uses": [{"connector": "flow/ask"}]}));
    host.run(["group", "grant", "middle", "--all"]).ok();
    for tenant in ["ada", "bo"] {
        let call = host.call("flow/go", &json!({})).header("lockgate-tenant", tenant);
        assert_eq!(host.send(call).output(), json!({"ok": true}));
    }
}
