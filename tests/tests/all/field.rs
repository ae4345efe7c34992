//! Small inputs that were answered wrongly elsewhere without a word: what such an input gives here.

use std::time::Duration;

use lockgate_tests::{Answer, Home, Host, Ran, Reply, Serve, Upstream, guests};
use reqwest::Method;
use serde_json::{Value, json};

/// A host with the group `g`, which reaches this server without a credential.
fn host(upstream: &Upstream, http: Value) -> Host {
    let host = Serve::new().reaching(&[upstream]).start();
    host.group("g", group(upstream, http));
    host
}

fn group(upstream: &Upstream, http: Value) -> Value {
    json!({
        "resource_type": "INTERNAL", "base_url": upstream.url(),
        "destinations": [{"url": upstream.url(), "credential": "none", "plaintext": true}],
        "connectors": [connector(http)],
    })
}

fn connector(http: Value) -> Value {
    json!({
        "name": "item", "type": "http", "output_schema": true, "http": http,
        "input_schema": {"type": "object", "properties": {"v": {}, "id": {"type": "string"}}},
    })
}

fn set(host: &Host, http: Value) {
    host.set("g", json!({"connectors": [connector(http)]}));
}

/// A call whose input is this text.
fn call(host: &Host, input: &str) -> Answer {
    let request = host.request(Method::POST, "/groups/g/connectors/item/invoke");
    host.send(request.header("content-type", "application/json").body(format!("{{\"input\":{input}}}")))
}

fn failure(answer: Answer) -> Value {
    answer.problem(422, "LG3001")["failure"].take()
}

/// A group's file beside the command line, which runs a connector in it.
fn run(upstream: &Upstream, http: &str, input: &str) -> Ran {
    let home = tempfile::tempdir().unwrap();
    let address = upstream.address();
    let text = format!(
        "slug: field\nname: Field\nresource_type: INTERNAL\nbase_url: http://{address}\ndestinations:\n\
         - {{url: \"http://{address}\", credential: none, plaintext: true}}\nconnectors:\n\
         - name: item\n  type: http\n  input_schema: {{properties: {{v: {{}}, c: {{enum: [SE, NO, DK]}}}}}}\n  output_schema: {{}}\n\
         {http}"
    );
    let file = home.path().join("g.yaml");
    std::fs::write(&file, text).unwrap();
    let file = file.to_str().unwrap();
    let reachable = address.to_string();
    Home::new().run(["run", "--group", file, "item", "--reachable", &reachable, "--input", input])
}

#[test]
fn header_bytes_beyond_ascii_are_sent_encoded_and_given_as_text() {
    let upstream = Upstream::start(|seen| match seen.path() {
        "/x" => Reply::new(307).header("location", "/y/ä"),
        _ => Reply::new(200).header("x-name", "Café").header("vary", "a").header("Vary", "b").json(&json!(seen.path())),
    });
    let response = json!({"status": true, "headers": ["X-Name", "vary"]});
    let host = host(&upstream, json!({"method": "POST", "path": "/x", "body": {"json": 1}, "response": response}));
    let output = call(&host, "{}").output();
    assert_eq!(output, json!({"status": 200, "headers": {"x-name": "Café", "vary": "a, b"}, "body": "/y/%C3%A4"}));
    assert_eq!(upstream.seen().len(), 2);
}

