//! Calls of gRPC to real servers of HTTP/2 on loopback.

mod credentials;
mod server;

use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use serde_json::json;

use super::Home;
use crate::connect::{Backoff, Timeouts};
use crate::grpc::{GrpcCall, GrpcCode, GrpcStatus, MetadataValue, ServerStream, Unary};
use crate::{EgressSettings, OutboundClient};
use server::{Do, Server, answer, frame, head, status};

const METHOD: &str = "/shop.Orders/Get";

fn home(server: &Server) -> Home {
    let settings = EgressSettings { reachable: [server.address].into(), ..EgressSettings::default() };
    Home::with(settings, json!({"destinations": [{"grpc": server.url(), "plaintext": true, "credential": "none"}]}))
}

fn call(message: &'static [u8]) -> GrpcCall {
    GrpcCall::new(METHOD, Bytes::from_static(message))
}

/// The status of a call that the server did not fulfil.
async fn refused(client: &OutboundClient, call: GrpcCall) -> GrpcStatus {
    client.send(Unary(call)).await.unwrap().unwrap_err()
}

/// A header with ten thousand values.
fn many() -> (&'static str, String) {
    ("x-many-bin", ",".repeat(9_999))
}

/// The code of what must fail on the way, with its text.
async fn failed(client: &OutboundClient) -> (&'static str, String) {
    let error = client.send(Unary(call(b"x"))).await.unwrap_err();
    (error.code(), error.to_string())
}

/// Waits for a state.
async fn eventually(state: impl Fn() -> bool) {
    let waited = tokio::time::timeout(Duration::from_secs(10), async {
        while !state() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    });
    waited.await.expect("a state that did not come");
}

#[tokio::test]
async fn a_call_has_its_message_metadata_and_time_and_its_answer_has_all_parts() {
    let server = Server::start(|_, _| {
        vec![
            Do::Head(
                200,
                vec![
                    ("content-type", "application/grpc+proto".into()),
                    ("x-served-by", "one".into()),
                    ("x-key-bin", "AP8=".into()),
                ],
            ),
            Do::Data(frame(b"hello")),
            Do::Trailers(vec![("grpc-status", "0".into()), ("x-cost", "3".into())]),
        ]
    })
    .await;
    let mut request = call(b"hi");
    request.metadata = vec![
        ("x-text".to_owned(), MetadataValue::Text("a b".to_owned())),
        ("x-raw-bin".to_owned(), MetadataValue::Binary(Bytes::from_static(&[0, 255]))),
    ];
    let answer = home(&server).client().send(Unary(request)).await.unwrap().unwrap();
    assert_eq!(answer.message, "hello");
    let text = |name: &str, value: &str| (name.to_owned(), MetadataValue::Text(value.to_owned()));
    assert_eq!(
        answer.metadata,
        [("x-key-bin".to_owned(), MetadataValue::Binary(Bytes::from_static(&[0, 255]))), text("x-served-by", "one"),]
    );
    assert_eq!(answer.trailers, [text("x-cost", "3")]);
    let seen = server.seen().remove(0);
    assert_eq!((seen.path.as_str(), seen.body.as_ref()), (METHOD, frame(b"hi").as_slice()));
    assert_eq!((seen.header("te"), seen.header("content-type")), ("trailers", "application/grpc"));
    assert_eq!((seen.header("x-text"), seen.header("x-raw-bin")), ("a b", "AP8"));
    assert_eq!(seen.header("grpc-accept-encoding"), "gzip,identity");
    assert!(seen.header("user-agent").starts_with("lockgate/"));
    let timeout = seen.header("grpc-timeout").strip_suffix('u').unwrap().parse::<u64>().unwrap();
    assert!((10_000_000..=20_000_000).contains(&timeout), "{timeout}");
}

#[tokio::test]
async fn calls_that_come_at_one_time_share_a_connection() {
    let server = Server::start(|_, _| vec![head(), Do::Data(frame(b"x")), status(0, "")]).await;
    let home = home(&server);
    let client = home.client();
    let calls = (0..50).map(|_| client.send(Unary(call(b"x"))));
    for answer in futures_util::future::join_all(calls).await {
        assert_eq!(answer.unwrap().unwrap().message, "x");
    }
    assert_eq!(server.connections.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn both_sides_compress() {
    let packed = crate::transport::grpc::framed(b"an answer an answer an answer", true).unwrap().to_vec();
    let server = Server::start(move |_, _| {
        let head = Do::Head(200, vec![("content-type", "application/grpc".into()), ("grpc-encoding", "gzip".into())]);
        vec![head, Do::Data(packed.clone()), Do::Data(frame(b"")), status(0, "")]
    })
    .await;
    let mut request = call(b"a message");
    request.gzip = true;
    let mut stream = home(&server).client().send(ServerStream(request)).await.unwrap().unwrap();
    assert_eq!(stream.message().await.unwrap().unwrap(), "an answer an answer an answer");
    assert_eq!(stream.message().await.unwrap().unwrap(), "");
    assert_eq!(stream.message().await.unwrap(), None);
    assert!(stream.ended().unwrap().is_ok());
    let seen = server.seen().remove(0);
    assert_eq!((seen.header("grpc-encoding"), seen.body[0]), ("gzip", 1));
    let mut text = String::new();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&seen.body[5..]), &mut text).unwrap();
    assert_eq!(text, "a message");
}

