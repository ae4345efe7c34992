//! How a guest can end a call, each with its own code; and the host and its neighbours go on.

use lockgate_tests::component::Crafted;
use lockgate_tests::{Host, guests};
use serde_json::json;

fn host() -> Host {
    let host = Host::start();
    host.with_guest(&guests::LIMITS, json!({}));
    host
}

#[test]
fn a_failure_reaches_the_caller_whole() {
    let host = host();
    let answer = host.invoke("g/fail", &json!({"sku": "desk", "left": 3}));
    assert_eq!(answer.header("retry-after"), "2", "{answer:#?}");
    let document = answer.problem(422, "LG3001");
    let expected = json!({
        "code": "out_of_stock", "message": "3 pieces left, 5 were ordered", "retryable": true, "retry_after_ms": 1500,
        "details": {"sku": "desk", "left": 3},
    });
    assert_eq!(document["failure"], expected);
    assert_eq!((&document["retryable"], &document["fault"]), (&json!(true), &json!("plugin")));
    let told = host.run(["invoke", "g/fail", "--input", "{}"]).exits(1);
    told.says("3 pieces left, 5 were ordered (LG3001)").says("failure `out_of_stock`");
}

#[test]
fn a_panic_tells_its_message_and_place() {
    let document = host().invoke("g/panic", &json!("no such order")).problem(500, "LG3003");
    let message = document["failure"]["message"].as_str().unwrap();
    assert!(message.starts_with("no such order, at ") && message.contains("src/lib.rs:"), "{document:#}");
    assert!(document["instance"].is_string(), "the call's id: {document:#}");
}

#[test]
fn a_trap_is_named() {
    let document = host().invoke("g/trap", &json!({})).problem(500, "LG3002");
    assert!(document["detail"].as_str().unwrap().contains("unreachable"), "{document:#}");
}

#[test]
fn endless_recursion_traps() {
    let host = host();
    assert_eq!(host.invoke("g/recurse", &json!(1000)).output(), 1000);
    let trap = host.invoke("g/recurse", &json!(1_000_000_000)).problem(500, "LG3002");
    assert!(trap["detail"].as_str().unwrap().contains("by an endless recursion"), "{trap:#}");
    assert_eq!(host.invoke("g/recurse", &json!(1000)).output(), 1000);
}

#[test]
fn output_that_breaks_its_own_schema_is_the_plugins_fault() {
    let document = host().invoke("g/lie", &json!({})).problem(500, "LG3009");
    assert_eq!(document["errors"][0]["pointer"], "/age", "{document:#}");
    assert_eq!((&document["errors"][0]["rule"], &document["fault"]), (&json!("type"), &json!("plugin")));
}

#[test]
fn output_that_is_no_json() {
    let host = Host::start();
    host.group("g", json!({}));
    for text in ["", "nope", "{\"a\":1", "{} {}"] {
        let plugin = Crafted::plugin("broken", "1").connector("answer").returns(text);
        host.load("g", plugin.component()).status(201);
        host.invoke("g/answer", &json!(1)).problem(500, "LG3008");
    }
}

#[test]
fn none_of_them_costs_a_neighbour() {
    let host = host();
    let bad = [
        ("g/panic", json!("x"), 500),
        ("g/trap", json!({}), 500),
        ("g/recurse", json!(1_000_000_000), 500),
        ("g/fail", json!(1), 422),
    ];
    let calls = (0..40).map(|turn| match turn % 2 {
        0 => host.call("g/input", &json!("x".repeat(turn))),
        _ => host.call(bad[turn / 2 % 4].0, &bad[turn / 2 % 4].1),
    });
    let answers = host.send_all(calls.collect::<Vec<_>>());
    for (turn, answer) in answers.into_iter().enumerate() {
        match turn % 2 {
            0 => assert_eq!(answer.output(), turn),
            _ => assert_eq!(answer.status, bad[turn / 2 % 4].2, "{answer:#?}"),
        }
    }
    assert_eq!(host.at(reqwest::Method::GET, "/readyz").status, 200);
}
