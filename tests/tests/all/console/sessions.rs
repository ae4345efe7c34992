//! What a session may, and when it ends.

use lockgate_tests::{Home, Host, Serve};
use reqwest::Method;
use serde_json::{Value, json};

use super::{Page, sign_in};

const GROUPS: &str = "/v1/workspaces/default/groups";
const HOUR_MS: i64 = 3_600_000;

#[test]
fn signing_out_ends_one_session_or_all_of_the_token() {
    let host = Host::start();
    let (one, two) = (Page::of(&host), Page::of(&host));
    let other = Page::with(&host, &host.token_with("viewer", json!({})));
    let out = host.send(one.request(&host, Method::DELETE, "/console/session")).status(204);
    assert_eq!(out.header("set-cookie"), "lockgate-session=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0");
    one.is_over(&host);
    two.lives(&host);
    let three = Page::of(&host);
    host.send(three.request(&host, Method::DELETE, "/console/session?everywhere=true")).status(204);
    two.is_over(&host);
    three.is_over(&host);
    other.lives(&host);
    // The token itself goes on, and can do the same.
    let four = Page::of(&host);
    host.send(host.admin(Method::DELETE, "/console/session")).problem(400, "LG1001");
    host.send(host.admin(Method::DELETE, "/console/session?everywhere=true")).status(204);
    four.is_over(&host);
    host.get("/groups").status(200);
    let audit = host.send(host.admin(Method::GET, "/v1/audit?action=console.sign_out_everywhere")).status(200).json();
    assert_eq!(audit["items"].as_array().unwrap().len(), 2, "{audit:#}");
}

#[test]
fn the_store_has_no_cookie_and_no_code() {
    let host = Host::start();
    let (code, page) = (super::link(&host), Page::of(&host));
    let hex = |column: &str, table: &str| {
        let shown = match host.home.database() {
            None => format!("hex({column})"),
            Some(_) => format!("encode({column}, 'hex')"),
        };
        host.home.sql(&format!("SELECT {shown} FROM {table}")).to_lowercase()
    };
    let (kept, codes) = (hex("id", "console_sessions"), hex("code", "console_links"));
    assert!(kept.len() == 64 && codes.len() == 64 && kept != page.secret() && codes != code);
    assert!(!host.log().contains(page.secret()) && !host.log().contains(&code) && !host.log().contains(&page.csrf));
}

#[test]
fn a_session_ends_when_nobody_uses_it_and_at_its_end() {
    let host = Host::start();
    let page = Page::of(&host);
    let ago = |hours: i64| format!("UPDATE console_sessions SET used_at = created_at - {}", hours * HOUR_MS);
    host.home.sql(&ago(7));
    let before = page.lives(&host);
    assert_eq!(before["absolute_expires"], page.shown["absolute_expires"]);
    // That was a use: the time until it ends by itself begins anew.
    lockgate_tests::eventually("its use is written", || {
        let noted = host.home.sql("SELECT used_at >= created_at FROM console_sessions");
        if noted == "1" || noted == "t" { Ok(()) } else { Err(noted) }
    });
    host.home.sql(&ago(9));
    page.is_over(&host);
    let page = Page::of(&host);
    host.home.sql("UPDATE console_sessions SET expires_at = created_at - 1");
    page.is_over(&host);
}

#[test]
fn an_operator_sets_how_long_and_no_session_outlives_its_token() {
    let text = "console_idle_seconds = 600\nconsole_session_seconds = 7200\n";
    let host = Serve::at(Home::new()).configured(text).start();
    let page = Page::of(&host);
    assert_eq!(host.home.sql("SELECT expires_at - created_at FROM console_sessions"), "7200000");
    assert!(page.shown["idle_expires"].as_str() < page.shown["absolute_expires"].as_str(), "{:#}", page.shown);
    // It began a moment ago, so nothing of the minute before the end is left for a slow machine to use up.
    for (seconds, over) in [(540, false), (600, true)] {
        host.home.sql(&format!("UPDATE console_sessions SET used_at = created_at - {seconds}000"));
        assert_eq!(page.get(&host, super::SESSION).status == 401, over, "{seconds}");
    }
    let page = Page::with(&host, &host.token_with("viewer", json!({"expires_in": 60})));
    let end = host.get("/tokens").status(200).json()["items"][0]["expires_at"].clone();
    assert_eq!((&page.shown["idle_expires"], &page.shown["absolute_expires"]), (&end, &end));
}

#[test]
fn a_session_goes_on_when_the_host_was_killed() {
    let mut host = Host::start();
    let page = Page::of(&host);
    host.kill_and_restart();
    page.lives(&host);
}

