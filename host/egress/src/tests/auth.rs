//! Credentials: where they go, where they don't, and that they don't come back.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::upstream::{Do, ok, status};
use super::*;
use crate::connect::{Dialer, Network, Tls};
use crate::{RecordedExchange, Token, TokenFuture, TokenReason, TokenSource, TokenWanted};

const SECRET: &str = "s3cret/with+odd=chars&é";

#[tokio::test]
async fn each_scheme_puts_its_values_where_it_says() {
    let upstream = Upstream::echoes().await;
    let basic = format!("Basic {}", STANDARD.encode(format!("ada:{SECRET}")));
    let custom = json!({"type": "custom", "fields": {"id": {"type": "text", "required": true}, "key": {"type": "password", "required": true},
        "note": {"type": "text"}}, "placements": [
        {"in": "header", "name": "X-Signature", "value": "v1 {{hex(sha256(id, \":\", key))}}"},
        {"in": "header", "name": "X-Note", "value": "{{note}}"},
        {"in": "body", "name": "client", "value": "{{id}}"}]});
    for (method, values, expected) in [
        (json!({"type": "basic"}), vec![("username", "ada"), ("password", SECRET)], ("authorization", basic.as_str())),
        (json!({"type": "bearer"}), vec![("token", "tok-en-123")], ("authorization", "Bearer tok-en-123")),
        (
            json!({"type": "api_key", "in": "header", "name": "X-Api-Key", "prefix": "Key "}),
            vec![("value", "ab12ef")],
            ("x-api-key", "Key ab12ef"),
        ),
        (
            json!({"type": "api_key", "in": "cookie", "name": "sid"}),
            vec![("value", "ab12ef")],
            ("cookie", "sid=ab12ef"),
        ),
        (custom, vec![("id", "client-7"), ("key", "abcdef")], ("x-signature", "v1 0d3d4f8f")),
    ] {
        let client = Home::authorized(&[&upstream], method.clone(), &values).client();
        let mut sent = request(Method::POST, upstream.url("/"), Body::from(bytes::Bytes::from_static(b"{\"a\":1}")));
        sent.headers.insert("content-type", "application/json".parse().unwrap());
        let echo = text(client.send(sent).await.unwrap()).await;
        let seen = upstream.last();
        let found = seen.header(expected.0).unwrap();
        assert!(found.starts_with(expected.1) || method["type"] == "custom", "{found} {method}");
        for (_, value) in values {
            assert!(!echo.contains(value) && !echo.contains(&STANDARD.encode(value)), "{echo}");
        }
        assert!(!echo.contains(found), "{echo}");
        if method["type"] == "custom" {
            assert_eq!(seen.body, b"{\"client\":\"client-7\",\"a\":1}");
            assert_eq!(seen.header("x-note"), None);
        }
    }
    let client =
        Home::authorized(&[&upstream], json!({"type": "api_key", "in": "query", "name": "k"}), &[("value", SECRET)])
            .client();
    let echo = text(client.send(get(upstream.url("/?a=1"))).await.unwrap()).await;
    assert_eq!(upstream.last().line, "GET /?a=1&k=s3cret%2Fwith%2Bodd%3Dchars%26%C3%A9 HTTP/1.1");
    assert!(echo.starts_with("GET /?a=1&k=*****"), "{echo}");
}

#[tokio::test]
async fn a_connector_forges_nothing() {
    let upstream = Upstream::says("fine").await;
    let header = Home::authorized(
        &[&upstream],
        json!({"type": "api_key", "in": "header", "name": "X-Key"}),
        &[("value", SECRET)],
    );
    let client = header.client();
    for name in
        ["authorization", "Authorization", "X-Key", "x_key", "host", "connection", "content-length", "accept-encoding"]
    {
        let mut sent = get(upstream.url("/"));
        sent.headers.insert(name.parse::<http::HeaderName>().unwrap(), "x".parse().unwrap());
        assert_eq!(refused(&client, sent).await.0, "invalid-request", "{name}");
    }
    let query =
        Home::authorized(&[&upstream], json!({"type": "api_key", "in": "query", "name": "key"}), &[("value", SECRET)])
            .client();
    for forged in ["key=1", "a=1&k%65y=2", "a;key=3"] {
        assert_eq!(refused(&query, get(upstream.url(&format!("/?{forged}")))).await.0, "invalid-request", "{forged}");
    }
    for method in [Method::CONNECT, Method::TRACE] {
        assert_eq!(refused(&client, request(method, upstream.url("/"), Body::Empty)).await.0, "invalid-request");
    }
    assert_eq!(upstream.connections(), 0);
}

