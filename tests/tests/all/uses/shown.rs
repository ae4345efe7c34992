//! What is seen of calls that code made: records with the call above, the test route, traces; and no secret anywhere.

use lockgate_tests::marker::Marker;
use lockgate_tests::{Collector, Host, Serve, guests};
use reqwest::Method;
use serde_json::{Value, json};

use super::{grant, host, upstream};

fn records(host: &Host, query: &str, count: usize) -> Vec<Value> {
    let path = format!("/calls{query}");
    let found = host.until(
        "the records",
        || host.request(Method::GET, &path),
        |answer| answer.json()["items"].as_array().is_some_and(|items| items.len() == count),
    );
    found.json()["items"].as_array().unwrap().clone()
}

#[test]
fn each_call_is_recorded_with_the_call_above() {
    let upstream = upstream();
    let host = host(&upstream);
    grant(&host, "flow", &["--all"]);
    let asks = json!([
        {"connector": "write", "input": {"text": "one"}},
        {"connector": "post", "input": {"text": "two"}},
        {"connector": "lose", "input": {"text": "three"}},
    ]);
    let call = host.call("flow/each", &asks).header("lockgate-tenant", "ada");
    let id = host.send(call).problem(422, "LG3001")["instance"].as_str().unwrap().to_owned();
    let inner = records(&host, &format!("?parent={id}"), 3);
    let shown = |call: &Value| (call["group"].clone(), call["connector"].clone(), call["outcome"].clone());
    let expected = |group: &str, connector: &str, outcome: &str| (json!(group), json!(connector), json!(outcome));
    assert_eq!(shown(&inner[2]), expected("docs", "send", "ok"));
    assert_eq!(shown(&inner[1]), expected("chat", "send", "ok"));
    assert_eq!(shown(&inner[0]), expected("chat", "lose", "LG3001"));
    assert!(inner.iter().all(|call| call["parent"] == id.as_str() && call["tenant"] == "ada"), "{inner:#?}");
    assert!(inner.iter().all(|call| call["connection"].is_string() && call["attempts"] == 1), "{inner:#?}");
    let own = records(&host, "?group=flow", 1);
    assert_eq!((&own[0]["parent"], &own[0]["id"]), (&Value::Null, &json!(id)));
    host.run(["calls", "show", inner[0]["id"].as_str().unwrap()]).ok().prints(&format!("made by     {id}"));
    host.get("/calls?parent=nothing").problem(400, "LG1001");
}

#[test]
fn a_test_shows_what_each_call_sent() {
    let upstream = upstream();
    let host = host(&upstream);
    grant(&host, "flow", &["--all"]);
    let body = json!({"input": {"title": "Plan"}});
    let test = host.request(Method::POST, "/groups/flow/connectors/announce/test").header("lockgate-tenant", "ada");
    let tested = host.send(test.json(&body)).status(200).json();
    assert_eq!(tested["exchanges"], json!([]), "{tested:#}");
    let calls = tested["calls"].as_array().unwrap();
    let shown: Vec<_> = calls.iter().map(|call| (&call["name"], &call["connector"], &call["outcome"])).collect();
    let (ok, write, post) = (json!("ok"), json!("write"), json!("post"));
    assert_eq!(shown, [(&write, &json!("docs/send"), &ok), (&post, &json!("chat/send"), &ok)]);
    for (call, url) in calls.iter().zip(["/send", "/send"]) {
        let exchange = &call["exchanges"][0];
        assert!(exchange["url"].as_str().unwrap().ends_with(url), "{call:#}");
        assert_eq!((&call["calls"], &exchange["status"]), (&json!([]), &json!(200)));
        assert!(!call.to_string().contains("-key-of-"), "credentials are masked: {call:#}");
    }
}

#[test]
fn a_trace_has_each_call_below_the_one_that_made_it() {
    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    let collector = Collector::start();
    let host = Serve::new().with(["--otlp-endpoint", &collector.endpoint()]).start().with_scripts();
    host.group("leaf", json!({}));
    host.load("leaf", guests::LIMITS.bytes()).status(201);
    let uses = json!([{"connector": "leaf/input"}, {"connector": "leaf/trap"}]);
    host.group("flow", json!({"capabilities": ["connectors"], "uses": uses}));
    host.load("flow", guests::FLOWS.bytes()).status(201);
    grant(&host, "flow", &["--all"]);
    let asks = json!([{"connector": "input", "input": "abc"}, {"connector": "trap", "input": {}}]);
    let call = host.call("flow/each", &asks).header("traceparent", format!("00-{TRACE}-00f067aa0ba902b7-01"));
    host.send(call).problem(422, "LG3001");
    let spans = collector.trace(|root| root["trace"] == TRACE);
    let all = |name: &str| spans.iter().filter(|span| span["name"] == name).cloned().collect::<Vec<_>>();
    let (calls, engines) = (all("call"), all("engine"));
    assert_eq!((calls.len(), engines.len()), (2, 3), "{spans:#?}");
    let root = &all("lockgate.invoke")[0]["span"];
    let own = engines.iter().find(|span| span["parent"] == *root).expect("the flow's own");
    assert!(calls.iter().all(|span| span["parent"] == own["span"]), "{spans:#?}");
    for (span, connector) in calls.iter().zip(["input", "trap"]) {
        assert_eq!(span["attributes"]["lockgate.group"], "leaf");
        assert_eq!(span["attributes"]["lockgate.connector"], connector);
        assert!(engines.iter().any(|engine| engine["parent"] == span["span"]), "{spans:#?}");
    }
    assert_eq!((&calls[0]["status"], &calls[1]["message"]), (&Value::Null, &json!("LG3002")));
}

#[test]
fn no_credential_of_a_called_group_is_anywhere_else() {
    let upstream = upstream();
    let mut host = host(&upstream);
    grant(&host, "flow", &["--all"]);
    let secret = "marker-secret-of-the-chat-0123";
    let body = json!({"name": "marked", "credentials": {"main": {"values": {"value": secret}}}});
    host.send(host.request(Method::POST, "/groups/chat/connections").json(&body)).status(201);
    host.set("flow", json!({"uses": [{"connector": "chat/send", "as": "mark", "connection": {"fixed": "marked"}}]}));
    grant(&host, "flow", &["mark"]);
    let ask = json!({"connector": "mark", "input": {"text": "x"}});
    let answer = host.invoke("flow/pass", &ask).status(200);
    assert!(upstream.seen().iter().any(|seen| seen.header("x-api-key") == Some(secret)), "its own server has it");
    let test = host.request(Method::POST, "/groups/flow/connectors/pass/test").json(&json!({"input": ask}));
    let shown = [answer.json().to_string(), host.send(test).status(200).json().to_string()].concat();
    assert!(!shown.contains(secret), "{shown}");
    for restarted in [false, true] {
        if restarted {
            host.kill_and_restart();
        }
        Marker::new("the key of the chat", secret.as_bytes()).is_in_none(&host.traces(), &[]);
    }
}
