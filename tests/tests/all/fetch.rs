//! A connector in JavaScript that calls out: with `fetch`, by `wasi:http`, and with the published interface.

use std::time::Duration;

use lockgate_tests::{Host, Reply, Serve, Upstream, guests};
use serde_json::{Value, json};

fn upstream() -> Upstream {
    Upstream::start(|seen| match seen.path() {
        // Later than any test waits.
        "/slow" => Reply::new(200).after(Duration::from_secs(300)).body("slow"),
        "/fast" => Reply::new(200).after(Duration::from_millis(50)).body("fast"),
        "/pieces" => {
            let size = seen.body.len() / 10;
            (0..10).fold(Reply::new(200), |reply, _| reply.piece(Duration::from_millis(20), vec![b'y'; size]))
        }
        _ => Reply::new(201).header("x-method", seen.method.clone()).body(seen.body.clone()),
    })
}

fn host(upstream: &Upstream, capabilities: Value) -> Host {
    let host = Serve::new().with(["--log", "info,lockgate::guest=debug"]).reaching(&[upstream]).start();
    let destination = json!({"url": upstream.url(), "credential": "none", "plaintext": true});
    let members = json!({"resource_type": "INTERNAL", "capabilities": ["http"], "destinations": [destination]});
    host.with_guest(&guests::FETCH, members);
    host.set("g", json!({"capabilities": capabilities}));
    host
}

#[test]
fn a_request_with_a_body_and_its_answer() {
    let upstream = upstream();
    let host = host(&upstream, json!(["http"]));
    let ask = json!({"url": format!("{}/echo?a=1", upstream.url()), "method": "POST", "headers": {"x-own": "1"}, "body": "Grüße"});
    let got = host.invoke("g/request", &ask).output();
    assert_eq!(
        (&got["status"], &got["body"], &got["headers"]["x-method"]),
        (&json!(201), &json!("Grüße"), &json!("POST"))
    );
    let seen = &upstream.seen()[0];
    assert_eq!((seen.target.as_str(), seen.header("x-own")), ("/echo?a=1", Some("1")));
    assert_eq!(seen.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("host")).count(), 1);
}

#[test]
fn the_faster_of_two_wins_at_once() {
    let upstream = upstream();
    let host = host(&upstream, json!(["http"]));
    let urls = json!({"urls": [format!("{}/slow", upstream.url()), format!("{}/fast", upstream.url())]});
    for connector in ["g/race", "g/race_pollables"] {
        for _ in 0..5 {
            assert_eq!(host.invoke(connector, &urls).output()["body"], "fast", "{connector}");
        }
    }
}

#[test]
fn bodies_are_streamed_both_ways() {
    let upstream = upstream();
    let host = host(&upstream, json!(["http"]));
    // A megabyte, which takes more functions of the host than a call has host calls.
    let got = host.invoke("g/stream", &json!({"url": format!("{}/pieces", upstream.url()), "pieces": 1000})).output();
    assert_eq!(got, json!({"status": 200, "bytes": 1_000_000}));
    assert_eq!(upstream.seen()[0].body.len(), 1_000_000);
}

#[test]
fn it_goes_where_the_group_may_and_its_log_says_why_not() {
    let upstream = upstream();
    let host = host(&upstream, json!(["http"]));
    host.invoke("g/request", &json!({"url": "https://elsewhere.example/"})).problem(422, "LG3001");
    assert!(host.log().contains("wasi:http: denied"), "{}", host.log());
    // The interface refuses it before anything is sent.
    let forged = json!({"url": upstream.url(), "headers": {"authorization": "Bearer forged"}});
    let answer = host.invoke("g/request", &forged);
    assert!(answer.status == 422 || upstream.seen().iter().all(|seen| seen.header("authorization").is_none()));
    assert!(upstream.seen().iter().all(|seen| !String::from_utf8_lossy(&seen.raw).contains("forged")));

    host.set("g", json!({"capabilities": []}));
    host.invoke("g/request", &json!({"url": upstream.url()})).problem(422, "LG3001");
    assert!(host.log().contains("does not grant `http`"), "{}", host.log());
}
