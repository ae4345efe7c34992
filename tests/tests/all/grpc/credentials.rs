//! Each credential is in the metadata that the server got, and nowhere else: also not in what the server sends back.

use lockgate_tests::grpc_servers::GrpcServer;
use lockgate_tests::marker::{Marker, Trace};
use lockgate_tests::{Authority, Collector, Host, Reply, Serve, Upstream, eventually};
use reqwest::Method;
use serde_json::{Value, json};

use super::{connector, group, host as host_of, protos};

/// A method, values for it, and what of them is secret.
fn methods(login: &str) -> Vec<(&'static str, Value, Value, Vec<&'static str>)> {
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
            json!({"username": "mk-user/+q7Zx-91", "password": "mk-pass/+q7Zx:91"}),
            vec!["mk-user/+q7Zx-91", "mk-pass/+q7Zx:91"],
        ),
        (
            "key",
            json!({"type": "api_key", "in": "header", "name": "X-Api-Key"}),
            json!({"value": "mk-head/+q7Zx=91"}),
            vec!["mk-head/+q7Zx=91"],
        ),
        ("bearer", json!({"type": "bearer"}), json!({"token": "mk-bear/+q7Zx=91"}), vec!["mk-bear/+q7Zx=91"]),
        (
            "login",
            custom,
            json!({"client": "mk-client/+q7Zx-91", "phrase": "mk-phrase/+q7\"Zx\\91"}),
            vec!["mk-client/+q7Zx-91", "mk-phrase/+q7\"Zx\\91", TOKEN],
        ),
    ]
}

const TOKEN: &str = "mk-token/+q7Zx=91";

fn ask(host: &Host, route: &str, name: &str, input: &Value) -> Trace {
    let body = json!({"input": input, "connection": {"fixed": "main"}});
    let answer = host.send(host.request(Method::POST, &format!("/groups/g/connectors/{name}/{route}")).json(&body));
    Trace {
        place: format!("the answer of {route} to {name} {input}"),
        bytes: format!("{:?}\n{}", answer.headers, answer.body).into_bytes(),
    }
}

#[test]
fn a_credential_is_at_its_server_and_nowhere_else() {
    let authority = Authority::new();
    let login_server = Upstream::start(|seen| {
        let text = String::from_utf8_lossy(&seen.body).into_owned();
        Reply::new(200).json(&json!({"session": {"token": TOKEN}, "echo": text}))
    });
    for (name, method, values, secrets) in methods(&format!("{}/login", login_server.url())) {
        let (server, collector) = (GrpcServer::start(&authority), Collector::start());
        let host = Serve::new()
            .reaching_addresses([server.address(), login_server.address()])
            .with(["--log", "trace", "--otlp-endpoint", &collector.endpoint()])
            .start();
        let connectors = json!([
            connector("show", "lockgate.test.Probe/ShowMetadata"),
            connector("fail", "lockgate.test.Probe/Fail"),
            connector("send", "lockgate.test.Echo/Send"),
        ]);
        let mut definition = group(&server.url(), &authority, &protos(), &connectors);
        definition["activation"] = json!({"credentials": {"main": {"methods": {"it": method}}}});
        definition["destinations"] = json!([
            {"grpc": server.url(), "credential": "main"},
            {"url": login_server.url(), "credential": "none", "plaintext": true},
        ]);
        host.group("g", definition);
        let connection = json!({"name": "main", "credentials": {"main": {"method": "it", "values": values}}});
        host.send(host.request(Method::POST, "/groups/g/connections").json(&connection)).status(201);
        let before = login_server.seen().len();
        let mut answers = Vec::new();
        for route in ["invoke", "test"] {
            // The server sends all metadata back within its message.
            answers.push(ask(&host, route, "show", &json!({})));
            answers.push(ask(&host, route, "fail", &json!({"code": 9, "message": "no"})));
            answers.push(ask(&host, route, "send", &json!({"known": {"value": {"a": ["b"]}}})));
        }
        let shown = String::from_utf8_lossy(&answers[0].bytes).into_owned();
        assert!(shown.contains("user-agent"), "{name}: nothing came back: {shown}");
        let sent: Vec<u8> =
            server.events().iter().flat_map(|event| event["metadata"].to_string().into_bytes()).collect();
        let asked: Vec<u8> = login_server.seen()[before..].iter().flat_map(|seen| seen.raw.clone()).collect();
        let mut traces = host.traces();
        let spans = || collector.spans();
        eventually("the spans of the calls", || {
            let upstream = spans().iter().filter(|span| span["name"] == "upstream").count();
            if upstream < 3 { Err(upstream) } else { Ok(()) }
        });
        traces.push(Trace::new("the spans", Value::from(spans()).to_string()));
        for secret in secrets {
            let marker = Marker::new(&format!("{name}: {secret}"), secret.as_bytes());
            let is_login = name == "login" && secret != TOKEN;
            let (right, wrong) = if is_login { (&asked, &sent) } else { (&sent, &asked) };
            assert!(marker.form_in(right).is_some(), "{name}: {secret} did not arrive");
            assert_eq!(marker.form_in(wrong), None, "{name}: {secret} is at the wrong server");
            marker.is_in_none(&answers, &[]);
            marker.is_in_none(&traces, &[]);
        }
    }
}

/// No method is there on every server, so nothing is sent that could be refused.
#[test]
fn verifying_connects_and_calls_nothing() {
    let authority = Authority::new();
    let server = GrpcServer::start(&authority);
    let host = host_of(&server, &authority, &[]);
    let verify = || host.send(host.request(Method::POST, "/groups/g/connections/main/verify")).status(200).json();
    let connected = json!([{"name": null, "place": server.url(), "result": "connected"}]);
    assert_eq!(verify(), json!({"result": "connected", "destinations": connected}));
    assert_eq!(server.events().iter().filter(|event| event["event"] == "call").count(), 0);
    host.run(["connection", "verify", "g", "main"]).ok().prints("connection main: connected");
    host.set("g", json!({"certificate_authorities": null}));
    let failed = verify();
    assert_eq!((&failed["result"], &failed["destinations"][0]["code"]), (&json!("failed"), &json!("LG4005")));
}