#[tokio::test]
async fn a_status_is_an_answer_wherever_it_stands() {
    let details = "CAUSCW5vIHN1Y2ggYQ";
    let server = Server::start(move |number, _| {
        let all = |kind: &'static str| {
            vec![
                ("content-type", kind.to_owned()),
                ("grpc-status", "5".to_owned()),
                ("grpc-message", "no caf%C3%A9 100%".to_owned()),
                ("grpc-status-details-bin", details.to_owned()),
                ("x-hint", "look".to_owned()),
            ]
        };
        match number {
            // Trailers alone.
            0 => vec![Do::Head(200, all("application/grpc")), Do::End],
            1 => vec![head(), Do::Trailers(all("application/grpc").split_off(1))],
            // After a message, which nobody gets.
            2 => vec![head(), Do::Data(frame(b"half")), Do::Trailers(all("").split_off(1))],
            // Details that are no base64 hold up nobody.
            3 => vec![
                head(),
                Do::Trailers(vec![
                    ("grpc-status", "5".into()),
                    ("grpc-message", "no caf%C3%A9 100%".into()),
                    ("grpc-status-details-bin", "?".into()),
                    ("x-hint", "look".into()),
                ]),
            ],
            _ => vec![
                Do::Head(503, vec![("content-type", "text/html".into())]),
                Do::Data(b"<h1>down</h1>".to_vec()),
                Do::End,
            ],
        }
    })
    .await;
    let client = home(&server).client();
    for number in 0..4 {
        let status = refused(&client, call(b"x")).await;
        assert_eq!((status.code, status.message.as_str()), (GrpcCode::NotFound, "no café 100%"), "{number}");
        assert_eq!(status.details.is_some(), number < 3, "{number}");
        assert_eq!(status.metadata, [("x-hint".to_owned(), MetadataValue::Text("look".to_owned()))], "{number}");
    }
    let status = refused(&client, call(b"x")).await;
    assert_eq!((status.code, status.message.as_str()), (GrpcCode::Unavailable, "HTTP status 503"));
}

#[tokio::test]
async fn answers_that_break_the_protocol_are_errors() {
    let broken: Vec<(Vec<Do>, &str, &str)> = vec![
        (
            vec![Do::Head(200, vec![("content-type", "text/html".into())]), Do::Data(b"<p>".to_vec()), Do::End],
            "protocol",
            "content type `text/html`",
        ),
        (vec![head(), Do::Data(frame(b"x")), Do::End], "body", "without a `grpc-status`"),
        // One header with many values, each of which would be told with its name: before the messages, behind them, with a status.
        (
            vec![Do::Head(200, vec![("content-type", "application/grpc".into()), many()]), Do::Hold],
            "protocol",
            "metadata takes more than 64 KiB",
        ),
        (
            vec![head(), Do::Data(frame(b"x")), Do::Trailers(vec![("grpc-status", "0".into()), many()])],
            "protocol",
            "metadata takes more than 64 KiB",
        ),
        (
            vec![head(), Do::Trailers(vec![("grpc-status", "9".into()), many()])],
            "protocol",
            "metadata takes more than 64 KiB",
        ),
        (
            vec![head(), Do::Data(frame(b"x")), Do::Trailers(vec![("x-other", "1".into())])],
            "body",
            "without a `grpc-status`",
        ),
        (
            vec![head(), Do::Data(frame(b"x")), Do::Trailers(vec![("grpc-status", "zero".into())])],
            "protocol",
            "no number",
        ),
        (vec![head(), status(0, "")], "body", "no message"),
        (
            vec![
                Do::Head(200, vec![("content-type", "application/grpc".into()), ("grpc-status", "0".into())]),
                Do::End,
            ],
            "body",
            "no message",
        ),
        (vec![head(), Do::Data([frame(b"x"), frame(b"y")].concat()), status(0, "")], "body", "several messages"),
        (vec![head(), Do::Data(frame(b"xyz")[..6].to_vec()), status(0, "")], "body", "within a message"),
        (vec![head(), Do::Data(vec![0, 0x80, 0, 0, 0]), Do::Hold], "too-large", "upstream_body_bytes"),
        (vec![head(), Do::Data(vec![1, 0, 0, 0, 1, 0]), status(0, "")], "body", "compressed"),
        (vec![head(), Do::Data(vec![9, 0, 0, 0, 1, 0]), status(0, "")], "body", "flag 9"),
        (vec![Do::Reset(h2::Reason::ENHANCE_YOUR_CALM)], "protocol", ""),
        (
            vec![
                Do::Head(200, vec![("content-type", "application/grpc".into()), ("grpc-encoding", "zstd".into())]),
                Do::Hold,
            ],
            "body",
            "neither gzip",
        ),
    ];
    let acts: Vec<_> = broken.iter().map(|(acts, ..)| acts.clone()).collect();
    let server = Server::start(move |number, _| acts[number].clone()).await;
    let client = home(&server).client();
    for (acts, code, said) in broken {
        let (found, text) = failed(&client).await;
        assert!(found == code && text.contains(said), "{acts:?}: {found}, {text}");
    }
}

