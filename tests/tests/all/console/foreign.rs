//! What pages of others can't do with somebody's session.

use lockgate_tests::{Authority, Home, Host, Serve, http_client};
use reqwest::{Certificate, Method, RequestBuilder};
use serde_json::json;

use super::{Page, SESSION, origin, sign_in};

const GROUPS: &str = "/v1/workspaces/default/groups";

fn body() -> serde_json::Value {
    json!({"slug": "shop", "name": "Shop", "resource_type": "EXTERNAL"})
}

/// A change that a browser sends with the cookie, and nothing of the page.
fn change(host: &Host, page: &Page) -> RequestBuilder {
    host.plain(Method::POST, GROUPS).header("cookie", &page.cookie).json(&body())
}

#[test]
fn a_change_needs_the_value_that_the_page_has() {
    let host = Host::start();
    let (page, other) = (Page::of(&host), Page::of(&host));
    let own = || change(&host, &page).header("origin", origin(&host)).header("sec-fetch-site", "same-origin");
    host.send(own()).problem(403, "LG1091");
    for wrong in ["", "x", &"0".repeat(64), &other.csrf, page.secret(), &page.csrf.to_uppercase()] {
        host.send(own().header("x-lockgate-csrf", wrong)).problem(403, "LG1091");
    }
    // Every method but those that change nothing.
    for (method, path) in [
        (Method::PUT, format!("{GROUPS}/shop")),
        (Method::PATCH, format!("{GROUPS}/shop")),
        (Method::DELETE, format!("{GROUPS}/shop")),
        (Method::POST, format!("{GROUPS}/shop/connectors/c/invoke")),
        (Method::POST, "/v1/workspaces/default/tests/run".to_owned()),
        (Method::DELETE, SESSION.to_owned()),
    ] {
        let bare = host.plain(method, &path).header("cookie", &page.cookie).header("origin", origin(&host));
        host.send(bare.json(&json!({}))).problem(403, "LG1091");
    }
    host.get("/groups/shop").problem(404, "LG1004");
    page.lives(&host);
    host.send(own().header("x-lockgate-csrf", &page.csrf)).status(201);
}

