//! Upstreams that lie, flood, stall and break off: a typed error, and bounded memory.

use super::upstream::{Do, ok};
use super::*;

async fn code(answer: Vec<Do>, home: impl FnOnce(Home) -> Home) -> (&'static str, String) {
    let upstream = Upstream::start(move |_, _| answer.clone()).await;
    let client = home(Home::to(&[&upstream])).client();
    refused(&client, get(upstream.url("/"))).await
}

fn same(home: Home) -> Home {
    home
}

fn raw(text: &str) -> Do {
    Do::Send(text.as_bytes().to_vec())
}

#[tokio::test]
async fn what_is_no_http_is_a_protocol_error() {
    for text in [
        "SSH-2.0-OpenSSH_9.9\r\n",
        "\0\0\0\0\0\0\0\0\r\n\r\n",
        "HTTP/1.1 999999 X\r\n\r\n",
        "HTTP/9.9 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nbroken header\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\ncontent-length: -5\r\n\r\n",
    ] {
        let (code, text) = code(vec![raw(text), Do::Close], same).await;
        assert_eq!(code, "protocol", "{text}");
    }
}

/// The answer breaks off at every one of its bytes.
#[tokio::test]
async fn an_answer_that_breaks_off_anywhere_is_an_error() {
    let answer = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
    let upstream = Upstream::start(move |number, _| {
        vec![Do::Send(answer[..number / 2].to_vec()), if number % 2 == 0 { Do::Close } else { Do::Reset }]
    })
    .await;
    let home = Home::to(&[&upstream]);
    for _ in 0..2 * answer.len() {
        // Each with a breaker of its own.
        let (code, text) = refused(&home.client(), request(Method::POST, upstream.url("/"), Body::Empty)).await;
        assert!(["protocol", "body"].contains(&code), "{code} {text}");
    }
}

#[tokio::test]
async fn lengths_that_lie_are_found() {
    let short = vec![raw("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nshort"), Do::Close];
    assert_eq!(code(short, same).await.0, "body");
    let upstream = Upstream::start(|_, _| {
        vec![raw("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhelloHTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil")]
    })
    .await;
    let client = Home::to(&[&upstream]).client();
    for _ in 0..3 {
        // What follows the body belongs to no later answer.
        assert_eq!(text(client.send(get(upstream.url("/"))).await.unwrap()).await, "hello");
    }
}

#[tokio::test]
async fn bodies_end_at_the_limit() {
    let endless = vec![
        raw("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"),
        Do::Repeat(b"1000\r\n".iter().copied().chain([b'x'; 4096]).chain(*b"\r\n").collect()),
    ];
    let (code_, text) = code(endless, same).await;
    assert!(code_ == "too-large" && text.contains("limits.upstream_body_bytes"), "{text}");
    let announced =
        vec![raw("HTTP/1.1 200 OK\r\ncontent-length: 1073741824\r\n\r\n"), Do::Wait(Duration::from_secs(60))];
    assert_eq!(code(announced, same).await.0, "too-large");
    // At the limit it passes, one byte beyond it does not, and a raised limit lets that pass.
    for (limit, size, fits) in [(1000, 1000, true), (1000, 1001, false), (1001, 1001, true)] {
        let body = "x".repeat(size);
        let upstream = Upstream::start(move |_, _| vec![Do::Send(ok(&body))]).await;
        let client = Home::to(&[&upstream]).limited(|limits| limits.upstream_body_bytes = limit).client();
        let sent = client.send(get(upstream.url("/"))).await;
        let fitted = match sent {
            Ok(response) => response.body.collect().await.is_ok(),
            Err(_) => false,
        };
        assert_eq!(fitted, fits, "{limit} {size}");
    }
}

#[tokio::test]
async fn bodies_of_requests_end_at_the_limit_too() {
    let upstream = Upstream::says("fine").await;
    let client = Home::to(&[&upstream]).limited(|limits| limits.upstream_body_bytes = 1000).client();
    let bytes = |size: usize| bytes::Bytes::from(vec![b'x'; size]);
    assert!(client.send(request(Method::POST, upstream.url("/"), bytes(1000).into())).await.is_ok());
    assert_eq!(refused(&client, request(Method::POST, upstream.url("/"), bytes(1001).into())).await.0, "too-large");
    let pieces = (0..11).map(move |_| Ok(http_body::Frame::data(bytes(100))));
    let body = Body::stream(http_body_util::StreamBody::new(futures_util::stream::iter(pieces)));
    assert_eq!(refused(&client, request(Method::POST, upstream.url("/"), body)).await.0, "too-large");
    let broken = futures_util::stream::iter([Err(crate::Aborted)]);
    let body = Body::stream(http_body_util::StreamBody::new(broken));
    assert_eq!(refused(&client, request(Method::POST, upstream.url("/"), body)).await.0, "invalid-request");
}

#[tokio::test]
async fn a_bomb_does_not_go_off() {
    use std::io::Write;
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    let zeros = vec![0; 1 << 20];
    (0..1024).for_each(|_| gzip.write_all(&zeros).unwrap());
    let bomb = gzip.finish().unwrap();
    let head = format!("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n", bomb.len());
    let (code, text) = code(vec![Do::Send(head.into_bytes()), Do::Send(bomb)], same).await;
    assert!(code == "too-large" && text.contains("8388608"), "{text}");
}

