//! What goes out and comes back when nothing is wrong; and policy.

use super::*;
use crate::Verified;
use crate::connect::{Dialer, Network, Tls};

#[tokio::test]
async fn a_request_goes_out_as_it_was_made_and_its_answer_comes_back() {
    let upstream = Upstream::echoes().await;
    let client = Home::to(&[&upstream]).client();
    let mut request =
        request(Method::POST, upstream.url("/a/../b?q='1'"), Body::from(bytes::Bytes::from_static(b"hello")));
    request.headers.insert("x-own", "1".parse().unwrap());
    let response = client.send(request).await.unwrap();
    assert_eq!(response.status, 200);
    text(response).await;
    let seen = upstream.last();
    assert_eq!(seen.line, "POST /b?q='1' HTTP/1.1");
    assert_eq!(seen.body, b"hello");
    let mut names: Vec<_> = seen.headers.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["accept", "accept-encoding", "content-length", "host", "user-agent", "x-own"]);
    assert_eq!(seen.header("host"), Some(upstream.address.to_string().as_str()));
}

#[tokio::test]
async fn a_body_can_be_a_stream_both_ways() {
    let upstream = Upstream::start(|_, seen| {
        assert_eq!(seen.body, b"onetwo");
        let chunk = |text: &str| upstream::Do::Send(format!("{:x}\r\n{text}\r\n", text.len()).into_bytes());
        let wait = || upstream::Do::Wait(Duration::from_millis(30));
        let head = upstream::Do::Send(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_vec());
        vec![head, chunk("first"), wait(), chunk("second"), wait(), upstream::Do::Send(b"0\r\n\r\n".to_vec())]
    })
    .await;
    let client = Home::to(&[&upstream]).client();
    let pieces = ["one", "two"].map(|piece| Ok(http_body::Frame::data(bytes::Bytes::from_static(piece.as_bytes()))));
    let body = Body::stream(http_body_util::StreamBody::new(futures_util::stream::iter(pieces)));
    let mut response = client.send(request(Method::POST, upstream.url("/"), body)).await.unwrap();
    assert_eq!(response.body.chunk().await.unwrap().unwrap(), "first");
    assert_eq!(response.body.chunk().await.unwrap().unwrap(), "second");
    assert_eq!(response.body.chunk().await, Ok(None));
    assert_eq!(response.body.chunk().await, Ok(None));
}

#[tokio::test]
async fn connections_are_used_again_by_the_same_session_alone() {
    let upstream = Upstream::says("fine").await;
    let home = Home::to(&[&upstream]);
    let (one, other) = (home.client(), home.client());
    for _ in 0..20 {
        assert_eq!(text(one.send(get(upstream.url("/"))).await.unwrap()).await, "fine");
    }
    assert_eq!(upstream.connections(), 1);
    text(other.send(get(upstream.url("/"))).await.unwrap()).await;
    assert_eq!(upstream.connections(), 2);
    // A body that is not read to its end closes its connection.
    drop(one.send(get(upstream.url("/"))).await.unwrap());
    text(one.send(get(upstream.url("/"))).await.unwrap()).await;
    assert_eq!(upstream.connections(), 3);
}

