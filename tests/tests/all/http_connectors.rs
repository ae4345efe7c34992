//! Declarative connectors, called: what leaves the host, what becomes of the answer, and inputs that want to be more than
//! a value.

use std::time::Duration;

use lockgate_tests::{Answer, Host, Reply, Serve, Upstream};
use reqwest::Method;
use serde_json::{Value, json};

/// A host with the group `g`, whose connectors go to this server with a bearer token.
fn host(upstream: &Upstream, connectors: Value) -> Host {
    let host = Serve::new().reaching(&[upstream]).start();
    host.group("g", group(upstream, connectors));
    let values = |token: &str| json!({"main": {"values": {"token": token}}});
    for body in [json!({"credentials": values("shared")}), json!({"tenant": "ada", "credentials": values("of-ada")})] {
        host.send(host.request(Method::POST, "/groups/g/connections").json(&body)).status(201);
    }
    host
}

fn group(upstream: &Upstream, connectors: Value) -> Value {
    json!({
        "resource_type": "INTERNAL", "base_url": format!("{}/api", upstream.url()),
        "activation": {"credentials": {"main": {"methods": {"token": {"type": "bearer"}}}}},
        "destinations": [{"url": upstream.url(), "credential": "main", "plaintext": true}],
        "connectors": connectors,
    })
}

/// A connector whose input may hold anything under these names.
fn connector(http: Value) -> Value {
    json!({
        "name": "c", "type": "http", "output_schema": true, "http": http,
        "input_schema": {"type": "object", "required": ["id"], "properties": {
            "id": {"type": ["string", "integer"]}, "note": {"type": "string"}, "count": {"type": "integer"},
            "tags": {"type": "array", "items": {"type": "string"}}, "user": {"type": "object", "properties": {"name": {"type": "string"}}},
        }},
    })
}

fn call(host: &Host, input: &Value) -> Answer {
    call_as(host, input, &json!({"fixed": "main"}))
}

fn call_as(host: &Host, input: &Value, connection: &Value) -> Answer {
    let body = json!({"input": input, "connection": connection});
    host.send(host.request(Method::POST, "/groups/g/connectors/c/invoke").json(&body))
}

#[test]
fn the_input_fills_every_part_of_the_request() {
    let upstream = Upstream::start(|_| Reply::new(200).json(&json!({"data": {"ok": true}})).header("etag", "\"7\""));
    let http = json!({
        "method": "POST", "path": "/items/{{id}}/notes",
        "query": {"tag": "{{tags}}", "note": "{{note}}", "fixed": 1},
        "headers": {"x-note": "n: {{note}}", "x-count": "{{count}}"},
        "body": {"json": {"count": "{{count}}", "user": "{{user}}", "text": "a {{note}} b", "none": "{{/user/name}}"}},
        "response": {"pointer": "/data", "status": true, "headers": ["etag"]},
    });
    let host = host(&upstream, json!([connector(http)]));
    let input = json!({"id": "a b+ü", "note": "x&y=z", "count": 3, "tags": ["p", "q r"], "user": {}});
    let output = call(&host, &input).output();
    assert_eq!(output, json!({"status": 200, "headers": {"etag": "\"7\""}, "body": {"ok": true}}));
    let seen = upstream.seen().remove(0);
    assert_eq!(seen.target, "/api/items/a%20b%2B%C3%BC/notes?fixed=1&note=x%26y%3Dz&tag=p&tag=q%20r");
    assert_eq!((seen.header("x-note"), seen.header("x-count")), (Some("n: x&y=z"), Some("3")));
    assert_eq!(seen.header("authorization"), Some("Bearer shared"));
    assert_eq!(seen.json(), json!({"count": 3, "user": {}, "text": "a x&y=z b"}));
    // What the input does not have leaves its key out; a tenant's call has the tenant's credential.
    call_as(&host, &json!({"id": 7}), &json!({"dynamic": {"tenant": "ada"}})).status(200);
    let seen = upstream.seen().remove(1);
    assert_eq!((seen.target.as_str(), seen.header("x-note")), ("/api/items/7/notes?fixed=1", None));
    assert_eq!(seen.header("authorization"), Some("Bearer of-ada"));
    call_as(&host, &json!({"id": 7}), &json!({"dynamic": {"tenant": "bob"}})).problem(404, "LG1017");
    call_as(&host, &json!({"id": 7}), &json!("none")).problem(400, "LG1015");
}

