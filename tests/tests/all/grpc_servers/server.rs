//! The server.

use lockgate_tests::Authority;
use lockgate_tests::database_servers::Certificate;
use lockgate_tests::grpc_servers::{Client, GrpcServer, Options, Reflection, Transport};
use serde_json::{Value, json};

/// Metadata by its name.
fn value<'a>(pairs: &'a Value, name: &str) -> Option<&'a str> {
    pairs.as_array()?.iter().find(|pair| pair[0] == name)?[1].as_str()
}

#[test]
fn methods_of_every_kind_answer() {
    let server = GrpcServer::start(&Authority::new());
    let mut client = Client::start(server.authority.clone());
    let port = server.address().port();
    let mut call = |method: &str, requests: Value| client.call(port, method, &requests, &json!({}));
    let item = call("inventory.v1.Inventory/GetItem", json!([{"sku": "pen-1"}]));
    assert_eq!((&item["code"], &item["answers"][0]["stock"]), (&json!("OK"), &json!("12")));
    let list = call("inventory.v1.Inventory/ListItems", json!([{"warehouse": "north"}]));
    let skus: Vec<_> = list["answers"].as_array().unwrap().iter().map(|item| &item["sku"]).collect();
    assert_eq!(skus, ["ink-7", "paper-3", "pen-1"]);
    let reply = call("inventory.v1.Inventory/Import", json!([{"sku": "a"}, {"sku": "b"}]));
    assert_eq!(reply["answers"], json!([{"items": "2"}]));
    let chat = call("lockgate.test.Probe/Chat", json!([{"value": 1}, {"value": "2"}]));
    assert_eq!(chat["answers"], json!([{"value": "1"}, {"value": "2"}]));
    let big = call("lockgate.test.Probe/Grow", json!([{"bytes": 3_000_000}]));
    assert_eq!(big["answers"][0]["data"].as_str().unwrap().len(), 4_000_000);
    let big = call("lockgate.test.Probe/Measure", json!([{"data": "A".repeat(4_000_000)}]));
    assert_eq!(big["answers"], json!([{"value": "3000000"}]));
    let everything =
        json!({"tree": {"name": "a", "children": [{"name": "b"}]}, "known": {"value": {"x": ["y", null]}}});
    assert_eq!(call("lockgate.test.Echo/Send", json!([everything]))["answers"], json!([everything]));
    let legacy = json!({"id": "a", "extra": {"note": "n"}, "[lockgate.test.remark]": "r"});
    assert_eq!(call("lockgate.test.Echo/SendLegacy", json!([legacy]))["answers"], json!([legacy]));
}

#[test]
fn metadata_is_shown_and_sent() {
    let server = GrpcServer::start(&Authority::new());
    let asked = json!([{"headers": {"x-head": "h"}, "trailers": {"x-tail": "t"}, "binary": {"x-raw-bin": "AP8="}}]);
    let shown = server.call("lockgate.test.Probe/ShowMetadata", &asked, &json!({"metadata": [["x-own", "1"]]}));
    let entries = shown["answers"][0]["entries"].as_array().unwrap();
    assert!(entries.contains(&json!({"name": "x-own", "text": "1"})), "{shown}");
    assert_eq!((value(&shown["headers"], "x-head"), value(&shown["trailers"], "x-tail")), (Some("h"), Some("t")));
    assert_eq!(value(&shown["headers"], "x-raw-bin"), Some("AP8="));
    let calls = server.calls("ShowMetadata");
    assert_eq!((calls.len(), value(&calls[0]["metadata"], "x-own")), (1, Some("1")));
}

#[test]
fn failures_have_their_details() {
    let server = GrpcServer::start(&Authority::new());
    let fail = |request: Value| server.call("lockgate.test.Probe/Fail", &json!([request]), &json!({}));
    let failed = fail(json!({
        "code": 3, "message": "ü%", "trailers": {"x-tail": "t"},
        "bad_request": {"field_violations": [{"field": "sku", "description": "is empty"}]},
        "error_info": {"reason": "EMPTY", "domain": "example.com"}, "retry_info": {"retry_delay": "1.5s"},
    }));
    assert_eq!((&failed["code"], &failed["message"]), (&json!("INVALID_ARGUMENT"), &json!("ü%")));
    let types: Vec<_> =
        failed["details"].as_array().unwrap().iter().map(|one| one["@type"].as_str().unwrap()).collect();
    let names = ["BadRequest", "ErrorInfo", "RetryInfo"].map(|name| format!("type.googleapis.com/google.rpc.{name}"));
    assert_eq!(types, names);
    assert_eq!(value(&failed["trailers"], "x-tail"), Some("t"));
    let flaky = json!({"code": 14, "message": "not yet", "key": "k", "times": 2});
    let codes: Vec<_> = (0..3).map(|_| fail(flaky.clone())["code"].clone()).collect();
    assert_eq!(codes, ["UNAVAILABLE", "UNAVAILABLE", "OK"]);
}

