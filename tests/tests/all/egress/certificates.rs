//! Certificates of both sides: which authorities a group trusts with its servers, and servers that ask for a client
//! certificate, which is a value of the connection, and whose key never leaves the host.

use std::fs;
use std::sync::Arc;

use lockgate_domain::{Digest, merge_patch};
use lockgate_tests::marker::Marker;
use lockgate_tests::{Answer, Authority, Home, Host, Ran, Rogue, Serve, program};
use reqwest::Method;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use serde_json::{Value, json};

use super::{connector, get};

#[test]
fn a_connection_shows_its_certificate_where_it_is_asked_for() {
    let (authority, clients, home) = (Authority::new(), Authority::new(), Home::new());
    let certified = authority.certify(&home, "127.0.0.1");
    let cert = CertificateDer::from_pem_file(&certified.cert).unwrap();
    let key = PrivateKeyDer::from_pem_file(&certified.key).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(clients.pem().as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider)).build().unwrap();
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_client_cert_verifier(verifier).with_single_cert(vec![cert], key).unwrap();
    let rogue = Rogue::with_tls(config, |visit| {
        loop {
            visit.head()?;
            visit.send("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nfine")?;
        }
    });

    let shown = |by: &Authority| {
        let certified = by.certify(&home, "ada.example");
        format!("{}{}", fs::read_to_string(certified.cert).unwrap(), fs::read_to_string(certified.key).unwrap())
    };
    let (known, unknown) = (shown(&clients), shown(&authority));
    let authorities = home.write("authorities.pem", authority.pem());
    let text = format!("reachable = ['{}']\nupstream_authorities = ['{}']\n", rogue.address(), authorities.display());
    let host = Serve::at(home).configured(&text).start();
    let url = format!("https://{}", rogue.address());
    let custom = json!({
        "type": "custom", "fields": {"identity": {"type": "certificate", "required": true}},
        "placements": [{"in": "certificate", "value": "{{identity}}"}],
    });
    let methods = json!({"certificate": custom, "token": {"type": "bearer"}});
    host.group(
        "g",
        json!({
            "base_url": url, "destinations": [{"url": url, "credential": "main"}],
            "activation": {"credentials": {"main": {"default": "certificate", "methods": methods}}},
        }),
    );
    connector(&host, "g", &get());
    for (name, method, values) in [
        ("known", "certificate", json!({"identity": known})),
        ("unknown", "certificate", json!({"identity": unknown})),
        ("none", "token", json!({"token": "a-real-secret"})),
    ] {
        let body = json!({"name": name, "credentials": {"main": {"method": method, "values": values}}});
        host.send(host.request(Method::POST, "/groups/g/connections").json(&body)).status(201);
    }
    let call = |name: &str| {
        let body = json!({"input": {"path": "x"}, "connection": {"fixed": name}});
        host.send(host.request(Method::POST, "/groups/g/connectors/get/invoke").json(&body))
    };
    for _ in 0..2 {
        assert_eq!(call("known").output(), "fine");
        for name in ["unknown", "none"] {
            // With TLS 1.3 the refusal comes when the client has finished, as an answer that breaks off.
            let problem = call(name).status(502).json();
            assert!(matches!(problem["code"].as_str(), Some("LG4005" | "LG4008")), "{name}: {problem:#}");
        }
    }
    // The private key is in nothing that the host shows or leaves behind.
    let key = known.lines().skip_while(|line| !line.contains("PRIVATE KEY")).nth(1).unwrap();
    let marker = Marker::new("the private key", key.as_bytes());
    assert!(marker.form_in(known.as_bytes()).is_some());
    marker.is_in_none(&host.traces(), &[]);
}

/// The names in a certificate are the server's own words, and it knows the credential from requests before.
#[test]
fn the_names_in_a_certificate_are_cleaned_of_the_credential() {
    let (authority, home) = (Authority::new(), Home::new());
    let certified = authority.certify(&home, "secret-2f9d41c7.example");
    let cert = CertificateDer::from_pem_file(certified.cert).unwrap();
    let key = PrivateKeyDer::from_pem_file(certified.key).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_no_client_auth().with_single_cert(vec![cert], key).unwrap();
    let rogue = Rogue::with_tls(config, |visit| visit.head().map(drop));
    let host = reaching(home, &rogue);
    host.group("g", with_credential(&rogue, &json!([authority.pem()])));
    for (name, method, values) in
        [("token", "token", json!({"token": "secret-2f9d41c7"})), ("login", "login", json!({"key": "secret-2f9d41c7"}))]
    {
        let body = json!({"name": name, "credentials": {"main": {"method": method, "values": values}}});
        host.send(host.request(Method::POST, "/groups/g/connections").json(&body)).status(201);
        let body = json!({"input": {"path": "x"}, "connection": {"fixed": name}});
        let answer = host.send(host.request(Method::POST, "/groups/g/connectors/get/invoke").json(&body)).status(502);
        assert!(answer.json()["detail"].as_str().unwrap().contains("***************.example"), "{}", answer.body);
    }
    Marker::new("the credential", b"secret-2f9d41c7").is_in_none(&host.traces(), &[]);
}

