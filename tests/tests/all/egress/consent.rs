//! The ways by which an editor, who may never see a secret, could have it sent to a server of their own: each is refused
//! before a byte leaves, until an admin has accepted the difference.

use lockgate_domain::merge_patch;
use lockgate_tests::marker::Marker;
use lockgate_tests::{Host, Reply, Serve, Upstream, guests};
use reqwest::Method;
use serde_json::{Value, json};

const GROUP: &str = "/v1/workspaces/default/groups/g";
const SECRET: &str = "mk-consent/+q7Zx=91";

fn definition(good: &Upstream) -> Value {
    json!({
        "slug": "g", "name": "g", "resource_type": "INTERNAL", "capabilities": ["http", "signing"],
        "base_url": good.url(),
        "activation": {"credentials": {"main": {"methods": {"key": {"type": "api_key", "in": "header", "name": "x-api-key"}}}}},
        "destinations": [{"url": good.url(), "credential": "main", "plaintext": true}],
    })
}

/// Each change as a merge patch, and what a call asks for then.
fn changes(good: &Upstream, evil: &Upstream) -> Vec<(&'static str, Value, String)> {
    let both = json!([
        {"url": good.url(), "credential": "main", "plaintext": true},
        {"url": evil.url(), "credential": "main", "plaintext": true},
    ]);
    let method = |method: Value| json!({"activation": {"credentials": {"main": {"methods": {"key": method}}}}});
    let mut login = method(json!({
        "type": "custom", "in": null, "name": null, "fields": {"value": {"type": "password", "required": true}},
        "login": {"url": format!("{}/login", evil.url()), "token": "/token",
                  "placements": [{"in": "body", "name": "key", "value": "{{value}}"}]},
        "placements": [{"in": "header", "name": "x-api-key", "value": "{{token}}"}],
    }));
    login["destinations"] = json!([
        {"url": good.url(), "credential": "main", "plaintext": true},
        {"url": evil.url(), "credential": "none", "plaintext": true},
    ]);
    vec![
        ("a wider destination", json!({"destinations": both}), format!("{}/x", evil.url())),
        ("a moved placement", method(json!({"in": "query", "name": "key"})), format!("{}/x", good.url())),
        ("another base", json!({"base_url": evil.url(), "destinations": both}), "/x".to_owned()),
        ("a login elsewhere", login, format!("{}/x", good.url())),
    ]
}

fn call(host: &Host, url: &str) -> lockgate_tests::Answer {
    let body = json!({"input": {"url": url}, "connection": {"fixed": "main"}});
    host.send(host.request(Method::POST, "/groups/g/connectors/send/invoke").json(&body))
}

fn accept(host: &Host) {
    let shown = host.get("/groups/g/connections/main").json();
    assert_eq!(shown["state"], "needs_review", "{shown:#}");
    let body = json!({"digest": shown["review"]["digest"]});
    host.send(host.request(Method::POST, "/groups/g/connections/main/accept").json(&body)).status(200);
}

fn start(definition: &Value, upstreams: &[&Upstream]) -> Host {
    let host = Serve::new().reaching(upstreams).start();
    host.send(host.request(Method::POST, "/groups").json(definition)).status(201);
    host.load("g", guests::HTTP.bytes()).status(201);
    let values = json!({"name": "main", "credentials": {"main": {"method": "key", "values": {"value": SECRET}}}});
    host.send(host.request(Method::POST, "/groups/g/connections").json(&values)).status(201);
    host
}

#[test]
fn no_byte_leaves_until_an_admin_accepts() {
    let upstream = || Upstream::start(|_| Reply::new(200).json(&json!({"token": "another-token"})));
    let marker = Marker::new("the key", SECRET.as_bytes());
    for method in [Method::PATCH, Method::PUT] {
        for number in 0..4 {
            let (good, evil) = (upstream(), upstream());
            let host = start(&definition(&good), &[&good, &evil]);
            let editor = host.token_with("editor", json!({}));
            call(&host, "/x").status(200);
            let before = good.seen().len();
            let (what, patch, url) = changes(&good, &evil).swap_remove(number);
            let mut whole = definition(&good);
            merge_patch(&mut whole, &patch);
            let body = if method == Method::PUT { &whole } else { &patch };
            host.send(host.shown(&editor, method.clone(), GROUP).json(body)).status(200);
            for url in [url.as_str(), "/x", &good.url(), &evil.url()] {
                call(&host, url).problem(409, "LG1021");
            }
            assert_eq!((evil.connections(), good.seen().len()), (0, before), "{what} by {method}");
            accept(&host);
            call(&host, &url).status(200);
            let arrived = |upstream: &Upstream| {
                upstream
                    .seen()
                    .iter()
                    .skip(if std::ptr::eq(upstream, &good) { before } else { 0 })
                    .any(|seen| marker.form_in(&seen.raw).is_some())
            };
            assert!(arrived(&evil) || arrived(&good), "{what} by {method}: accepted, and the key is nowhere");
        }
    }
}

/// The group is EXTERNAL, so its destination has TLS; the server has none, and counts who comes.
#[test]
fn internal_is_a_matter_of_operators_and_then_of_consent() {
    let upstream = Upstream::start(|_| Reply::new(200));
    let url = upstream.url().replace("http:", "https:");
    let mut external = definition(&upstream);
    merge_patch(
        &mut external,
        &json!({"resource_type": "EXTERNAL", "base_url": url, "destinations": [{"url": url, "credential": "main"}]}),
    );
    for method in [Method::PATCH, Method::PUT] {
        let host = start(&external, &[&upstream]);
        let mut internal = external.clone();
        internal["resource_type"] = json!("INTERNAL");
        let flip = |token: &str| {
            let patch = json!({"resource_type": "INTERNAL"});
            let body = if method == Method::PUT { &internal } else { &patch };
            host.send(host.shown(token, method.clone(), GROUP).json(body))
        };
        flip(&host.token_with("editor", json!({}))).problem(403, "LG1003");
        flip(&host.token_with("operator", json!({}))).status(200);
        let before = upstream.connections();
        call(&host, "/x").problem(409, "LG1021");
        assert_eq!(upstream.connections(), before);
        accept(&host);
        let failure = host.send(
            host.request(Method::POST, "/groups/g/connectors/send/invoke")
                .header("lockgate-deadline-ms", 2000)
                .json(&json!({"input": {"url": "/x"}, "connection": {"fixed": "main"}})),
        );
        assert_ne!(failure.status, 409, "{failure:#?}");
        assert_eq!(upstream.connections(), before + 1);
    }
}
