//! Upstreams that speak HTTP/2, and break it: GOAWAY, resets, floods of frames.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use lockgate_tests::{Authority, Home, Host, Rogue, Serve, Visit};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::json;

use super::group;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
// Types of frames (RFC 9113 section 6).
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const CONTINUATION: u8 = 9;

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// The number of the next request's stream. What else comes is read and answered as far as it must be.
fn request(visit: &mut Visit) -> io::Result<(u32, Vec<u8>)> {
    loop {
        let head = visit.take(9)?;
        let length = usize::from(head[0]) << 16 | usize::from(head[1]) << 8 | usize::from(head[2]);
        let stream = u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
        let payload = visit.take(length)?;
        match (head[3], head[4] & 1) {
            (HEADERS, _) => return Ok((stream, payload)),
            (SETTINGS, 0) => visit.send(frame(SETTINGS, 1, 0, &[]))?,
            (PING, 0) => visit.send(frame(PING, 1, 0, &payload))?,
            _ => {}
        }
    }
}

/// `:status: 200`, and text.
fn fine(visit: &mut Visit, stream: u32, text: &str) -> io::Result<()> {
    visit.send(frame(HEADERS, 4, stream, &[0x88]))?;
    visit.send(frame(DATA, 1, stream, text.as_bytes()))
}

/// A header of the answer that is not indexed (RFC 7541 section 6.2.2).
fn header(name: &str, value: &str) -> Vec<u8> {
    let length = |text: &str| u8::try_from(text.len()).ok().filter(|length| *length < 127).unwrap();
    [&[0, length(name)], name.as_bytes(), &[length(value)], value.as_bytes()].concat()
}

/// A rogue that speaks HTTP/2, and a host that trusts its authority.
fn start(script: impl Fn(&mut Visit) -> io::Result<()> + Send + Sync + 'static) -> (Rogue, Host) {
    let (authority, home) = (Authority::new(), Home::new());
    let certified = authority.certify(&home, "127.0.0.1");
    let cert = CertificateDer::from_pem_file(certified.cert).unwrap();
    let key = PrivateKeyDer::from_pem_file(certified.key).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let mut config = config.with_no_client_auth().with_single_cert(vec![cert], key).unwrap();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let rogue = Rogue::with_tls(config, move |visit| {
        assert_eq!(visit.take(PREFACE.len())?, PREFACE);
        visit.send(frame(SETTINGS, 0, 0, &[]))?;
        script(visit)
    });
    let authorities = home.write("authorities.pem", authority.pem());
    let text = format!("reachable = ['{}']\nupstream_authorities = ['{}']\n", rogue.address(), authorities.display());
    let host = Serve::at(home).configured(&text).start();
    group(&host, &format!("https://{}", rogue.address()), json!({}));
    (rogue, host)
}

#[track_caller]
fn is_served(host: &Host) {
    assert_eq!(host.invoke("g/get", &json!({"path": "x"})).output(), "fine");
}

#[test]
fn requests_share_a_connection() {
    let (rogue, host) = start(|visit| {
        loop {
            let (stream, _) = request(visit)?;
            fine(visit, stream, "fine")?;
        }
    });
    for _ in 0..5 {
        is_served(&host);
    }
    assert_eq!(rogue.visits(), 1);
}

/// The first connection ends as its upstream says; the next one serves.
fn first_then_fine(first: impl Fn(&mut Visit, u32) -> io::Result<()> + Send + Sync + 'static) -> (Rogue, Host) {
    start(move |visit| {
        loop {
            let (stream, _) = request(visit)?;
            if visit.number == 0 {
                first(visit, stream)?;
                return visit.silence(Duration::from_secs(60));
            }
            fine(visit, stream, "fine")?;
        }
    })
}

#[test]
fn a_request_that_goaway_leaves_out_is_an_error_and_the_next_has_another_connection() {
    // Last stream 0: nothing was done. With NO_ERROR, and with ENHANCE_YOUR_CALM.
    for error in [0_u8, 11] {
        let (rogue, host) =
            first_then_fine(move |visit, _| visit.send(frame(GOAWAY, 0, 0, &[0, 0, 0, 0, 0, 0, 0, error])));
        let answer = host.invoke("g/get", &json!({"path": "x"}));
        if answer.status != 200 {
            assert_eq!(answer.problem(502, "LG4008")["retryable"], true);
        }
        is_served(&host);
        assert_eq!(rogue.visits(), 2);
    }
}

