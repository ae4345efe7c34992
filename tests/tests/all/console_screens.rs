//! The console's screens in a real browser, each with its main path and its main failure.

use lockgate_tests::{CALLBACK, Host, Provider, Reply, Serve, Upstream, walk, walk_at_public_url};
use reqwest::Method;
use serde_json::json;

/// An upstream that takes one key.
fn upstream() -> Upstream {
    Upstream::start(|seen| {
        let right = seen.header("x-api-key") == Some("right-key");
        Reply::new(if right { 200 } else { 401 }).json(&json!({"ok": right}))
    })
}

/// A host with the group `shop`, which takes that key.
fn with_shop(upstream: &Upstream) -> Host {
    let host = Serve::new().reaching(&[upstream]).start().with_scripts();
    host.group(
        "shop",
        json!({
            "name": "Shop <b>bold</b>", "resource_type": "INTERNAL", "base_url": upstream.url(),
            "activation": {
                "credentials": {"main": {"methods": {"key": {"type": "api_key", "in": "header", "name": "x-api-key"}}}},
                "fields": {"note": {"type": "text", "title": "Note", "visible": true, "required": true, "pattern": "[a-z]+"}},
                "verify": {"path": "/me"},
            },
            "destinations": [{"url": upstream.url(), "credential": "main", "plaintext": true}],
            "connectors": [{
                "name": "item", "type": "http", "input_schema": true, "output_schema": true,
                "http": {"method": "GET", "path": "/item"},
            }],
        }),
    );
    host
}

#[test]
fn a_person_signs_in_and_loses_nothing_when_the_session_ends() {
    let host = Host::start().with_scripts();
    walk(&host, "sign_in", json!({}));
}

#[test]
fn a_link_signs_in_once() {
    let host = Host::start().with_scripts();
    let made = host.send(host.admin(Method::POST, "/console/links")).json();
    let path = made["path"].as_str().unwrap();
    walk(&host, "link", json!({"url": format!("http://{}{path}", host.address())}));
}

#[test]
fn a_group_is_made_changed_joined_and_deleted() {
    let host = Host::start().with_scripts();
    walk(&host, "groups", json!({}));
}

#[test]
fn a_connection_is_made_verified_reviewed_and_deleted() {
    let upstream = upstream();
    let host = with_shop(&upstream);
    walk(&host, "connections", json!({}));
    assert!(upstream.seen().iter().any(|seen| seen.header("x-api-key") == Some("right-key")));
}

#[test]
fn access_calls_audit_and_settings_are_shown_and_changed() {
    let upstream = upstream();
    let host = with_shop(&upstream);
    walk(&host, "access", json!({}));
}

#[test]
fn a_person_agrees_at_a_provider_in_a_window_of_its_own() {
    let provider = Provider::start();
    let public_url = CALLBACK.trim_end_matches("/v1/oauth/callback");
    let text = format!("public_url = \"{public_url}\"\nreachable = ['{}']\n", provider.address());
    let host = Serve::new().configured(&text).start().with_scripts();
    host.group(
        "g",
        json!({
            "resource_type": "INTERNAL", "base_url": provider.url(),
            "activation": {"credentials": {"main": {"default": "key", "methods": {
                "oauth": {
                    "type": "oauth2", "token_url": format!("{}/token", provider.url()), "grant": "authorization_code",
                    "authorize_url": format!("{}/auth", provider.url()), "scopes": ["openid", "offline_access"],
                    "authorize_parameters": {"prompt": "consent"}, "issuer": provider.url(),
                },
                "key": {"type": "api_key", "in": "header", "name": "x-api-key"},
            }}}},
            "destinations": [{"url": provider.url(), "credential": "main", "plaintext": true}],
        }),
    );
    walk_at_public_url(&host, "oauth", json!({"secret": "marker-client-secret-7f3a"}));
}

#[test]
fn a_package_leaves_and_comes_back_by_its_plan() {
    let upstream = upstream();
    let host = with_shop(&upstream);
    walk(&host, "imports", json!({}));
}

#[test]
fn what_a_group_may_call_is_granted_exactly() {
    let upstream = upstream();
    let host = with_shop(&upstream);
    host.group("flow", json!({"name": "Flow", "capabilities": ["connectors"]}));
    walk(&host, "grants", json!({}));
}

#[test]
fn a_call_leads_to_those_that_its_code_made_and_back() {
    let host = Host::start().with_scripts();
    let script = |name: &str, source: &str| json!({"name": name, "type": "function", "script": {"language": "javascript", "source": source}});
    let price = "import { Failure } from 'lockgate';
        export default ({ net }) => {
            console.warn(net < 0 ? 'nothing costs that' : 'fine');
            if (net < 0) throw new Failure('negative', 'a price is no debt');
            return net * 2;
        };";
    host.group("shop", json!({"connectors": [script("price", price)]}));
    let total = "import { call } from 'lockgate/connectors';
        export default async () => [await call('price', { net: 1 }), await call('price', { net: -1 }).catch(() => null)];";
    let flow = json!({
        "capabilities": ["connectors"], "uses": [{"connector": "shop/price", "as": "price"}],
        "connectors": [script("total", total)],
    });
    host.group("flow", flow);
    host.run(["group", "grant", "flow", "price"]).ok();
    let called = host.request(Method::POST, "/groups/flow/connectors/total/invoke").json(&json!({"input": null}));
    assert_eq!(host.send(called).output(), json!([2, null]));
    lockgate_tests::eventually("every call is recorded", || {
        let records = host.get("/calls").json()["items"].as_array().map_or(0, Vec::len);
        if records == 3 { Ok(()) } else { Err(records) }
    });
    walk(&host, "calls", json!({}));
}

#[test]
fn a_host_that_is_away_costs_no_text() {
    let upstream = upstream();
    let host = with_shop(&upstream);
    walk(&host, "lost", json!({}));
}

#[test]
fn who_may_only_look_changes_nothing() {
    let upstream = upstream();
    let host = with_shop(&upstream);
    let viewer = host.token_with("viewer", json!({}));
    walk(&host, "roles", json!({"viewer": viewer}));
}

#[test]
fn the_keyboard_alone_does_everything() {
    let host = Host::start().with_scripts();
    walk(&host, "keyboard", json!({}));
}

#[test]
fn first_screens_are_small_and_lists_have_pages() {
    let upstream = upstream();
    let host = with_shop(&upstream);
    host.lift_rate();
    (0..130).for_each(|number| host.group(&format!("g{number:03}"), json!({"name": format!("Group {number:03}")})));
    for number in 0..110 {
        let tenant = json!({"name": format!("tenant-{number:03}")});
        host.send(host.request(Method::POST, "/tenants").json(&tenant)).status(201);
        // What is refused leaves a record too.
        let call = json!({"input": {}, "connection": {"fixed": "nothing-like-it"}});
        host.send(host.request(Method::POST, "/groups/shop/connectors/item/invoke").json(&call)).problem(404, "LG1017");
    }
    lockgate_tests::eventually("every call is recorded", || {
        let last = host.get("/calls?limit=500").json()["items"].as_array().map_or(0, Vec::len);
        if last == 110 { Ok(()) } else { Err(last) }
    });
    walk(&host, "quick", json!({}));
}
