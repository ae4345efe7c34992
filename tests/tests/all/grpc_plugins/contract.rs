//! Every function of the interface as it was first published.

use serde_json::{Value, json};

use super::setup;

/// `lockgate.test.CountRequest` with so many numbers, in the bytes of protobuf.
fn count(numbers: u8) -> Value {
    json!([0x08, numbers])
}

#[test]
fn a_call_has_json_or_bytes_both_ways() {
    let setup = setup(json!({}));
    let item = setup.invoke("call", &json!({"method": "inventory.v1.Inventory/GetItem", "request": {"sku": "pen-1"}}));
    let item = item.output();
    assert_eq!(
        item["messages"][0],
        json!({
            "sku": "pen-1", "name": "Pen", "unit": "UNIT_PIECE", "stock": "12", "countedAt": "2026-11-29T10:20:30Z",
            "labels": {"shelf": "P"}, "fixed": "199",
            "parts": [{"sku": "cap-1", "name": "Cap", "unit": "UNIT_PIECE"}],
        })
    );
    let measured = json!({"method": "lockgate.test.Probe/Measure", "bytes": [0x0a, 3, 1, 2, 3]});
    assert_eq!(setup.invoke("call", &measured).output()["messages"], json!([[0x08, 3]]));
    // The key of the connection went along, and the connector never had it.
    let seen = setup.server.calls("GetItem");
    let sent = seen[0]["metadata"].as_array().unwrap();
    assert!(sent.contains(&json!(["x-api-key", super::KEY])), "{seen:?}");
}

#[test]
fn metadata_go_both_ways_and_trailers_come_after() {
    let setup = setup(json!({}));
    let asked = json!({
        "method": "/lockgate.test.Probe/ShowMetadata", "destination": "test", "gzip": true,
        "metadata": [["x-own", "one"], ["x-own", "two"]], "binary": [["x-raw-bin", [0, 255]]],
        "request": {"headers": {"x-early": "1"}, "trailers": {"x-late": "2"}, "binary": {"x-both-bin": "AP8="}},
    });
    let got = setup.invoke("call", &asked).output();
    let entries = got["messages"][0]["entries"].as_array().unwrap().clone();
    for entry in [
        json!({"name": "x-own", "text": "one"}),
        json!({"name": "x-own", "text": "two"}),
        json!({"name": "x-raw-bin", "raw": "AP8="}),
    ] {
        assert!(entries.contains(&entry), "{entry}: {entries:?}");
    }
    assert!(got["metadata"].as_array().unwrap().contains(&json!(["x-early", "1"])), "{got}");
    assert!(got["trailers"].as_array().unwrap().contains(&json!(["x-late", "2"])), "{got}");
}

#[test]
fn a_stream_is_read_as_it_comes() {
    let setup = setup(json!({}));
    let asked = json!({"method": "lockgate.test.Probe/Count", "request": {"numbers": "3", "compress": true}});
    let got = setup.invoke("stream", &asked).output();
    assert_eq!(got["messages"], json!([{}, {"value": "1"}, {"value": "2"}]));
    // The server was told of the deadline.
    let events = setup.server.events();
    let began = events.iter().find(|event| event["event"] == "began").unwrap();
    assert!(began["remaining"].as_f64().is_some_and(|left| left > 0.0 && left <= 30.0), "{began}");
    let asked = json!({"method": "lockgate.test.Probe/Count", "bytes": count(3)});
    assert_eq!(setup.invoke("stream", &asked).output()["messages"], json!([[], [8, 1], [8, 2]]));
}

#[test]
fn a_status_has_its_parts() {
    let setup = setup(json!({}));
    let asked = json!({"method": "lockgate.test.Probe/Fail", "request": {
        "code": 8, "message": "quota used", "trailers": {"x-late": "1"},
        "errorInfo": {"reason": "QUOTA", "domain": "lockgate.test"},
        "badRequest": {"fieldViolations": [{"field": "numbers", "description": "too many"}]},
        "others": [{"@type": "type.googleapis.com/lockgate.test.Number", "value": "7"}],
    }});
    let status = setup.invoke("status", &asked).output();
    assert_eq!(status["failure"], "grpc-resource-exhausted");
    assert_eq!((&status["code"], &status["message"]), (&json!("RESOURCE_EXHAUSTED"), &json!("quota used")));
    assert_eq!((&status["retryable"], &status["late"]), (&json!(true), &json!("1")));
    let details = status["details"].as_array().unwrap();
    let detail = |name: &str| {
        let found = details.iter().find(|one| one["@type"].as_str().unwrap().ends_with(name));
        found.unwrap_or_else(|| panic!("{name}: {details:?}"))
    };
    assert_eq!(detail("google.rpc.ErrorInfo")["reason"], "QUOTA");
    assert_eq!(detail("google.rpc.BadRequest")["fieldViolations"][0]["field"], "numbers");
    assert_eq!(detail("lockgate.test.Number")["value"], "7");
}

#[test]
fn a_call_that_has_one_effect_is_repeated() {
    let setup = setup(json!({}));
    let asked = |key: &str, attempts: u32| {
        let request = json!({"code": 14, "message": "later", "key": key, "times": 2});
        json!({"method": "lockgate.test.Probe/Fail", "attempts": attempts, "request": request})
    };
    assert_eq!(setup.invoke("call", &asked("a", 3)).output()["messages"], json!([{}]));
    assert_eq!(setup.invoke("status", &asked("b", 2)).output()["failure"], "grpc-unavailable");
    assert_eq!(setup.server.calls("Fail").len(), 5);
}
