//! No credential is ever in a guest's memory. The guests are what authors write, the sample in Rust and a connector in
//! JavaScript, so it is looked for from outside: in all linear memories of the host's process, in the middle of a call and
//! after it.

use std::ops::Range;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lockgate_tests::guests::{self, Guest};
use lockgate_tests::marker::{Marker, Trace, holds};
use lockgate_tests::{Answer, Host, Memory, Reply, Seen, Serve, Upstream, percent};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use super::credentials::{TOKEN, echo_of_headers, methods};

/// Where the second request of a call goes.
const HELD: &str = "/held";
/// How long it may take to come.
const PATIENCE: Duration = Duration::from_secs(20);

/// A system that shows each request in its answer, and lets the second one of a call wait until the test has looked.
struct Mirror {
    upstream: Upstream,
    arrived: Receiver<()>,
    release: Sender<()>,
}

impl Mirror {
    fn start() -> Self {
        let ((arrival, arrived), (release, released)) = (channel(), channel());
        let released = Mutex::new(released);
        let upstream = Upstream::start(move |seen| {
            if seen.path() == HELD {
                // Nobody is there any more when the test has failed.
                let _ = arrival.send(());
                let _ = released.lock().unwrap().recv();
            }
            echo(seen)
        });
        Self { upstream, arrived, release }
    }

    /// The answer of a call, and the memory while it waits for its second answer.
    fn call(&self, host: &Host, call: RequestBuilder, linear: &Range<u64>) -> (Answer, Memory) {
        let (answer, memory) = std::thread::scope(|scope| {
            let call = scope.spawn(|| host.send(call));
            let memory = self.arrived.recv_timeout(PATIENCE).map(|()| host.memory(linear));
            self.release.send(()).unwrap();
            (call.join().unwrap(), memory)
        });
        let memory = memory.unwrap_or_else(|_| panic!("no second request: {answer:#?}"));
        (answer.status(200), memory)
    }
}

/// Everything that was asked, as the issues of one page: plain, in base64 and percent-encoded.
fn echo(seen: &Seen) -> Reply {
    let text = String::from_utf8_lossy(&seen.raw).into_owned();
    let encoded = format!("{}\n{}", STANDARD.encode(&seen.raw), percent::encoded(&text));
    let reply = echo_of_headers(seen).json(&json!([{"number": 1, "title": text, "state": "open", "body": encoded}]));
    match seen.path() {
        HELD => reply,
        _ => reply.header("link", format!("<http://{}{HELD}>; rel=\"next\"", seen.header("host").unwrap_or_default())),
    }
}

/// A group with a guest whose requests carry the credential of one auth method, by the group's connection `main`.
fn group(host: &Host, name: &str, guest: &Guest, [url, login_server]: [&str; 2], method: Value, values: Value) {
    let members = json!({
        "resource_type": "INTERNAL", "capabilities": ["http"], "base_url": url,
        "activation": {"credentials": {"main": {"methods": {"it": method}}}},
        "destinations": [
            {"url": url, "credential": "main", "plaintext": true},
            {"url": login_server, "credential": "none", "plaintext": true},
        ],
        // After its call an instance stays, with everything that the call has left in it.
        "limits": {"calls_per_instance": 100},
    });
    host.group(name, members);
    host.load(name, guest.bytes()).status(201);
    let connection = json!({"name": "main", "credentials": {"main": {"method": "it", "values": values}}});
    host.send(host.request(Method::POST, &format!("/groups/{name}/connections")).json(&connection)).status(201);
}

fn is_in(memory: &[Trace], text: &str) -> bool {
    memory.iter().any(|trace| holds(&trace.bytes, text.as_bytes()))
}

/// Calls a guest with each auth method. Its input has the address of the upstream, and a text that must be found.
fn no_credential_is_in_memory(guest: &Guest, connector: &str, input: impl Fn(&str, &str) -> Value) {
    let mirror = Mirror::start();
    let login_server = Upstream::start(|_| Reply::new(200).json(&json!({"session": {"token": TOKEN}})));
    let (url, login_url) = (mirror.upstream.url(), login_server.url());
    let host = Serve::new().reaching(&[&mirror.upstream, &login_server]).start();
    let linear = host.linear_memories();
    for (name, method, values, secrets) in methods(&format!("{login_url}/login")) {
        group(&host, name, guest, [&url, &login_url], method, values);
        let planted = format!("planted-for-{name}-4e1f70c2");
        let body = json!({"input": input(&url, &planted), "connection": {"fixed": "main"}});
        let call = host.request(Method::POST, &format!("/groups/{name}/connectors/{connector}/invoke")).json(&body);
        let before = mirror.upstream.seen().len();
        let (answer, during) = mirror.call(&host, call, &linear);
        let after = host.memory(&linear);
        for (when, memory) in [("in", &during), ("after", &after)] {
            assert!(is_in(&memory.guests, &planted), "{name}: the search finds nothing {when} the call");
        }
        let (sent, asked) = (mirror.upstream.seen().split_off(before), login_server.seen());
        assert_eq!(sent.len(), 2, "{name}: {sent:#?}");
        assert!(answer.body.contains("********"), "{name}: nothing was echoed: {answer:#?}");
        for secret in secrets {
            let marker = Marker::text(&format!("{name}: {secret}"), secret);
            let right = if name == "login" && secret != TOKEN { &asked } else { &sent };
            let arrived = |seen: &Seen| marker.form_in(&seen.raw).is_some();
            assert!(!right.is_empty() && right.iter().all(arrived), "{name}: {secret} did not arrive");
            // Where it belongs, the same search finds it.
            assert!(is_in(&during.rest, secret), "{name}: {secret} is not in the memory of the host");
            marker.is_in_none(&during.guests, &[]);
            marker.is_in_none(&after.guests, &[]);
            marker.is_in_none(&[Trace::new("the answer", answer.body.as_str())], &[]);
        }
    }
}

#[test]
fn a_sample_has_no_credential_in_its_memory() {
    no_credential_is_in_memory(
        &guests::ISSUES,
        "list_issues",
        |_, planted| json!({"repository": format!("acme/{planted}"), "limit": 100}),
    );
}

#[test]
fn a_guest_with_fetch_has_no_credential_in_its_memory() {
    no_credential_is_in_memory(
        &guests::FETCH,
        "series",
        |url, planted| json!({"urls": [format!("{url}/{planted}"), format!("{url}{HELD}")]}),
    );
}