#[test]
fn pages_end_where_they_end_and_say_what_is_wrong() {
    let upstream = Upstream::start(|seen| {
        let page = seen.query("page").unwrap_or_default();
        let base = || Reply::new(200).json(&json!([1]));
        match (seen.path(), page.as_str()) {
            ("/comma", "") => base().header("link", "</comma?page=2>; rel=\"next\","),
            ("/relative", "") => base().header("link", "<relative?page=2>; rel=\"next\""),
            ("/same", _) => base().header("link", "</same>; rel=\"next\""),
            ("/end", "3") => Reply::new(404).body("no such page"),
            ("/empty", _) => Reply::new(200).json(&json!({"resultSizeEstimate": 0})),
            ("/wrong", _) => Reply::new(200).json(&json!({"messages": [1], "nextPageToken": {"after": "x"}})),
            ("/search", _) => {
                let next = if seen.json()["start_cursor"] == "b" { Value::Null } else { json!("b") };
                Reply::new(200).json(&json!({"messages": [seen.json()], "nextPageToken": next}))
            }
            _ => base(),
        }
    });
    let get = |path: &str, pagination: Value| json!({"method": "GET", "path": path, "pagination": pagination});
    let host = host(&upstream, get("/comma", json!({"type": "link"})));
    let two = json!({"items": [1, 1], "more": false});
    assert_eq!(call(&host, "{}").output(), two);
    set(&host, get("/relative", json!({"type": "link"})));
    assert_eq!(call(&host, "{}").output(), two);
    set(&host, get("/same", json!({"type": "link"})));
    let twice = failure(call(&host, "{}"));
    assert!(twice["code"] == "unexpected_answer" && twice["message"].as_str().unwrap().contains("read already"));
    set(&host, get("/end", json!({"type": "page", "query": "page", "end_statuses": [404]})));
    assert_eq!(call(&host, "{}").output(), two);
    let cursor = json!({"type": "cursor", "pointer": "/nextPageToken", "query": "page"});
    let gmail =
        |path: &str| json!({"method": "GET", "path": path, "pagination": cursor, "response": {"pointer": "/messages"}});
    set(&host, gmail("/empty"));
    assert_eq!(call(&host, "{}").output(), json!({"items": [], "more": false}));
    set(&host, gmail("/wrong"));
    assert!(failure(call(&host, "{}"))["message"].as_str().unwrap().contains("`/nextPageToken`"));
    let search = json!({
        "method": "POST", "path": "/search", "body": {"json": {"filter": 7}}, "response": {"pointer": "/messages"},
        "pagination": {"type": "cursor", "pointer": "/nextPageToken", "body": "/start_cursor"},
    });
    set(&host, search);
    let bodies = json!([{"filter": 7}, {"filter": 7, "start_cursor": "b"}]);
    assert_eq!(call(&host, "{}").output(), json!({"items": bodies, "more": false}));
}

#[test]
fn yaml_is_of_the_core_schema_and_text_places_keep_their_spelling() {
    let upstream = Upstream::start(|seen| Reply::new(200).json(&json!(seen.target)));
    let query = "{country: NO, y: yes, zip: 01234, phone: 0049301234567, api-version: 7.10, s: 1_000}";
    let http = format!("  http: {{method: GET, path: /q, query: {query}}}\n");
    let target = "/q?country=NO&y=yes&zip=01234&phone=0049301234567&api-version=7.10&s=1_000";
    let printed = run(&upstream, &http, r#"{"c": "NO"}"#).ok();
    let mut found: Vec<_> = upstream.seen().remove(0).target.split(['?', '&']).map(str::to_owned).collect();
    let mut expected: Vec<_> = target.split(['?', '&']).map(str::to_owned).collect();
    found.sort();
    expected.sort();
    assert_eq!(found, expected, "{printed:?}");
}

#[test]
fn a_file_that_is_no_definition_is_described_for_its_writer() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("g.yaml");
    for (text, expected) in [
        ("slug: a\nc: {{c}}\n", "line 2, column 5: braces without quotes are a map"),
        ("slug: a\nname: A\nslug: b\n", "line 3, column 1: the key `slug` is there twice, first in line 1"),
        ("slug: a\n---\nslug: b\n", "a second document begins here"),
        ("", "nothing is in it: expected a map of keys"),
        ("- slug: a\n", "expected a map of keys, such as `name: …`, and found a list"),
    ] {
        std::fs::write(&file, text).unwrap();
        Home::new().run(["run", "--group", file.to_str().unwrap(), "item"]).exits(2).says(expected);
    }
}

#[test]
fn numbers_keep_their_digits_from_the_input_to_the_output() {
    let upstream = Upstream::start(|seen| Reply::new(200).body(seen.body.clone()));
    let http = json!({"method": "POST", "path": "/n", "query": {"v": "{{v}}"}, "body": {"json": {"n": "{{v}}"}}});
    let host = host(&upstream, http);
    for digits in ["18446744073709551616", "0.1234567890123456789", "7.10", "1e2"] {
        let answer = call(&host, &format!("{{\"v\":{digits}}}")).status(200);
        assert!(answer.body.contains(&format!("{{\"n\":{digits}}}")), "{}", answer.body);
        let seen = upstream.seen().pop().unwrap();
        assert_eq!(String::from_utf8(seen.body).unwrap(), format!("{{\"n\":{digits}}}"));
        assert_eq!(seen.target, format!("/n?v={digits}"));
    }
}