#[tokio::test]
async fn broken_and_unknown_encodings_are_refused() {
    for encoding in ["gzip", "br", "deflate", "zstd", "gzip, gzip"] {
        let answer = format!("HTTP/1.1 200 OK\r\ncontent-encoding: {encoding}\r\ncontent-length: 5\r\n\r\nhello");
        assert_eq!(code(vec![raw(&answer)], same).await.0, "body", "{encoding}");
    }
}

#[tokio::test]
async fn heads_are_bounded() {
    let many: String = (0..33_000).map(|number| format!("x-{number}: 1\r\n")).collect();
    let (code_, text) = code(vec![raw(&format!("HTTP/1.1 200 OK\r\n{many}\r\n"))], same).await;
    assert_eq!(code_, "too-large", "{text}");
    let (code_, text) = code(vec![raw("HTTP/1.1 200 OK\r\nx: "), Do::Repeat(vec![b'x'; 4096])], same).await;
    assert_eq!(code_, "too-large", "{text}");
    let (code_, text) = code(vec![Do::Repeat(b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n".repeat(100))], same).await;
    assert_eq!(code_, "too-large", "{text}");
    // A few interim answers are fine.
    let upstream =
        Upstream::start(|_, _| vec![raw("HTTP/1.1 103 Early\r\n\r\nHTTP/1.1 102 Still\r\n\r\n"), Do::Send(ok("fine"))])
            .await;
    assert_eq!(text_of(&upstream).await, "fine");
}

async fn text_of(upstream: &Upstream) -> String {
    text(Home::to(&[upstream]).client().send(get(upstream.url("/"))).await.unwrap()).await
}

#[tokio::test]
async fn what_concerns_the_connection_does_not_reach_the_connector() {
    let upstream = Upstream::start(|_, _| vec![raw("HTTP/1.1 200 OK\r\nconnection: x-hop\r\nx-hop: 1\r\nkeep-alive: timeout=5\r\nx-own: 1\r\ntransfer-encoding: chunked\r\ntrailer: x-late\r\n\r\n2\r\nhi\r\n0\r\nx-late: 1\r\n\r\n")]).await;
    let response = Home::to(&[&upstream]).client().send(get(upstream.url("/"))).await.unwrap();
    let names: Vec<_> = response.headers.keys().map(http::HeaderName::as_str).collect();
    assert_eq!(names, ["x-own"]);
    assert_eq!(text(response).await, "hi");
}

#[tokio::test]
async fn nobody_listens_and_tls_to_plain_http_have_their_own_errors() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        tokio::io::AsyncWriteExt::write_all(&mut stream, b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
    });
    for (address, scheme, expected) in [(address, "https", "tls"), ("127.0.0.1:1".parse().unwrap(), "http", "connect")]
    {
        let url = format!("{scheme}://{address}");
        let settings = EgressSettings { reachable: [address].into(), ..EgressSettings::default() };
        let home = Home::with(settings, json!({"destinations": [{"url": url}]}));
        assert_eq!(refused(&home.client(), get(format!("{url}/"))).await.0, expected);
    }
}

/// An operator who names a server as reachable means it, though the host uses it itself.
#[tokio::test]
async fn what_is_named_as_reachable_is_reached_though_the_host_uses_it() {
    let upstream = Upstream::start(|_, _| vec![Do::Send(ok("it"))]).await;
    let url = upstream.url("");
    let settings = EgressSettings {
        reachable: [upstream.address].into(),
        used: vec![("localhost".to_owned(), upstream.address.port())],
        ..EgressSettings::default()
    };
    let home = Home::with(settings, json!({"destinations": [{"url": url, "credential": "none"}]}));
    assert_eq!(home.client().send(get(upstream.url("/"))).await.unwrap().status, 200);
}

#[test]
fn the_head_of_a_request_has_bounds() {
    let checked = |count: usize, bytes_of_each: usize| {
        let mut headers = HeaderMap::new();
        for number in 0..count {
            // A name of five bytes, a colon, a space and a line's end.
            let value = "v".repeat(bytes_of_each - 9);
            headers.append(
                http::HeaderName::from_bytes(format!("x-{number:03}").as_bytes()).unwrap(),
                value.parse().unwrap(),
            );
        }
        crate::transport::http::check_headers(&headers, &[])
    };
    assert!(checked(100, 10).is_ok() && checked(101, 10).is_err());
    assert!(checked(64, 512).is_ok() && checked(64, 513).is_err());
}

/// With a body that its buffers don't hold, so that there is always something left to send.
#[tokio::test]
async fn a_request_that_is_cancelled_leaves_no_connection_though_nobody_reads_it() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let silent = tokio::spawn(async move {
        let mut all = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            all.push(stream);
        }
    });
    let settings = EgressSettings { reachable: [address].into(), ..EgressSettings::default() };
    let url = format!("http://{address}");
    let home = Home::with(settings, json!({"destinations": [{"url": url, "credential": "none"}]}));
    let (session, permit) = home.session();
    let session = Arc::new(session);
    let deadline = Instant::now() + Duration::from_secs(20);
    let client = OutboundClient::new(home.egress.clone(), permit, Arc::clone(&session), deadline, &home.limits);
    let until = async |free: usize| {
        for _ in 0..500 {
            if session.state.pools.http.free() == free {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{} permits are free, and not {free}", session.state.pools.http.free());
    };
    let all = session.state.pools.http.free();
    let body = bytes::Bytes::from(vec![0; 8 << 20]);
    let sending = tokio::spawn(async move { client.send(request(Method::POST, url, body.into())).await.map(drop) });
    until(all - 1).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    sending.abort();
    until(all).await;
    assert_eq!(session.state.pools.http.tenant_permits_left(), all);
    silent.abort();
}