#[test]
fn a_value_can_t_leave_its_place() {
    let upstream = Upstream::start(|seen| Reply::new(200).json(&json!({"target": seen.target})));
    let http = json!({
        "method": "GET", "path": "/items/{{id}}", "query": {"note": "{{note}}"}, "headers": {"x-note": "{{note}}"},
    });
    let host = host(&upstream, json!([connector(http)]));
    for id in ["../admin", "..", ".", "a/b", "a\\b", "", "a\r\nx: y", "a\0b", "\u{7f}", "\u{85}", "..;a"] {
        let refused = call(&host, &json!({"id": id})).problem(422, "LG1009");
        assert_eq!(refused["errors"][0]["pointer"], "/id", "{id:?}: {refused}");
    }
    for note in ["a\r\nx-forged: 1", "a\nb", "a\0b", "ü", "\t"] {
        let refused = call(&host, &json!({"id": 1, "note": note})).problem(422, "LG1009");
        assert_eq!(refused["errors"][0]["pointer"], "/note", "{note:?}: {refused}");
    }
    assert_eq!(upstream.seen().len(), 0, "nothing was sent");
    // An escape in a value is text, and stays where it is or is refused: it is never read as what it stands for.
    for id in ["%2e%2e%2fadmin", "%2f", "a%00b", "a%0d%0ax: y", "a?b=c", "a#b", "a@b", "a;b=c"] {
        let answer = call(&host, &json!({"id": id}));
        if answer.status == 200 {
            let target = answer.output()["target"].as_str().unwrap().to_owned();
            let rest = target.strip_prefix("/api/items/").unwrap_or_else(|| panic!("{id:?} led to {target}"));
            assert!(!rest.contains(['/', '?', '#', '\r', '\n']), "{id:?} led to {target}");
        } else {
            assert!(answer.body.contains("LG4012") || answer.body.contains("LG1009"), "{id:?}: {}", answer.body);
        }
    }
    let before = upstream.seen().len();
    // Huge ones: beyond a header, beyond a path, beyond the input.
    for input in [json!({"id": 1, "note": "x".repeat(9_000)}), json!({"id": "x".repeat(100_000)})] {
        let answer = call(&host, &input);
        assert!(matches!(answer.status, 413 | 422), "{}", answer.body);
    }
    call(&host, &json!({"id": "x".repeat(1 << 20)})).limit(413, "LG1007", "input_bytes", 1 << 20);
    for wrong in [json!({"id": {"a": 1}}), json!({"id": [1]}), json!({"id": null}), json!({}), json!([])] {
        call(&host, &wrong).problem(422, "LG1009");
    }
    assert_eq!(upstream.seen().len(), before);
}

#[test]
fn definitions_that_would_hand_the_server_over_are_refused() {
    let host = Host::start();
    host.group("g", json!({}));
    for http in [
        json!({"method": "GET", "url": "https://{{id}}/x"}),
        json!({"method": "GET", "url": "{{id}}://a.example/x"}),
        json!({"method": "GET", "url": "https://a.example{{id}}/x"}),
        json!({"method": "GET", "path": "/../x"}),
        json!({"method": "GET", "path": "//a.example/x"}),
        json!({"method": "GET", "path": "/a\r\nb"}),
        json!({"method": "GET\r\n", "path": "/a"}),
        json!({"method": "GET", "path": "/a", "headers": {"Authorization": "Bearer {{id}}"}}),
        json!({"method": "GET", "path": "/a", "headers": {"host": "b.example"}}),
        json!({"method": "GET", "path": "/a", "headers": {"content-length": "1"}}),
        json!({"method": "GET", "path": "/a", "headers": {"connection": "authorization"}}),
        json!({"method": "GET", "path": "/a", "headers": {"x": "a\r\nb"}}),
        json!({"method": "GET", "path": "/a", "headers": {"x\r\ny": "a"}}),
        json!({"method": "GET", "path": "/a", "body": {"text": "x"}}),
        json!({"method": "POST", "path": "/a", "retry": {"attempts": 3}}),
        json!({"method": "GET", "path": "/a", "query": {"p": 1}, "pagination": {"type": "page", "query": "p"}}),
        json!({"method": "GET", "path": "/a/{{upper(id)}}"}),
    ] {
        let refused = host.send(host.request(Method::POST, "/groups/g/connectors").json(&connector(http.clone())));
        refused.problem(422, "LG1010");
    }
}

