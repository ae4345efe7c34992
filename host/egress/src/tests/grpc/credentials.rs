//! What a credential places in calls, and what comes back of it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::super::Home;
use super::server::{Do, Server, answer, frame, head};
use super::{call, failed, home, refused};
use crate::grpc::{MetadataValue, Unary};
use crate::{ExchangeRecorder, OutboundClient, RecordedExchange};

/// A group whose calls carry the credential `main` by a method.
fn authorized(server: &Server, method: Value, values: &[(&'static str, &str)]) -> Home {
    let mut home = home(server);
    home.definition = json!({
        "destinations": [{"grpc": server.url(), "plaintext": true}],
        "activation": {"credentials": {"main": {"methods": {"it": method}}}},
    });
    home.credentials = vec![("main", "it", values.iter().map(|(name, value)| (*name, (*value).to_owned())).collect())];
    home
}

#[tokio::test]
async fn credentials_are_metadata_and_come_back_masked() {
    let server = Server::start(|_, seen| {
        let secret = seen.header("authorization").to_owned();
        let base64 = "czNjcmV0LXRva2Vu".to_owned();
        vec![
            Do::Head(
                200,
                vec![
                    ("content-type", "application/grpc".into()),
                    ("x-echo", secret.clone()),
                    ("x-echo-bin", base64.clone()),
                ],
            ),
            Do::Data(frame(format!("\n\u{c}{}", secret.trim_start_matches("Bearer ")).as_bytes())),
            Do::Trailers(vec![("grpc-status", "0".into()), ("x-late", secret)]),
        ]
    })
    .await;
    let home = authorized(&server, json!({"type": "bearer"}), &[("token", "s3cret-token")]);
    let (session, permit) = home.session();
    let recorder = Arc::new(ExchangeRecorder::default());
    let deadline = Instant::now() + Duration::from_secs(20);
    let client = OutboundClient::new(home.egress.clone(), permit, Arc::new(session), deadline, &home.limits)
        .recording(Arc::clone(&recorder));
    let answer = client.send(Unary(call(b"x"))).await.unwrap().unwrap();
    assert_eq!(answer.message, "\n\u{c}************");
    let all = format!("{answer:?}");
    assert!(!all.contains("s3cret") && all.contains("*******************"), "{all}");
    assert_eq!(server.seen()[0].header("authorization"), "Bearer s3cret-token");
    // A caller can't set what the method owns, in any spelling.
    let mut own = call(b"x");
    own.metadata = vec![("Authorization".to_owned(), MetadataValue::Text("mine".to_owned()))];
    assert_eq!(client.send(Unary(own)).await.unwrap_err().code(), "invalid-request");
    let (kept, _) = recorder.take();
    let [RecordedExchange::Grpc(exchange)] = kept.as_slice() else { panic!("{kept:?}") };
    assert_eq!((exchange.service.as_str(), exchange.method.as_str()), ("shop.Orders", "Get"));
    assert_eq!((exchange.status, exchange.response_count, exchange.response_bytes), (Some("OK"), 1, 14));
    assert_eq!(exchange.request_message, json!({"base64": "eA"}));
    assert!(exchange.request_metadata.contains(&("authorization".to_owned(), "***".to_owned())));
    assert!(!serde_json::to_string(exchange).unwrap().contains("s3cret"));
}

/// A number that has the bytes of the user's name is no secret, and a masked one would be another number.
#[tokio::test]
async fn numbers_are_never_masked() {
    let server = Server::start(|number, _| match number {
        0 => answer(b"\x0ddb01\x12\x04db01"),
        _ => answer(b"\x12\x05\x0ddb01"),
    })
    .await;
    let home = authorized(&server, json!({"type": "basic"}), &[("username", "db01"), ("password", "s3cret-token")]);
    let client = home.client();
    let first = client.send(Unary(call(b"x"))).await.unwrap().unwrap();
    assert_eq!(first.message, &b"\x0ddb01\x12\x04****"[..]);
    // What may be a number or a text is neither handed on nor masked.
    let refused = client.send(Unary(call(b"x"))).await.unwrap_err();
    assert!(refused.code() == "body" && refused.to_string().contains("may be a number"), "{refused}");
}

#[tokio::test]
async fn a_status_that_repeats_a_secret_is_masked() {
    let server = Server::start(|_, seen| {
        let secret = seen.header("x-key");
        vec![
            head(),
            Do::Trailers(vec![
                ("grpc-status", "16".into()),
                ("grpc-message", format!("bad key {secret}")),
                ("grpc-status-details-bin", "EgxzM2NyZXQtdG9rZW4".into()),
            ]),
        ]
    })
    .await;
    let home =
        authorized(&server, json!({"type": "api_key", "in": "header", "name": "x-key"}), &[("value", "s3cret-token")]);
    let status = refused(&home.client(), call(b"x")).await;
    assert_eq!(status.message, "bad key ************");
    assert_eq!(status.details.unwrap().as_ref(), b"\x12\x0c************");
}

#[tokio::test]
async fn a_credential_that_has_no_place_in_a_call_is_refused() {
    let server = Server::start(|_, _| answer(b"x")).await;
    for place in ["query", "cookie"] {
        let method = json!({"type": "api_key", "in": place, "name": "key"});
        let (code, text) = failed(&authorized(&server, method, &[("value", "s3cret-token")]).client()).await;
        assert!(code == "invalid-request" && text.contains(&format!("{place} key")), "{text}");
    }
    let method = json!({
        "type": "custom", "fields": {"key": {"type": "password"}},
        "placements": [{"in": "user", "value": "{{key}}"}, {"in": "password", "value": "{{key}}"}],
    });
    let (code, text) = failed(&authorized(&server, method, &[("key", "s3cret-token")]).client()).await;
    assert!(code == "invalid-request" && text.contains("expected `in: header`"), "{text}");
    assert!(server.seen().is_empty());
}
