//! Redirects: handed over, or followed with the full check for each hop.

use super::upstream::{Do, ok, status};
use super::*;
use crate::Redirects;

const KEY: &str = "correct-horse-battery";

fn following(method: Method, url: impl Into<String>, max: u8) -> Request {
    let options = Options { redirects: Redirects::Follow { max }, ..Options::default() };
    Request { options, ..request(method, url, Body::Empty) }
}

/// Redirects `/N` to another place with status N, and says what it was asked at any other.
async fn redirecting(to: impl Fn() -> String + Send + Sync + 'static) -> Upstream {
    Upstream::start(move |_, seen| {
        let path = seen.line.split(' ').nth(1).unwrap().split('?').next().unwrap();
        match path.trim_start_matches('/').parse::<u16>() {
            Ok(code) => vec![Do::Send(status(&format!("{code} There"), &[&format!("location: {}", to())], ""))],
            Err(_) => vec![Do::Send(ok(&seen.line))],
        }
    })
    .await
}

#[tokio::test]
async fn every_redirect_is_handed_over_unless_asked_for() {
    let upstream = redirecting(|| "/end".to_owned()).await;
    let client = Home::to(&[&upstream]).client();
    for code in [301, 302, 303, 307, 308] {
        let url = upstream.url(&format!("/{code}"));
        let response = client.send(get(url.clone())).await.unwrap();
        assert_eq!(
            (response.status.as_u16(), &response.headers["location"]),
            (code, &"/end".parse::<http::HeaderValue>().unwrap())
        );
        assert_eq!(text(client.send(following(Method::GET, url, 1)).await.unwrap()).await, "GET /end HTTP/1.1");
    }
    let post = |code: u16| following(Method::POST, upstream.url(&format!("/{code}")), 1);
    assert_eq!(text(client.send(post(303)).await.unwrap()).await, "GET /end HTTP/1.1");
    assert_eq!(text(client.send(post(308)).await.unwrap()).await, "POST /end HTTP/1.1");
}

#[tokio::test]
async fn hops_are_counted_and_streams_are_not_sent_twice() {
    let upstream = redirecting(|| "/307".to_owned()).await;
    let client = Home::to(&[&upstream]).client();
    let (code, _) = refused(&client, following(Method::GET, upstream.url("/307"), 3)).await;
    assert_eq!((code, upstream.seen().len()), ("redirect", 4));
    let body = Body::stream(http_body_util::Full::new(bytes::Bytes::from_static(b"x")).map_err(|never| match never {}));
    let stream = Request { body, ..following(Method::POST, upstream.url("/307"), 3) };
    let (code, text) = refused(&client, stream).await;
    assert!(code == "redirect" && text.contains("stream"), "{text}");
}

#[tokio::test]
async fn a_redirect_to_what_is_no_destination_is_refused() {
    for place in [
        "http://127.0.0.1:1/",
        "http://10.0.0.1/",
        "http://169.254.169.254/latest/meta-data/",
        "https://other.example/",
    ] {
        let upstream = redirecting(move || place.to_owned()).await;
        let client = Home::to(&[&upstream]).client();
        for code in [301, 302, 303, 307, 308] {
            let sent = refused(&client, following(Method::GET, upstream.url(&format!("/{code}")), 5)).await;
            assert_eq!(sent.0, "denied", "{code} {place}: {}", sent.1);
        }
    }
    for place in ["ftp://a.example/", "http://user@a.example/", "/%2e%2e/x", "http://0x7f.1/"] {
        let upstream = redirecting(move || place.to_owned()).await;
        let sent = refused(&Home::to(&[&upstream]).client(), following(Method::GET, upstream.url("/302"), 5)).await;
        assert_eq!(sent.0, "redirect", "{place}: {}", sent.1);
    }
}