#[test]
fn errors_are_told_as_the_definition_says() {
    let upstream = Upstream::start(|seen| match seen.path() {
        "/api/items/1" => Reply::new(200).json(&json!({"error": {"id": "quota", "text": "used up"}})),
        "/api/items/2" => Reply::new(429).header("retry-after", "7").json(&json!({"error": {"id": 5, "text": "slow"}})),
        "/api/items/3" => Reply::new(404).body("no JSON"),
        "/api/items/4" => Reply::new(200).body("no JSON"),
        "/api/items/5" => Reply::new(204),
        _ => Reply::new(200).json(&json!({"error": false})),
    });
    let errors = json!({"when": {"pointer": "/error"}, "code": "/error/id", "message": "/error/text"});
    let host = host(&upstream, json!([connector(json!({"method": "GET", "path": "/items/{{id}}", "errors": errors}))]));
    let failure = |id: u64| call(&host, &json!({"id": id})).problem(422, "LG3001")["failure"].take();
    let inside = failure(1);
    assert_eq!((&inside["code"], &inside["message"]), (&json!("quota"), &json!("used up")));
    let busy = failure(2);
    assert_eq!((&busy["code"], &busy["retryable"], &busy["retry_after_ms"]), (&json!("5"), &json!(true), &json!(7000)));
    assert_eq!(busy["details"]["status"], 429);
    assert_eq!(failure(3)["code"], "http_404");
    assert_eq!(failure(4)["code"], "unexpected_answer");
    assert_eq!(call(&host, &json!({"id": 5})).output(), Value::Null);
    assert_eq!(call(&host, &json!({"id": 6})).output(), json!({"error": false}));
}