#[tokio::test]
async fn only_destinations_are_reached_and_nothing_is_asked_about_others() {
    let upstream = Upstream::says("fine").await;
    let home = Home::to(&[&upstream]).definition(|definition| {
        definition["destinations"] = json!([
            {"url": upstream.url("/api"), "methods": ["GET", "POST"]},
            {"url": "https://*.example.com/"},
        ]);
    });
    let client = home.client();
    assert!(client.send(get(upstream.url("/api/x"))).await.is_ok());
    for (method, url) in [
        (Method::GET, upstream.url("/")),
        (Method::GET, upstream.url("/apix")),
        (Method::GET, upstream.url("/api/../x")),
        (Method::DELETE, upstream.url("/api")),
        (Method::GET, upstream.url("/api").replace("http:", "https:")),
        (Method::GET, format!("http://localhost:{}/api", upstream.address.port())),
        (Method::GET, "https://example.com/".into()),
        (Method::GET, "https://not-there.invalid/".into()),
        (Method::GET, "https://x.example.com.evil.invalid/".into()),
    ] {
        let (code, text) = refused(&client, request(method.clone(), url.clone(), Body::Empty)).await;
        assert_eq!(code, "denied", "{method} {url}: {text}");
        assert!(text.contains("destinations"), "{text}");
    }
    for url in [
        "http://127.1/",
        "http://0x7f000001/",
        "http://2130706433/",
        "http://0177.0.0.1/",
        "http://127.0.0.1./",
        "http://user@127.0.0.1/",
        "http://127.0.0.1\\@a.example/",
        "http://127.0.0.1#@a.example/",
        "//127.0.0.1/",
        "http://[::1%25lo]/",
        "http://127.0.0.1/%2e%2e/",
        "http://127.0.0.1/a\r\nhost: b",
        "ftp://127.0.0.1/",
        "x",
        "http://①②⑦.0.0.1/",
        "http://127.0.0.1:80:80/",
        "http:/127.0.0.1/",
        "http://",
        "postgres://127.0.0.1/",
    ] {
        assert_eq!(refused(&client, get(url)).await.0, "invalid-request", "{url}");
    }
    assert_eq!(upstream.seen().len(), 1);
}

#[tokio::test]
async fn relative_urls_are_behind_the_base() {
    let upstream = Upstream::echoes().await;
    let base = upstream.url("/api/");
    let client = Home::to(&[&upstream]).definition(|definition| definition["base_url"] = json!(base)).client();
    for (url, expected) in
        [("/issues?x=1", "/api/issues?x=1"), ("", "/api"), ("?x=1", "/api?x=1"), ("/../up", "/up"), ("//x", "/api//x")]
    {
        client.send(get(url)).await.unwrap();
        assert_eq!(upstream.last().line, format!("GET {expected} HTTP/1.1"), "{url}");
    }
    let without = Home::to(&[&upstream]).client();
    assert!(refused(&without, get("/x")).await.1.contains("base_url"));
}

#[tokio::test]
async fn loopback_is_reached_where_it_is_named_and_nowhere_else() {
    let upstream = Upstream::says("fine").await;
    let definition = json!({"destinations": [{"url": upstream.url("")}]});
    let closed = Home::with(EgressSettings::default(), definition.clone()).client();
    let (code, text) = refused(&closed, get(upstream.url("/"))).await;
    assert!(code == "denied" && text.contains("127.0.0.1"), "{code} {text}");
    assert_eq!(upstream.connections(), 0);
}

/// The name means a public address when it is looked at, and a private one a moment later: it is asked once.
#[tokio::test]
async fn a_name_is_resolved_once_and_each_address_is_checked() {
    use std::net::IpAddr;
    use std::sync::atomic::{AtomicUsize, Ordering};
    static ASKED: AtomicUsize = AtomicUsize::new(0);
    let upstream = Upstream::says("fine").await;
    let names = |name: &str| -> Vec<IpAddr> {
        ASKED.fetch_add(1, Ordering::SeqCst);
        let addresses: &[&str] = match name {
            "named.example" => &["127.0.0.1"],
            "mixed.example" => &["10.0.0.1", "169.254.169.254", "::1", "127.0.0.1"],
            "mapped.example" => &["::ffff:127.0.0.1"],
            "private.example" => &["10.0.0.1", "fd00::1", "64:ff9b::a00:1"],
            "metadata.example" => &["169.254.169.254"],
            _ => &[],
        };
        addresses.iter().map(|address| address.parse().unwrap()).collect()
    };
    let reachable = [upstream.address].into();
    let mut dialer = Dialer::new(EgressSettings { reachable, ..EgressSettings::default() });
    dialer.names = Some(names);
    let port = upstream.address.port();
    let mut home = Home::to(&[&upstream]);
    home.definition = json!({"destinations": [{"url": format!("http://*.example.com:{port}")}]});
    let destinations: Vec<Value> = ["named", "mixed", "mapped", "private", "metadata", "empty"]
        .map(|name| json!({"url": format!("http://{name}.example:{port}")}))
        .to_vec();
    home.definition = json!({"destinations": destinations});
    home.egress = Egress(Network::start(dialer, Tls::new(&[]).unwrap(), tokio::runtime::Handle::current()));
    let client = home.client();
    for (asked, name) in ["named", "mixed", "mapped"].into_iter().enumerate() {
        let url = format!("http://{name}.example:{port}/");
        assert_eq!(text(client.send(get(url)).await.unwrap()).await, "fine", "{name}");
        assert_eq!(ASKED.load(Ordering::SeqCst), asked + 1);
        assert_eq!(upstream.last().header("host"), Some(format!("{name}.example:{port}").as_str()));
    }
    for name in ["private", "metadata"] {
        assert_eq!(refused(&client, get(format!("http://{name}.example:{port}/"))).await.0, "denied", "{name}");
    }
    assert_eq!(refused(&client, get(format!("http://empty.example:{port}/"))).await.0, "dns");
    let asked = ASKED.load(Ordering::SeqCst);
    assert_eq!(refused(&client, get(format!("http://other.example:{port}/"))).await.0, "denied");
    assert_eq!(ASKED.load(Ordering::SeqCst), asked);
}

