//! What a connector may not set: credentials, the host, the framing of messages, and a second request within the first.

use lockgate_tests::{Host, Reply, Serve, Upstream, guests};
use reqwest::Method;
use serde_json::{Value, json};

fn host(upstream: &Upstream) -> Host {
    let host = Serve::new().reaching(&[upstream]).start();
    for slug in ["g", "h"] {
        host.group(
            slug,
            json!({
                "resource_type": "INTERNAL", "capabilities": ["http", "signing"],
                "activation": {"credentials": {"main": {"default": "it", "methods": {"it": {"type": "bearer"}, "key": {"type": "api_key", "in": "header", "name": "X-Api-Key"}}}}},
                "destinations": [{"url": upstream.url(), "credential": "main", "plaintext": true}],
            }),
        );
        host.load(slug, guests::HTTP.bytes()).status(201);
        for (name, method, value) in [("main", "it", "token"), ("key", "key", "value")] {
            let body =
                json!({"name": name, "credentials": {"main": {"method": method, "values": {value: "a-real-secret"}}}});
            host.send(host.request(Method::POST, &format!("/groups/{slug}/connections")).json(&body)).status(201);
        }
    }
    host
}

fn send(host: &Host, group: &str, connection: &str, ask: &Value) -> lockgate_tests::Answer {
    let body = json!({"input": ask, "connection": {"fixed": connection}});
    host.send(host.request(Method::POST, &format!("/groups/{group}/connectors/send/invoke")).json(&body))
}

#[test]
fn nothing_of_the_hosts_can_be_forged() {
    let upstream = Upstream::start(|_| Reply::new(200).body("fine"));
    let host = host(&upstream);
    let url = upstream.url();
    let headers = [
        ("Authorization", "Bearer forged"),
        ("AUTHORIZATION", "Bearer forged"),
        ("authorization ", "Bearer forged"),
        (" authorization", "Bearer forged"),
        ("authorization\t", "Bearer forged"),
        ("authorization:", "Bearer forged"),
        ("authoriz\u{e4}tion", "Bearer forged"),
        ("Proxy-Authorization", "Basic Zm9yZ2Vk"),
        ("Host", "elsewhere.example"),
        (":authority", "elsewhere.example"),
        ("Connection", "authorization"),
        ("Connection", "close, x-own"),
        ("Proxy-Connection", "keep-alive"),
        ("Keep-Alive", "timeout=100"),
        ("Content-Length", "0"),
        ("Content_Length", "0"),
        ("Transfer-Encoding", "chunked"),
        ("TE", "trailers"),
        ("Trailer", "authorization"),
        ("Upgrade", "h2c"),
        ("HTTP2-Settings", "AAMAAABkAARAAAAAAAIAAAAA"),
        ("Expect", "100-continue"),
        ("Accept-Encoding", "zstd"),
        ("x-own\r\nauthorization", "Bearer forged"),
        ("x-own", "1\r\nauthorization: Bearer forged"),
        ("x-own", "1\nauthorization: Bearer forged"),
        ("x-own", "1\rauthorization: Bearer forged"),
        ("x-own", "1\u{0}"),
        ("", "1"),
    ];
    let mut asks: Vec<_> = headers.iter().map(|header| json!({"url": url, "headers": [header]})).collect();
    asks.push(json!({"url": url, "headers": [["x-own", "1"], ["Authorization", "a"], ["authorization", "b"]]}));
    for method in ["GET / HTTP/1.1\r\nx: y", "GET\r\n", "G ET", "", "CONNECT", "TRACE", "trace"] {
        asks.push(json!({"url": url, "method": method}));
    }
    for path in
        ["/a\r\nx: y", "/a b", "/a\u{0}", "/a\t", "/%2e%2e/", "/..%2f", "/a\\b", "/\u{e9}", "/a%0d%0ax", "/?a=\r\nx: y"]
    {
        asks.push(json!({"url": format!("{url}{path}")}));
    }
    for ask in &asks {
        let failure = send(&host, "g", "main", ask).problem(422, "LG3001")["failure"].take();
        assert!(matches!(failure["code"].as_str(), Some("invalid-request" | "denied")), "{ask}: {failure}");
    }
    for name in ["X-Api-Key", "x-api-key", "X_Api_Key", "x-API_key"] {
        let failure =
            send(&host, "g", "key", &json!({"url": url, "headers": [[name, "forged"]]})).problem(422, "LG3001");
        assert_eq!(failure["failure"]["code"], "invalid-request", "{name}");
    }
    assert_eq!(upstream.connections(), 0, "{:?}", upstream.seen());

    send(&host, "g", "main", &json!({"url": url, "headers": [["x-own", "1"]]})).status(200);
    let seen = &upstream.seen()[0];
    let credentials: Vec<_> = seen
        .headers
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case("authorization"))
        .map(|(_, value)| value.as_str())
        .collect();
    assert_eq!(credentials, ["Bearer a-real-secret"]);
    assert_eq!(seen.header("host"), Some(upstream.address().to_string().as_str()));
}

#[test]
fn a_connection_that_one_group_opened_is_no_other_groups() {
    let upstream = Upstream::start(|_| Reply::new(200).body("fine"));
    let host = host(&upstream);
    for (calls, connections) in [(1, 1), (2, 2)] {
        let group = if calls == 1 { "g" } else { "h" };
        for _ in 0..3 {
            send(&host, group, "main", &json!({"url": upstream.url()})).status(200);
        }
        assert_eq!(upstream.connections(), connections);
    }
    // Nor another connection's of the same group.
    send(&host, "g", "key", &json!({"url": upstream.url()})).status(200);
    assert_eq!(upstream.connections(), 3);
}