#[tokio::test]
async fn an_endless_answer_ends_at_the_cap_and_waits_for_who_reads_it() {
    let server = Server::start(|number, _| match number {
        0 => vec![head(), Do::Endless(frame(&[7; 10_000]))],
        _ => answer(b"x"),
    })
    .await;
    let home = home(&server).limited(|limits| limits.upstream_body_bytes = 1 << 20);
    let client = home.client();
    let mut stream = client.send(ServerStream(call(b""))).await.unwrap().unwrap();
    assert_eq!(stream.message().await.unwrap().unwrap().len(), 10_000);
    // Nobody reads: what is on its way is bounded by the window of the stream.
    let before = || server.taken.load(Ordering::SeqCst);
    eventually(|| before() >= 200_000).await;
    // Others have their whole calls on the same connection meanwhile.
    for _ in 0..50 {
        client.send(Unary(call(b""))).await.unwrap().unwrap();
    }
    assert!(before() <= 10_005 + (256 << 10) + 20_010, "{}", before());
    let mut read = 1;
    let error = loop {
        match stream.message().await {
            Ok(Some(_)) => read += 1,
            Ok(None) => panic!("an end"),
            Err(error) => break error,
        }
    };
    assert_eq!((error.code(), read), ("too-large", (1 << 20) / 10_000));
    assert_eq!(stream.message().await, Ok(None));
    eventually(|| server.cancelled.load(Ordering::SeqCst) == 1).await;
}