#[test]
fn a_change_comes_from_the_hosts_own_origin() {
    let host = Host::start();
    let page = Page::of(&host);
    let with = |headers: &[(&'static str, &str)]| {
        let bare = change(&host, &page).header("x-lockgate-csrf", &page.csrf);
        host.send(headers.iter().fold(bare, |request, (name, value)| request.header(*name, *value)))
    };
    let own = origin(&host);
    let tls = own.replace("http://", "https://");
    let other_port = "http://127.0.0.1:1";
    for headers in [
        &[][..],
        &[("origin", "https://evil.example")],
        &[("origin", "null")],
        &[("origin", "")],
        &[("origin", tls.as_str())],
        &[("origin", other_port)],
        &[("origin", "http://localhost")],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
        &[("sec-fetch-site", "none")],
        &[("origin", own.as_str()), ("sec-fetch-site", "same-site")],
        &[("origin", "https://evil.example"), ("sec-fetch-site", "same-origin")],
    ] {
        with(headers).problem(403, "LG1091");
    }
    // Two values are no value.
    with(&[("origin", &own), ("origin", "https://evil.example")]).problem(400, "LG1001");
    with(&[("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")]).problem(400, "LG1001");
    host.get("/groups/shop").problem(404, "LG1004");
    with(&[("sec-fetch-site", "same-origin")]).status(201);
    host.send(host.request(Method::DELETE, "/groups/shop")).status(204);
    with(&[("origin", &own)]).status(201);
}

#[test]
fn behind_a_proxy_the_origin_is_the_public_one() {
    let host = Serve::new().with(["--public-url", "https://gate.example"]).start();
    let signing = |origin: &str| {
        host.send(host.plain(Method::POST, SESSION).header("origin", origin).json(&json!({"token": host.token()})))
    };
    let page = Page::read(&signing("https://gate.example"));
    signing("https://gate.example.evil.example").problem(403, "LG1091");
    signing("http://gate.example").problem(403, "LG1091");
    let change =
        |origin: &str| host.send(change(&host, &page).header("x-lockgate-csrf", &page.csrf).header("origin", origin));
    change("https://evil.example").problem(403, "LG1091");
    change("https://gate.example").status(201);
}

#[test]
fn with_tls_the_cookie_is_this_hosts_alone_over_http_1_and_2() {
    let (home, authority) = (Home::new(), Authority::new());
    let certified = authority.certify(&home, "127.0.0.1");
    let host = Serve::at(home).with(certified.arguments()).start();
    let log = host.log();
    let own = log.lines().find_map(|line| line.strip_prefix("listening on ")).unwrap();
    let root = Certificate::from_pem(authority.pem().as_bytes()).unwrap();
    for (client, slug) in [(http_client(), "two"), (http_client().http1_only(), "one")] {
        let client = client.tls_certs_only([root.clone()]).build().unwrap();
        let signing = |origin: &str| {
            let request = client.post(format!("{own}{SESSION}")).header("origin", origin);
            host.send(request.json(&json!({"token": host.token()})))
        };
        let answer = signing(own);
        let set = answer.header("set-cookie").to_owned();
        let page = Page::read(&answer);
        let expected = "; Path=/; HttpOnly; SameSite=Strict; Secure";
        assert_eq!(set, format!("__Host-lockgate-session={}{expected}", page.secret()));
        signing(&own.replace("https", "http")).problem(403, "LG1091");
        signing("https://evil.example").problem(403, "LG1091");
        let change = |origin: &str| {
            let request = client.post(format!("{own}{GROUPS}")).header("cookie", &page.cookie).header("origin", origin);
            let group = json!({"slug": slug, "name": slug, "resource_type": "EXTERNAL"});
            host.send(request.header("x-lockgate-csrf", &page.csrf).json(&group))
        };
        change("https://evil.example").problem(403, "LG1091");
        change(own).status(201);
        // The listener without TLS, for commands of this machine, knows no such cookie.
        host.send(host.plain(Method::GET, GROUPS).header("cookie", &page.cookie)).problem(401, "LG1002");
    }
}

#[test]
fn no_other_page_reads_or_signs_anybody_in() {
    let host = Host::start();
    let page = Page::of(&host);
    let read = |site: &str| {
        let get = host.plain(Method::GET, GROUPS).header("cookie", &page.cookie);
        host.send(get.header("sec-fetch-site", site))
    };
    for site in ["cross-site", "same-site", ""] {
        read(site).problem(403, "LG1091");
    }
    // A person who types the address, and the page itself.
    read("none").status(200);
    read("same-origin").status(200);
    for (name, value) in [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")] {
        let signing = host.plain(Method::POST, SESSION).header(name, value);
        let refused = host.send(signing.json(&json!({"token": host.token()})));
        assert_eq!(refused.header("set-cookie"), "");
        refused.problem(403, "LG1091");
    }
    host.send(host.plain(Method::POST, SESSION).json(&json!({"token": host.token()}))).problem(403, "LG1091");
    // No answer lets another origin read it.
    for answer in [read("same-origin"), host.send(sign_in(&host, &json!({"token": host.token()})))] {
        assert!(!answer.headers.keys().any(|name| name.as_str().starts_with("access-control-")), "{answer:#?}");
    }
}

#[test]
fn a_request_with_a_token_takes_nothing_from_the_cookie() {
    let host = Host::start();
    let (page, viewer) = (Page::of(&host), host.token_with("viewer", json!({})));
    let with = |token: &str| host.send(change(&host, &page).bearer_auth(token));
    with(&viewer).problem(403, "LG1003");
    with("lg_wrong").problem(401, "LG1002");
    with(host.token()).status(201);
}