#[tokio::test]
async fn no_credential_goes_to_another_origin_nor_back_from_there() {
    let method = json!({"type": "custom", "fields": {"key": {"type": "password", "required": true}}, "placements": [
        {"in": "header", "name": "X-Key", "value": "{{key}}"},
        {"in": "query", "name": "key", "value": "{{key}}"},
        {"in": "cookie", "name": "key", "value": "{{key}}"},
    ]});
    // The one sends to the other with its whole query, and the other sends back.
    let first: Arc<std::sync::OnceLock<String>> = Arc::default();
    let back = Arc::clone(&first);
    let other = Upstream::start(move |_, _| {
        vec![Do::Send(status("302 Back", &[&format!("location: {}", back.get().unwrap())], ""))]
    })
    .await;
    let to = other.url("/there");
    let upstream = Upstream::start(move |_, seen| {
        let query = seen.line.split(['?', ' ']).nth(2).unwrap_or_default();
        let location = format!("location: {to}?{query}");
        match seen.line.contains("/end") {
            true => vec![Do::Send(ok("end"))],
            false => vec![Do::Send(status("307 There", &[&location], ""))],
        }
    })
    .await;
    first.set(upstream.url("/end")).unwrap();
    let home = Home::authorized(&[&upstream, &other], method, &[("key", KEY)]);
    let mut request = following(Method::GET, upstream.url("/?page=2"), 5);
    request.headers.insert("cookie", "session=1".parse().unwrap());
    assert_eq!(text(home.client().send(request).await.unwrap()).await, "end");
    let seen = upstream.seen();
    assert_eq!(seen[0].line, format!("GET /?page=2&key={KEY} HTTP/1.1"));
    assert_eq!(seen[0].header("x-key"), Some(KEY));
    assert_eq!(seen[0].header("cookie"), Some(format!("key={KEY}; session=1").as_str()));
    for away in [&other.last(), &seen[1]] {
        assert!(!format!("{away:?}").contains(KEY), "{away:?}");
        assert_eq!(away.header("cookie"), None);
    }
    assert_eq!(other.last().line, "GET /there?page=2 HTTP/1.1");
}

#[tokio::test]
async fn within_the_origin_the_credential_goes_along_and_another_one_does_not() {
    let upstream = redirecting(|| "/end?a=1".to_owned()).await;
    let api_key = json!({"type": "api_key", "in": "query", "name": "key"});
    let home = Home::authorized(&[&upstream], api_key.clone(), &[("value", KEY)]);
    let answer = text(home.client().send(following(Method::GET, upstream.url("/302"), 5)).await.unwrap()).await;
    assert_eq!(upstream.last().line, format!("GET /end?a=1&key={KEY} HTTP/1.1"));
    assert_eq!(answer, format!("GET /end?a=1&key={} HTTP/1.1", "*".repeat(KEY.len())));
    let mut home = Home::authorized(&[&upstream], api_key.clone(), &[("value", KEY)]).definition(|definition| {
        definition["activation"]["credentials"]["other"] = json!({"methods": {"it": api_key}});
        definition["destinations"] = json!([
            {"url": upstream.url("/302"), "credential": "main", "plaintext": true},
            {"url": upstream.url("/"), "credential": "other", "plaintext": true},
        ]);
    });
    home.credentials.push(("other", "it", vec![("value", "another-secret".to_owned())]));
    home.client().send(following(Method::GET, upstream.url("/302"), 5)).await.unwrap();
    assert_eq!(upstream.last().line, "GET /end?a=1 HTTP/1.1");
}

use http_body_util::BodyExt;

/// Other kinds of servers are destinations too, and speak no HTTP.
#[tokio::test]
async fn a_redirect_leads_to_http_alone() {
    for to in ["postgres://127.0.0.1:5432/db", "mysql://127.0.0.1:3306/", "grpc://127.0.0.1:50051/"] {
        let upstream = redirecting(move || to.to_owned()).await;
        let home = Home::to(&[&upstream]).definition(|definition| {
            let one = match to.strip_prefix("grpc") {
                Some(rest) => json!({"grpc": format!("http{rest}"), "credential": "none", "plaintext": true}),
                None => json!({"url": to, "credential": "none"}),
            };
            definition["destinations"].as_array_mut().unwrap().push(one);
        });
        let (code, text) = refused(&home.client(), following(Method::GET, upstream.url("/307"), 3)).await;
        assert!(code == "redirect" && text.contains("it leads to"), "{to}: {code} {text}");
    }
}