#[tokio::test]
async fn who_goes_away_ends_the_call_at_the_server() {
    let server =
        Server::start(
            |number, _| if number == 0 { vec![Do::Hold] } else { vec![head(), Do::Data(frame(b"x")), Do::Hold] },
        )
        .await;
    let client = home(&server).client();
    let waiting = tokio::spawn({
        let client = client.clone();
        async move { client.send(Unary(call(b"x"))).await.map(drop) }
    });
    eventually(|| server.seen().len() == 1).await;
    waiting.abort();
    eventually(|| server.cancelled.load(Ordering::SeqCst) == 1).await;
    let mut stream = client.send(ServerStream(call(b"x"))).await.unwrap().unwrap();
    assert_eq!(stream.message().await.unwrap().unwrap(), "x");
    drop(stream);
    eventually(|| server.cancelled.load(Ordering::SeqCst) == 2).await;
    assert_eq!(server.connections.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn times_of_a_call_end_it() {
    let server = Server::start(|number, _| if number == 0 { vec![Do::Hold] } else { vec![head(), Do::Hold] }).await;
    let client = home(&server).client();
    let soon = Some(Duration::from_millis(50));
    let mut one = call(b"x");
    one.timeouts = Timeouts { first_byte: soon, ..Timeouts::default() };
    assert!(client.send(Unary(one)).await.unwrap_err().to_string().contains("no answer after 50 ms"));
    let mut one = call(b"x");
    one.timeouts = Timeouts { idle: soon, ..Timeouts::default() };
    let mut stream = client.send(ServerStream(one)).await.unwrap().unwrap();
    assert!(stream.message().await.unwrap_err().to_string().contains("no further byte after 50 ms"));
    eventually(|| server.cancelled.load(Ordering::SeqCst) == 2).await;
}

#[tokio::test]
async fn what_no_server_began_is_sent_again_and_other_calls_only_if_they_may() {
    let server = Server::start(|number, _| match number {
        0 => vec![Do::Reset(h2::Reason::REFUSED_STREAM)],
        1 => answer(b"done"),
        2 | 4 => vec![head(), status(14, "later")],
        5 => answer(b"then"),
        6 => vec![head(), Do::Trailers(vec![("grpc-status", "8".into()), ("grpc-retry-pushback-ms", "1".into())])],
        7 => answer(b"pushed"),
        8 => vec![head(), Do::Trailers(vec![("grpc-status", "14".into()), ("grpc-retry-pushback-ms", "-1".into())])],
        // What would be refused again, whenever it comes.
        9 => vec![head(), Do::Trailers(vec![("grpc-status", "3".into()), ("grpc-retry-pushback-ms", "1".into())])],
        10 => vec![head(), Do::Trailers(vec![("grpc-status", "7".into()), ("grpc-retry-pushback-ms", "1".into())])],
        11 => vec![head(), Do::Trailers(vec![("grpc-status", "10".into()), ("grpc-retry-pushback-ms", "1".into())])],
        12 => answer(b"at last"),
        _ => vec![head(), status(14, "later")],
    })
    .await;
    let client = home(&server).client();
    let sent = |call: GrpcCall| client.send(Unary(call));
    let retry = Some(Backoff { attempts: 2, wait: Duration::from_millis(1), wait_max: Duration::from_secs(1) });
    assert_eq!(sent(call(b"x")).await.unwrap().unwrap().message, "done");
    let idempotent = || GrpcCall { idempotent: true, retry, ..call(b"x") };
    // Without a rule, and without the right to: once.
    assert_eq!(sent(call(b"x")).await.unwrap().unwrap_err().code, GrpcCode::Unavailable);
    assert_eq!(server.seen().len(), 3);
    assert_eq!(sent(GrpcCall { retry, ..call(b"x") }).await.unwrap().unwrap_err().code, GrpcCode::Unavailable);
    assert_eq!(server.seen().len(), 4);
    assert_eq!(sent(idempotent()).await.unwrap().unwrap().message, "then");
    assert_eq!(server.seen()[5].header("grpc-previous-rpc-attempts"), "1");
    assert_eq!(sent(idempotent()).await.unwrap().unwrap().message, "pushed");
    assert_eq!(sent(idempotent()).await.unwrap().unwrap_err().code, GrpcCode::Unavailable);
    assert_eq!(server.seen().len(), 9);
    assert_eq!(sent(idempotent()).await.unwrap().unwrap_err().code, GrpcCode::InvalidArgument);
    assert_eq!(sent(idempotent()).await.unwrap().unwrap_err().code, GrpcCode::PermissionDenied);
    assert_eq!(server.seen().len(), 11);
    assert_eq!(sent(idempotent()).await.unwrap().unwrap().message, "at last");
    assert_eq!(server.connections.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn more_calls_than_a_connection_takes_open_another() {
    let server = Server::with(2, |_, _| vec![head(), Do::Data(frame(b"x")), Do::Hold]).await;
    let client = home(&server).client();
    let mut open = Vec::new();
    for _ in 0..5 {
        let mut stream = client.send(ServerStream(call(b""))).await.unwrap().unwrap();
        assert_eq!(stream.message().await.unwrap().unwrap(), "x");
        open.push(stream);
    }
    assert_eq!(server.connections.load(Ordering::SeqCst), 3);
    drop(open);
    eventually(|| server.cancelled.load(Ordering::SeqCst) == 5).await;
    let again = client.send(ServerStream(call(b""))).await.unwrap().unwrap();
    assert_eq!(server.connections.load(Ordering::SeqCst), 3, "{again:?}");
}

#[tokio::test]
async fn policy_decides_before_anything_is_opened() {
    let server = Server::start(|_, _| answer(b"x")).await;
    let home = home(&server).definition(|definition| {
        definition["destinations"][0]["grpc"] = json!(format!("{}/shop.Orders", server.url()));
        definition["destinations"][0]["name"] = json!("shop");
    });
    let client = home.client();
    let refused = async |destination: Option<&str>, path: &str| {
        let mut one = GrpcCall::new(path, Bytes::new());
        one.destination = destination.map(str::to_owned);
        client.send(Unary(one)).await.map(drop).map_err(|error| error.code())
    };
    assert_eq!(refused(Some("shop"), METHOD).await, Ok(()));
    assert_eq!(refused(None, "/shop.Orders/Other").await, Ok(()));
    assert_eq!(refused(None, "/shop.Users/Get").await, Err("denied"));
    assert_eq!(refused(Some("https://unknown.invalid"), METHOD).await, Err("denied"));
    assert_eq!(refused(Some("other"), METHOD).await, Err("invalid-request"));
    for path in [
        "",
        "/",
        "shop.Orders/Get",
        "/shop.Orders",
        "/a/b/c",
        "/shop.Orders/Get?x=1",
        "/shop.Orders/../Get",
        "/a b/C",
        "/a/b.c",
    ] {
        assert_eq!(refused(None, path).await, Err("invalid-request"), "{path}");
    }
    assert_eq!(server.seen().len(), 2);
}
