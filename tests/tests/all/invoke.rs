//! `POST …/invoke`: what a call may look like, and how each mistake is answered.

use lockgate_tests::component::Crafted;
use lockgate_tests::{Answer, Host, guests};
use reqwest::Method;
use serde_json::{Value, json};

fn host() -> Host {
    let host = Host::start();
    host.with_guest(&guests::LIMITS, json!({}));
    host
}

/// A call with this body, as it is.
fn send(host: &Host, body: Value) -> Answer {
    host.send(host.call("g/host_calls", &json!(0)).json(&body))
}

#[test]
fn the_answer_tells_what_ran() {
    let host = host();
    let digest = host.get("/groups/g/plugins").json()["items"][0]["digest"].clone();
    let answer = host.invoke("g/input", &json!("abc")).status(200);
    assert_eq!(answer.header("content-type"), "application/json");
    let document = answer.json();
    assert_eq!((&document["output"], &document["call"]["plugin"]), (&json!(3), &digest));
    assert!(document["call"]["duration_us"].as_u64().is_some_and(|us| us > 0), "{document:#}");
}

#[test]
fn every_violation_has_pointer_and_rule() {
    let host = host();
    let refused = host.invoke("g/write_log", &json!({"lines": -1, "bytes": "many"})).problem(422, "LG1009");
    let mut found: Vec<_> =
        refused["errors"].as_array().unwrap().iter().map(|one| (&one["pointer"], &one["rule"])).collect();
    found.sort_by_key(|(pointer, _)| pointer.to_string());
    assert_eq!(found, [(&json!("/bytes"), &json!("type")), (&json!("/lines"), &json!("minimum"))], "{refused:#}");
    assert!(!refused.to_string().contains("many"), "the value is not repeated: {refused:#}");
    let told = host.run(["invoke", "g/write_log", "--input", r#"{"lines": 1}"#]).exits(1);
    told.says("LG1009").says("\"bytes\" is a required property (required)");
}

#[test]
fn a_body_that_is_no_call() {
    let host = host();
    for body in [
        json!([]),
        // Its items could be taken for the members in their order.
        json!(["a", null]),
        json!({}),
        json!({"inputs": 1}),
        json!({"input": 1, "timeout": 5}),
        json!({"input": 1, "connection": {"x": 1}}),
    ] {
        send(&host, body).problem(400, "LG1001");
    }
    let raw = |text: &str| host.send(host.call("g/input", &json!("")).body(text.to_owned()));
    for text in ["", "{\"input\":", "{\"input\":1}}"] {
        raw(text).problem(400, "LG1001");
    }
    raw("\u{feff}{\"input\":\"a\"}").status(200);
    raw("{\"input\":\"a\\u0000\\ud83d\\ude00\"}").status(200);
    raw("{\"input\":\"\\ud800\"}").problem(422, "LG1009");
}

#[test]
fn other_content_types_are_refused() {
    let host = host();
    let path = "/groups/g/connectors/input/invoke";
    let typed = |kind: &str| {
        let request = host.request(Method::POST, path).header("content-type", kind);
        host.send(request.body(r#"{"input":""}"#))
    };
    typed("text/plain").problem(415, "LG1013");
    typed("application/x-www-form-urlencoded").problem(415, "LG1013");
    typed("application/json; charset=utf-8").status(200);
    typed("application/vnd.acme+json").status(200);
}

#[test]
fn unknown_names_are_named() {
    let host = host();
    for (connector, named) in [("x/input", "group `x`"), ("g/nothing", "connector `nothing` of group `g`")] {
        let missing = host.invoke(connector, &json!(1)).problem(404, "LG1004");
        assert!(missing["detail"].as_str().unwrap().contains(named), "{missing:#}");
    }
    host.invoke("community:g/input", &json!(1)).problem(404, "LG1004");
    host.invoke("G!/input", &json!(1)).problem(400, "LG1001");
}

#[test]
fn what_is_reserved_is_refused_and_not_ignored() {
    let host = host();
    let with = |name: &str, value: &str| host.send(host.call("g/input", &json!("a")).header(name, value));
    with("prefer", "respond-async").problem(400, "LG1001");
    with("prefer", "wait=10").status(200);
    for ms in ["0", "-1", "900001", "soon"] {
        with("lockgate-deadline-ms", ms).problem(400, "LG1001");
    }
    for attempt in ["0", "1001", "first", "1.5"] {
        with("lockgate-attempt", attempt).problem(400, "LG1001");
    }
    with("lockgate-tenant", "").problem(400, "LG1001");
}

/// Whoever stands before the host may have meant the other one.
#[test]
fn a_header_that_is_there_twice_says_one_thing() {
    let host = host();
    let with = |name: &str, values: [&str; 2]| {
        let call = host.call("g/input", &json!("a"));
        host.send(values.into_iter().fold(call, |call, value| call.header(name, value)))
    };
    with("lockgate-tenant", ["ada", "ada"]).status(200);
    with("lockgate-deadline-ms", ["5000", "5000"]).status(200);
    for (name, values) in [
        ("lockgate-tenant", ["ada", "bo"]),
        ("lockgate-tenant", ["ada", ""]),
        ("lockgate-deadline-ms", ["5000", "6000"]),
        ("lockgate-attempt", ["1", "2"]),
        ("authorization", ["Bearer lg_1", "Bearer lg_2"]),
    ] {
        let refused = with(name, values).problem(400, "LG1001");
        assert!(refused["detail"].as_str().unwrap().contains("twice with different values"), "{refused:#}");
    }
}

#[test]
fn a_connection_needs_an_activation() {
    let host = host();
    send(&host, json!({"input": 0, "connection": {"fixed": "main"}})).problem(400, "LG1014");
    send(&host, json!({"input": 0, "connection": {"dynamic": {"tenant": "ada"}}})).problem(400, "LG1014");
    let both = host.call("g/host_calls", &json!(0)).header("lockgate-tenant", "bo");
    let both = host.send(both.json(&json!({"input": 0, "connection": {"dynamic": {"tenant": "ada"}}})));
    assert!(both.problem(400, "LG1001")["detail"].as_str().unwrap().contains("different tenants"));
}

#[test]
fn a_group_can_be_switched_off() {
    let host = host();
    host.run(["group", "set", "g", "enabled=false"]).ok();
    host.invoke("g/input", &json!("a")).problem(409, "LG1011");
    host.run(["group", "set", "g", "enabled=true"]).ok();
    host.invoke("g/input", &json!("a")).status(200);
}

#[test]
fn a_hundred_callers_at_once_each_get_their_own_answer() {
    let host = host();
    let calls = (0..1000).map(|length| host.call("g/input", &json!("x".repeat(length % 100))));
    for calls in calls.collect::<Vec<_>>().chunks_mut(100) {
        let calls = calls.iter().map(|call| call.try_clone().unwrap());
        let answers = host.send_all(calls.collect::<Vec<_>>());
        assert_eq!(answers.len(), 100);
        for (length, answer) in answers.into_iter().enumerate() {
            assert_eq!(answer.output(), length);
        }
    }
}

#[test]
fn json_goes_through_untouched() {
    let host = Host::start();
    host.group("g", json!({}));
    let text = r#"{"big":123456789012345678901234567890,"exact":1.10,"deep":[[[[]]]],"text":"é\u0000\/","a":1}"#;
    host.load("g", Crafted::plugin("echo", "1").connector("answer").returns(text).component()).status(201);
    let answer = host.invoke("g/answer", &json!(null)).status(200);
    assert!(answer.body.starts_with(&format!("{{\"output\":{text},\"call\":{{\"id\":\"")), "{}", answer.body);
    // Of two members with one name each reader would take another one.
    let twice = Crafted::plugin("twice", "1").connector("twice").returns(r#"{"a":1,"a":2}"#).component();
    host.load("g", twice).status(201);
    host.invoke("g/twice", &json!(null)).problem(500, "LG3008");
}
