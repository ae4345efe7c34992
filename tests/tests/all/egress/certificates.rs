//! Servers that ask for a client certificate: it is a value of the connection, and its key never leaves the host.

use std::fs;
use std::sync::Arc;

use lockgate_tests::{Authority, Home, Rogue, Serve};
use reqwest::Method;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use serde_json::json;

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
}
