//! Each credential is in the bytes that the right upstream recorded, and nowhere else: also not in what an upstream
//! echoes, however it writes that.

use std::io::Write;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lockgate_tests::marker::{Marker, Trace};
use lockgate_tests::{Answer, Collector, Host, Reply, Seen, Serve, Upstream, guests, percent};
use reqwest::Method;
use serde_json::{Value, json};

/// Answers with everything that was asked, in the form that the path names.
fn echo(seen: &Seen) -> Reply {
    let whole = seen.raw.clone();
    let text = String::from_utf8_lossy(&whole).into_owned();
    let reply = echo_of_headers(seen);
    match seen.path() {
        "/plain" => reply.body(whole),
        "/pieces" => whole.chunks(3).fold(reply, |reply, piece| reply.piece(Duration::ZERO, piece)),
        "/gzip" => {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(&whole).unwrap();
            let body = encoder.finish().unwrap();
            body.chunks(5)
                .fold(reply.header("content-encoding", "gzip"), |reply, piece| reply.piece(Duration::ZERO, piece))
        }
        "/base64" => reply.body(STANDARD.encode(&whole)),
        "/hex" => reply.body(whole.iter().map(|byte| format!("{byte:02x}")).collect::<String>()),
        "/url" => reply.body(percent::encoded(&text)),
        "/json" => reply.json(&json!({"echo": text})),
        "/error" => reply.json(&json!({"error": text})),
        "/away" => Reply::new(302).header("location", format!("/plain?from={}", percent::encoded(&text))),
        other => panic!("{other}"),
    }
}

/// The beginning of an answer with each header that was sent, as it is and in base64.
pub(super) fn echo_of_headers(seen: &Seen) -> Reply {
    seen.headers.iter().fold(Reply::new(200), |reply, (name, value)| {
        if ["host", "content-length", "accept-encoding"].contains(&name.to_ascii_lowercase().as_str()) {
            return reply;
        }
        reply.header(&format!("x-echo-{name}"), value.clone()).header("x-encoded", STANDARD.encode(value))
    })
}

const PATHS: [&str; 9] = ["/plain", "/pieces", "/gzip", "/base64", "/hex", "/url", "/json", "/error", "/away"];

/// A method with its values, and those of them that are secrets.
pub(super) fn methods(login: &str) -> Vec<(&'static str, Value, Value, Vec<&'static str>)> {
    let key = |place: &str, name: &str| json!({"type": "api_key", "in": place, "name": name});
    let custom = json!({
        "type": "custom",
        "fields": {"client": {"type": "text", "required": true}, "phrase": {"type": "password", "required": true}},
        "login": {
            "url": login, "body": "json", "token": "/session/token",
            "placements": [
                {"in": "body", "name": "client", "value": "{{client}}"},
                {"in": "body", "name": "phrase", "value": "{{phrase}}"},
            ],
        },
        "placements": [{"in": "header", "name": "x-session", "value": "{{token}}"}],
    });
    vec![
        (
            "basic",
            json!({"type": "basic"}),
            json!({"username": "mk-user/+q7Zx-91", "password": "mk-pass/+q7Zx:91 \u{e9}"}),
            vec!["mk-user/+q7Zx-91", "mk-pass/+q7Zx:91 \u{e9}"],
        ),
        ("header", key("header", "X-Api-Key"), json!({"value": "mk-head/+q7Zx=91"}), vec!["mk-head/+q7Zx=91"]),
        ("query", key("query", "key"), json!({"value": "mk-query/+q7 &\u{e9}=91"}), vec!["mk-query/+q7 &\u{e9}=91"]),
        ("cookie", key("cookie", "sid"), json!({"value": "mk-cookie/+q7Zx=91"}), vec!["mk-cookie/+q7Zx=91"]),
        ("bearer", json!({"type": "bearer"}), json!({"token": "mk-bear/+q7Zx=91"}), vec!["mk-bear/+q7Zx=91"]),
        (
            "login",
            custom,
            json!({"client": "mk-client/+q7Zx-91", "phrase": "mk-phrase/+q7\"Zx\\91"}),
            vec!["mk-client/+q7Zx-91", "mk-phrase/+q7\"Zx\\91", TOKEN],
        ),
    ]
}

/// What the login gives.
pub(super) const TOKEN: &str = "mk-token/+q7Zx=91";

fn invoke(host: &Host, connector: &str, input: &Value) -> Answer {
    let path = format!("/groups/g/connectors/{connector}");
    let body = json!({"input": input, "connection": {"fixed": "main"}});
    host.send(host.request(Method::POST, &path).json(&body))
}