#[tokio::test]
async fn without_its_credential_nothing_is_sent() {
    let upstream = Upstream::says("fine").await;
    let method = json!({"type": "custom", "fields": {"key": {"type": "password", "required": true}},
        "placements": [{"in": "header", "name": "X-Key", "value": "{{key}}"}]});
    let mut none = Home::authorized(&[&upstream], method.clone(), &[]);
    let (code, text) = refused(&none.client(), get(upstream.url("/"))).await;
    assert!(code == "no-credential" && text.contains("`key`"), "{text}");
    none.credentials.clear();
    assert_eq!(refused(&none.client(), get(upstream.url("/"))).await.0, "no-credential");
    let control = Home::authorized(&[&upstream], method, &[("key", "line\nbreak: x")]).client();
    let (code, text) = refused(&control, get(upstream.url("/"))).await;
    assert!(code == "invalid-request" && !text.contains("line"), "{text}");
    assert_eq!(upstream.connections(), 0);
}

#[tokio::test]
async fn two_destinations_get_their_own_credential_alone() {
    let (one, other) = (Upstream::echoes().await, Upstream::echoes().await);
    let method = json!({"type": "bearer"});
    let mut home =
        Home::authorized(&[&one, &other], method.clone(), &[("token", "first-secret")]).definition(|definition| {
            definition["activation"]["credentials"]["second"] = json!({"methods": {"it": method}});
            definition["destinations"] = json!([
                {"url": one.url(""), "credential": "main", "plaintext": true},
                {"url": other.url(""), "credential": "second", "plaintext": true},
                {"url": other.url("/free"), "credential": "none"},
            ]);
        });
    home.credentials.push(("second", "it", vec![("token", "second-secret".to_owned())]));
    let client = home.client();
    for (upstream, path, expected) in [
        (&one, "/", Some("Bearer first-secret")),
        (&other, "/x", Some("Bearer second-secret")),
        (&other, "/free", None),
    ] {
        client.send(get(upstream.url(path))).await.unwrap();
        assert_eq!(upstream.last().header("authorization"), expected);
    }
    assert!(!format!("{:?}", one.seen()).contains("second-secret"));
    assert!(!format!("{:?}", other.seen()).contains("first-secret"));
}

#[tokio::test]
async fn an_echo_is_cleaned_however_it_is_sent() {
    let secret = "correct-horse-battery-staple";
    let upstream = Upstream::start(move |number, seen| {
        let token = seen.header("authorization").unwrap().to_owned();
        let encoded = STANDARD.encode(&token);
        match number {
            0 => {
                // Byte by byte, in a header too.
                let head = format!(
                    "HTTP/1.1 200 OK\r\nx-echo: {token}\r\nx-b64: {encoded}\r\ncontent-length: {}\r\n\r\n",
                    token.len()
                );
                let bytes = token
                    .into_bytes()
                    .into_iter()
                    .flat_map(|byte| [Do::Send(vec![byte]), Do::Wait(Duration::from_millis(1))]);
                std::iter::once(Do::Send(head.into_bytes())).chain(bytes).collect()
            }
            _ => {
                use std::io::Write;
                let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
                gzip.write_all(format!("{token} {encoded}").as_bytes()).unwrap();
                let body = gzip.finish().unwrap();
                let head =
                    format!("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n", body.len());
                vec![Do::Send(head.into_bytes()), Do::Send(body)]
            }
        }
    })
    .await;
    let client = Home::authorized(&[&upstream], json!({"type": "bearer"}), &[("token", secret)]).client();
    for _ in 0..2 {
        let response = client.send(get(upstream.url("/"))).await.unwrap();
        assert!(!response.headers.contains_key("content-encoding"));
        let headers = format!("{:?}", response.headers);
        let body = text(response).await;
        for text in [&headers, &body] {
            assert!(!text.contains(secret) && !text.contains("horse") && !text.contains("3JyZWN0LWhvcnNl"), "{text}");
        }
        assert!(body.starts_with("****") || body.starts_with("Bearer ****"), "{body}");
    }
}