/// A server with a certificate of this authority, which also logs in.
fn server(home: &Home, authority: &Authority) -> Rogue {
    let certified = authority.certify(home, "127.0.0.1");
    let cert = CertificateDer::from_pem_file(certified.cert).unwrap();
    let key = PrivateKeyDer::from_pem_file(certified.key).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_no_client_auth().with_single_cert(vec![cert], key).unwrap();
    Rogue::with_tls(config, |visit| {
        loop {
            let text = if visit.head()?.contains(" /login ") { r#"{"token": "traded-for"}"# } else { "fine" };
            visit.send(format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{text}", text.len()))?;
        }
    })
}

/// A host that may reach the server and has no authorities of its own.
fn reaching(home: Home, server: &Rogue) -> Host {
    Serve::at(home).configured(&format!("reachable = ['{}']\n", server.address())).start()
}

/// The members of a group whose requests go to the server without a credential.
fn members(server: &Rogue, authorities: &Value) -> Value {
    let url = format!("https://{}", server.address());
    json!({
        "base_url": url, "destinations": [{"url": url, "credential": "none"}],
        "certificate_authorities": authorities, "connectors": [get()],
    })
}

/// The same as a whole definition.
fn definition(server: &Rogue, authorities: &Value) -> Value {
    let mut definition = members(server, authorities);
    merge_patch(&mut definition, &json!({"slug": "g", "name": "g", "resource_type": "EXTERNAL"}));
    definition
}

/// The members of a group that has a credential, by a token and by a login.
fn with_credential(server: &Rogue, authorities: &Value) -> Value {
    let mut group = members(server, authorities);
    group["destinations"][0]["credential"] = json!("main");
    let login = json!({
        "type": "custom", "fields": {"key": {"type": "password", "required": true}},
        "login": {
            "url": format!("https://{}/login", server.address()), "token": "/token",
            "placements": [{"in": "body", "name": "key", "value": "{{key}}"}],
        },
        "placements": [{"in": "header", "name": "authorization", "value": "Bearer {{token}}"}],
    });
    let methods = json!({"token": {"type": "bearer"}, "login": login});
    let main = json!({"default": "token", "methods": methods});
    group["activation"] = json!({"credentials": {"main": main}, "verify": {"path": "/me", "expect": {"status": 200}}});
    group
}

fn connect(host: &Host, method: &str, values: Value) {
    let body = json!({"name": method, "credentials": {"main": {"method": method, "values": values}}});
    host.send(host.request(Method::POST, "/groups/g/connections").json(&body)).status(201);
}

fn call_as(host: &Host, connection: &str) -> Answer {
    let body = json!({"input": {"path": "x"}, "connection": {"fixed": connection}});
    host.send(host.request(Method::POST, "/groups/g/connectors/get/invoke").json(&body))
}

#[test]
fn a_group_trusts_its_own_authorities_and_no_other_group_does() {
    let (authority, home) = (Authority::new(), Home::new());
    let server = server(&home, &authority);
    let host = reaching(home, &server);
    let own = json!([Authority::new().pem(), authority.pem()]);
    host.group("own", members(&server, &own));
    host.group("none", members(&server, &Value::Null));
    host.group("other", members(&server, &json!([Authority::new().pem()])));
    let call = |group: &str| host.invoke(&format!("{group}/get"), &json!({"path": "x"}));
    for _ in 0..2 {
        assert_eq!(call("own").output(), "fine");
        for group in ["none", "other"] {
            call(group).problem(502, "LG4005");
        }
    }
    assert_eq!(host.get("/groups/own").json()["certificate_authorities"], own);
    assert!(host.get("/groups/none").json().get("certificate_authorities").is_none());
    // A connection that was opened with them serves nobody who has them no more.
    host.set("own", json!({"certificate_authorities": null}));
    call("own").problem(502, "LG4005");
    host.set("none", json!({"certificate_authorities": [authority.pem()]}));
    assert_eq!(call("none").output(), "fine");
}

#[test]
fn logins_and_the_request_of_verify_trust_them_too() {
    let (authority, home) = (Authority::new(), Home::new());
    let server = server(&home, &authority);
    let host = reaching(home, &server);
    host.group("g", with_credential(&server, &json!([authority.pem()])));
    connect(&host, "login", json!({"key": "a-real-secret"}));
    assert_eq!(call_as(&host, "login").output(), "fine");
    let verified = host.send(host.request(Method::POST, "/groups/g/connections/login/verify")).status(200);
    assert_eq!(verified.json(), json!({"result": "verified"}));
}

/// An editor who adds an authority could be the server that gets the credential.
#[test]
fn a_connection_waits_until_a_further_authority_is_accepted() {
    let (authority, home) = (Authority::new(), Home::new());
    let server = server(&home, &authority);
    let host = reaching(home, &server);
    host.group("g", with_credential(&server, &Value::Null));
    connect(&host, "token", json!({"token": "a-real-secret"}));
    call_as(&host, "token").problem(502, "LG4005");
    let before = server.visits();
    let editor = host.token_with("editor", json!({}));
    let patch = |authorities: Value| {
        let request = host.shown(&editor, Method::PATCH, "/v1/workspaces/default/groups/g");
        host.send(request.json(&json!({"certificate_authorities": authorities}))).status(200);
    };
    patch(json!([authority.pem()]));
    call_as(&host, "token").problem(409, "LG1021");
    assert_eq!(server.visits(), before);
    let shown = host.get("/groups/g/connections/token").json();
    let fingerprint = Digest::of(&CertificateDer::from_pem_slice(authority.pem().as_bytes()).unwrap());
    let changes = json!([{"text": format!("+ certificate_authorities: {fingerprint}"), "wider": true}]);
    assert_eq!((&shown["state"], &shown["review"]["changes"]), (&json!("needs_review"), &changes), "{shown:#}");
    let body = json!({"digest": shown["review"]["digest"]});
    host.send(host.request(Method::POST, "/groups/g/connections/token/accept").json(&body)).status(200);
    assert_eq!(call_as(&host, "token").output(), "fine");
    // One less needs no word.
    patch(Value::Null);
    call_as(&host, "token").problem(502, "LG4005");
}

#[test]
fn what_is_no_certificate_is_refused_with_its_place() {
    let (authority, home) = (Authority::new(), Home::new());
    let server = server(&home, &authority);
    let host = reaching(home, &server);
    host.group("g", members(&server, &json!([authority.pem()])));
    let key = "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n";
    let broken = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
    for (wrong, rule) in [("none", "pem"), (key, "pem"), (broken, "certificate")] {
        let authorities = json!([authority.pem(), wrong]);
        let definition = definition(&server, &authorities);
        let tried = json!({"group": definition, "connector": "get", "input": {"path": "x"}});
        let tries = [
            (Method::POST, "/groups", &definition),
            (Method::PUT, "/groups/g", &definition),
            (Method::PATCH, "/groups/g", &json!({"certificate_authorities": authorities})),
            (Method::POST, "/tests/run", &tried),
        ];
        for (method, path, body) in tries {
            let refused = host.send(host.request(method.clone(), path).json(body)).problem(422, "LG1010");
            let errors = refused["errors"].as_array().unwrap();
            let place = (&errors[0]["pointer"], &errors[0]["rule"]);
            let expected = (&json!("/certificate_authorities/1"), &json!(rule));
            assert!(place == expected && errors.len() == 1, "{method} {path}: {refused:#}");
        }
    }
    assert_eq!(host.invoke("g/get", &json!({"path": "x"})).output(), "fine");
}

#[test]
fn a_group_is_run_from_its_file_with_its_authorities() {
    let (authority, home) = (Authority::new(), Home::new());
    let server = server(&home, &authority);
    let run = |authorities: Value| {
        home.write("group.yaml", serde_json::to_string(&definition(&server, &authorities)).unwrap());
        let address = server.address().to_string();
        let arguments = ["run", "--group", "group.yaml", "get", "--input", r#"{"path": "x"}"#, "--reachable", &address];
        Ran::of(home.command(program("lockgate")).args(arguments))
    };
    assert_eq!(run(json!([authority.pem()])).ok().json(), "fine");
    run(Value::Null).exits(1).says("LG4005");
    run(json!(["none"])).exits(1).says("/certificate_authorities/0");
}
