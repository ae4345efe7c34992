//! Each grant, and each way in which a client proves who it is.

use std::process::Command;

use lockgate_tests::{Home, Provider};
use reqwest::Method;
use serde_json::json;

use super::{SECRET, call, client, host, invoke, made, prepare, serve, shown, with_refresh_token};

#[test]
fn a_client_alone_gets_tokens_again_and_again() {
    let provider = Provider::start();
    for way in ["header", "header_plain", "body"] {
        let method = json!({
            "grant": "client_credentials", "scopes": ["read"], "exchange": {"client_authentication": way},
        });
        let host = serve(Home::new(), &provider).start();
        prepare(&host, &provider, method);
        client(&host, if way == "body" { "post" } else { "app" });
        assert_eq!(made(&host, &json!({"credentials": {"main": {}}}))["state"], "active");
        let before = provider.count("requests");
        let account = invoke(&host).output();
        assert_eq!(account, if way == "body" { "post" } else { "app" }, "{way}");
        invoke(&host).status(200);
        assert_eq!(provider.count("requests"), before + 1, "{way}: the second call has the same token");
        // No refresh token is needed for the next one.
        host.home.sql("UPDATE oauth_tokens SET issued_at = 0");
        let renewed = host.send(host.request(Method::POST, "/groups/g/connections/main/refresh")).status(200).json();
        assert_eq!((provider.count("requests"), &renewed["state"]), (before + 2, &json!("active")), "{way}");
    }
}

#[test]
fn a_client_that_is_refused_is_the_operators_turn() {
    let provider = Provider::start();
    let host = host(&provider, json!({"grant": "client_credentials"}));
    let wrong = json!({"oauth": {"main": {"client_id": "app", "client_secret": "wrong"}}});
    host.send(host.request(Method::PUT, "/groups/g/installation").json(&wrong)).status(200);
    made(&host, &json!({"credentials": {"main": {}}}));
    let problem = invoke(&host).problem(502, "LG4041");
    assert!(problem["detail"].as_str().unwrap().contains("invalid_client"), "{problem}");
    // Nobody asks again for a while, and what is wrong can be read.
    invoke(&host).problem(502, "LG4041");
    assert_eq!(provider.count("requests"), 1);
    let failure = &shown(&host)["tokens"]["main"]["failure"];
    assert_eq!((failure["code"].as_str(), shown(&host)["state"].as_str()), (Some("LG4041"), Some("active")));
    assert!(failure["retry_at"].is_string() && failure["since"].is_string(), "{failure}");
    let metrics = host.at(Method::GET, "/metrics").body;
    assert!(metrics.contains("lockgate_token_renewals{outcome=\"failed\"} 1"), "{metrics}");
    // A client that is right works once the pause is over.
    client(&host, "app");
    host.home.sql("UPDATE oauth_tokens SET retry_at = 0");
    assert_eq!(invoke(&host).output(), "app");
    assert!(shown(&host)["tokens"]["main"].get("failure").is_none());
}

#[test]
fn without_a_client_nothing_is_made() {
    let provider = Provider::start();
    let host = host(&provider, json!({"grant": "client_credentials"}));
    host.send(host.request(Method::PUT, "/groups/g/installation").json(&json!({}))).status(200);
    let body = json!({"credentials": {"main": {}}});
    let refused = host.send(host.request(Method::POST, "/groups/g/connections").json(&body)).problem(409, "LG1070");
    assert!(refused["detail"].as_str().unwrap().contains("oauth.main"), "{refused}");
    assert_eq!(host.get("/groups/g/connections").json()["items"], json!([]));
}

