//! Signing in, by a token and by a link.

use lockgate_tests::{Host, Serve};
use reqwest::Method;
use serde_json::json;

use super::{Page, SESSION, link, origin, sign_in};

#[test]
fn a_token_signs_in_and_its_session_does_what_it_does() {
    let host = Host::start();
    let answer = host.send(sign_in(&host, &json!({"token": host.token()})));
    assert_eq!(answer.header("cache-control"), "no-store");
    let set = answer.header("set-cookie").to_owned();
    let page = Page::read(&answer);
    assert_eq!(set, format!("lockgate-session={}; Path=/; HttpOnly; SameSite=Strict", page.secret()));
    assert!(page.secret().len() == 64 && !page.shown.to_string().contains(page.secret()));
    assert!(!answer.body.contains(host.token()));
    for (pointer, expected) in [
        ("/role", json!("admin")),
        ("/scope", json!({"organization": "default", "workspace": null})),
        ("/groups", json!(null)),
        ("/tenants", json!(null)),
        ("/token/name", json!("first admin")),
        ("/host", json!({"version": env!("CARGO_PKG_VERSION"), "public_url": null})),
    ] {
        assert_eq!(page.shown.pointer(pointer), Some(&expected), "{pointer}");
    }
    let again = page.lives(&host);
    assert_eq!((&again["csrf"], &again["absolute_expires"]), (&page.shown["csrf"], &page.shown["absolute_expires"]));

    // What the token does, the session does, under the token's name.
    let group = json!({"slug": "shop", "name": "Shop", "resource_type": "EXTERNAL"});
    let groups = "/v1/workspaces/default/groups";
    let made = host.send(page.request(&host, Method::POST, groups).json(&group)).status(201);
    assert_eq!((made.header("cache-control"), made.header("x-content-type-options")), ("no-store", "nosniff"));
    let path = format!("{groups}/shop");
    let change = page.request(&host, Method::PATCH, &path).header("if-match", "\"9\"").json(&json!({"name": "S"}));
    host.send(change).problem(412, "LG1006");
    let listed = page.get(&host, groups).status(200).json();
    assert_eq!(listed["items"][0]["slug"], "shop", "{listed:#}");
    let audit = host.send(host.admin(Method::GET, "/v1/audit")).status(200).json();
    let done = |action: &str| audit["items"].as_array().unwrap().iter().find(|one| one["action"] == action).unwrap();
    assert_eq!(done("group.create")["token"], page.shown["token"]["id"]);
    assert_eq!(done("console.sign_in")["token"], page.shown["token"]["id"]);
}

#[test]
fn a_link_signs_in_once() {
    let host = Host::start();
    let code = link(&host);
    assert!(code.len() == 64 && code != link(&host));
    let body = json!({"link": code});
    let page = Page::read(&host.send(sign_in(&host, &body)));
    assert_eq!(page.shown["token"]["name"], "first admin");
    host.send(sign_in(&host, &body)).problem(410, "LG1092");
    page.lives(&host);
    for wrong in ["", "0", &"0".repeat(64), host.token(), page.secret()] {
        host.send(sign_in(&host, &json!({"link": wrong}))).problem(410, "LG1092");
    }
    // It says where the host is for people, once the host knows.
    let made = host.send(host.admin(Method::POST, "/console/links")).status(201).json();
    assert_eq!(made["url"], json!(null));
    assert!(made["path"].as_str().unwrap().starts_with("/console#link="), "{made:#}");
    let out = host.run(["console", "--output", "json"]).ok().stdout;
    assert!(out.contains("\"expires_at\""), "{out}");
    let known = Serve::new().with(["--public-url", "https://gate.example"]).start();
    let made = known.send(known.admin(Method::POST, "/console/links")).status(201).json();
    assert!(made["url"].as_str().unwrap().starts_with("https://gate.example/console#link="), "{made:#}");
}

