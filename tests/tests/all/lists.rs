//! Lists: `?limit&cursor&q` gives `{"items": […], "next_cursor": …}`.

use lockgate_tests::component::Crafted;
use lockgate_tests::{Host, guests};
use reqwest::Method;
use serde_json::{Value, json};

/// All pages of a list, as one value of each item.
fn pages(host: &Host, path: &str, member: &str) -> Vec<Vec<Value>> {
    let (mut pages, mut cursor) = (Vec::new(), None::<String>);
    loop {
        let mut request = host.request(Method::GET, path);
        if let Some(cursor) = &cursor {
            request = request.query(&[("cursor", cursor)]);
        }
        let page = host.send(request).status(200).json();
        pages.push(page["items"].as_array().unwrap().iter().map(|item| item[member].clone()).collect());
        cursor = page["next_cursor"].as_str().map(str::to_owned);
        if cursor.is_none() {
            return pages;
        }
    }
}

#[test]
fn groups_page_by_page() {
    let host = Host::start();
    for slug in ["e", "a", "d", "b", "c"] {
        host.group(slug, json!({}));
    }
    assert_eq!(pages(&host, "/groups?limit=2", "slug"), [vec!["a", "b"], vec!["c", "d"], vec!["e"]]);
    assert_eq!(pages(&host, "/groups", "slug").concat().len(), 5);
    // A group that is made meanwhile does not make another one appear twice.
    let first = host.get("/groups?limit=2").json();
    host.group("aa", json!({}));
    let second = host.get(&format!("/groups?limit=2&cursor={}", first["next_cursor"].as_str().unwrap())).json();
    assert_eq!(second["items"][0]["slug"], "c");
}

#[test]
fn words_are_searched_in_slug_name_and_description() {
    let host = Host::start();
    host.group("one", json!({"name": "Erste Gruppe"}));
    host.group("two", json!({"description": "for GRUPPE and others"}));
    host.group("three", json!({}));
    assert_eq!(pages(&host, "/groups?q=gruppe", "slug").concat(), ["one", "two"]);
    assert_eq!(pages(&host, "/groups?q=thr", "slug").concat(), ["three"]);
    assert_eq!(pages(&host, "/groups?q=nothing", "slug").concat(), [""; 0]);
}

#[test]
fn parameters_that_are_unknown_or_wrong() {
    let host = Host::start();
    for query in ["colour=red", "limit=0", "limit=501", "limit=x", "visible=some", "Limit=1", "limit=1&page=2"] {
        host.get(&format!("/groups?{query}")).problem(400, "LG1001");
    }
    host.get("/groups?limit=500&q=&cursor=").status(200);
}

#[test]
fn connectors_and_plugins_are_lists_too() {
    let host = Host::start();
    host.with_guest(&guests::STATE, json!({}));
    for version in ["1", "2", "3"] {
        host.load("g", Crafted::plugin("crafted", version).connector("which").component()).status(201);
    }
    assert_eq!(
        pages(&host, "/groups/g/connectors?limit=3", "name"),
        [vec!["count", "count_and", "facts"], vec!["which"]]
    );
    assert_eq!(pages(&host, "/groups/g/connectors?q=fact", "name").concat(), ["facts"]);
    assert_eq!(pages(&host, "/groups/g/plugins?limit=2", "version"), [vec!["0.1.0", "1"], vec!["2", "3"]]);
    assert_eq!(pages(&host, "/groups/g/plugins?q=crafted", "current").concat(), [false, false, true]);
    let shown = host.get("/groups/g/connectors/facts").status(200).json();
    assert_eq!((&shown["type"], &shown["limits"]["cpu_ms"]), (&json!("function"), &json!(1000)));
    assert_eq!(shown["output_schema"]["type"], "object", "{shown:#}");
}

#[test]
fn scopes_that_the_caller_may_know_of() {
    let host = Host::start();
    for list in ["/v1/organizations", "/v1/workspaces"] {
        let answer = host.send(host.plain(reqwest::Method::GET, list).bearer_auth(host.token()));
        assert_eq!(answer.status(200).json()["items"][0]["slug"], "default");
    }
}

#[test]
fn groups_of_a_list_have_the_states_of_their_connections() {
    let host = Host::start();
    let methods = json!({"key": {"type": "api_key", "in": "header", "name": "x-key"}});
    let activation = json!({"credentials": {"main": {"methods": methods}}});
    for slug in ["a", "b"] {
        let destination = json!({"url": "https://a.example", "credential": "main"});
        host.group(
            slug,
            json!({"activation": activation, "base_url": "https://a.example", "destinations": [destination]}),
        );
    }
    let make = |name: &str, tenant: Value, given: bool| {
        let mut body = json!({"name": name, "tenant": tenant});
        if given {
            body["credentials"] = json!({"main": {"values": {"value": "k"}}});
        }
        host.send(host.request(Method::POST, "/groups/a/connections").json(&body)).status(201);
    };
    make("one", Value::Null, true);
    make("two", json!("ada"), true);
    make("three", json!("bo"), true);
    make("four", json!("bo"), false);
    let off = host.request(Method::PATCH, "/groups/a/connections/three").json(&json!({"enabled": false}));
    host.send(off).status(200);
    assert_eq!(
        pages(&host, "/groups", "connections").concat(),
        [json!({"active": 2, "disabled": 1, "pending": 1}), json!({})]
    );
    // A token that is for one tenant sees no other, and one group by itself has no such member.
    let token = host.token_with("viewer", json!({"tenants": ["bo"]}));
    let seen = host.send(host.shown(&token, Method::GET, "/v1/workspaces/default/groups")).status(200).json();
    assert_eq!(seen["items"][0]["connections"], json!({"disabled": 1, "pending": 1}));
    assert_eq!(host.get("/groups/a").json().get("connections"), None);
}
