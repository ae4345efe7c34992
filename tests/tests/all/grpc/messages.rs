//! Messages on their way through a host: what Python gets is what was meant, and what it answers is shown as it prints it.

use lockgate_tests::Authority;
use lockgate_tests::grpc_servers::{GrpcServer, JsonFormat};
use serde_json::json;

use super::{call, failure, host};

#[test]
fn every_kind_of_field_goes_there_and_back() {
    let authority = Authority::new();
    let server = GrpcServer::start(&authority);
    let host =
        host(&server, &authority, &[("send", "lockgate.test.Echo/Send"), ("legacy", "lockgate.test.Echo/SendLegacy")]);
    let mut format = JsonFormat::start();
    for (name, kind) in [("send", "lockgate.test.Everything"), ("legacy", "lockgate.test.Legacy")] {
        for number in 0..40 {
            let message = format.make_up(kind, 1_000 + number).json;
            let output = call(&host, name, &message).output();
            assert!(crate::grpc_json::same(&output, &message), "{number}: {message} became {output}");
        }
    }
    for (input, place) in [
        (json!({"scalars": {"int32Value": "x"}}), "/scalars/int32Value"),
        (json!({"tree": {"children": [{}, {"nane": "x"}]}}), "/tree/children/1"),
        (json!({"known": {"timestamp": "now"}}), "/known/timestamp"),
    ] {
        let before = server.calls("Send").len();
        let problem = call(&host, "send", &input).problem(422, "LG1009");
        assert!(problem.to_string().contains(place), "{problem}");
        assert_eq!(server.calls("Send").len(), before);
    }
}

#[test]
fn a_stream_is_a_list_up_to_its_cap() {
    let authority = Authority::new();
    let server = GrpcServer::start(&authority);
    let host = host(
        &server,
        &authority,
        &[("count", "lockgate.test.Probe/Count"), ("list", "inventory.v1.Inventory/ListItems")],
    );
    let items = call(&host, "list", &json!({"warehouse": "north", "limit": 2})).output();
    let skus: Vec<_> = items["messages"].as_array().unwrap().iter().map(|item| item["sku"].clone()).collect();
    assert_eq!((skus, &items["more"]), (vec![json!("ink-7"), json!("paper-3")], &json!(false)));
    assert_eq!(call(&host, "count", &json!({})).output(), json!({"messages": [], "more": false}));
    // A stream without end is broken off after what a definition takes by default, and the server is told.
    let many = call(&host, "count", &json!({"numbers": -1, "padding": 100})).output();
    assert_eq!((many["messages"].as_array().unwrap().len(), &many["more"]), (1_000, &json!(true)));
    server.happens(1, "cancelled", "Count");
    // One that ends with a status is no list.
    let failed = failure(call(&host, "count", &json!({"numbers": 3, "code": 10})));
    assert_eq!((&failed["code"], &failed["retryable"]), (&json!("aborted"), &json!(true)));
    // Packed messages are counted as they are unpacked.
    let packed = call(&host, "count", &json!({"numbers": 5, "padding": 100_000, "compress": true})).output();
    assert_eq!(packed["messages"].as_array().unwrap().len(), 5);
}

#[test]
fn large_messages_pass_up_to_the_limits() {
    let authority = Authority::new();
    let server = GrpcServer::start(&authority);
    let host =
        host(&server, &authority, &[("grow", "lockgate.test.Probe/Grow"), ("measure", "lockgate.test.Probe/Measure")]);
    let grow = |bytes: u64, compress: bool| call(&host, "grow", &json!({"bytes": bytes, "compress": compress}));
    for compress in [false, true] {
        let output = grow(3_000_000, compress).output();
        assert_eq!(output["data"].as_str().unwrap().len(), 4_000_000);
    }
    grow(9_000_000, false).limit(502, "LG4007", "upstream_body_bytes", 8 * 1024 * 1024);
    grow(9_000_000, true).limit(502, "LG4007", "upstream_body_bytes", 8 * 1024 * 1024);
    // Four bytes of base64 for three.
    grow(4_000_000, false).problem(500, "LG3007");
    host.set("g", json!({"limits": {"upstream_body_bytes": 16_777_216, "output_bytes": 33_554_432}}));
    assert_eq!(grow(9_000_000, true).output()["data"].as_str().unwrap().len(), 12_000_000);
    host.set("g", json!({"limits": {"input_bytes": 8_388_608}}));
    let measured = call(&host, "measure", &json!({"data": "A".repeat(4_000_000)})).output();
    assert_eq!(measured, json!({"value": "3000000"}));
}

#[test]
fn a_status_is_a_failure_with_its_details() {
    let authority = Authority::new();
    let server = GrpcServer::start(&authority);
    let host = host(&server, &authority, &[("fail", "lockgate.test.Probe/Fail")]);
    let failed = failure(call(
        &host,
        "fail",
        &json!({
            "code": 8, "message": "quota für heute: 100%",
            "badRequest": {"fieldViolations": [{"field": "sku", "description": "is empty"}]},
            "errorInfo": {"reason": "QUOTA", "domain": "example.com", "metadata": {"limit": "10"}},
            "retryInfo": {"retryDelay": "1.500s"},
            "others": [{"@type": "type.googleapis.com/lockgate.test.Choice", "text": "a"}],
        }),
    ));
    assert_eq!((&failed["code"], &failed["message"]), (&json!("resource_exhausted"), &json!("quota für heute: 100%")));
    assert_eq!((&failed["retryable"], &failed["retry_after_ms"]), (&json!(true), &json!(1_500)));
    let kinds: Vec<_> =
        failed["details"]["details"].as_array().unwrap().iter().map(|one| one["@type"].as_str().unwrap()).collect();
    let names = ["google.rpc.BadRequest", "google.rpc.ErrorInfo", "google.rpc.RetryInfo", "lockgate.test.Choice"];
    assert_eq!(kinds, names.map(|name| format!("type.googleapis.com/{name}")));
    assert_eq!(failed["details"]["details"][1]["metadata"]["limit"], "10");
    for (code, name) in [
        (1, "cancelled"),
        (2, "unknown"),
        (3, "invalid_argument"),
        (4, "deadline_exceeded"),
        (5, "not_found"),
        (6, "already_exists"),
        (7, "permission_denied"),
        (9, "failed_precondition"),
        (10, "aborted"),
        (11, "out_of_range"),
        (12, "unimplemented"),
        (13, "internal"),
        (14, "unavailable"),
        (15, "data_loss"),
        (16, "unauthenticated"),
    ] {
        assert_eq!(failure(call(&host, "fail", &json!({"code": code})))["code"], name);
    }
    let calls = server.calls("Fail").len();
    // Not one of them was made again: nobody said that it may be.
    assert_eq!(calls, 16);
}
