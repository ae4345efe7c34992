//! Peers that are slow on purpose: they take connections, and neither send a body nor read an answer. Others are served
//! all the while, and the host waits for none of them for long.

use lockgate_tests::{Authority, Home, Host, Raw, RawHttp2, Serve, equal, eventually, guests, http_client};
use reqwest::{Certificate, Version};
use serde_json::json;
use tokio::runtime::Runtime;

/// Connections that the host takes in these tests, in place of 10,000.
const CONNECTIONS: usize = 32;
/// Connections that an attacker opens.
const ATTACKERS: usize = 3 * CONNECTIONS;

fn host() -> Host {
    let host = Serve::new().configured(&format!("connections = {CONNECTIONS}\n")).start();
    host.with_guest(&guests::LIMITS, json!({}));
    host
}

/// Whoever comes next is served: a health check, and a call. Both on connections of their own.
#[track_caller]
fn serves_others(host: &Host) {
    for _ in 0..3 {
        let health = host.connect().send("GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        assert_eq!(health.status(), 200);
        let call =
            host.request_bytes("POST", "/groups/g/connectors/input/invoke", "application/json", br#"{"input":"abc"}"#);
        assert_eq!(host.connect().send(call).status(), 200);
    }
}

/// Connections that are open beside the one that asks.
fn others(host: &Host) -> u64 {
    host.metric("lockgate_connections") - 1
}

#[test]
fn peers_that_never_read_shut_nobody_out() {
    let host = host();
    let requests = "GET /openapi.json HTTP/1.1\r\nhost: x\r\n\r\n".repeat(12);
    let mut attackers: Vec<Raw> = Vec::new();
    for _ in 0..ATTACKERS {
        attackers.push(host.connect().send(&requests));
    }
    serves_others(&host);
    let open = host.metric("lockgate_connections");
    assert!(open <= CONNECTIONS as u64, "{open}");
    drop(attackers);
}

#[test]
fn bodies_that_never_come_shut_nobody_out_and_are_not_waited_for() {
    let host = host();
    let invoker = host.token_with("invoker", json!({}));
    let head = host.head("g/input", 100).replace(host.token(), &invoker);
    let mut attackers: Vec<Raw> = Vec::new();
    for _ in 0..ATTACKERS {
        attackers.push(host.connect().send(&head));
    }
    serves_others(&host);
    let open = host.metric("lockgate_connections");
    assert!(open <= CONNECTIONS as u64, "{open}");
    let answer = attackers.pop().unwrap().answer();
    assert!(answer.starts_with("HTTP/1.1 408 ") && answer.contains("LG1034"), "{answer}");
    serves_others(&host);
}

/// The address of a host with TLS; `Host` itself knows the one for commands on this machine.
fn https(host: &Host) -> String {
    let log = host.log();
    log.lines().find_map(|line| line.strip_prefix("listening on https://")).expect("an address").to_owned()
}

#[test]
fn bodies_of_http_2_that_never_come_shut_nobody_out_and_are_not_waited_for() {
    let (home, authority) = (Home::new(), Authority::new());
    let certified = authority.certify(&home, "127.0.0.1");
    let configured = format!("connections = {CONNECTIONS}\n");
    let host = Serve::at(home).configured(&configured).with(certified.arguments()).start();
    host.with_guest(&guests::LIMITS, json!({}));
    let (address, invoker) = (https(&host), host.token_with("invoker", json!({})));
    let path = "/v1/workspaces/default/groups/g/connectors/input/invoke";
    let mut attackers = Vec::new();
    for _ in 0..ATTACKERS {
        attackers.push(RawHttp2::connect(&address, &authority).head(path, &invoker));
    }
    serves_others(&host);
    let answer = attackers.pop().unwrap().until("LG1034");
    assert!(answer.contains("LG1034"), "{answer}");
    serves_others(&host);
}

/// One that sends a byte now and then makes progress, and too little.
#[test]
fn a_body_that_comes_byte_by_byte_is_not_waited_for() {
    let host = Host::start();
    host.with_guest(&guests::LIMITS, json!({}));
    let mut slow = host.connect().send(host.head("g/input", 1000));
    let status = eventually("it is ended", || {
        slow.push(b" ");
        slow.answered()
    });
    assert_eq!(status, 408);
}

#[test]
fn an_answer_that_nobody_reads_is_not_kept() {
    let host = Host::start();
    let unread = host.connect().send("GET /openapi.json HTTP/1.1\r\nhost: x\r\n\r\n".repeat(60));
    eventually("it is open", || equal(others(&host), &1));
    eventually("it is closed", || equal(others(&host), &0));
    drop(unread);
}

/// Over HTTP/2 each answer waits for its client's own window, while the connection is well.
#[test]
fn an_answer_of_http_2_that_nobody_reads_is_not_kept() {
    let (home, authority) = (Home::new(), Authority::new());
    let certified = authority.certify(&home, "127.0.0.1");
    let host = Serve::at(home).with(certified.arguments()).start();
    let url = format!("https://{}", https(&host));
    let root = Certificate::from_pem(authority.pem().as_bytes()).unwrap();
    let client = http_client().tls_certs_only([root]).http2_initial_stream_window_size(1).build().unwrap();
    let runtime = Runtime::new().unwrap();
    let mut unread = runtime.block_on(client.get(format!("{url}/healthz")).send()).unwrap();
    assert_eq!((unread.status().as_u16(), unread.version()), (200, Version::HTTP_2));
    eventually("it is closed", || equal(others(&host), &0));
    let rest = runtime.block_on(async {
        let mut bytes = 0;
        while let Some(chunk) = unread.chunk().await? {
            bytes += chunk.len();
        }
        Ok::<_, reqwest::Error>(bytes)
    });
    assert!(rest.is_err(), "{rest:?}");
}
