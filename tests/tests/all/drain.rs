//! SIGTERM: calls in flight finish, new ones are refused, and the process ends with 0.

use std::time::Duration;

use lockgate_tests::{Host, Serve, guests};
use reqwest::Method;
use serde_json::json;

fn busy_host(serve: Serve) -> Host {
    let host = serve.start();
    host.with_guest(&guests::LIMITS, json!({"limits": {"cpu_ms": 300_000, "deadline_ms": 300_000}}));
    host
}

/// A call of some seconds, sent and running.
fn begin(host: &Host, million_rounds: u64) -> lockgate_tests::Raw {
    let body = json!({"input": million_rounds}).to_string();
    let connection = host.connect().send(host.head("g/spin", body.len())).send(body);
    let metrics = || host.plain(Method::GET, "/metrics");
    host.until("a call in flight", metrics, |answer| answer.body.contains("lockgate_calls_in_flight 1\n"));
    connection
}

#[test]
fn a_call_in_flight_finishes_and_new_ones_are_refused() {
    let mut host = busy_host(Serve::new());
    let idle = host.connect();
    let running = begin(&host, 3000);
    host.signal_end();
    host.logs("draining");
    let refused = std::net::TcpStream::connect(host.address()).unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
    assert_eq!(idle.answer(), "", "a connection that waits is closed");
    let answer = running.answer();
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains("\"output\":"), "{answer}");
    assert_eq!(host.wait().code(), Some(0), "{}", host.log());
    assert!(host.log().contains("host stopped"), "{}", host.log());
}

#[test]
fn the_drain_time_bounds_the_wait() {
    let home = lockgate_tests::Home::new();
    let configuration = home.write("lockgate.toml", "drain_seconds = 1");
    let mut host = busy_host(Serve::at(home).with(["--config", configuration.to_str().unwrap()]));
    let running = begin(&host, 300_000);
    host.signal_end();
    assert_eq!(host.wait().code(), Some(0), "{}", host.log());
    assert!(host.log().contains("calls were still running after the drain time"), "{}", host.log());
    assert_eq!(running.status(), 0);
}

#[test]
fn an_idle_host_ends_at_once() {
    let host = Host::start();
    let began = std::time::Instant::now();
    host.end();
    // With a call in flight it waits for 30 s.
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
}
