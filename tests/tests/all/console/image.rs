//! The image of a group, by way of the host.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use lockgate_tests::{Answer, Authority, Home, Host, Rogue, Serve, Visit};
use reqwest::Method;
use serde_json::json;

use super::Page;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n0000";
const SVG: &[u8] = b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>";
const MOST: usize = 256 * 1024;

/// A server of images with TLS, and a host that may reach it.
struct Images {
    server: Rogue,
    host: Host,
    page: Page,
    asked: Arc<AtomicUsize>,
}

fn answer(visit: &mut Visit, status: &str, headers: &str, body: &[u8]) -> std::io::Result<()> {
    visit.send(format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n{headers}\r\n", body.len()))?;
    visit.send(body)
}

fn serve(visit: &mut Visit) -> std::io::Result<()> {
    let head = visit.head()?;
    assert!(!head.to_lowercase().contains("cookie") && !head.to_lowercase().contains("authorization"), "{head}");
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    let html = "content-type: text/html\r\n";
    match path.as_str() {
        "/icon.png" => answer(visit, "200 OK", html, PNG),
        "/icon.svg" => answer(visit, "200 OK", html, SVG),
        "/page.png" => {
            answer(visit, "200 OK", "content-type: image/png\r\n", b"<html><script>alert(1)</script></html>")
        }
        "/most.png" => answer(visit, "200 OK", "", &[PNG, &vec![0; MOST - PNG.len()]].concat()),
        "/more.png" => answer(visit, "200 OK", "", &[PNG, &vec![0; MOST - PNG.len() + 1]].concat()),
        "/endless.png" => {
            visit.send("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n")?;
            visit.send(PNG)?;
            loop {
                visit.send([0; 65536])?;
            }
        }
        "/here" => answer(visit, "302 Found", "location: /icon.png\r\n", b""),
        "/away" => answer(visit, "302 Found", "location: https://127.0.0.2/icon.png\r\n", b""),
        "/down" => answer(visit, "302 Found", "location: http://169.254.169.254/latest\r\n", b""),
        "/circle" => answer(visit, "302 Found", "location: /circle\r\n", b""),
        "/failed.png" => answer(visit, "500 Internal Server Error", "", PNG),
        _ => answer(visit, "404 Not Found", html, b""),
    }
}

impl Images {
    fn start() -> Self {
        let (authority, home, asked) = (Authority::new(), Home::new(), Arc::new(AtomicUsize::new(0)));
        let counted = Arc::clone(&asked);
        let server = Rogue::with_tls(authority.identify(&["127.0.0.1"], None).config(), move |visit| {
            counted.fetch_add(1, SeqCst);
            serve(visit)
        });
        let file = home.write("authorities.pem", authority.pem());
        let text = format!("reachable = ['{}']\nupstream_authorities = ['{}']\n", server.address(), file.display());
        let host = Serve::at(home).configured(&text).start();
        host.group("g", json!({}));
        let page = Page::of(&host);
        Self { server, host, page, asked }
    }

    fn url(&self, path: &str) -> String {
        format!("https://{}{path}", self.server.address())
    }

    /// Asks for the image that the group has.
    fn of_group(&self, url: &str) -> Answer {
        self.host.set("g", json!({"image_url": url}));
        self.ask(url)
    }

    fn ask(&self, url: &str) -> Answer {
        let request = self.page.request(&self.host, Method::GET, "/console/image").query(&[("url", url)]);
        self.host.send(request)
    }
}

#[test]
fn an_image_is_what_its_bytes_say() {
    let images = Images::start();
    let png = images.of_group(&images.url("/icon.png")).status(200);
    for (name, value) in [
        ("content-type", "image/png"),
        ("x-content-type-options", "nosniff"),
        ("cache-control", "private, max-age=3600"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        assert_eq!(png.header(name), value, "{name}");
    }
    let svg = images.of_group(&images.url("/icon.svg")).status(200);
    assert_eq!((svg.header("content-type"), svg.body.as_bytes()), ("image/svg+xml", SVG));
    let policy = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'";
    assert_eq!(svg.header("content-security-policy"), policy);
    images.of_group(&images.url("/page.png")).problem(502, "LG4062");
    images.of_group(&images.url("/failed.png")).problem(502, "LG4062");
    images.of_group(&images.url("/none.png")).problem(502, "LG4062");
}

#[test]
fn an_image_has_so_many_bytes_and_no_more() {
    let images = Images::start();
    images.of_group(&images.url("/most.png")).status(200);
    images.of_group(&images.url("/more.png")).problem(502, "LG4007");
    images.of_group(&images.url("/endless.png")).problem(502, "LG4007");
}

#[test]
fn redirects_stay_at_home() {
    let images = Images::start();
    images.of_group(&images.url("/here")).status(200);
    images.of_group(&images.url("/away")).problem(422, "LG4001");
    images.of_group(&images.url("/down")).problem(422, "LG4001");
    images.of_group(&images.url("/circle")).problem(502, "LG4016");
}

#[test]
fn no_image_leads_to_a_private_address() {
    let images = Images::start();
    for url in [
        "https://127.0.0.1:1/icon.png",
        "https://127.1/icon.png",
        "https://[::1]/icon.png",
        "https://[::ffff:10.0.0.1]/icon.png",
        "https://10.0.0.1/icon.png",
        "https://169.254.169.254/latest",
        "https://192.168.0.1/icon.png",
    ] {
        let refused = images.of_group(url);
        assert!(refused.body.contains("LG4002") || refused.body.contains("LG4062"), "{url}: {refused:#?}");
    }
    // And none goes in the clear.
    images.of_group("http://images.example/icon.png").problem(502, "LG4062");
    assert_eq!(images.asked.load(SeqCst), 0);
}

#[test]
fn only_what_a_group_names_is_fetched_for_who_sees_the_group() {
    let images = Images::start();
    let (host, url) = (&images.host, images.url("/icon.png"));
    images.ask(&url).problem(404, "LG1004");
    images.of_group(&url).status(200);
    images.ask(&images.url("/icon.svg")).problem(404, "LG1004");
    images.ask(&format!("{url}?x")).problem(404, "LG1004");
    host.group("other", json!({}));
    let asked = |token: &str| host.send(host.shown(token, Method::GET, "/console/image").query(&[("url", &url)]));
    asked(&host.token_with("viewer", json!({"groups": ["g"]}))).status(200);
    asked(&host.token_with("viewer", json!({"groups": ["other"]}))).problem(404, "LG1004");
    // Nor for a token of another workspace.
    let workspace = json!({"slug": "second", "organization": "default"});
    host.send(host.admin(Method::POST, "/v1/workspaces").json(&workspace)).status(201);
    let made = host.admin(Method::POST, "/v1/workspaces/second/tokens").json(&json!({"name": "v", "role": "viewer"}));
    let second = host.send(made).status(201).json()["token"].as_str().unwrap().to_owned();
    asked(&second).problem(404, "LG1004");
    // An organization's group is seen in its workspaces.
    let shared = json!({"slug": "shared", "name": "Shared", "resource_type": "EXTERNAL", "image_url": &url});
    host.send(host.admin(Method::POST, "/v1/organizations/default/groups").json(&shared)).status(201);
    asked(&second).status(200);
    let plain = |query: &str| host.send(images.page.request(host, Method::GET, &format!("/console/image{query}")));
    for query in ["", "?x=1", "?url=a&url=b"] {
        plain(query).problem(400, "LG1001");
    }
    host.at(Method::GET, "/console/image?url=x").problem(401, "LG1002");
}
