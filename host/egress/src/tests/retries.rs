//! Retries, times, the breaker.

use super::upstream::{Do, ok, status};
use super::*;
use crate::{Backoff, Phase, Retry, Timeouts};

fn quick() -> Retry {
    Retry { backoff: Backoff { wait: Duration::from_millis(1), ..Backoff::default() }, ..Retry::default() }
}

fn retried(method: Method, url: String, retry: Retry) -> Request {
    let options = Options { retry: Some(retry), ..Options::default() };
    Request { options, ..request(method, url, Body::from(bytes::Bytes::from_static(b"body"))) }
}

#[tokio::test]
async fn what_may_be_repeated_is_until_it_works() {
    let upstream = Upstream::start(|number, seen| {
        assert_eq!(seen.body, b"body");
        match number {
            0 => vec![Do::Send(status("503 Later", &[], "busy"))],
            1 => vec![Do::Reset],
            _ => vec![Do::Send(ok("fine"))],
        }
    })
    .await;
    let client = Home::to(&[&upstream]).client();
    let answer = client.send(retried(Method::PUT, upstream.url("/"), quick())).await.unwrap();
    assert_eq!(text(answer).await, "fine");
    assert_eq!(upstream.seen().len(), 3);
}

#[tokio::test]
async fn what_may_not_be_repeated_is_sent_once() {
    let upstream = Upstream::start(|_, _| vec![Do::Send(status("503 Later", &[], "busy"))]).await;
    let client = Home::to(&[&upstream]).client();
    assert_eq!(client.send(retried(Method::POST, upstream.url("/"), quick())).await.unwrap().status, 503);
    assert_eq!(upstream.seen().len(), 1);
    let any = Retry { any_method: true, ..quick() };
    assert_eq!(client.send(retried(Method::POST, upstream.url("/"), any)).await.unwrap().status, 503);
    assert_eq!(upstream.seen().len(), 4);
    client.send(get(upstream.url("/"))).await.unwrap();
    assert_eq!(upstream.seen().len(), 5);
    let resets = Upstream::start(|_, _| vec![Do::Reset]).await;
    let client = Home::to(&[&resets]).client();
    assert_eq!(refused(&client, retried(Method::POST, resets.url("/"), quick())).await.0, "protocol");
    assert_eq!(resets.seen().len(), 1);
}

#[tokio::test]
async fn retry_after_is_kept_and_too_long_a_one_ends_it() {
    let upstream = Upstream::start(|number, _| match number {
        0 => vec![Do::Send(status("429 Slow", &["retry-after: 1"], ""))],
        _ => vec![Do::Send(status("429 Slow", &["retry-after: 60"], ""))],
    })
    .await;
    let client = Home::to(&[&upstream]).client();
    let began = Instant::now();
    let answer = client.send(retried(Method::GET, upstream.url("/"), quick())).await.unwrap();
    assert_eq!((answer.status.as_u16(), upstream.seen().len()), (429, 2));
    assert!(began.elapsed() >= Duration::from_secs(1) && began.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn an_idle_connection_that_was_closed_costs_nothing() {
    let upstream = Upstream::start(|number, _| match number % 2 {
        0 => vec![Do::Send(ok("fine"))],
        _ => vec![Do::Close],
    })
    .await;
    let client = Home::to(&[&upstream]).client();
    for _ in 0..3 {
        assert_eq!(text(client.send(get(upstream.url("/"))).await.unwrap()).await, "fine");
    }
}

#[tokio::test]
async fn each_time_ends_where_it_says() {
    let stalled = Upstream::start(|_, _| vec![Do::Wait(Duration::from_secs(60))]).await;
    let drips = Upstream::start(|_, _| {
        let head = Do::Send(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n".to_vec());
        std::iter::once(head)
            .chain((0..1000).flat_map(|_| [Do::Send(b"x".to_vec()), Do::Wait(Duration::from_millis(20))]))
            .collect()
    })
    .await;
    let half = Upstream::start(|_, _| {
        vec![Do::Send(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf".to_vec()), Do::Wait(Duration::from_secs(60))]
    })
    .await;
    let home = Home::to(&[&stalled, &drips, &half]);
    let ms = |ms| Some(Duration::from_millis(ms));
    for (upstream, timeouts, phase) in [
        (&stalled, Timeouts { first_byte: ms(100), ..Timeouts::default() }, Phase::FirstByte),
        (&stalled, Timeouts { total: ms(100), ..Timeouts::default() }, Phase::Total),
        (&half, Timeouts { idle: ms(100), ..Timeouts::default() }, Phase::Idle),
        (&drips, Timeouts { total: ms(200), idle: ms(10_000), ..Timeouts::default() }, Phase::Total),
        (&stalled, Timeouts { first_byte: ms(60_000), total: ms(60_000), ..Timeouts::default() }, Phase::Deadline),
        (&drips, Timeouts::default(), Phase::Deadline),
    ] {
        let client = home.client_for(Duration::from_millis(400));
        let began = Instant::now();
        let options = Options { timeouts, ..Options::default() };
        let sent = client.send(Request { options, ..get(upstream.url("/")) }).await;
        let error = match sent {
            Err(error) => error,
            Ok(response) => response.body.collect().await.unwrap_err(),
        };
        assert!(
            matches!(&error, crate::EgressError::Timeout { phase: found, .. } if *found == phase),
            "{error:?} {phase:?}"
        );
        // Without the end that is asked for it would be a minute, or never.
        assert!(began.elapsed() < Duration::from_secs(30), "{phase:?} {:?}", began.elapsed());
    }
}

#[tokio::test]
async fn nothing_goes_on_after_the_call_went_away() {
    let head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
    let chunk = format!("400\r\n{}\r\n", "x".repeat(1024)).into_bytes();
    let upstream = Upstream::start(move |_, _| vec![Do::Send(head.clone()), Do::Repeat(chunk.clone())]).await;
    let client = Home::to(&[&upstream]).client();
    let mut response = client.send(get(upstream.url("/"))).await.unwrap();
    assert!(response.body.chunk().await.unwrap().is_some());
    assert_eq!((upstream.connections(), upstream.ended()), (1, 0));
    drop((response, client));
    // The server writes until the connection is closed, or it would wait for a reader for ever.
    for _ in 0..1000 {
        if upstream.ended() == 1 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the connection stayed");
}

#[tokio::test]
async fn an_upstream_that_is_down_is_left_alone() {
    // Nobody listens there, and nobody else can begin to.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = socket.local_addr().unwrap();
    let destinations = json!({"destinations": [{"url": format!("http://{address}"), "credential": "none"}]});
    let settings = EgressSettings { reachable: [address].into(), ..EgressSettings::default() };
    let client = Home::with(settings, destinations).client();
    let url = format!("http://{address}/");
    for _ in 0..10 {
        assert_eq!(refused(&client, request(Method::POST, url.clone(), Body::Empty)).await.0, "connect");
    }
    let error = client.send(get(url)).await.unwrap_err();
    assert!(error.code() == "circuit-open" && error.retryable() && error.retry_after().is_some(), "{error}");
}

/// All callers of a connection share its breaker, so what one of them sends does not open it.
#[tokio::test]
async fn requests_that_the_upstream_drops_shut_nobody_out() {
    let upstream = Upstream::start(|_, _| vec![Do::Reset]).await;
    let client = Home::to(&[&upstream]).client();
    for _ in 0..20 {
        assert_eq!(refused(&client, request(Method::POST, upstream.url("/"), Body::Empty)).await.0, "protocol");
    }
}