#[test]
fn pages_become_one_list() {
    let upstream = Upstream::start(|seen| {
        let number: u64 = seen.query("page").or_else(|| seen.query("cursor")).map_or(1, |text| text.parse().unwrap());
        let rows: Vec<_> = if number > 3 { Vec::new() } else { (0..2).map(|row| json!(number * 10 + row)).collect() };
        let next = if number < 3 { json!((number + 1).to_string()) } else { Value::Null };
        let reply = Reply::new(200).json(&json!({"rows": rows, "next": next}));
        let away = seen.path().ends_with("away");
        let to = if away { "http://127.0.0.1:1".to_owned() } else { String::new() };
        let link = format!("<{to}{}?cursor={}>; rel=\"next\"", seen.path(), number + 1);
        if number < 3 { reply.header("link", link) } else { reply }
    });
    let response = json!({"pointer": "/rows"});
    let host = host(&upstream, json!([]));
    let set = |pagination: Value| {
        let http = json!({"method": "GET", "path": "/{{id}}", "response": response, "pagination": pagination});
        host.set("g", json!({"connectors": [connector(http)]}));
    };
    let all = json!({"items": [10, 11, 20, 21, 30, 31], "more": false});
    for pagination in [
        json!({"type": "cursor", "pointer": "/next", "query": "cursor"}),
        json!({"type": "link"}),
        json!({"type": "page", "query": "page"}),
    ] {
        set(pagination.clone());
        assert_eq!(call(&host, &json!({"id": "list"})).output(), all, "{pagination}");
    }
    set(json!({"type": "link", "max_pages": 2}));
    assert_eq!(call(&host, &json!({"id": "list"})).output(), json!({"items": [10, 11, 20, 21], "more": true}));
    set(json!({"type": "link", "max_rows": 3}));
    assert_eq!(call(&host, &json!({"id": "list"})).output(), json!({"items": [10, 11, 20], "more": true}));
    // The base may have a value of the connection in it.
    let base = format!("{}/{{part}}", upstream.url());
    let fields = json!({"part": {"type": "text", "default": "api"}});
    host.set("g", json!({"base_url": base, "activation": {"fields": fields}}));
    host.send(host.request(Method::POST, "/groups/g/connections").json(&json!({
        "name": "own-base", "fields": {"part": "v2"}, "credentials": {"main": {"values": {"token": "shared"}}},
    })))
    .status(201);
    set(json!({"type": "link"}));
    assert_eq!(call_as(&host, &json!({"id": "list"}), &json!({"fixed": "own-base"})).output(), all);
    assert!(upstream.seen().last().is_some_and(|seen| seen.path() == "/v2/list"));
    host.set("g", json!({"base_url": format!("{}/api", upstream.url())}));
    // A link to another server is not followed, and takes no credential there.
    set(json!({"type": "link"}));
    let failure = call(&host, &json!({"id": "away"})).problem(422, "LG3001")["failure"].take();
    assert_eq!(failure["code"], "unexpected_answer", "{failure}");
    // Each page is one of the call's host calls.
    host.set("g", json!({"limits": {"connectors": {"c": {"host_calls": 2}}}}));
    call(&host, &json!({"id": "list"})).problem(500, "LG3010");
}

#[test]
fn a_request_is_sent_again_as_its_rule_says() {
    let count = std::sync::atomic::AtomicUsize::new(0);
    let upstream = Upstream::start(move |_| {
        let times = count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        if times % 3 < 2 { Reply::new(503) } else { Reply::new(200).json(&json!(times)) }
    });
    let http = json!({"method": "GET", "path": "/{{id}}", "retry": {"attempts": 3, "wait_ms": 1}});
    let host = host(&upstream, json!([connector(http)]));
    assert_eq!(call(&host, &json!({"id": 1})).output(), 2);
    host.set("g", json!({"connectors": [connector(json!({"method": "GET", "path": "/{{id}}"}))]}));
    assert_eq!(call(&host, &json!({"id": 1})).problem(422, "LG3001")["failure"]["code"], "http_503");
    assert_eq!(upstream.seen().len(), 4);
}

#[test]
fn limits_hold_without_code_too() {
    let upstream = Upstream::start(|seen| match seen.path() {
        "/api/slow" => Reply::new(200).after(Duration::from_secs(20)).json(&json!(1)),
        _ => Reply::new(200).json(&json!("x".repeat(2000))),
    });
    let host = host(&upstream, json!([connector(json!({"method": "GET", "path": "/{{id}}"}))]));
    host.set("g", json!({"limits": {"deadline_ms": 3000, "output_bytes": 1000}}));
    // The deadline comes while the upstream is waited for, so it is the upstream that is named.
    let slow = call(&host, &json!({"id": "slow"})).problem(504, "LG4006");
    assert!(slow["detail"].as_str().unwrap().contains("the call's deadline came"), "{slow}");
    call(&host, &json!({"id": "large"})).limit(500, "LG3007", "output_bytes", 1000);
    // Its own schemas count.
    let mut strict = connector(json!({"method": "GET", "path": "/{{id}}"}));
    strict["output_schema"] = json!({"type": "integer"});
    host.set("g", json!({"limits": {"output_bytes": 5000}, "connectors": [strict]}));
    call(&host, &json!({"id": "x"})).problem(500, "LG3009");
    let mut off = connector(json!({"method": "GET", "path": "/{{id}}"}));
    off["enabled"] = json!(false);
    host.set("g", json!({"connectors": [off]}));
    call(&host, &json!({"id": "x"})).problem(409, "LG1011");
}