#[test]
fn an_answer_that_is_no_json_is_the_upstreams_fault() {
    let bodies = [r#"{"t":"a\ud83d b"}"#, r#"{"e":1e400}"#, &"[".repeat(128), r#"{"a":1,"a":2}"#].map(str::to_owned);
    let sent = bodies.clone();
    let upstream = Upstream::start(move |seen| {
        let number: usize = seen.query("v").unwrap().parse().unwrap();
        Reply::new(200).header("content-type", "application/json").body(sent[number].clone())
    });
    let host = host(&upstream, json!({"method": "GET", "path": "/", "query": {"v": "{{v}}"}}));
    for number in 0..bodies.len() {
        let problem = call(&host, &format!("{{\"v\":{number}}}")).problem(422, "LG3001");
        assert_eq!(problem["failure"]["code"], "unexpected_answer", "{problem:#}");
        assert_eq!(problem["fault"], "upstream", "{problem:#}");
    }
}

#[test]
fn two_members_of_one_name_are_refused_wherever_json_is_read() {
    let upstream = Upstream::start(|_| Reply::new(200).json(&json!(1)));
    let host = host(&upstream, json!({"method": "GET", "path": "/"}));
    let refused = call(&host, r#"{"v":1,"v":2}"#).problem(422, "LG1009");
    assert!(refused["errors"][0]["detail"].as_str().unwrap().contains("key `v` twice"), "{refused:#}");
    let body = r#"{"slug":"h","name":"H","name":"I","resource_type":"EXTERNAL"}"#;
    let request = host.request(Method::POST, "/groups").header("content-type", "application/json").body(body);
    host.send(request).problem(400, "LG1001");
}

#[test]
fn an_error_shows_its_body_and_its_wait() {
    let upstream = Upstream::start(|seen| match seen.path() {
        "/busy" => Reply::new(503)
            .header("retry-after", "Sun Nov  6 08:49:37 1994")
            .header("content-type", "text/plain")
            .body("later"),
        _ => Reply::new(404).header("content-type", "text/plain").body("no such item"),
    });
    let host = host(&upstream, json!({"method": "GET", "path": "/none"}));
    assert_eq!(failure(call(&host, "{}"))["details"], json!({"status": 404, "body": "no such item"}));
    set(&host, json!({"method": "GET", "path": "/busy"}));
    assert_eq!(failure(call(&host, "{}"))["retry_after_ms"], 0);
}

#[test]
fn marks_and_encodings_are_read_by_one_rule() {
    let upstream = Upstream::start(|seen| match seen.path() {
        "/text" => Reply::new(200).header("content-type", "text/plain; charset=windows-1252").body(*b"Caf\xe9"),
        "/unknown" => Reply::new(200).header("content-type", "text/plain; charset=klingon").body("x"),
        _ => Reply::new(200).header("content-type", "application/json").body("\u{feff}{\"a\":1}"),
    });
    let host = host(&upstream, json!({"method": "GET", "path": "/json"}));
    let request =
        host.request(Method::POST, "/groups/g/connectors/item/invoke").header("content-type", "application/json");
    assert_eq!(host.send(request.body("\u{feff}{\"input\":{}}")).output(), json!({"a": 1}));
    set(&host, json!({"method": "GET", "path": "/text", "response": {"format": "text"}}));
    assert_eq!(call(&host, "{}").output(), "Café");
    set(&host, json!({"method": "GET", "path": "/unknown", "response": {"format": "text"}}));
    assert!(failure(call(&host, "{}"))["message"].as_str().unwrap().contains("klingon"));
}

#[test]
fn credentials_that_can_not_be_meant_are_refused_when_they_are_given() {
    let host = Host::start();
    host.group(
        "g",
        json!({
            "activation": {"credentials": {"main": {"methods": {"token": {"type": "bearer"}}}}},
            "destinations": [{"url": "https://api.example.com", "credential": "main"}],
        }),
    );
    for token in ["tok-7f3a\n", "Bearer tok-7f3a", "\"tok-7f3a\"", " tok-7f3a", "\u{feff}tok-7f3a"] {
        let body = json!({"credentials": {"main": {"values": {"token": token}}}});
        let refused = host.send(host.request(Method::POST, "/groups/g/connections").json(&body)).status(422).json();
        assert_eq!(refused["errors"][0]["pointer"], "/credentials/main/values/token", "{refused:#}");
        assert!(!refused.to_string().contains("7f3a"), "{refused:#}");
    }
}

#[test]
fn masking_changes_no_word_of_an_answer() {
    let data = json!({"role": "admin", "date": "2021-01-11", "echo": "pw-7f3a-secret"});
    let upstream = {
        let data = data.clone();
        Upstream::start(move |_| Reply::new(200).json(&data))
    };
    let host = Serve::new().reaching(&[&upstream]).start();
    let mut definition = group(&upstream, json!({"method": "GET", "path": "/"}));
    definition["activation"] = json!({"credentials": {"main": {"methods": {"login": {"type": "basic"}}}}});
    definition["destinations"][0]["credential"] = json!("main");
    host.group("g", definition);
    for (name, password, echo) in [("word", "admin", "pw-7f3a-secret"), ("key", "pw-7f3a-secret", "**************")] {
        let values = json!({"username": "ada", "password": password});
        let body = json!({"name": name, "credentials": {"main": {"values": values}}});
        host.send(host.request(Method::POST, "/groups/g/connections").json(&body)).status(201);
        let body = json!({"input": {}, "connection": {"fixed": name}});
        let output = host.send(host.request(Method::POST, "/groups/g/connectors/item/invoke").json(&body)).output();
        assert_eq!(output, json!({"role": "admin", "date": "2021-01-11", "echo": echo}));
    }
}

#[test]
fn null_is_no_connection_and_braces_can_be_meant() {
    let upstream = Upstream::start(|seen| Reply::new(200).json(&json!(String::from_utf8_lossy(&seen.body))));
    let text = r"query { viewer { login }} \{{name}} {{v}}";
    let host = host(&upstream, json!({"method": "POST", "path": "/", "body": {"text": text}}));
    let body = json!({"input": {"v": "x"}, "connection": null});
    let answer = host.send(host.request(Method::POST, "/groups/g/connectors/item/invoke").json(&body));
    assert_eq!(answer.output(), "query { viewer { login }} {{name}} x");
    let keys = connector(json!({"method": "POST", "path": "/", "body": {"json": {"{{v}}": 1}}}));
    host.send(host.request(Method::POST, "/groups/g/connectors").json(&keys)).problem(422, "LG1010");
}

#[test]
fn a_text_body_keeps_values_in_their_place() {
    let upstream = Upstream::start(|seen| Reply::new(200).body(seen.body.clone()));
    let http = json!({"method": "POST", "path": "/", "body": {"text": "{\"a\":\"{{v}}\"}", "escape": "json"}});
    let host = host(&upstream, http);
    assert_eq!(call(&host, r#"{"v":"x\",\"b\":\"y"}"#).output(), json!({"a": "x\",\"b\":\"y"}));
}

#[test]
fn a_folded_header_is_one_line() {
    let upstream = Upstream::start(|_| Reply::new(200).header("x-a", "one\r\n two").json(&json!(1)));
    let response = json!({"headers": ["x-a"]});
    let host = host(&upstream, json!({"method": "GET", "path": "/", "response": response}));
    assert_eq!(call(&host, "{}").output(), json!({"headers": {"x-a": "one two"}, "body": 1}));
}

#[test]
fn a_declared_segment_may_have_encoded_slashes() {
    let upstream = Upstream::start(|seen| match seen.query("page").as_deref() {
        None => {
            Reply::new(200).header("link", format!("<{}?page=2>; rel=next", seen.path())).json(&json!([seen.path()]))
        }
        Some(_) => Reply::new(200).after(Duration::ZERO).json(&json!([seen.path()])),
    });
    let http = |segments: &[&str]| {
        let mut http = json!({"method": "GET", "path": "/projects/{{id}}/issues", "pagination": {"type": "link"}});
        if !segments.is_empty() {
            http["segments"] = json!(segments);
        }
        let mut connector = connector(http);
        connector["input_schema"]["required"] = json!(["id"]);
        connector
    };
    let host = host(&upstream, json!({"method": "GET", "path": "/"}));
    host.set("g", json!({"connectors": [http(&["id"])]}));
    let path = "/projects/group%2Fproject/issues";
    assert_eq!(call(&host, r#"{"id":"group/project"}"#).output(), json!({"items": [path, path], "more": false}));
    for id in ["a/../b", "..", "a\\\\b"] {
        call(&host, &format!("{{\"id\":\"{id}\"}}")).problem(422, "LG1009");
    }
    host.set("g", json!({"connectors": [http(&[])]}));
    call(&host, r#"{"id":"group/project"}"#).problem(422, "LG1009");
}

/// A plugin's requests by both interfaces, a script's, and the links and redirects of a connector without `segments`.
#[test]
fn code_sends_encoded_slashes_where_the_destination_says_so() {
    let upstream = Upstream::start(|seen| match seen.target.as_str() {
        "/moved" => Reply::new(307).header("location", "/to/group%2Fproject"),
        "/linked" => Reply::new(200).header("link", "</linked%2Fon?page=2>; rel=next").json(&json!([1])),
        _ => Reply::new(200).json(&json!([seen.path()])),
    });
    let host = Serve::new().reaching(&[&upstream]).start().with_scripts();
    let source = "export default async (path) => (await fetch(path)).status;";
    let declared = |name: &str, http: Value| json!({"name": name, "type": "http", "input_schema": true, "output_schema": true, "http": http});
    let connectors = json!([
        {"name": "script", "type": "function", "script": {"language": "javascript", "source": source}},
        declared("moved", json!({"method": "GET", "path": "/moved"})),
        declared("linked", json!({"method": "GET", "path": "/linked", "pagination": {"type": "link"}})),
    ]);
    let own = json!({"url": format!("{}/own", upstream.url()), "credential": "none", "plaintext": true});
    let mut all = json!({"url": upstream.url(), "credential": "none", "plaintext": true});
    let members = json!({
        "resource_type": "INTERNAL", "capabilities": ["http", "signing"], "base_url": upstream.url(),
        "destinations": [all, own], "connectors": connectors,
    });
    host.with_guest(&guests::HTTP, members.clone());
    let mut other = members;
    other["connectors"] = json!([]);
    host.group("w", other);
    host.load("w", guests::WASI_HTTP.bytes()).status(201);

    let path = "/projects/group%2Fproject";
    let authority = upstream.address().to_string();
    let wasi = |path: &str| json!({"authority": authority, "path": path, "piece": 1000});
    let asked = |path: &str| {
        [
            host.invoke("g/send", &json!({"url": path})),
            host.invoke("g/script", &json!(path)),
            host.invoke("w/read", &wasi(path)),
        ]
    };
    for answer in asked(path) {
        answer.status(422);
    }
    for connector in ["g/moved", "g/linked"] {
        host.invoke(connector, &json!({})).status(422);
    }
    let refused = host.invoke("g/send", &json!({"url": path})).problem(422, "LG3001")["failure"].take();
    assert_eq!(refused["code"], "invalid-request");
    assert!(refused["message"].as_str().unwrap().contains("`encoded_slashes: true`"), "{refused:#}");
    assert!(upstream.seen().iter().all(|seen| !seen.target.contains('%')), "{:?}", upstream.seen());

    all["encoded_slashes"] = json!(true);
    for group in ["g", "w"] {
        host.set(group, json!({"destinations": [all, own]}));
    }
    for answer in asked(path) {
        answer.status(200);
        assert_eq!(upstream.seen().pop().unwrap().target, path);
    }
    assert_eq!(host.invoke("g/moved", &json!({})).output(), json!(["/to/group%2Fproject"]));
    assert_eq!(host.invoke("g/linked", &json!({})).output(), json!({"items": [1, "/linked%2Fon"], "more": false}));
    // What a server that decodes it would take for another path, and a place that another destination decides about.
    let before = upstream.seen().len();
    for path in ["/projects/a%2F..%2Fb", "/projects/%2e%2e/b", "/projects/a%5Cb", "/own/a%2Fb"] {
        for answer in asked(path) {
            answer.status(422);
        }
    }
    assert_eq!(upstream.seen().len(), before);
}

#[test]
fn a_refusal_says_what_to_write() {
    let upstream = Upstream::start(|_| Reply::new(200));
    let host = host(&upstream, json!({"method": "POST", "path": "/"}));
    host.set(
        "g",
        json!({"destinations": [{"url": upstream.url(), "credential": "none", "plaintext": true, "methods": ["GET"]}]}),
    );
    let denied = call(&host, "{}");
    assert!(denied.body.contains("methods: [GET]") && denied.body.contains("add POST to them"), "{}", denied.body);
    let mut pattern = connector(json!({"method": "GET", "path": "/"}));
    pattern["input_schema"] = json!({"properties": {"a": {"pattern": "^(?!x)"}}});
    for (definition, expected) in [
        (pattern, "look-around"),
        (connector(json!({"method": "GET", "path": "/echo?x=1"})), "expected them in `query`"),
        (connector(json!({"method": "GET", "url": "https://bücher.example/"})), "Punycode"),
    ] {
        let refused =
            host.send(host.request(Method::POST, "/groups/g/connectors").json(&definition)).problem(422, "LG1010");
        assert!(refused.to_string().contains(expected), "{refused:#}");
    }
}
