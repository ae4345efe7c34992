//! Sessions on several hosts of one database.

use lockgate_tests::{Home, Host, Postgres, Serve};
use reqwest::Method;
use serde_json::json;

use super::{Page, link, origin, sign_in};

fn two() -> (Host, Host) {
    let one = Serve::at(Home::on(&Postgres::start().database("lockgate"))).start();
    let other = Serve::beside(&one).start();
    (one, other)
}

#[test]
fn a_session_is_one_on_all_hosts_and_over_on_all() {
    let (one, other) = two();
    let page = Page::of(&one);
    assert_eq!(page.lives(&other)["csrf"], page.shown["csrf"]);
    let group = json!({"slug": "shop", "name": "Shop", "resource_type": "EXTERNAL"});
    let change = page.request(&other, Method::POST, "/v1/workspaces/default/groups").json(&group);
    other.send(change).status(201);
    other.send(page.request(&other, Method::DELETE, "/console/session")).status(204);
    page.is_over(&one);
    let (page, second) = (Page::of(&one), Page::of(&other));
    one.send(page.request(&one, Method::DELETE, "/console/session?everywhere=true")).status(204);
    page.is_over(&other);
    second.is_over(&other);
    // A token that one host has just made, and one that it has just revoked.
    let token = one.token_with("viewer", json!({}));
    let page = Page::with(&one, &token);
    page.lives(&other);
    let id = page.shown["token"]["id"].as_str().unwrap().to_owned();
    one.send(one.request(Method::DELETE, &format!("/tokens/{id}"))).status(204);
    page.is_over(&other);
}

#[test]
fn a_link_is_good_for_one_of_them_once() {
    let (one, other) = two();
    for _ in 0..5 {
        let body = json!({"link": link(&one)});
        let signing =
            |host: &Host| host.plain(Method::POST, "/console/session").header("origin", origin(host)).json(&body);
        let requests = (0..4).flat_map(|_| [signing(&one), signing(&other)]);
        let statuses: Vec<_> = one.send_all(requests).iter().map(|answer| answer.status).collect();
        assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
        assert_eq!(statuses.iter().filter(|status| **status == 410).count(), 7, "{statuses:?}");
    }
    let token = one.token_with("viewer", json!({}));
    let made = one.send(one.shown(&token, Method::POST, "/console/links")).status(201).json();
    let code = made["path"].as_str().unwrap().split_once('=').unwrap().1.to_owned();
    Page::read(&other.send(sign_in(&other, &json!({"link": code})))).lives(&one);
}
