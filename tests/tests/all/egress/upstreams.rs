//! Upstreams that stall, drip, lie, flood and speak something else: each costs its own call, with an error that says
//! which rule was broken, in bounded memory, and the next call is served.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::{LazyLock, OnceLock};
use std::time::{Duration, Instant};

use lockgate_tests::{Host, Rogue, Serve, Visit, eventually};
use serde_json::json;

use super::group;

/// Longer than any test waits.
const FOREVER: Duration = Duration::from_secs(300);
/// How long a call may take that its deadline ends, or what is wrong with its answer, on any machine: far less than forever.
const SOON: Duration = Duration::from_secs(50);
/// How much more memory the host may take while it is attacked, one call after the other: the limit of a body is 8 MiB,
/// and there are buffers on its way.
const GROWTH_KIB: u64 = 96 * 1024;

/// Connections that may be open after one call at a time, beyond those after the first: each attack would leave one.
const KEPT_FOR_LATER: usize = 4;

/// What each path does, with the code of the error that the caller gets.
const ATTACKS: [(&str, &str); 34] = [
    // Time.
    ("silent", "LG4006"),
    ("half-a-head", "LG4006"),
    ("dripping-head", "LG4006"),
    ("half-a-body", "LG4006"),
    ("dripping-body", "LG4006"),
    ("dripping-chunks", "LG4006"),
    // Lengths.
    ("short", "LG4009"),
    ("short-chunk", "LG4009"),
    ("no-last-chunk", "LG4009"),
    ("two-lengths", "LG4008"),
    ("negative-length", "LG4008"),
    ("length-in-words", "LG4008"),
    ("huge-length", "LG4007"),
    ("length-beyond-numbers", "LG4008"),
    ("huge-chunk", "LG4009"),
    ("chunk-of-nonsense", "LG4009"),
    ("endless-chunk-extension", "LG4009"),
    ("endless-trailers", "LG4009"),
    // Floods.
    ("gigabyte", "LG4007"),
    ("endless", "LG4007"),
    ("endless-without-length", "LG4007"),
    ("bomb", "LG4007"),
    ("bomb-of-bombs", "LG4009"),
    ("headers", "LG4007"),
    ("endless-header", "LG4007"),
    ("endless-status", "LG4007"),
    ("interim-flood", "LG4007"),
    ("unknown-encoding", "LG4009"),
    ("broken-encoding", "LG4009"),
    // No HTTP.
    ("nothing", "LG4008"),
    ("another-protocol", "LG4008"),
    ("tls", "LG4008"),
    ("no-status", "LG4008"),
    ("broken-header", "LG4008"),
];

