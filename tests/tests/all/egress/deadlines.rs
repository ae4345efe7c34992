//! Nothing goes on after the answer: when a call is over, by its deadline or because its caller went away, what it had
//! begun outside is broken off.

use std::time::{Duration, Instant};

use lockgate_tests::{Host, Rogue, Serve, equal, eventually, guests};
use serde_json::{Value, json};

use super::{connector, get};

/// Longer than the tests wait, so that what ends has been ended.
const FOREVER: Duration = Duration::from_secs(300);

/// Stops at the point that the path names.
fn stalling() -> Rogue {
    Rogue::start(|visit| {
        let head = visit.head()?;
        match head.split(' ').nth(1).unwrap_or_default() {
            "/head" => {}
            "/body" => visit.send("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf")?,
            "/redirect" => visit.send("HTTP/1.1 302 Found\r\nlocation: /head\r\ncontent-length: 0\r\n\r\n")?,
            "/busy" => visit.send("HTTP/1.1 503 Busy\r\nretry-after: 0\r\ncontent-length: 0\r\n\r\n")?,
            // Takes a body, and never all of it.
            "/upload" => {
                visit.take(100_000)?;
            }
            other => panic!("{other}"),
        }
        visit.silence(FOREVER)
    })
}

fn host(rogue: &Rogue) -> Host {
    let host = Serve::new().reaching_addresses([rogue.address()]).start();
    let url = format!("http://{}", rogue.address());
    let group = json!({
        "base_url": url, "destinations": [{"url": url, "credential": "none"}], "capabilities": ["http", "signing"],
    });
    host.with_guest(&guests::HTTP, group);
    connector(&host, "g", &get());
    host
}

/// Waits until no connection is open: the upstream closes none.
fn ends(rogue: &Rogue, what: &str) {
    eventually(&format!("{what}: it is broken off"), || equal(rogue.open(), &0));
}

fn begins(rogue: &Rogue, visits: usize) {
    eventually("a request comes", || equal(rogue.visits(), &visits));
}

/// Each is stuck with the upstream, in another place.
fn stuck(url: &str) -> Vec<(&'static str, Value)> {
    let send = |path: &str, more: Value| {
        let mut ask = json!({"url": format!("{url}{path}")});
        ask.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        ask
    };
    vec![
        ("g/get", json!({"path": "head"})),
        ("g/get", json!({"path": "body"})),
        ("g/get", json!({"path": "redirect"})),
        ("g/send", send("/head", json!({}))),
        ("g/send", send("/body", json!({}))),
        ("g/send", send("/redirect", json!({"redirects": 3}))),
        ("g/send", send("/busy", json!({"attempts": 10}))),
        ("g/upload", send("/upload", json!({"pieces": 100, "sized": true}))),
        ("g/upload", send("/upload", json!({"pieces": 100, "sized": false}))),
        ("g/leave", json!({"url": format!("{url}/head")})),
    ]
}

#[test]
fn the_deadline_breaks_off_what_is_outside() {
    let rogue = stalling();
    let host = host(&rogue);
    for (connector, input) in stuck(&format!("http://{}", rogue.address())) {
        let before = rogue.visits();
        let began = Instant::now();
        let answer = host.send(host.call(connector, &input).header("lockgate-deadline-ms", 1000));
        let took = began.elapsed();
        // What it waits for never comes; how much later than the deadline the answer is, is the machine's matter.
        assert!(took < Duration::from_secs(20), "{connector} {input}: {took:?}");
        if connector == "g/leave" {
            // Its request may not have begun; if it did, its end is all that comes.
            std::thread::sleep(Duration::from_millis(200));
            ends(&rogue, &format!("{connector} {input}"));
            assert!(rogue.visits() <= before + 1, "{connector} {input}");
            continue;
        }
        assert!(matches!(answer.status, 422 | 502 | 504), "{connector} {input}: {answer:#?}");
        begins(&rogue, before + 1);
        ends(&rogue, &format!("{connector} {input}"));
        let after = rogue.visits();
        // And nothing new begins.
        std::thread::sleep(Duration::from_millis(200));
        assert_eq!(rogue.visits(), after, "{connector} {input}");
    }
}

#[test]
fn a_caller_that_goes_away_breaks_it_off() {
    let rogue = stalling();
    let host = host(&rogue);
    for (connector, input) in stuck(&format!("http://{}", rogue.address())) {
        if connector == "g/leave" {
            continue;
        }
        let before = rogue.visits();
        let body = json!({"input": input}).to_string();
        let connection = host.connect().send(host.head(connector, body.len())).send(&body);
        begins(&rogue, before + 1);
        std::thread::sleep(Duration::from_millis(50));
        drop(connection);
        ends(&rogue, &format!("{connector} {input}"));
    }
}
