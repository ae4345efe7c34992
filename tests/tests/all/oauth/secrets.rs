//! Tokens, secrets and codes are where they belong and nowhere else, and token requests go through the same egress as all
//! others.

use lockgate_tests::marker::{Marker, Trace};
use lockgate_tests::{Reply, Serve, Upstream};
use reqwest::Method;
use serde_json::json;

use super::{invoke, made, public_url};

/// A secret of this process alone: whatever else runs on the machine may have those of every test in its arguments.
fn secret(name: &str) -> String {
    format!("marker-{name}-{}-9c1d", std::process::id())
}

/// The provider of a test that writes down what it is sent.
fn recording() -> Upstream {
    Upstream::start(|seen| match seen.path() {
        "/token" => Reply::new(200).json(&json!({
            "access_token": secret("access"), "refresh_token": secret("refresh"), "expires_in": 3600,
        })),
        _ => Reply::new(200).json(&json!({"account": "ada", "echo": secret("access")})),
    })
}

#[test]
fn no_token_secret_code_or_verifier_is_anywhere_else() {
    let provider = recording();
    let text = format!("public_url = \"{}\"\nreachable = ['{}']\n", public_url(), provider.address());
    let host = Serve::new().configured(&text).with(["--log", "trace"]).start();
    let method = json!({
        "type": "oauth2", "grant": "authorization_code", "authorize_url": format!("{}/authorize", provider.url()),
        "token_url": format!("{}/token", provider.url()), "exchange": {"client_authentication": "body"},
    });
    host.group(
        "g",
        json!({
            "resource_type": "INTERNAL", "base_url": provider.url(),
            "activation": {"credentials": {"main": {"methods": {"oauth": method}}}},
            "destinations": [{"url": provider.url(), "credential": "main", "plaintext": true}],
            "connectors": [{
                "name": "me", "type": "http", "input_schema": {"type": "object"}, "output_schema": true,
                "http": {"method": "GET", "path": "/api"},
            }],
        }),
    );
    let set = json!({"oauth": {"main": {"client_id": "app", "client_secret": secret("client")}}});
    host.send(host.request(Method::PUT, "/groups/g/installation").json(&set)).status(200);
    let begun = made(&host, &json!({"credentials": {"main": {}}}));
    let path = begun["authorize_url"].as_str().unwrap().strip_prefix(public_url()).unwrap().to_owned();
    let page = host.at(Method::GET, &path).status(200);
    let cookie = page.header("set-cookie").split(';').next().unwrap().to_owned();
    let state = page.body.split("state=").nth(1).unwrap().split("&amp;").next().unwrap().to_owned();
    let callback = format!("/v1/oauth/callback?code={}&state={state}", secret("code"));
    let done = host.send(host.plain(Method::GET, &callback).header("cookie", &cookie)).status(200);
    assert!(done.body.contains("Connected"), "{}", done.body);
    // What the API repeats is cleaned.
    let answer = invoke(&host).status(200);
    host.send(host.request(Method::POST, "/groups/g/connectors/me/test").json(&json!({
        "input": {}, "connection": {"fixed": "main"},
    })))
    .status(200);
    let sent = provider.seen().into_iter().find(|seen| seen.path() == "/token").unwrap();
    let form = String::from_utf8(sent.body.clone()).unwrap();
    let verifier = form.split("code_verifier=").nth(1).unwrap().split('&').next().unwrap().to_owned();
    for name in ["code", "client"] {
        assert!(form.contains(&secret(name)), "{name}: {form}");
    }
    assert_eq!(verifier.len(), 43, "{form}");
    let mut traces = host.traces();
    traces.push(Trace::new("the answer", answer.body));
    traces.push(Trace::new("the callback's page", format!("{:?}{}", done.headers, done.body)));
    traces.push(Trace::new("the connection", host.get("/groups/g/connections/main").body));
    let cookie_value = cookie.split('=').nth(1).unwrap();
    for (name, value) in [
        ("the access token", secret("access")),
        ("the refresh token", secret("refresh")),
        ("the client's secret", secret("client")),
        ("the code", secret("code")),
        ("the verifier", verifier),
        ("the cookie", cookie_value.to_owned()),
    ] {
        Marker::text(name, &value).is_in_none(&traces, &[]);
    }
}