/// A group whose requests to some servers carry the credentials that are named, and a connection with their values.
fn group(host: &Host, destinations: Value, credentials: Value, values: Value) {
    host.group(
        "g",
        json!({
            "resource_type": "INTERNAL", "capabilities": ["http", "signing"],
            "activation": {"credentials": credentials}, "destinations": destinations,
        }),
    );
    host.load("g", guests::HTTP.bytes()).status(201);
    let body = json!({"name": "main", "credentials": values});
    host.send(host.request(Method::POST, "/groups/g/connections").json(&body)).status(201);
}

/// A host that tells as much as it can.
fn talkative(collector: &Collector, upstreams: &[&Upstream]) -> Host {
    Serve::new().reaching(upstreams).with(["--log", "trace", "--otlp-endpoint", &collector.endpoint()]).start()
}

/// What it leaves behind, with the spans of its calls.
fn traces(host: &Host, collector: &Collector, upstream: &Upstream) -> Vec<Trace> {
    const LAST: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    let body = json!({"input": {"url": format!("{}/plain", upstream.url())}, "connection": {"fixed": "main"}});
    let last = host.request(Method::POST, "/groups/g/connectors/send/invoke").json(&body);
    host.send(last.header("traceparent", format!("00-{LAST}-00f067aa0ba902b7-01"))).status(200);
    collector.trace(|root| root["trace"] == LAST);
    let spans = collector.spans();
    assert!(spans.iter().filter(|span| span["name"] == "upstream").count() > PATHS.len(), "{spans:#?}");
    let mut traces = host.traces();
    traces.push(Trace::new("the spans", Value::from(spans).to_string()));
    traces
}

/// Its own memory, which the guest looks through.
#[track_caller]
fn is_not_in_the_guest(host: &Host, upstream: &Upstream, secret: &str) {
    let masked: Vec<u8> = secret.bytes().map(|byte| byte ^ 0x5a).collect();
    let ask = json!({"ask": {"url": format!("{}/plain", upstream.url())}, "masked": masked});
    let found = invoke(host, "search/invoke", &ask).output();
    assert_eq!(found["leaked"], 0, "{secret}: {found}");
    assert!(
        found["planted"].as_u64().is_some_and(|planted| planted > 0),
        "{secret}: the search finds nothing: {found}"
    );
}

#[test]
fn a_credential_is_at_its_upstream_and_nowhere_else() {
    let (upstream, login_server) = (
        Upstream::start(echo),
        Upstream::start(|seen| {
            let text = String::from_utf8_lossy(&seen.body).into_owned();
            Reply::new(200).json(&json!({"session": {"token": TOKEN}, "echo": text}))
        }),
    );
    for (name, method, values, secrets) in methods(&format!("{}/login", login_server.url())) {
        let collector = Collector::start();
        let host = talkative(&collector, &[&upstream, &login_server]);
        let destinations = json!([
            {"url": upstream.url(), "credential": "main", "plaintext": true},
            {"url": login_server.url(), "credential": "none", "plaintext": true},
        ]);
        let held = json!({"main": {"method": "it", "values": values}});
        group(&host, destinations, json!({"main": {"methods": {"it": method}}}), held);
        let before = (upstream.seen().len(), login_server.seen().len());
        let mut answers = Vec::new();
        for path in PATHS {
            let ask = json!({"url": format!("{}{path}", upstream.url()), "method": "POST", "body": "{\"a\": 1}", "headers": [["content-type", "application/json"]], "redirects": 3});
            for route in ["send/invoke", "send/test"] {
                let answer = invoke(&host, route, &ask);
                assert_eq!(answer.status, 200, "{name} {path} {route}: {answer:#?}");
                let place = format!("{name}: the answer of {route} to {path}");
                answers.push(Trace { place, bytes: format!("{:?}\n{}", answer.headers, answer.body).into_bytes() });
            }
        }
        for secret in &secrets {
            is_not_in_the_guest(&host, &upstream, secret);
        }
        let at = |upstream: &Upstream, before: usize| {
            upstream.seen()[before..].iter().flat_map(|seen| seen.raw.clone()).collect::<Vec<u8>>()
        };
        let (sent, asked) = (at(&upstream, before.0), at(&login_server, before.1));
        let traces = traces(&host, &collector, &upstream);
        for secret in secrets {
            let marker = Marker::new(&format!("{name}: {secret}"), secret.as_bytes());
            let login = name == "login" && secret != TOKEN;
            let (right, wrong) = if login { (&asked, &sent) } else { (&sent, &asked) };
            assert!(marker.form_in(right).is_some(), "{name}: {secret} did not arrive");
            assert_eq!(marker.form_in(wrong), None, "{name}: {secret} is at the wrong server");
            marker.is_in_none(&answers, &[]);
            // As it is in a query, of which the echo is a further form.
            Marker::new(&format!("{name}: {secret}, escaped"), percent::encoded(secret).as_bytes())
                .is_in_none(&answers, &[]);
            marker.is_in_none(&traces, &[]);
        }
    }
}