/// The id of the only token of the workspace.
fn id(host: &Host) -> String {
    let tokens = host.get("/tokens").status(200).json();
    tokens["items"][0]["id"].as_str().unwrap().to_owned()
}

#[test]
fn a_token_that_is_not_taken_ends_its_sessions() {
    let host = Host::start();
    let token = host.token_with("editor", json!({}));
    let (page, path) = (Page::with(&host, &token), format!("/tokens/{}", id(&host)));
    page.get(&host, GROUPS).status(200);
    let set = |members: Value| host.send(host.request(Method::PATCH, &path).json(&members)).status(200);
    set(json!({"enabled": false}));
    page.get(&host, GROUPS).problem(401, "LG1002");
    set(json!({"enabled": true}));
    page.get(&host, GROUPS).status(200);
    set(json!({"expires_at": "2020-01-01T00:00:00Z"}));
    page.get(&host, GROUPS).problem(401, "LG1002");
    set(json!({"expires_at": null}));
    page.lives(&host);
    host.send(host.request(Method::DELETE, &path)).status(204);
    page.is_over(&host);
    assert_eq!(host.home.sql("SELECT count(*) FROM console_sessions"), "0");
}

#[test]
fn limits_of_the_token_are_limits_of_the_session() {
    let host = Host::start();
    host.group("shop", json!({}));
    host.group("bank", json!({}));
    host.send(host.request(Method::POST, "/tenants").json(&json!({"name": "ada"}))).status(201);
    host.send(host.request(Method::POST, "/tenants").json(&json!({"name": "bo"}))).status(201);
    let limited = host.token_with("viewer", json!({"groups": ["shop"], "tenants": ["ada"]}));
    let page = Page::with(&host, &limited);
    assert_eq!(page.shown["scope"], json!({"organization": "default", "workspace": "default"}));
    assert_eq!((&page.shown["groups"], &page.shown["tenants"]), (&json!(["shop"]), &json!(["ada"])));
    let names = |path: &str, key: &str| -> Vec<String> {
        let listed = page.get(&host, path).status(200).json();
        let items = listed["items"].as_array().unwrap().iter();
        items.map(|item| item[key].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(GROUPS, "slug"), ["shop"]);
    assert_eq!(names("/v1/workspaces/default/tenants", "name"), ["ada"]);
    page.get(&host, &format!("{GROUPS}/bank")).problem(404, "LG1004");
    page.get(&host, "/v1/workspaces/default/tokens").problem(403, "LG1003");
    let change = page.request(&host, Method::PATCH, &format!("{GROUPS}/shop")).json(&json!({"name": "Mine"}));
    host.send(change).problem(403, "LG1003");
}

#[test]
fn requests_of_a_session_count_as_the_tokens() {
    let host = Host::start();
    let slow = host.token_with("viewer", json!({"requests_per_second": 1, "burst": 3}));
    let page = Page::with(&host, &slow);
    let answers: Vec<_> = (0..8).map(|_| page.get(&host, GROUPS).status).collect();
    assert!(answers.contains(&429), "{answers:?}");
    host.send(sign_in(&host, &json!({"token": slow}))).problem(429, "LG1033");
}

#[test]
fn whoever_signs_in_without_end_ends_their_oldest_session() {
    let host = Host::start();
    let pages: Vec<_> = (0..65).map(|_| Page::of(&host)).collect();
    assert_eq!(host.home.sql("SELECT count(*) FROM console_sessions"), "64");
    let over = pages.iter().filter(|page| page.get(&host, super::SESSION).status == 401).count();
    assert_eq!(over, 1);
    pages[64].lives(&host);
}

#[test]
fn a_session_of_the_local_token_works_from_this_machine_alone() {
    let host = Serve::new().with(["--behind-proxy"]).start();
    let from = |address: &str| {
        let signing = host.plain(reqwest::Method::POST, super::SESSION).header("x-forwarded-proto", "https");
        let signing = signing.header("sec-fetch-site", "same-origin").header("x-forwarded-for", address);
        host.send(signing.json(&json!({"token": host.token()})))
    };
    from("203.0.113.9").problem(403, "LG1050");
    let answer = from("127.0.0.1");
    let set = answer.header("set-cookie").to_owned();
    let page = Page::read(&answer);
    assert_eq!(set, format!("__Host-lockgate-session={}; Path=/; HttpOnly; SameSite=Strict; Secure", page.secret()));
    let get = |address: &str, proto: &str| {
        let get = page.request(&host, Method::GET, GROUPS).header("x-forwarded-proto", proto);
        host.send(get.header("x-forwarded-for", address))
    };
    get("127.0.0.1", "https").status(200);
    get("203.0.113.9", "https").problem(403, "LG1050");
    get("127.0.0.1", "http").problem(403, "LG1051");
}
