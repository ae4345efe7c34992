//! Lists of connections say what each can do now, and why one can't.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use lockgate_tests::{Host, Reply, Serve, Upstream, eventually};
use serde_json::{Value, json};

use super::{invoke, made, public_url};

/// The connections in a list.
fn list(host: &Host, query: &str) -> Vec<Value> {
    let listed = host.get(&format!("/groups/g/connections{query}")).status(200).json();
    listed["items"].as_array().expect("a list").clone()
}

#[test]
fn a_list_shows_whose_token_is_over_and_why_one_is_not_renewed() {
    let dead = Arc::new(AtomicBool::new(false));
    let is_dead = Arc::clone(&dead);
    let provider = Upstream::start(move |seen| match (seen.path(), is_dead.load(Ordering::SeqCst)) {
        ("/token", true) => Reply::new(400).json(&json!({"error": "invalid_grant"})),
        ("/token", false) => {
            Reply::new(200).json(&json!({"access_token": "a-token", "refresh_token": "next", "expires_in": 1}))
        }
        _ => Reply::new(200).json(&json!({"account": "ada"})),
    });
    let text = format!("public_url = \"{}\"\nreachable = ['{}']\n", public_url(), provider.address());
    let host = Serve::new().configured(&text).start();
    let method = json!({
        "type": "oauth2", "grant": "refresh_token", "token_url": format!("{}/token", provider.url()),
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
    super::client(&host, "app");
    made(&host, &json!({"credentials": {"main": {"values": {"refresh_token": "first"}}}}));
    assert_eq!(list(&host, "")[0]["state"], "active");
    invoke(&host).status(200);
    // Its second passes.
    eventually("the token is over", || match list(&host, "")[0]["state"].as_str() {
        Some("expired") => Ok(()),
        other => Err(format!("{other:?}")),
    });
    assert_eq!(list(&host, "?state=expired").len(), 1);
    assert_eq!(list(&host, "?state=active").len(), 0);
    let all = host.get("/connections?state=expired").status(200).json();
    assert_eq!(all["items"][0]["state"], "expired", "{all}");
    dead.store(true, Ordering::SeqCst);
    assert_ne!(invoke(&host).status, 200);
    let ended = &list(&host, "?state=needs_reauth")[0];
    assert_eq!(
        (&ended["state"], &ended["tokens"]["main"]["failure"]["code"]),
        (&json!("needs_reauth"), &json!("LG4040"))
    );
    host.run(["connection", "list", "g"]).ok().prints("needs_reauth (LG4040)");
    assert!(ended["tokens"]["main"]["failure"]["since"].is_string(), "{ended}");
    assert_eq!(list(&host, "?state=expired").len(), 0);
}