/// Keys of templates and of `signing`: what is made with them is sent, and they are not.
#[test]
fn a_key_that_signs_is_nowhere() {
    let (upstream, collector) = (Upstream::start(echo), Collector::start());
    let host = talkative(&collector, &[&upstream]);
    let method = json!({
        "type": "custom",
        "fields": {"client": {"type": "text", "required": true}, "key": {"type": "password", "required": true}},
        "placements": [
            {"in": "header", "name": "x-signature", "value": "t={{timestamp()}},v1={{hex(hmac(key, client, timestamp()))}}"},
            {"in": "header", "name": "x-digest", "value": "{{hex(sha256(key))}}"},
        ],
    });
    let (key, webhook) = ("mk-key/+q7Zx=91", "mk-webhook/+q7Zx=91");
    host.group(
        "g",
        json!({
            "resource_type": "INTERNAL", "capabilities": ["http", "signing"],
            "activation": {
                "credentials": {"main": {"methods": {"it": method}}},
                "fields": {"webhook": {"type": "password", "use": "sign"}},
            },
            "destinations": [{"url": upstream.url(), "credential": "main", "plaintext": true}],
        }),
    );
    host.load("g", guests::HTTP.bytes()).status(201);
    let values = json!({"client": "ada", "key": key});
    let body = json!({"name": "main", "fields": {"webhook": webhook}, "credentials": {"main": {"values": values}}});
    host.send(host.request(Method::POST, "/groups/g/connections").json(&body)).status(201);
    let mut answers = Vec::new();
    let mut ask = |connector: &str, input: Value| {
        for route in ["invoke", "test"] {
            let answer = invoke(&host, &format!("{connector}/{route}"), &input).status(200);
            let bytes = format!("{:?}\n{}", answer.headers, answer.body).into_bytes();
            answers.push(Trace { place: format!("the answer of {connector}/{route} to {input}"), bytes });
        }
    };
    ask("sign", json!({"field": "webhook", "algorithm": "hmac-sha256", "text": "a message"}));
    for path in PATHS {
        ask("send", json!({"url": format!("{}{path}", upstream.url())}));
    }
    let traces = traces(&host, &collector, &upstream);
    let sent = upstream.seen();
    let header = |name: &str| sent[0].header(name).unwrap_or_else(|| panic!("no {name}: {:?}", sent[0]));
    assert!(header("x-signature").starts_with("t=") && header("x-digest").len() == 64);
    let sent: Vec<u8> = sent.iter().flat_map(|seen| seen.raw.clone()).collect();
    for secret in [key, webhook] {
        is_not_in_the_guest(&host, &upstream, secret);
        let marker = Marker::new(secret, secret.as_bytes());
        assert_eq!(marker.form_in(&sent), None, "{secret} was sent");
        marker.is_in_none(&answers, &[]);
        marker.is_in_none(&traces, &[]);
    }
}

#[test]
fn two_destinations_have_their_own_credentials() {
    let (one, other) = (Upstream::start(echo), Upstream::start(echo));
    let host = Serve::new().reaching(&[&one, &other]).start();
    let secrets = ["mk-first/+q7Zx=91", "mk-second/+q7Zx=91"];
    let bearer = || json!({"methods": {"it": {"type": "bearer"}}});
    let held = |secret: &str| json!({"method": "it", "values": {"token": secret}});
    let destinations = json!([
        {"url": one.url(), "credential": "first", "plaintext": true},
        {"url": other.url(), "credential": "second", "plaintext": true},
        {"url": format!("{}/json", other.url()), "credential": "none"},
    ]);
    let values = json!({"first": held(secrets[0]), "second": held(secrets[1])});
    group(&host, destinations, json!({"first": bearer(), "second": bearer()}), values);
    for upstream in [&one, &other, &one, &other] {
        let answer = invoke(&host, "send/invoke", &json!({"url": format!("{}/plain", upstream.url())}));
        assert_eq!(answer.status, 200, "{answer:#?}");
    }
    invoke(&host, "send/invoke", &json!({"url": format!("{}/json", other.url())})).status(200);
    for (upstream, own, strange) in [(&one, 0, 1), (&other, 1, 0)] {
        let raw: Vec<u8> = upstream.seen().iter().flat_map(|seen| seen.raw.clone()).collect();
        assert!(Marker::new("own", secrets[own].as_bytes()).form_in(&raw).is_some());
        assert_eq!(Marker::new("strange", secrets[strange].as_bytes()).form_in(&raw), None);
    }
    let free: Vec<_> = other.seen().into_iter().filter(|seen| seen.path() == "/json").collect();
    assert!(free.len() == 1 && free[0].header("authorization").is_none(), "{free:?}");
}