#[test]
fn a_redirect_of_a_token_endpoint_is_not_followed() {
    let elsewhere = Upstream::start(|_| Reply::new(200).json(&json!({"access_token": "evil"})));
    let target = format!("{}/token", elsewhere.url());
    let provider = Upstream::start(move |_| Reply::new(307).header("location", target.clone()));
    let text = format!("reachable = ['{}', '{}']\n", provider.address(), elsewhere.address());
    let host = Serve::new().configured(&text).start();
    let method =
        json!({"type": "oauth2", "grant": "client_credentials", "token_url": format!("{}/token", provider.url())});
    host.group(
        "g",
        json!({
            "resource_type": "INTERNAL", "base_url": provider.url(),
            "activation": {"credentials": {"main": {"methods": {"oauth": method}}}},
            "destinations": [
                {"url": provider.url(), "credential": "main", "plaintext": true},
                {"url": elsewhere.url(), "credential": "main", "plaintext": true},
            ],
            "connectors": [{
                "name": "me", "type": "http", "input_schema": {"type": "object"}, "output_schema": true,
                "http": {"method": "GET", "path": "/api"},
            }],
        }),
    );
    super::client(&host, "app");
    made(&host, &json!({"credentials": {"main": {}}}));
    invoke(&host).problem(502, "LG4041");
    assert_eq!(elsewhere.connections(), 0);
}

/// Token addresses are checked like any other: names that lead to private addresses, and addresses themselves.
#[test]
fn a_token_address_goes_through_the_same_guard() {
    let host = lockgate_tests::Host::start();
    for url in
        ["https://127.0.0.1/token", "https://169.254.169.254/token", "https://localhost/token", "https://[::1]/token"]
    {
        let method = json!({"type": "oauth2", "grant": "client_credentials", "token_url": url});
        let group = json!({
            "base_url": "https://api.example",
            "activation": {"credentials": {"main": {"methods": {"oauth": method}}}},
            "destinations": [{"url": "https://api.example", "credential": "main"}],
            "connectors": [{
                "name": "me", "type": "http", "input_schema": {"type": "object"}, "output_schema": true,
                "http": {"method": "GET", "path": "/api"},
            }],
        });
        host.group("g", group);
        super::client(&host, "app");
        made(&host, &json!({"credentials": {"main": {}}}));
        invoke(&host).problem(422, "LG4002");
        host.send(host.request(Method::DELETE, "/groups/g")).status(204);
    }
}

/// What a hostile provider answers costs its own call and nothing else.
#[test]
fn hostile_replies_are_bounded() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let large = format!("{{\"access_token\":\"{}\"}}", "a".repeat(300 * 1024));
    let long = format!("{{\"access_token\":\"{}\"}}", "a".repeat(20 * 1024));
    let broken = "{\"access_token\":\"a\\r\\nx-evil: 1\"}".to_owned();
    for (name, body, code) in
        [("deep", deep, "LG4043"), ("large", large, "LG4013"), ("long", long, "LG4043"), ("broken", broken, "LG4043")]
    {
        let provider =
            Upstream::start(move |_| Reply::new(200).header("content-type", "application/json").body(body.clone()));
        let host = Serve::new().reaching(&[&provider]).start();
        let method =
            json!({"type": "oauth2", "grant": "client_credentials", "token_url": format!("{}/token", provider.url())});
        host.group(
            "g",
            json!({
                "resource_type": "INTERNAL", "base_url": provider.url(),
                "activation": {"credentials": {"main": {"methods": {"oauth": method}}}},
                "destinations": [{"url": provider.url(), "credential": "main", "plaintext": true}],
                "connectors": [{
                    "name": "me", "type": "http", "input_schema": {"type": "object"}, "output_schema": true,
                    "http": {"method": "GET", "path": "/api"},
                }],
            }),
        );
        super::client(&host, "app");
        made(&host, &json!({"credentials": {"main": {}}}));
        let answer = invoke(&host);
        assert!(answer.body.contains(code), "{name}: {}", answer.body);
        assert_eq!(provider.seen().len(), 1, "{name}");
    }
}
