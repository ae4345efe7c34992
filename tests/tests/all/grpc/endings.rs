//! Nothing goes on after the answer: the server is told when a call is over, by its deadline or because its caller went
//! away.

use std::time::{Duration, Instant};

use lockgate_tests::grpc_servers::GrpcServer;
use lockgate_tests::{Authority, equal, eventually};
use serde_json::json;

use super::{call, connector, group, host, host_of, protos, request};

#[test]
fn the_deadline_is_sent_and_ends_the_call_there() {
    let authority = Authority::new();
    let server = GrpcServer::start(&authority);
    let host =
        host(&server, &authority, &[("hold", "lockgate.test.Probe/Hold"), ("count", "lockgate.test.Probe/Count")]);
    // The connection is made before, so that a slow machine does not end the call on its way.
    call(&host, "count", &json!({"numbers": 1})).status(200);
    // The server ends the call at the same time as the host does: whoever is first, the caller is told the same.
    let held = host.send(request(&host, "hold", &json!({})).header("lockgate-deadline-ms", 3000));
    held.problem(504, "LG4006");
    let over = Instant::now();
    server.happens(1, "cancelled", "Hold");
    eprintln!("Hold: cancelled at the server {:?} after the caller was told", over.elapsed());
    let began = server.events().into_iter().find(|event| event["event"] == "began" && event["method"] == "Hold");
    let remaining = began.unwrap()["remaining"].as_f64().unwrap();
    assert!((0.0..=3.0).contains(&remaining), "{remaining}");
    // A stream that begins and never ends.
    let input = json!({"numbers": 10, "hold_after": 5});
    let counted = host.send(request(&host, "count", &input).header("lockgate-deadline-ms", 3000));
    counted.problem(504, "LG4006");
    server.happens(1, "cancelled", "Count");
}

#[test]
fn a_caller_that_goes_away_ends_the_call_there() {
    let authority = Authority::new();
    let server = GrpcServer::start(&authority);
    let host =
        host(&server, &authority, &[("hold", "lockgate.test.Probe/Hold"), ("count", "lockgate.test.Probe/Count")]);
    for (name, method, input) in
        [("hold", "Hold", json!({})), ("count", "Count", json!({"numbers": 10, "hold_after": 5}))]
    {
        let body = json!({"input": input, "connection": {"fixed": "main"}}).to_string();
        let connection = host.connect().send(host.head(&format!("g/{name}"), body.len())).send(&body);
        server.happens(1, "began", method);
        if method == "Count" {
            // In the middle of the answer.
            server.happens(5, "sent", method);
        }
        assert_eq!(server.times("cancelled", method), 0);
        let gone = Instant::now();
        drop(connection);
        server.happens(1, "cancelled", method);
        eprintln!("{method}: cancelled at the server {:?} after the caller went away", gone.elapsed());
    }
    // The connection to the server is still good.
    call(&host, "count", &json!({"numbers": 1})).status(200);
}

/// Between two attempts nothing is on its way that could be cancelled: there is just none after it.
#[test]
fn a_caller_that_goes_away_before_a_call_is_repeated_ends_that_too() {
    let authority = Authority::new();
    let server = GrpcServer::start(&authority);
    let mut again = connector("again", "lockgate.test.Probe/Fail");
    again["hints"] = json!({"idempotent": true});
    let host = host_of(&server, &group(&server.url(), &authority, &protos(), &json!([again])));
    let after = |millis: &str, key: &str| json!({"code": 14, "message": "busy", "key": key, "times": 1, "trailers": {"grpc-retry-pushback-ms": millis}});
    // As long as the server says, it is made again.
    assert_eq!(call(&host, "again", &after("1", "a")).output(), json!({}));
    assert_eq!(server.calls("Fail").len(), 2);
    let body = json!({"input": after("5000", "b"), "connection": {"fixed": "main"}}).to_string();
    let caller = host.connect().send(host.head("g/again", body.len())).send(&body);
    eventually("the call came", || equal(server.calls("Fail").len(), &3));
    drop(caller);
    eventually("the call is over", || {
        let calls = host.get("/calls?outcome=gone").status(200).json();
        equal(calls["items"].as_array().map_or(0, Vec::len), &1)
    });
    // Longer than the wait before it would be made again.
    std::thread::sleep(Duration::from_secs(6));
    assert_eq!(server.calls("Fail").len(), 3);
}