#[test]
fn a_request_that_goaway_takes_in_is_answered() {
    let (rogue, host) = first_then_fine(|visit, stream| {
        let last = stream.to_be_bytes();
        visit.send(frame(GOAWAY, 0, 0, &[&last[..], &[0; 4]].concat()))?;
        fine(visit, stream, "fine")
    });
    for _ in 0..3 {
        is_served(&host);
    }
    assert_eq!(rogue.visits(), 2);
}

#[test]
fn a_stream_that_is_reset_is_an_error_of_its_own_call() {
    for after_head in [false, true] {
        let (rogue, host) = start(move |visit| {
            for number in 0.. {
                let (stream, _) = request(visit)?;
                if number == 0 {
                    if after_head {
                        visit.send(frame(HEADERS, 4, stream, &[0x88]))?;
                        visit.send(frame(DATA, 0, stream, b"half"))?;
                    }
                    visit.send(frame(RST_STREAM, 0, stream, &[0, 0, 0, 2]))?;
                } else {
                    fine(visit, stream, "fine")?;
                }
            }
            Ok(())
        });
        let code = if after_head { "LG4009" } else { "LG4008" };
        host.invoke("g/get", &json!({"path": "x"})).problem(502, code);
        is_served(&host);
        assert_eq!(rogue.visits(), 1, "the connection is as good as before");
    }
}

#[test]
fn floods_of_frames_end_the_call_in_bounded_memory() {
    type Flood = fn(&mut Visit, u32) -> io::Result<()>;
    let floods: [(&str, Flood); 6] = [
        ("continuations", |visit, stream| {
            visit.send(frame(HEADERS, 0, stream, &[0x88]))?;
            loop {
                visit.send(frame(CONTINUATION, 0, stream, &header("x-more", &"x".repeat(100)).repeat(100)))?;
            }
        }),
        ("33,000 headers", |visit, stream| {
            visit.send(frame(HEADERS, 0, stream, &[0x88]))?;
            for _ in 0..330 {
                visit.send(frame(CONTINUATION, 0, stream, &header("x-more", "1").repeat(100)))?;
            }
            visit.send(frame(CONTINUATION, 4, stream, &[]))?;
            visit.silence(Duration::from_secs(60))
        }),
        ("interim answers", |visit, stream| {
            loop {
                visit.send(frame(HEADERS, 4, stream, &header(":status", "103")))?;
            }
        }),
        ("settings", |visit, _| {
            loop {
                visit.send(frame(SETTINGS, 0, 0, &[0, 4, 0, 1, 0, 0]))?;
            }
        }),
        ("pings", |visit, _| {
            loop {
                visit.send(frame(PING, 0, 0, &[7; 8]))?;
            }
        }),
        ("data beyond the window", |visit, stream| {
            visit.send(frame(HEADERS, 4, stream, &[0x88]))?;
            loop {
                visit.send(frame(DATA, 0, stream, &[b'x'; 16384]))?;
            }
        }),
    ];
    for (name, flood) in floods {
        let (_rogue, host) = first_then_fine(flood);
        let before = host.resources().resident_kib;
        host.forget_peak();
        let call = host.call("g/get", &json!({"path": "x"})).header("lockgate-deadline-ms", 2000);
        let problem = host.send(call).json();
        let code = problem["code"].as_str().unwrap_or_default();
        assert!(matches!(code, "LG4006" | "LG4007" | "LG4008" | "LG4009"), "{name}: {problem:#}");
        let grown = host.peak_kib().saturating_sub(before);
        assert!(grown < 64 * 1024, "{name}: the host took {grown} KiB more");
        host.until(
            "the next one is served",
            || host.call("g/get", &json!({"path": "x"})),
            |answer| answer.status == 200,
        );
    }
}