#[tokio::test]
async fn exchanges_show_everything_but_credentials() {
    let upstream = Upstream::echoes().await;
    let secret = "correct-horse-battery";
    let home = Home::authorized(&[&upstream], json!({"type": "bearer"}), &[("token", secret)]);
    let recorder = Arc::new(ExchangeRecorder::default());
    let client = home.client().recording(Arc::clone(&recorder));
    let mut sent = request(Method::POST, upstream.url("/a?b=1"), Body::from(bytes::Bytes::from_static(b"hello")));
    sent.headers.insert("x-own", "mine".parse().unwrap());
    text(client.send(sent).await.unwrap()).await;
    assert_eq!(refused(&client, get("https://other.example/")).await.0, "denied");
    let (all, dropped) = recorder.take();
    let [RecordedExchange::Http(exchange)] = all.as_slice() else { panic!("{all:?}") };
    assert_eq!(dropped, 0);
    assert_eq!(
        (exchange.purpose, exchange.method.as_str(), exchange.status, exchange.attempt),
        ("request", "POST", Some(200), 1)
    );
    assert_eq!((exchange.url.as_str(), exchange.request_body.as_str()), (upstream.url("/a?b=1").as_str(), "hello"));
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert!(exchange.request_headers.contains(&pair("authorization", "***")));
    assert!(exchange.request_headers.contains(&pair("x-own", "mine")));
    assert!(exchange.response_body.contains("x-own: mine") && exchange.duration_us > 0);
    assert!(!serde_json::to_string(&all).unwrap().contains(secret));
}

pub(super) fn login(upstream: &Upstream) -> Value {
    json!({"type": "custom",
        "fields": {"user": {"type": "text", "required": true}, "pass": {"type": "password", "required": true}},
        "login": {"url": upstream.url("/login"), "token": "/data/token", "expires_in": "/data/ttl", "placements": [
            {"in": "body", "name": "user", "value": "{{user}}"}, {"in": "body", "name": "pass", "value": "{{pass}}"}]},
        "placements": [{"in": "header", "name": "Authorization", "value": "Token {{token}}"}]})
}