/// One request after the other, each with the attack that its path names.
fn attack(visit: &mut Visit) -> io::Result<()> {
    loop {
        let head = visit.head()?;
        let name = head.split(' ').nth(1).unwrap_or_default().trim_start_matches('/').to_owned();
        let ok = "HTTP/1.1 200 OK\r\n";
        match name.as_str() {
            "fine" => {
                visit.send(format!("{ok}content-length: 4\r\n\r\nfine"))?;
                continue;
            }
            "few-interim" => {
                visit.send("HTTP/1.1 103 Early\r\nlink: x\r\n\r\nHTTP/1.1 102 Still\r\n\r\n")?;
                visit.send(format!("{ok}content-length: 4\r\n\r\nfine"))?;
                continue;
            }
            "silent" => visit.silence(FOREVER)?,
            "half-a-head" => {
                visit.send(format!("{ok}x-half: "))?;
                visit.silence(FOREVER)?;
            }
            "dripping-head" => drip(visit, ok, "x", Duration::from_millis(20))?,
            "half-a-body" => {
                visit.send(format!("{ok}content-length: 100\r\n\r\nhalf"))?;
                visit.silence(FOREVER)?;
            }
            "dripping-body" => {
                drip(visit, &format!("{ok}content-length: 100000\r\n\r\n"), "x", Duration::from_millis(20))?;
            }
            "dripping-chunks" => {
                drip(
                    visit,
                    &format!("{ok}transfer-encoding: chunked\r\n\r\n"),
                    "1\r\nx\r\n",
                    Duration::from_millis(20),
                )?;
            }
            "short" => visit.send(format!("{ok}content-length: 100\r\n\r\nshort"))?,
            "short-chunk" => visit.send(format!("{ok}transfer-encoding: chunked\r\n\r\n64\r\nshort"))?,
            "no-last-chunk" => visit.send(format!("{ok}transfer-encoding: chunked\r\n\r\n5\r\nshort\r\n"))?,
            "two-lengths" => visit.send(format!("{ok}content-length: 5\r\ncontent-length: 6\r\n\r\nhello!"))?,
            "negative-length" => visit.send(format!("{ok}content-length: -5\r\n\r\nhello"))?,
            "length-in-words" => visit.send(format!("{ok}content-length: five\r\n\r\nhello"))?,
            "huge-length" => {
                visit.send(format!("{ok}content-length: 1099511627776\r\n\r\n"))?;
                visit.silence(FOREVER)?;
            }
            "length-beyond-numbers" => visit.send(format!("{ok}content-length: {}\r\n\r\n", "9".repeat(40)))?,
            "huge-chunk" => {
                visit.send(format!("{ok}transfer-encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n"))?;
                visit.silence(FOREVER)?;
            }
            "chunk-of-nonsense" => visit.send(format!("{ok}transfer-encoding: chunked\r\n\r\nfive\r\nhello\r\n"))?,
            "endless-chunk-extension" => {
                flood(visit, &format!("{ok}transfer-encoding: chunked\r\n\r\n5;x="), &[b'x'; 4096])?;
            }
            "endless-trailers" => {
                let start = format!("{ok}transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n");
                flood(visit, &start, &b"x-late: 1\r\n".repeat(400))?;
            }
            "gigabyte" => {
                visit.send(format!("{ok}transfer-encoding: chunked\r\n\r\n40000000\r\n"))?;
                (0..1 << 14).try_for_each(|_| visit.send([b'x'; 1 << 16]))?;
            }
            "endless" => {
                let chunk = [b"10000\r\n", &[b'x'; 0x10000][..], b"\r\n"].concat();
                flood(visit, &format!("{ok}transfer-encoding: chunked\r\n\r\n"), &chunk)?;
            }
            "endless-without-length" => flood(visit, &format!("{ok}\r\n"), &[b'x'; 0x10000])?,
            "bomb" => {
                visit.send(format!("{ok}content-encoding: gzip\r\ncontent-length: {}\r\n\r\n", BOMB.len()))?;
                visit.send(&*BOMB)?;
            }
            "bomb-of-bombs" => {
                visit.send(format!(
                    "{ok}content-encoding: gzip, gzip\r\ncontent-length: {}\r\n\r\n",
                    BOMB_OF_BOMBS.len()
                ))?;
                visit.send(&*BOMB_OF_BOMBS)?;
            }
            "headers" => {
                let many: String = (0..33_000).map(|number| format!("x-{number}: 1\r\n")).collect();
                visit.send(format!("{ok}{many}content-length: 0\r\n\r\n"))?;
            }
            "endless-header" => flood(visit, &format!("{ok}x: "), &[b'x'; 4096])?,
            "endless-status" => flood(visit, "HTTP/1.1 200 ", &[b'x'; 4096])?,
            "interim-flood" => flood(visit, "", &b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n".repeat(100))?,
            "unknown-encoding" => visit.send(format!("{ok}content-encoding: zstd\r\ncontent-length: 2\r\n\r\nhi"))?,
            "broken-encoding" => visit.send(format!("{ok}content-encoding: gzip\r\ncontent-length: 2\r\n\r\nhi"))?,
            "nothing" => visit.finish()?,
            "another-protocol" => visit.send("SSH-2.0-OpenSSH_9.9\r\n")?,
            "tls" => visit.send(b"\x16\x03\x03\x00\x02\x02\x28\r\n\r\n")?,
            "no-status" => visit.send("HTTP/1.1 abc\r\n\r\n")?,
            "broken-header" => visit.send(format!("{ok}broken header\r\n\r\n"))?,
            other => panic!("no attack `{other}`"),
        }
        return Ok(());
    }
}

fn drip(visit: &mut Visit, start: &str, drop: &str, wait: Duration) -> io::Result<()> {
    visit.send(start)?;
    loop {
        visit.send(drop)?;
        visit.silence(wait)?;
    }
}

fn flood(visit: &mut Visit, start: &str, wave: &[u8]) -> io::Result<()> {
    visit.send(start)?;
    loop {
        visit.send(wave)?;
    }
}

/// Made before a request waits for it.
static BOMB: LazyLock<Vec<u8>> = LazyLock::new(|| gzip(&vec![0; 1 << 20]).repeat(1024));
/// Encoded twice, which nobody asked for.
static BOMB_OF_BOMBS: LazyLock<Vec<u8>> = LazyLock::new(|| gzip(&gzip(&vec![0; 1 << 24])));

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// One for all tests of this process, since it keeps nothing.
fn rogue() -> &'static Rogue {
    static ROGUE: OnceLock<Rogue> = OnceLock::new();
    ROGUE.get_or_init(|| {
        LazyLock::force(&BOMB);
        LazyLock::force(&BOMB_OF_BOMBS);
        Rogue::start(attack)
    })
}