/// An editor, who may see no secret, can't have the client's sent to a server of their own.
#[test]
fn a_clients_secret_goes_to_the_addresses_that_it_was_given_for() {
    let provider = Provider::start();
    let evil = lockgate_tests::Upstream::start(|_| lockgate_tests::Reply::new(200));
    let host = lockgate_tests::Serve::new().reaching_addresses([provider.address(), evil.address()]).start();
    prepare(&host, &provider, json!({"grant": "client_credentials"}));
    let mut changed =
        super::group(&provider, json!({"grant": "client_credentials", "token_url": format!("{}/t", evil.url())}));
    changed["destinations"] = json!([
        {"url": provider.url(), "credential": "main", "plaintext": true},
        {"url": evil.url(), "credential": "main", "plaintext": true},
    ]);
    changed.as_object_mut().unwrap().remove("connectors");
    host.set("g", changed);
    made(&host, &json!({"credentials": {"main": {}}}));
    invoke(&host).problem(409, "LG1070");
    assert_eq!((evil.connections(), provider.count("requests")), (0, 0));
    // Whoever gives the client gives it for what the group is now.
    client(&host, "app");
    invoke(&host);
    assert_eq!(evil.seen()[0].header("authorization"), Some(basic("app", SECRET).as_str()));
}

pub(super) fn basic(id: &str, secret: &str) -> String {
    use base64::Engine;
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("{id}:{secret}")))
}

/// A key pair in PEM, made by openssl.
fn key_pair(folder: &std::path::Path) -> (String, String) {
    let key = folder.join("key.pem");
    let run = |arguments: &[&str]| {
        let output = Command::new("openssl").args(arguments).current_dir(folder).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    run(&["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", "key.pem"]);
    let public = run(&["pkey", "-in", "key.pem", "-pubout"]);
    (std::fs::read_to_string(key).unwrap(), public)
}

#[test]
fn assertions_are_signed_within_the_host() {
    let home = Home::new();
    let (private, public) = key_pair(home.path());
    let provider = Provider::checking_by(&public);
    // RFC 7523 section 2.1: the grant.
    let bearer = json!({"grant": "jwt_bearer", "assertion": {"audience": format!("{}/token", provider.url())}});
    let bearer_host = host(&provider, bearer);
    client(&bearer_host, "assertions");
    let values = json!({"issuer": "me", "subject": "ada", "private_key": private});
    made(&bearer_host, &json!({"credentials": {"main": {"values": values}}}));
    assert_eq!(invoke(&bearer_host).output(), "assertions");
    // Section 2.2: the client.
    let method = json!({
        "grant": "client_credentials", "exchange": {"client_authentication": "private_key_jwt"},
        "assertion": {"audience": provider.url()},
    });
    let signed = host(&provider, method);
    let set = json!({"oauth": {"main": {"client_id": "signed", "client_secret": private, "key_id": "k1"}}});
    signed.send(signed.request(Method::PUT, "/groups/g/installation").json(&set)).status(200);
    made(&signed, &json!({"credentials": {"main": {}}}));
    assert_eq!(invoke(&signed).output(), "signed");
    // A key that is none is the operator's turn, and nothing of it is said.
    let wrong = json!({"oauth": {"main": {"client_id": "signed", "client_secret": "no key at all"}}});
    signed.send(signed.request(Method::PUT, "/groups/g/installation").json(&wrong)).status(200);
    signed.home.sql("UPDATE oauth_tokens SET issued_at = 0");
    let problem =
        signed.send(signed.request(Method::POST, "/groups/g/connections/main/refresh")).problem(409, "LG1070");
    assert!(problem["detail"].as_str().unwrap().contains("PEM") && !problem.to_string().contains("no key at all"));
}

#[test]
fn a_refresh_token_that_somebody_has_is_rotated_and_the_next_one_kept() {
    let provider = Provider::start();
    let host = host(&provider, json!({"grant": "refresh_token"}));
    with_refresh_token(&host, &provider.mint());
    assert_eq!(invoke(&host).output(), "ada");
    for round in 1..=3 {
        host.home.sql("UPDATE oauth_tokens SET issued_at = 0");
        host.send(host.request(Method::POST, "/groups/g/connections/main/refresh")).status(200);
        assert_eq!(host.send(call(&host)).output(), "ada", "{round}");
    }
    assert_eq!((provider.count("answered"), provider.count("refused"), provider.count("revoked")), (4, 0, 0));
}

#[test]
fn a_connection_without_oauth_has_nothing_to_refresh() {
    let provider = Provider::start();
    let host = host(&provider, json!({"grant": "client_credentials"}));
    made(&host, &json!({"credentials": {"main": {"method": "key", "values": {"value": "k"}}}}));
    host.send(host.request(Method::POST, "/groups/g/connections/main/refresh")).problem(409, "LG1075");
}