/// Logs in with tokens that count up, and takes the newest alone.
pub(super) async fn service(ttl: u64, accepts: impl Fn(usize) -> usize + Send + Sync + 'static) -> Upstream {
    let logins = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    Upstream::start(move |number, seen| {
        if seen.line.starts_with("POST /login") {
            assert_eq!(seen.body, br#"{"user":"ada","pass":"open-sesame"}"#);
            let made = logins.fetch_add(1, std::sync::atomic::Ordering::SeqCst) + 1;
            return vec![Do::Send(ok(&format!(r#"{{"data": {{"token": "token-number-{made}", "ttl": {ttl}}}}}"#)))];
        }
        let wanted = format!("Token token-number-{}", accepts(number));
        let token = seen.header("authorization").unwrap_or_default();
        match token == wanted {
            true => vec![Do::Send(ok(&format!("hello {token}")))],
            false => vec![Do::Send(status("401 Unauthorized", &[], "no"))],
        }
    })
    .await
}

#[tokio::test]
async fn a_login_gives_a_token_that_is_kept() {
    let upstream = service(3600, |_| 1).await;
    let home = Home::authorized(&[&upstream], login(&upstream), &[("user", "ada"), ("pass", "open-sesame")]);
    let recorder = Arc::new(ExchangeRecorder::default());
    let client = home.client().recording(Arc::clone(&recorder));
    let all = futures_util::future::join_all((0..10).map(|_| client.send(get(upstream.url("/"))))).await;
    for answer in all {
        // The token is a secret like any other.
        assert_eq!(text(answer.unwrap()).await, "hello ********************");
    }
    assert_eq!(upstream.seen().iter().filter(|seen| seen.line.contains("/login")).count(), 1);
    let shown = serde_json::to_string(&recorder.take().0).unwrap();
    assert!(shown.contains("login") && !shown.contains("token-number") && !shown.contains("open-sesame"), "{shown}");
}

#[tokio::test]
async fn a_token_is_renewed_when_half_of_its_life_is_over() {
    let upstream = service(1, |number| if number > 2 { 2 } else { 1 }).await;
    let client = Home::authorized(&[&upstream], login(&upstream), &[("user", "ada"), ("pass", "open-sesame")]).client();
    assert_eq!(client.send(get(upstream.url("/"))).await.unwrap().status, 200);
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert_eq!(client.send(get(upstream.url("/"))).await.unwrap().status, 200);
    assert_eq!(upstream.seen().iter().filter(|seen| seen.line.contains("/login")).count(), 2);
}

/// Who gets a token can send it back wherever the group goes, and providers take one also after they gave the next.
#[tokio::test]
async fn a_token_is_cleaned_out_of_every_answer_also_when_it_was_renewed() {
    let logins = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let upstream = Upstream::start(move |_, seen| {
        if seen.line.starts_with("POST /login") {
            let made = logins.fetch_add(1, std::sync::atomic::Ordering::SeqCst) + 1;
            return vec![Do::Send(ok(&format!(r#"{{"data": {{"token": "token-number-{made}", "ttl": 0}}}}"#)))];
        }
        vec![Do::Send(ok("token-number-1 token-number-2 token-number-3"))]
    })
    .await;
    let home = Home::authorized(&[&upstream], login(&upstream), &[("user", "ada"), ("pass", "open-sesame")]);
    let home = home.definition(|definition| {
        let free = json!({"url": upstream.url("/free"), "credential": "none"});
        definition["destinations"].as_array_mut().unwrap().push(free);
    });
    let client = home.client();
    let mask = "*".repeat("token-number-1".len());
    for (path, known) in [("/free", 0), ("/", 1), ("/free", 1), ("/", 2), ("/free", 2)] {
        let shown = text(client.send(get(upstream.url(path))).await.unwrap()).await;
        let expected = (1..=3).map(|one| if one <= known { mask.clone() } else { format!("token-number-{one}") });
        assert_eq!(shown, expected.collect::<Vec<_>>().join(" "), "{path}");
    }
}

/// A token that is refused right after it was given is not worth another login.
#[tokio::test]
async fn a_young_token_that_is_refused_is_not_renewed() {
    let upstream = service(3600, |_| 2).await;
    let client = Home::authorized(&[&upstream], login(&upstream), &[("user", "ada"), ("pass", "open-sesame")]).client();
    for _ in 0..3 {
        assert_eq!(client.send(get(upstream.url("/"))).await.unwrap().status, 401);
    }
    assert_eq!(upstream.seen().iter().filter(|seen| seen.line.contains("/login")).count(), 1);
}

#[tokio::test]
async fn a_login_that_fails_shows_nothing_of_its_reply() {
    let long = "x".repeat(256 * 1024 + 1);
    let chunked =
        format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n{long}\r\n0\r\n\r\n", long.len());
    for reply in [
        status("403 No", &[], "wrong open-sesame"),
        ok("no json open-sesame"),
        ok("{\"data\": {\"token\": 7}}"),
        ok(&long),
        chunked.into(),
    ] {
        let upstream = Upstream::start(move |_, _| vec![Do::Send(reply.clone())]).await;
        let client =
            Home::authorized(&[&upstream], login(&upstream), &[("user", "ada"), ("pass", "open-sesame")]).client();
        let (code, text) = refused(&client, get(upstream.url("/"))).await;
        // It names no limit that somebody could raise: the reply's is fixed.
        assert!(code == "login" && !text.contains("sesame") && !text.contains("limits."), "{code} {text}");
        assert_eq!(upstream.seen().len(), 1);
    }
}

#[tokio::test]
async fn a_tenants_value_leads_to_no_private_address() {
    use std::net::IpAddr;
    let upstream = Upstream::says("fine").await;
    let port = upstream.address.port();
    let names = |_: &str| -> Vec<IpAddr> { vec!["127.0.0.1".parse().unwrap()] };
    let definition = |private: bool| {
        json!({
            "activation": {"credentials": {"main": {"methods": {"it": {"type": "bearer"}}}},
                           "fields": {"place": {"type": "text", "required": true}}},
            "destinations": [{"url": format!("http://{{place}}.corp.example:{port}"), "credential": "none", "tenant_private": private}],
        })
    };
    for (tenant, private, expected) in [(false, false, true), (true, false, false), (true, true, true)] {
        let mut dialer =
            Dialer::new(EgressSettings { reachable: [upstream.address].into(), ..EgressSettings::default() });
        dialer.names = Some(names);
        let mut home = Home::with(EgressSettings::default(), definition(private));
        home.egress = Egress(Network::start(dialer, Tls::new(&[]).unwrap(), tokio::runtime::Handle::current()));
        home.fields = vec![("place", "here".to_owned())];
        home.tenant = tenant;
        let sent = home.client().send(get(format!("http://here.corp.example:{port}/"))).await;
        assert_eq!(sent.is_ok(), expected, "{tenant} {private}: {sent:?}");
    }
}

#[tokio::test]
async fn signatures_are_made_with_fields_that_may() {
    let home = Home::with(
        EgressSettings::default(),
        json!({"activation": {
            "credentials": {"main": {"methods": {"it": {"type": "bearer"}}}},
            "fields": {"webhook": {"type": "password", "use": "sign"}, "other": {"type": "password"}},
        }}),
    );
    let home = Home { fields: vec![("webhook", "Jefe".to_owned()), ("other", "x".to_owned())], ..home };
    let client = home.client();
    // RFC 4231 test case 2.
    let text = b"what do ya want for nothing?";
    let signature = client.sign("webhook", "hmac-sha256", text).unwrap();
    let hex: String = signature.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hex, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    assert_eq!(client.sign("webhook", "hmac-sha512", text).unwrap().len(), 64);
    assert_eq!(client.sign("webhook", "hmac-sha384", text).unwrap().len(), 48);
    assert_eq!(client.verify_signature("webhook", "hmac-sha256", text, &signature), Ok(true));
    assert_eq!(client.verify_signature("webhook", "hmac-sha256", b"other", &signature), Ok(false));
    assert_eq!(client.verify_signature("webhook", "hmac-sha256", text, &signature[..31]), Ok(false));
    for (field, algorithm) in
        [("other", "hmac-sha256"), ("none", "hmac-sha256"), ("No Name", "hmac-sha256"), ("webhook", "hmac-sha1")]
    {
        assert_eq!(client.sign(field, algorithm, text).unwrap_err().code(), "sign", "{field} {algorithm}");
    }
}

/// Gives tokens that count up.
#[derive(Default)]
struct Issuer(std::sync::atomic::AtomicUsize);

impl TokenSource for Issuer {
    fn token<'a>(&'a self, wanted: TokenWanted<'a>) -> TokenFuture<'a> {
        assert!(wanted.credential.as_str() == "main" && matches!(wanted.reason, TokenReason::First));
        let number = self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst) + 1;
        Box::pin(async move { Ok(Token::new(format!("issued-token-{number}").into(), None)) })
    }
}

#[tokio::test]
async fn who_keeps_tokens_gives_them_and_without_one_nothing_is_sent() {
    let upstream = Upstream::echoes().await;
    let oauth = json!({"type": "oauth2", "grant": "client_credentials", "token_url": "https://login.example/token"});
    let home = Home::authorized(&[&upstream], oauth, &[]);
    assert_eq!(refused(&home.client(), get(upstream.url("/"))).await.0, "unsupported");
    assert_eq!(upstream.connections(), 0);
    let issuer = Arc::new(Issuer::default());
    let client = home.client().issued_by(Arc::clone(&issuer) as Arc<dyn TokenSource>);
    for _ in 0..3 {
        // The token is a secret like any other.
        let echo = text(client.send(get(upstream.url("/"))).await.unwrap()).await;
        assert!(!echo.contains("issued-token"), "{echo}");
        assert_eq!(upstream.last().header("authorization"), Some("Bearer issued-token-1"));
    }
    assert_eq!(issuer.0.load(std::sync::atomic::Ordering::SeqCst), 1);
}
