//! Requests that no client would send: each gets an answer or a closed connection, and the host stays.

use lockgate_tests::{Host, equal, eventually, guests};
use reqwest::Method;
use serde_json::json;

fn host() -> Host {
    let host = Host::start();
    host.with_guest(&guests::LIMITS, json!({}));
    host
}

#[track_caller]
fn is_well(host: &Host) {
    assert_eq!(host.invoke("g/input", &json!("abc")).output(), 3);
}

#[test]
fn a_path_that_is_no_text_is_told_like_every_other_mistake() {
    let host = Host::start();
    host.get("/groups/%FF").problem(400, "LG1001");
    host.get("/calls?connector=a%00b").problem(400, "LG1001");
    let digest = format!("sha256:{}", "0".repeat(64));
    host.group("g", json!({}));
    let path = format!("/groups/g/plugins/{digest}?allow_removal=perhaps");
    host.send(host.request(Method::DELETE, &path)).problem(400, "LG1001");
}

#[test]
fn a_header_of_200_kib() {
    let host = host();
    let head = format!("GET /healthz HTTP/1.1\r\nhost: x\r\nbig: {}\r\n\r\n", "x".repeat(200 * 1024));
    assert_eq!(host.connect().send(head).status(), 431);
    is_well(&host);
}

#[test]
fn a_body_that_is_shorter_than_announced() {
    let host = host();
    let answer = host.connect().send(host.head("g/input", 100)).send("{\"input\":").finish().status();
    assert!(matches!(answer, 0 | 400), "{answer}");
    is_well(&host);
}

#[test]
fn a_body_that_is_larger_than_the_limit_is_refused_before_it_is_read() {
    let host = host();
    let answer = host.connect().send(host.head("g/input", 1 << 40)).send("{\"input\":\"").answer();
    assert!(answer.starts_with("HTTP/1.1 413 ") && answer.contains("LG1007"), "{answer}");
    assert!(answer.contains("limits.input_bytes of the group"), "{answer}");
    is_well(&host);
}

/// Clients send all of a body before they read: they must not meet a closed connection instead of an answer.
#[test]
fn an_early_answer_reaches_a_client_that_is_still_sending() {
    let host = host();
    for _ in 0..10 {
        let large = "x".repeat(8 << 20);
        host.invoke("g/input", &json!(large)).limit(413, "LG1007", "input_bytes", 1 << 20);
        host.invoke("missing/input", &json!(large)).problem(404, "LG1004");
        host.send(host.plain(Method::POST, "/v1/workspaces/default/groups").body(large)).problem(401, "LG1002");
        host.load("missing", vec![0; 8 << 20]).problem(404, "LG1004");
    }
}

#[test]
fn a_chunked_body_without_an_end() {
    let host = host();
    let head = host.head("g/input", 0).replace("content-length: 0", "transfer-encoding: chunked");
    let chunk = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
    let answer = host.connect().send(head).send(chunk.repeat(40)).answer();
    assert!(answer.starts_with("HTTP/1.1 413 "), "{}", &answer[..answer.len().min(200)]);
    is_well(&host);
}

#[test]
fn what_is_no_http() {
    let host = host();
    for bytes in [&b"\0\x01\x02"[..], b"GET\r\n\r\n", b"\x16\x03\x01\x02\0\x01\0\x01\xfc", b"GET / HTTP/9.9\r\n\r\n"] {
        let status = host.connect().send(bytes).finish().status();
        assert!(matches!(status, 0 | 400 | 505), "{status}");
    }
    is_well(&host);
}

/// A reset, which bytes that nobody read would cause, must not overtake the answer.
#[test]
fn a_client_that_goes_on_sending_gets_its_answer() {
    let host = host();
    for _ in 0..10 {
        let status = host.connect().send(b"GET / HTTP/9.9\r\n\r\n").send(vec![b'x'; 1 << 20]).finish().status();
        assert_eq!(status, 400);
    }
    is_well(&host);
}

#[test]
fn a_connection_that_says_nothing_holds_up_nobody() {
    let host = host();
    let silent: Vec<_> = (0..50).map(|_| host.connect()).collect();
    let slow = host.connect().send("POST /v1/workspaces/default/groups HTTP/1.1\r\nhost:");
    is_well(&host);
    drop((silent, slow));
}

#[test]
fn a_caller_that_goes_away_ends_its_call() {
    let host = host();
    host.set("g", json!({"limits": {"cpu_ms": 300_000, "deadline_ms": 300_000}}));
    let body = json!({"input": 1_000_000}).to_string();
    let connection = host.connect().send(host.head("g/spin", body.len())).send(body);
    let in_flight = || host.metric("lockgate_calls_in_flight");
    eventually("it runs", || equal(in_flight(), &1));
    drop(connection);
    eventually("it has ended", || equal(in_flight(), &0));
    is_well(&host);
}

#[test]
fn paths_that_are_nowhere() {
    let host = host();
    for path in
        ["/", "/v1", "/v2/workspaces", "/v1/workspaces/default/groups/g/nothing", "/healthz/", "//healthz", "/%00"]
    {
        host.send(host.plain(Method::GET, path).bearer_auth(host.token())).problem(404, "LG1004");
    }
}

#[test]
fn a_known_path_with_another_method_names_those_that_work() {
    let host = host();
    for (method, path, allowed) in [
        (Method::DELETE, "/healthz", "GET"),
        (Method::PUT, "/v1/workspaces", "GET, POST"),
        (Method::PUT, "/v1/organizations/default", "GET, PATCH, DELETE"),
        (Method::DELETE, "/v1/workspaces/default/groups", "GET, POST"),
        (Method::POST, "/v1/workspaces/default/groups/g", "GET, PUT, PATCH, DELETE"),
        (Method::GET, "/v1/organizations/default/groups/g/connectors/input/invoke", "POST"),
    ] {
        let answer = host.send(host.plain(method, path).bearer_auth(host.token()));
        assert_eq!(answer.header("allow"), allowed, "{path}");
        answer.problem(405, "LG1012");
    }
}
