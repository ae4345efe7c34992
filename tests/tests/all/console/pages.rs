//! The files of the app, and what browsers may do with them.

use lockgate_tests::{Answer, Host};
use reqwest::Method;

use super::{Page, SESSION};

fn get(host: &Host, path: &str) -> Answer {
    host.at(Method::GET, path)
}

#[test]
fn every_place_of_the_app_is_its_page_and_nothing_else_is() {
    let host = Host::start();
    let index = get(&host, "/console").status(200);
    assert_eq!(index.header("content-type"), "text/html; charset=utf-8");
    for place in ["/console/", "/console/workspaces/default/groups/org:shop", "/console?x=1", "/console/session2"] {
        assert_eq!(get(&host, place).status(200).body, index.body, "{place}");
    }
    for missing in
        ["/console/a.js", "/console/assets/none", "/console/assets/none.js", "/consoles", "/console/..%2fx.y"]
    {
        get(&host, missing).problem(404, "LG1004");
    }
    for method in [Method::POST, Method::PUT, Method::DELETE] {
        let refused = host.at(method, "/console/groups");
        assert_eq!(refused.header("allow"), "GET, HEAD");
        refused.problem(405, "LG1012");
    }
    let head = host.at(Method::HEAD, "/console").status(200);
    assert!(head.body.is_empty() && head.header("etag") == index.header("etag"));
    // No cookie and no token is looked at.
    let with = host.plain(Method::GET, "/console").header("cookie", "lockgate-session=x").bearer_auth("x");
    host.send(with).status(200);
}

#[test]
fn no_page_frames_the_console_and_nothing_foreign_runs_in_it() {
    let host = Host::start();
    let index = get(&host, "/console/groups").status(200);
    let policy = index.header("content-security-policy");
    assert_eq!(
        policy,
        "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; object-src 'none'"
    );
    for (name, value) in [
        ("x-frame-options", "DENY"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin-allow-popups"),
        ("cross-origin-resource-policy", "same-origin"),
        ("cache-control", "no-cache"),
    ] {
        assert_eq!(index.header(name), value, "{name}");
    }
    // The policy would refuse what the page does not have.
    for inline in ["<script>", "<style", " style=", " onload=", " onclick=", "javascript:", "http://", "https://"] {
        assert!(!index.body.contains(inline), "{inline}: {}", index.body);
    }
    // Answers of a session are framed by nobody either.
    let session = Page::of(&host).get(&host, SESSION).status(200);
    assert_eq!((session.header("x-frame-options"), session.header("cache-control")), ("DENY", "no-store"));
}

#[test]
fn files_are_kept_for_as_long_as_they_stay_the_same() {
    let host = Host::start();
    let index = get(&host, "/console").status(200);
    let known = |tag: &str| {
        let request = host.plain(Method::GET, "/console").header("if-none-match", tag);
        host.send(request)
    };
    let tag = index.header("etag").to_owned();
    assert!(tag.len() == 34 && tag.starts_with('"'));
    for fits in [tag.clone(), format!("W/{tag}"), format!("\"x\", {tag}"), "*".to_owned()] {
        let unchanged = known(&fits).status(304);
        assert!(unchanged.body.is_empty() && unchanged.header("etag") == tag && !unchanged.header("vary").is_empty());
    }
    known("\"x\"").status(200);
    let packed = host.send(host.plain(Method::GET, "/console").header("accept-encoding", "gzip, br")).status(200);
    assert_eq!((packed.header("content-encoding"), packed.header("vary")), ("br", "accept-encoding"));
    let plain = host.send(host.plain(Method::GET, "/console").header("accept-encoding", "br;q=0")).status(200);
    assert_eq!((plain.header("content-encoding"), &plain.body), ("", &index.body));
    let Some((_, rest)) = index.body.split_once("/console/assets/") else {
        assert!(index.body.contains("This program has no console"), "{}", index.body);
        return;
    };
    let file = format!("/console/assets/{}", rest.split('"').next().unwrap());
    let file = get(&host, &file).status(200);
    assert_eq!(file.header("cache-control"), "public, max-age=31536000, immutable");
    assert_eq!(file.header("x-content-type-options"), "nosniff");
}

#[test]
fn nothing_leads_elsewhere() {
    let host = Host::start();
    let page = Page::of(&host);
    for path in [
        "/console//evil.example",
        "/console/%2f%2fevil.example",
        "/console/%5cevil.example",
        "/console?next=https://evil.example",
        "/console?return_url=//evil.example",
        "//evil.example/console",
        "/console/session?next=https://evil.example",
    ] {
        for answer in [get(&host, path), page.get(&host, path)] {
            assert!(
                !(300..400).contains(&answer.status) && answer.header("location").is_empty(),
                "{path}: {answer:#?}"
            );
        }
    }
}