#[tokio::test]
async fn a_permit_for_another_group_sends_nothing() {
    let upstream = Upstream::says("fine").await;
    let home = Home::to(&[&upstream]);
    let (session, _) = home.session();
    let (_, permit) = home.session();
    let deadline = Instant::now() + Duration::from_secs(5);
    let client = OutboundClient::new(home.egress.clone(), permit, Arc::new(session), deadline, &home.limits);
    assert_eq!(refused(&client, get(upstream.url("/"))).await.0, "internal");
    assert_eq!(upstream.connections(), 0);
}

#[tokio::test]
async fn verify_makes_the_declared_request() {
    let upstream = Upstream::start(|_, seen| {
        let good = seen.line == "GET /api/me HTTP/1.1" && seen.header("x-key") == Some("correct-horse");
        vec![upstream::Do::Send(upstream::status(if good { "204 No Content" } else { "401 Unauthorized" }, &[], ""))]
    })
    .await;
    let method = json!({"type": "api_key", "in": "header", "name": "X-Key"});
    for (value, expected) in [("correct-horse", Verified::Yes), ("wrong", Verified::No { status: 401 })] {
        let home = Home::authorized(&[&upstream], method.clone(), &[("value", value)]).definition(|definition| {
            definition["base_url"] = json!(upstream.url("/api"));
            definition["activation"]["verify"] = json!({"path": "/me", "expect": {"status": [200, 204]}});
        });
        assert_eq!(home.client().verify().await, Ok(expected));
    }
    let without = Home::authorized(&[&upstream], method, &[("value", "correct-horse")]);
    assert_eq!(without.client().verify().await, Ok(Verified::NotDeclared));
}

/// Whoever mixes up two connections on the way sends nothing.
#[tokio::test]
async fn a_permit_is_for_one_connection() {
    let upstream = Upstream::echoes().await;
    let bearer = json!({"type": "bearer"});
    let home = Home::authorized(&[&upstream], bearer, &[("token", "its-own-secret")]);
    let (session, permit) = home.session();
    let until = Instant::now() + Duration::from_secs(20);
    let (group, scope) = (permit.group(), permit.scope());
    let session = Arc::new(session);
    let client = |permit| OutboundClient::new(home.egress.clone(), permit, Arc::clone(&session), until, &home.limits);
    let other = Account {
        id: ConnectionId::new(),
        version: 1,
        owner: Owner::Scope(scope),
        fields: BTreeMap::new(),
        credentials: BTreeMap::new(),
    };
    for wrong in [super::permit(group, scope, None), super::permit(group, scope, Some(&other))] {
        let client = client(wrong);
        assert!(client.send(get(upstream.url("/"))).await.is_err() && client.verify().await.is_err());
        assert!(client.sign("token", "hmac-sha256", b"x").is_err());
    }
    assert!(upstream.seen().is_empty());
    client(permit).send(get(upstream.url("/"))).await.unwrap();
}
