//! Streams that nobody reads to their end, and limits of answers.

use serde_json::{Value, json};

use super::setup;

/// A stream without end, of which the server sends so many messages and then waits: who is cancelled while it waits says so.
fn endless(sent: u32, most: usize) -> Value {
    let request = json!({"numbers": "-1", "padding": 10_000, "holdAfter": sent.to_string()});
    json!({"method": "lockgate.test.Probe/Count", "request": request, "most": most})
}

#[test]
fn a_stream_that_is_dropped_ends_at_the_server() {
    let setup = setup(json!({}));
    let got = setup.invoke("stream", &endless(5, 3)).output();
    assert_eq!(got["messages"].as_array().map(Vec::len), Some(3));
    setup.server.happens(1, "cancelled", "Count");
}

#[test]
fn an_endless_stream_ends_at_the_limit() {
    let setup = setup(json!({"limits": {"upstream_body_bytes": 100_000}}));
    let failure = setup.refused("stream", &endless(11, 1_000_000), "too-large");
    assert!(failure["message"].as_str().unwrap().contains("upstream_body_bytes"), "{failure}");
    setup.server.happens(1, "cancelled", "Count");
    let got = setup.invoke("stream", &endless(9, 9)).output();
    assert_eq!(got["messages"].as_array().map(Vec::len), Some(9));
}

#[test]
fn a_message_as_large_as_the_limit_passes() {
    let setup = setup(json!({"limits": {"upstream_body_bytes": 100_000, "memory_bytes": 134_217_728}}));
    let grow = |bytes: u32, compress: bool| json!({"method": "lockgate.test.Probe/Grow", "bytes": null, "request": {"bytes": bytes, "compress": compress}});
    // In JSON it is base64, which is a third longer.
    for compress in [false, true] {
        assert_eq!(setup.invoke("call", &grow(70_000, compress)).status, 200, "{compress}");
        setup.refused("call", &grow(80_000, compress), "too-large");
        setup.refused("call", &grow(200_000, compress), "too-large");
    }
}

#[test]
fn a_call_that_takes_too_long_ends_at_the_server() {
    let setup = setup(json!({}));
    let hold = json!({"method": "lockgate.test.Probe/Hold", "request": {}, "timeout_ms": 300});
    let failure = setup.refused("call", &hold, "timeout");
    assert_eq!(failure["retryable"], true, "{failure}");
    setup.server.happens(1, "cancelled", "Hold");
}

#[test]
fn the_deadline_of_a_call_ends_it_at_the_server() {
    let setup = setup(json!({"limits": {"deadline_ms": 500}}));
    let held = setup.invoke("call", &json!({"method": "lockgate.test.Probe/Hold", "request": {}}));
    assert_eq!(held.status, 504, "{held:?}");
    setup.server.happens(1, "cancelled", "Hold");
}
