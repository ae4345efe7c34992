//! Tokens and keys are in their own files and nowhere else, in no form.

use std::fs;

use lockgate_tests::marker::Marker;
use lockgate_tests::{Host, Serve, guests};
use reqwest::Method;
use serde_json::json;

/// The bytes of the keys of a key file.
fn keys(host: &Host) -> Vec<(String, Vec<u8>)> {
    let text = fs::read_to_string(host.home.data().join("master.key")).unwrap();
    let hex = |digits: &str| -> Vec<u8> {
        digits
            .as_bytes()
            .chunks(2)
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
            .collect()
    };
    let words = text.split(|character: char| !character.is_ascii_hexdigit());
    let found: Vec<_> = words.filter(|word| word.len() >= 64).map(|word| ("a key".to_owned(), hex(word))).collect();
    assert!(!found.is_empty(), "no key in {text:?}");
    found
}

#[test]
fn tokens_and_keys_are_nowhere_else() {
    let mut host = Serve::new().with(["--log", "trace"]).start();
    host.with_guest(&guests::STATE, json!({}));
    let mut secrets = keys(&host);
    for role in ["viewer", "invoker", "editor", "operator", "admin"] {
        let token = host.token_with(role, json!({"groups": ["g"], "tenants": ["ada"], "expires_in": 900}));
        let call = host.shown(&token, Method::POST, "/v1/workspaces/default/groups/g/connectors/facts/invoke");
        host.send(call.json(&json!({"input": {}})).header("lockgate-tenant", "ada"));
        // And in places where it does not belong.
        host.send(host.shown(&token, Method::GET, "/v1/workspaces/default/groups?colour=red")).status(400);
        host.send(host.plain(Method::GET, "/v1/workspaces").header("authorization", format!("Basic {token}")))
            .status(401);
        secrets.push((format!("the token of the {role}"), token.into_bytes()));
    }
    let unknown = format!("lg_{}", "unknown0".repeat(6));
    host.send(host.shown(&unknown, Method::GET, "/v1/workspaces")).status(401);
    secrets.push(("an unknown token".to_owned(), unknown.into_bytes()));
    let made = host.send(host.admin(Method::POST, "/v1/organizations").json(&json!({"slug": "acme"}))).status(201);
    let acme = made.json()["admin_token"].as_str().unwrap().to_owned();
    host.send(host.shown(&acme, Method::GET, "/v1/organizations/acme")).status(200);
    secrets.push(("the token of an organization".to_owned(), acme.into_bytes()));

    for restarted in [false, true] {
        if restarted {
            host.kill_and_restart();
        }
        let traces = host.traces();
        for (name, secret) in &secrets {
            Marker::new(name, secret).is_in_none(&traces, &["/master.key"]);
        }
    }
    // The first admin's is printed when it is made.
    let admin = Marker::new("the admin's token", host.token().as_bytes());
    admin.is_in_none(&host.traces(), &["/admin-token"]);
}

/// A search that finds nothing proves something only if it finds what is there.
#[test]
fn a_marker_is_found_in_every_form() {
    let secret = "pass word/+\"\u{e9}-0123456789";
    let marker = Marker::new("a secret", secret.as_bytes());
    let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    let texts = [
        secret.to_owned(),
        hex.clone(),
        hex.to_uppercase(),
        json!({"a": secret}).to_string(),
        "x=pass%20word%2F%2B%22%C3%A9-0123456789".to_owned(),
        "x=pass+word%2F%2B%22%C3%A9-0123456789".to_owned(),
        "/pass%20word/%2B%22%C3%A9-0123456789".to_owned(),
        "\"pass word/+\\\"\\u00e9-0123456789\"".to_owned(),
        "<p>pass word/+&quot;\u{e9}-0123456789</p>".to_owned(),
    ];
    for text in texts {
        assert!(marker.form_in(format!("before{text}after").as_bytes()).is_some(), "{text}");
    }
    use base64::Engine;
    for before in ["", "a", "ab", "abc", "user:"] {
        for after in ["", "z", "zy"] {
            let text = format!("{before}{secret}{after}");
            for engine in [&base64::engine::general_purpose::STANDARD, &base64::engine::general_purpose::URL_SAFE] {
                assert_eq!(marker.form_in(engine.encode(&text).as_bytes()), Some("base64"), "{text}");
            }
        }
    }
    let wide: Vec<u8> = format!("before{secret}after").encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(marker.form_in(&wide), Some("UTF-16"));
    assert_eq!(marker.form_in(b"beforepass word/+\"\xe9-0123456789after"), Some("Latin-1"));
    assert_eq!(marker.form_in(b"pass word and something else"), None);
}