fn host() -> Host {
    let rogue = rogue();
    let host = Serve::new().reaching_addresses([rogue.address()]).start();
    group(&host, &format!("http://{}", rogue.address()), json!({}));
    host
}

#[track_caller]
fn is_well(host: &Host) {
    assert_eq!(host.invoke("g/get", &json!({"path": "fine"})).output(), "fine");
}

#[test]
fn each_attack_costs_its_call_and_bounded_memory() {
    let host = host();
    is_well(&host);
    let before = host.resources();
    host.forget_peak();
    for (name, code) in ATTACKS {
        // An attack by time ends at the deadline, and any other before one that it would never reach by itself.
        let deadline_ms = if code == "LG4006" { 2000 } else { 60_000 };
        let call = host.call("g/get", &json!({"path": name})).header("lockgate-deadline-ms", deadline_ms);
        let began = Instant::now();
        let problem = host.send(call).json();
        let took = began.elapsed();
        assert_eq!(problem["code"], code, "{name}: {problem:#}");
        let status = if code == "LG4006" { 504 } else { 502 };
        assert_eq!(problem["status"], status, "{name}: {problem:#}");
        assert_eq!(problem["fault"], "upstream", "{name}: {problem:#}");
        assert!(took < SOON, "{name}: {took:?}");
        if code == "LG4007" && !matches!(name, "headers" | "endless-header" | "endless-status" | "interim-flood") {
            assert_eq!(problem["limit"]["name"], "upstream_body_bytes", "{name}: {problem:#}");
        }
        is_well(&host);
    }
    assert_eq!(host.invoke("g/get", &json!({"path": "few-interim"})).output(), "fine");
    let grown = host.peak_kib().saturating_sub(before.resident_kib);
    assert!(grown < GROWTH_KIB, "the host took {grown} KiB more");
    // Nothing of them is left: neither a connection nor a file.
    eventually(&format!("no more files than {:#?}", before.files), || more(&before.files, host.resources().files));
}

/// Files of kinds that were fewer before. A request that comes before the last connection is free again opens one more, on
/// either side of the host, and both are kept for later.
fn more(before: &BTreeMap<String, usize>, after: BTreeMap<String, usize>) -> Result<(), BTreeMap<String, usize>> {
    let allowed =
        |kind: &str| before.get(kind).copied().unwrap_or(0) + if kind == "socket" { KEPT_FOR_LATER } else { 0 };
    let more: BTreeMap<_, _> = after.into_iter().filter(|(kind, count)| *count > allowed(kind)).collect();
    if more.is_empty() { Ok(()) } else { Err(more) }
}

/// What one call may take, many at one time take no more than that many times.
#[test]
fn floods_side_by_side_end_at_their_limits() {
    let host = host();
    is_well(&host);
    let before = host.resources().resident_kib;
    host.forget_peak();
    let floods = ["gigabyte", "endless", "bomb", "endless-without-length"];
    let calls = floods.iter().cycle().take(16).map(|name| host.call("g/get", &json!({"path": name})));
    for answer in host.send_all(calls.collect::<Vec<_>>()) {
        answer.problem(502, "LG4007");
    }
    let grown = host.peak_kib().saturating_sub(before);
    assert!(grown < 16 * 2 * 8 * 1024 + GROWTH_KIB, "the host took {grown} KiB more");
    is_well(&host);
}

/// What follows a body is no answer to the next request.
#[test]
fn an_answer_to_a_request_that_was_not_sent_is_nobodys() {
    let rogue = Rogue::start(|visit| {
        loop {
            visit.head()?;
            let ok = |text: &str| format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{text}", text.len());
            visit.send(ok("mine") + &ok("evil"))?;
        }
    });
    let host = Serve::new().reaching_addresses([rogue.address()]).start();
    group(&host, &format!("http://{}", rogue.address()), json!({}));
    for _ in 0..20 {
        assert_eq!(host.invoke("g/get", &json!({"path": "x"})).output(), "mine");
    }
}

/// Both framings in one answer are how answers are smuggled (RFC 9112 section 6.3): it is none, and its connection is not
/// used again.
#[test]
fn an_answer_with_two_framings_ends_its_connection() {
    let rogue = Rogue::start(|visit| {
        visit.head()?;
        visit
            .send("HTTP/1.1 200 OK\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n4\r\nmine\r\n0\r\n\r\n")?;
        visit.head()?;
        visit.send("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil")
    });
    let host = Serve::new().reaching_addresses([rogue.address()]).start();
    group(&host, &format!("http://{}", rogue.address()), json!({}));
    for _ in 0..3 {
        host.invoke("g/get", &json!({"path": "x"})).problem(502, "LG4008");
    }
    assert_eq!(rogue.visits(), 3);
}
