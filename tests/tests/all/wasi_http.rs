//! `wasi:http` in pieces: a body costs the host calls that its size justifies, and functions that move none of it cost one
//! each.

use lockgate_tests::{Host, Reply, Serve, Upstream, guests};
use serde_json::{Value, json};

/// As much as `limits.upstream_body_bytes` allows by default.
const LARGE: usize = 8 << 20;

/// What it costs: one host call for each 16 KiB. The request and its answer take some more.
const OF_THE_BODY: usize = LARGE / (16 << 10);

fn upstream() -> Upstream {
    Upstream::start(|seen| match seen.path() {
        "/large" => Reply::new(200).body(vec![b'x'; LARGE]),
        "/small" => Reply::new(200).body(vec![b'x'; 1000]),
        _ => Reply::new(if seen.body.len() == LARGE { 200 } else { 400 }),
    })
}

fn host(upstream: &Upstream) -> Host {
    let host = Serve::new().reaching(&[upstream]).start();
    let destination = json!({"url": upstream.url(), "credential": "none", "plaintext": true});
    host.with_guest(
        &guests::WASI_HTTP,
        json!({
            "resource_type": "INTERNAL", "capabilities": ["http"], "destinations": [destination],
            // However slow the machine is; everything else has its default.
            "limits": {"cpu_ms": 60_000, "deadline_ms": 120_000},
        }),
    );
    host
}

fn ask(upstream: &Upstream, path: &str, piece: usize) -> Value {
    let url = upstream.url();
    json!({"authority": url.trim_start_matches("http://"), "path": path, "piece": piece, "bytes": LARGE})
}

#[test]
fn a_body_as_long_as_may_be_is_read_in_small_pieces() {
    let upstream = upstream();
    let host = host(&upstream);
    for piece in [2 << 10, 8 << 10, 64 << 10] {
        let answer = host.invoke("g/read", &ask(&upstream, "/large", piece)).status(200).json();
        assert_eq!(answer["output"], LARGE, "{piece}");
        assert_eq!(answer["call"]["usage"]["host_calls"], OF_THE_BODY + 14, "in pieces of {piece} bytes");
    }
}

#[test]
fn a_body_as_long_is_written_in_small_pieces() {
    let upstream = upstream();
    let host = host(&upstream);
    for piece in [2 << 10, 64 << 10] {
        let answer = host.invoke("g/write", &ask(&upstream, "/count", piece)).status(200).json();
        assert_eq!(answer["output"], 200, "{piece}");
        assert_eq!(answer["call"]["usage"]["host_calls"], OF_THE_BODY + 15, "in pieces of {piece} bytes");
    }
}

#[test]
fn functions_that_move_nothing_are_host_calls() {
    let upstream = upstream();
    let host = host(&upstream);
    for how in ["empty_reads", "single_bytes", "pollables", "waits", "clock"] {
        let idle = |times: u64| {
            host.invoke("g/idle", &json!({"ask": ask(&upstream, "/small", 1), "how": how, "times": times}))
        };
        idle(1_000).limit(500, "LG3010", "host_calls", 1_000);
        assert_eq!(idle(100).output(), 100, "{how}");
    }
}

/// A large body leaves no more functions than its bytes justify.
#[test]
fn a_body_that_was_read_does_not_pay_for_endless_functions() {
    let upstream = upstream();
    let host = host(&upstream);
    for how in ["empty_reads", "pollables", "waits", "clock"] {
        let ask = ask(&upstream, "/large", 1);
        host.invoke("g/idle", &json!({"ask": ask, "how": how, "times": 100_000_000_u64})).limit(
            500,
            "LG3010",
            "host_calls",
            1_000,
        );
    }
}