#[test]
fn a_link_ends_by_itself_with_its_token_and_with_everything() {
    let host = Host::start();
    let codes = [link(&host), link(&host)];
    host.home.sql("UPDATE console_links SET expires_at = 1");
    for code in &codes {
        host.send(sign_in(&host, &json!({"link": code}))).problem(410, "LG1092");
    }
    let token = host.token_with("viewer", json!({}));
    let made = |token: &str| {
        let made = host.send(host.shown(token, Method::POST, "/console/links")).status(201).json();
        made["path"].as_str().unwrap().split_once('=').unwrap().1.to_owned()
    };
    let code = made(&token);
    let tokens = host.get("/tokens").status(200).json();
    let path = format!("/tokens/{}", tokens["items"][0]["id"].as_str().unwrap());
    host.send(host.request(Method::PATCH, &path).json(&json!({"enabled": false}))).status(200);
    host.send(sign_in(&host, &json!({"link": code}))).problem(401, "LG1002");
    host.send(host.request(Method::PATCH, &path).json(&json!({"enabled": true}))).status(200);
    host.send(sign_in(&host, &json!({"link": code}))).problem(410, "LG1092");
    let code = made(&token);
    host.send(host.request(Method::DELETE, &path)).status(204);
    host.send(sign_in(&host, &json!({"link": code}))).problem(410, "LG1092");
    // Sixteen wait at one time: the oldest makes room.
    let codes: Vec<_> = (0..17).map(|_| made(host.token())).collect();
    assert_eq!(host.home.sql("SELECT count(*) FROM console_links"), "16");
    let page = Page::read(&host.send(sign_in(&host, &json!({"link": codes[16]}))));
    host.send(page.request(&host, Method::DELETE, "/console/session?everywhere=true")).status(204);
    host.send(sign_in(&host, &json!({"link": codes[15]}))).problem(410, "LG1092");
}

#[test]
fn a_session_makes_no_link_for_another_one() {
    let host = Host::start();
    let page = Page::of(&host);
    host.send(page.request(&host, Method::POST, "/console/links")).problem(403, "LG1003");
    assert_eq!(host.home.sql("SELECT count(*) FROM console_links"), "0");
}

#[test]
fn what_signs_nobody_in() {
    let host = Host::start();
    let send = |body: serde_json::Value| host.send(sign_in(&host, &body));
    send(json!({"token": "lg_0000"})).problem(401, "LG1002");
    for body in [json!({}), json!({"token": host.token(), "link": "x"}), json!({"token": 1}), json!({"user": "ada"})] {
        send(body).problem(400, "LG1001");
    }
    // A form of another site needs no permission to be sent, and is no JSON.
    let text = json!({"token": host.token()}).to_string();
    let form = host.plain(Method::POST, SESSION).header("origin", origin(&host)).header("content-type", "text/plain");
    host.send(form.body(text)).problem(415, "LG1013");
    assert_eq!(host.home.sql("SELECT count(*) FROM console_sessions"), "0");
}

#[test]
fn nobody_chooses_the_session_of_another() {
    let host = Host::start();
    let chosen = "a".repeat(64);
    let answer = host
        .send(sign_in(&host, &json!({"token": host.token()})).header("cookie", format!("lockgate-session={chosen}")));
    let page = Page::read(&answer);
    assert_ne!(page.secret(), chosen);
    let of = |secret: &str| {
        let cookie = format!("lockgate-session={secret}");
        host.send(host.plain(Method::GET, SESSION).header("cookie", cookie))
    };
    of(&chosen).problem(401, "LG1002");
    of(page.secret()).status(200);
    // Signing in again begins another session, and ends the one that the browser had.
    let answer = host.send(sign_in(&host, &json!({"token": host.token()})).header("cookie", &page.cookie));
    let next = Page::read(&answer);
    assert_ne!((next.secret(), &next.csrf), (page.secret(), &page.csrf));
    page.is_over(&host);
    next.lives(&host);
    // What is no value of ours is no cookie.
    for wrong in ["", "x", &"A".repeat(64), &"a".repeat(65)] {
        let document = of(wrong).problem(401, "LG1002");
        assert!(document["detail"].as_str().unwrap().contains("Authorization"), "{document:#}");
    }
}