#[test]
fn what_waits_is_seen_and_released() {
    let server = GrpcServer::start(&Authority::new());
    std::thread::scope(|scope| {
        let held = scope.spawn(|| server.call("lockgate.test.Probe/Hold", &json!([{}]), &json!({})));
        server.happens(1, "began", "Hold");
        server.release();
        assert_eq!(held.join().unwrap()["code"], "OK");
        server.happens(1, "ended", "Hold");
        let counted = scope.spawn(|| {
            let request = json!([{"numbers": 3, "hold_after": 2, "code": 10}]);
            server.call("lockgate.test.Probe/Count", &request, &json!({}))
        });
        server.happens(2, "sent", "Count");
        server.release();
        let counted = counted.join().unwrap();
        // Zero is not printed.
        assert_eq!(counted["answers"], json!([{}, {"value": "1"}, {"value": "2"}]));
        assert_eq!(counted["code"], "ABORTED");
    });
    assert_eq!((server.times("cancelled", "Hold"), server.times("cancelled", "Count")), (0, 0));
}

#[test]
fn reflection_answers_in_the_versions_that_are_wanted() {
    let authority = Authority::new();
    let list = json!([{"list_services": "*"}]);
    for (reflection, codes) in [
        (Reflection::Both, ["OK", "OK"]),
        (Reflection::V1, ["OK", "UNIMPLEMENTED"]),
        (Reflection::V1Alpha, ["UNIMPLEMENTED", "OK"]),
        (Reflection::None, ["UNIMPLEMENTED", "UNIMPLEMENTED"]),
    ] {
        let server = GrpcServer::with(&authority, &Options { reflection, ..Options::default() });
        let mut client = Client::start(server.authority.clone());
        for (version, code) in ["v1", "v1alpha"].into_iter().zip(codes) {
            let came = client.reflect(server.address().port(), version, &list);
            assert_eq!(came["code"], code, "{reflection:?} {version}");
            if code == "OK" {
                let names = came["answers"][0]["names"].as_array().unwrap();
                assert!(names.contains(&json!("inventory.v1.Inventory")), "{names:?}");
            }
        }
    }
    let symbol = json!([{"file_containing_symbol": "lockgate.test.Echo"}, {"file_by_filename": "no/such.proto"}]);
    for (one_file, files) in [(false, 11), (true, 1)] {
        let server = GrpcServer::with(&authority, &Options { one_file, ..Options::default() });
        let came = Client::start(server.authority.clone()).reflect(server.address().port(), "v1", &symbol);
        assert_eq!(came["answers"][0]["names"].as_array().unwrap().len(), files);
        assert_eq!(came["answers"][0]["names"][0], "lockgate/test/probe.proto");
        assert_eq!(came["answers"][1]["error"], 5);
    }
}

#[test]
fn nobody_calls_without_the_key_that_is_required() {
    let required = vec![("x-api-key".to_owned(), "a-real-key".to_owned())];
    let server = GrpcServer::with(&Authority::new(), &Options { required, ..Options::default() });
    let call =
        |more: Value| server.call("inventory.v1.Inventory/GetItem", &json!([{"sku": "pen-1"}]), &more)["code"].clone();
    assert_eq!(call(json!({})), "UNAUTHENTICATED");
    assert_eq!(call(json!({"metadata": [["x-api-key", "another"]]})), "UNAUTHENTICATED");
    assert_eq!(call(json!({"metadata": [["x-api-key", "a-real-key"]]})), "OK");
    let mut client = Client::start(server.authority.clone());
    let came = client.reflect(server.address().port(), "v1", &json!([{"list_services": ""}]));
    assert_eq!(came["code"], "UNAUTHENTICATED");
}

#[test]
fn tls_is_demanded_and_verified() {
    let (authority, clients) = (Authority::new(), Authority::new());
    let code = |server: &GrpcServer, more: Value| {
        server.call("inventory.v1.Inventory/GetItem", &json!([{"sku": "pen-1"}]), &more)["code"].clone()
    };
    for (certificate, expected) in [
        (Certificate::Right, "OK"),
        (Certificate::OtherName, "UNAVAILABLE"),
        (Certificate::OtherAuthority, "UNAVAILABLE"),
        (Certificate::Expired, "UNAVAILABLE"),
    ] {
        let transport = Transport::TlsWith(certificate);
        let server = GrpcServer::with(&authority, &Options { transport, ..Options::default() });
        assert_eq!(code(&server, json!({})), expected, "{certificate:?}");
    }
    let plain = GrpcServer::with(&authority, &Options { transport: Transport::Plain, ..Options::default() });
    assert_eq!(code(&plain, json!({})), "OK");
    let transport = Transport::Mutual(clients.pem());
    let mutual = GrpcServer::with(&authority, &Options { transport, ..Options::default() });
    let shown = |by: &Authority| {
        let identity = by.identify(&["ada.example"], None);
        json!({"cert": identity.cert_pem(), "key": identity.key_pem()})
    };
    assert_eq!(code(&mutual, shown(&clients)), "OK");
    assert_eq!(code(&mutual, shown(&authority)), "UNAVAILABLE");
    assert_eq!(code(&mutual, json!({})), "UNAVAILABLE");
}
