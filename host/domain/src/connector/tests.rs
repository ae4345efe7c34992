use serde_json::{Value, json};

use super::*;
use crate::JsonText;

/// The request for an input.
fn fill(http: &HttpDefinition, input: &Value, max: usize) -> Result<Filled, Unfit> {
    let text = input.to_string();
    http.fill(Document::parse(&text).unwrap().root(), max)
}

/// A connector that reads an issue, changed by `change`.
fn definition(change: impl Fn(&mut Value)) -> Value {
    let mut value = json!({
        "name": "issue", "type": "http",
        "input_schema": {
            "type": "object", "required": ["id"],
            "properties": {
                "id": {"type": "string"}, "note": {"type": "string"}, "count": {"type": "integer"},
                "labels": {"type": "array", "items": {"type": "string"}}, "user": {"properties": {"name": {}}},
            },
        },
        "output_schema": true,
        "http": {"method": "POST", "path": "/issues/{{id}}"},
    });
    change(&mut value);
    value
}

fn broken(value: &Value) -> Vec<(String, String)> {
    let found = ConnectorDefinition::read(value, "").and_then(|definition| definition.check(""));
    found.unwrap_err().into_iter().map(|one| (one.pointer, one.rule)).collect()
}

fn http(change: impl Fn(&mut Value)) -> HttpDefinition {
    let value = definition(|value| change(&mut value["http"]));
    let definition = ConnectorDefinition::read(&value, "").unwrap();
    definition.check("").unwrap();
    let Action::Http(http) = definition.action else { panic!("another type") };
    http.as_ref().clone()
}

fn body(tree: Value, input: &Value) -> Option<Value> {
    let filled = fill(&http(|http| http["body"] = json!({"json": tree})), input, 10_000).unwrap();
    filled.body.map(|body| serde_json::from_slice(&body).unwrap())
}

#[test]
fn a_whole_definition_is_read_and_kept_as_written() {
    let value = definition(|value| {
        value["title"] = json!("Issue");
        value["hints"] = json!({"idempotent": true});
        value["limits"] = json!({"deadline_ms": 5000});
        value["examples"] = json!([{"input": {"id": "1"}, "output": 2}]);
        value["enabled"] = json!(false);
        value["http"]["retry"] = json!({"attempts": 3, "statuses": ["5xx", 429]});
        value["http"]["errors"] = json!({"when": {"pointer": "/ok", "equals": false}, "message": "/error"});
        value["http"]["pagination"] = json!({"type": "page", "query": "page", "size": 2});
        value["http"]["response"] = json!({"pointer": "/items"});
    });
    let definition = ConnectorDefinition::read(&value, "").unwrap();
    definition.check("").unwrap();
    assert_eq!(definition.written.value(), value);
    assert!(!definition.enabled && definition.limits.deadline_ms == Some(5000) && definition.action.kind() == "http");
    let again = ConnectorDefinition::read(&definition.written.value(), "").unwrap();
    assert_eq!(again, definition);
}

#[test]
fn what_breaks_a_rule_is_named_with_its_place() {
    for (pointer, value, expected) in [
        ("/colour", json!(1), ("/colour", "unknown")),
        ("/http/colour", json!(1), ("/http/colour", "unknown")),
        ("/name", json!("Not a name"), ("/name", "name")),
        ("/type", json!("function"), ("/http", "unknown")),
        ("/type", json!("soap"), ("/type", "enum")),
        ("/http/method", json!("get"), ("/http/method", "enum")),
        ("/http/path", json!("issues"), ("/http/path", "path")),
        ("/http/path", json!("/a/../b"), ("/http/path", "path")),
        ("/http/path", json!("/a?b=c"), ("/http/path", "path")),
        ("/http/path", json!("/{{id"), ("/http/path", "template")),
        ("/http/path", json!("/{{nothing}}"), ("/http/path", "field")),
        ("/http/path", json!("/{{note}}"), ("/http/path", "required")),
        ("/http/url", json!("https://a.example/"), ("/http/url", "oneOf")),
        ("/http/headers", json!({"Authorization": "x"}), ("/http/headers/Authorization", "name")),
        ("/http/headers", json!({"host": "x"}), ("/http/headers/host", "name")),
        ("/http/headers", json!({"x y": "x"}), ("/http/headers/x y", "name")),
        ("/http/headers", json!({"x": "a\r\nb"}), ("/http/headers/x", "text")),
        ("/http/headers", json!({"x": "{{labels}}"}), ("/http/headers/x", "type")),
        ("/http/query", json!({"q": "a {{labels}}"}), ("/http/query/q", "type")),
        ("/http/query", json!({"q": {"a": 1}}), ("/http/query/q", "type")),
        ("/http/body", json!({"json": 1, "text": "a"}), ("/http/body", "oneOf")),
        ("/http/body", json!({"json": {"a": ["{{nothing}}"]}}), ("/http/body/json", "field")),
        ("/http/body", json!({"json": {"a": "{{a b}}"}}), ("/http/body/json/a", "template")),
        ("/http/response", json!({"pointer": "items"}), ("/http/response/pointer", "pointer")),
        ("/http/response", json!({"format": "text", "pointer": "/a"}), ("/http/response/pointer", "format")),
        ("/http/errors", json!({"statuses": ["6xx"]}), ("/http/errors/statuses/0", "status")),
        ("/http/pagination", json!({"type": "cursor", "query": "c"}), ("/http/pagination", "required")),
        ("/http/pagination", json!({"type": "link", "max_pages": 101}), ("/http/pagination/max_pages", "type")),
        ("/http/retry", json!({"attempts": 9}), ("/http/retry/attempts", "type")),
        ("/http/retry", json!({"attempts": 2}), ("", "retry")),
        ("/input_schema", json!({"$ref": "file:///etc/passwd"}), ("/input_schema", "schema")),
        ("/limits", json!({"memory_bytes": 100_000}), ("/limits/memory_bytes", "unknown")),
        ("/limits", json!({"cpu_ms": 0}), ("/limits/cpu_ms", "range")),
        ("/examples", json!([{"input": {}}]), ("/examples/0/input", "required")),
    ] {
        let changed = definition(|whole| {
            let (parent, key) = pointer.rsplit_once('/').unwrap();
            whole.pointer_mut(parent).unwrap()[key] = value.clone();
        });
        let found = broken(&changed);
        let expected = (expected.0.to_owned(), expected.1.to_owned());
        assert!(found.contains(&expected), "{pointer} {value}: expected {expected:?}, found {found:?}");
    }
    assert!(broken(&json!([])).contains(&(String::new(), "type".to_owned())));
    for url in ["https://{{id}}.example/", "https://a.example", "https://a.example:{{id}}/", "{{id}}", "ftp://a/"] {
        let found = broken(&definition(|value| {
            value["http"] = json!({"method": "GET", "url": format!("{url}{{{{id}}}}")});
        }));
        assert_eq!(found.first().unwrap().0, "/http/url", "{url}");
    }
}

#[test]
fn a_value_keeps_its_type_and_what_is_missing_leaves_its_key_out() {
    let tree = json!({
        "count": "{{count}}", "text": "n={{count}}", "note": "{{note}}", "deep": {"name": "{{user.name}}", "k": null},
        "list": ["{{note}}", "a", "{{/labels/0}}"], "labels": "{{labels}}",
    });
    let input = json!({"id": "1", "count": 7, "labels": ["x", "y"]});
    assert_eq!(
        body(tree.clone(), &input),
        Some(json!({"count": 7, "text": "n=7", "deep": {"k": null}, "list": ["a", "x"], "labels": ["x", "y"]}))
    );
    let input = json!({"id": "1", "note": null, "user": {"name": {"any": [true]}}});
    assert_eq!(
        body(tree, &input),
        Some(json!({"note": null, "deep": {"name": {"any": [true]}, "k": null}, "list": [null, "a"]}))
    );
    assert_eq!(body(json!("{{note}}"), &json!({"id": "1"})), None);
    assert_eq!(body(json!({"a": [1, {"b": "\"c\""}]}), &json!({"id": "1"})), Some(json!({"a": [1, {"b": "\"c\""}]})));
}

#[test]
fn a_value_is_encoded_by_its_place() {
    let http = http(|http| {
        http["query"] = json!({"q": "{{note}}", "l": "{{labels}}", "fix": [1, "b c"], "n": "{{count}}"});
        http["headers"] = json!({"X-Note": "{{note}}", "X-Count": "c{{count}}"});
        http["body"] = json!({"form": {"note": "{{note}}"}});
    });
    let filled = fill(&http, &json!({"id": "a b&%é", "note": "x=1&y +", "labels": ["1", "2"]}), 10_000).unwrap();
    assert_eq!(filled.address, "/issues/a%20b%26%25%C3%A9");
    assert_eq!(filled.query, "fix=1&fix=b%20c&l=1&l=2&q=x%3D1%26y%20%2B");
    assert_eq!(filled.body.unwrap(), b"note=x%3D1%26y+%2B");
    let headers: Vec<_> = filled.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(
        headers,
        [("x-note", "x=1&y +"), ("content-type", "application/x-www-form-urlencoded"), ("accept", "application/json"),]
    );
}

#[test]
fn a_value_that_does_not_fit_its_place_is_refused() {
    let http = http(|http| {
        http["path"] = json!("/issues/{{id}}/x");
        http["headers"] = json!({"x-note": "{{note}}"});
        http["query"] = json!({"l": "{{labels}}"});
    });
    let refused = |input: Value| match fill(&http, &input, 10_000) {
        Err(Unfit::Value(violation)) => (violation.pointer, violation.rule),
        other => panic!("{other:?}"),
    };
    for id in ["", ".", "..", "a/b", "a\\b", "a\u{0}", "a\n", "..;x", ".;"] {
        assert_eq!(refused(json!({"id": id})), ("/id".into(), "path".into()), "{id:?}");
    }
    assert_eq!(refused(json!({"id": null})), ("/id".into(), "path".into()));
    assert_eq!(refused(json!({"id": []})), ("/id".into(), "text".into()));
    for note in ["a\r\nx: y", "a\n", "\u{0}", "é", "\u{7f}"] {
        assert_eq!(refused(json!({"id": "1", "note": note})), ("/note".into(), "header".into()), "{note:?}");
    }
    assert_eq!(refused(json!({"id": "1", "labels": [{}]})), ("/labels".into(), "text".into()));
}

#[test]
fn a_small_input_does_not_become_a_large_request() {
    let many: Vec<_> = (0..1000).map(|_| json!("{{note}}")).collect();
    let input = json!({"id": "1", "note": "x".repeat(1000)});
    let list = http(|http| http["body"] = json!({"json": many}));
    assert_eq!(fill(&list, &input, 10_000), Err(Unfit::TooLarge(10_000)));
    let text = http(|http| http["body"] = json!({"text": "{{note}}".repeat(1000)}));
    assert_eq!(fill(&text, &input, 10_000), Err(Unfit::TooLarge(10_000)));
    let query = http(|http| http["query"] = json!({"a": vec!["{{note}}"; 100], "b": vec!["{{note}}"; 100]}));
    assert_eq!(fill(&query, &input, 10_000), Err(Unfit::TooLarge(10_000)));
}

#[test]
fn an_error_is_told_as_a_failure() {
    let rule = http(|http| {
        http["errors"] =
            json!({"when": {"pointer": "/ok", "equals": false}, "code": "/error", "message": "/detail/text"});
    });
    let text =
        r#"{"ok": false, "error": "rate_limited", "detail": {"text": "slow\r\ndown"}, "n": 18446744073709551616}"#;
    let (body, fine) = (Document::parse(text).unwrap(), Document::parse(r#"{"ok": true}"#).unwrap());
    let body = Some(body.root());
    assert!(rule.errors.is_error(200, body) && !rule.errors.is_error(200, Some(fine.root())));
    assert!(rule.errors.is_error(404, None) && rule.errors.is_error(302, None) && !rule.errors.is_error(204, None));
    let failure = rule.errors.failure(429, body, None, Some(1000));
    assert_eq!((failure.code.as_str(), failure.message.as_str()), ("rate_limited", "slowdown"));
    assert!(failure.retryable && failure.retry_after_ms == Some(1000));
    assert!(failure.details.unwrap().text().contains("18446744073709551616"));
    let plain = rule.errors.failure(404, None, None, None);
    assert_eq!((plain.code.as_str(), plain.retryable), ("http_404", false));
    assert_eq!(plain.details.unwrap().text(), r#"{"status":404}"#);
    let any = http(|http| http["errors"] = json!({"when": {"pointer": "/error"}}));
    for (value, is_error) in [("null", false), ("false", false), ("{}", true), ("\"x\"", true)] {
        let text = format!("{{\"error\":{value}}}");
        let body = Document::parse(&text).unwrap();
        assert_eq!(any.errors.is_error(200, Some(body.root())), is_error);
    }
}

#[test]
fn a_failure_shows_a_body_that_is_no_json_and_the_beginning_of_a_long_one() {
    let rule = http(|_| {});
    let details = |body: Option<&str>, text: Option<&str>| -> JsonText {
        let body = body.map(|text| Document::parse(text).unwrap());
        rule.errors.failure(404, body.as_ref().map(|body| body.root()), text, None).details.unwrap()
    };
    assert_eq!(details(None, Some("no such\n\"item\"")).value(), json!({"status": 404, "body": "no such\n\"item\""}));
    let long = "é".repeat(16 * 1024);
    let shown = details(None, Some(&long)).value();
    assert_eq!(shown, json!({"status": 404, "body": "é".repeat(8 * 1024), "truncated": true}));
    let shown = details(Some(&format!("[\"{long}\"]")), None).value();
    assert!(shown["body"].as_str().unwrap().starts_with("[\"é") && shown["truncated"] == true);
}

#[test]
fn numbers_keep_their_digits_in_every_place() {
    let any = http(|http| {
        http["path"] = json!("/issues/{{id}}");
        http["query"] = json!({"n": "{{count}}", "l": "{{labels}}"});
        http["headers"] = json!({"x-n": "{{count}}"});
        http["body"] = json!({"json": {"n": "{{count}}", "t": "n={{count}}", "all": "{{user.name}}"}});
    });
    let text =
        r#"{"id":"1","count":18446744073709551616,"labels":[0.1234567890123456789,7.10],"user":{"name":{"x":[1e2]}}}"#;
    let filled = any.fill(Document::parse(text).unwrap().root(), 10_000).unwrap();
    assert_eq!(filled.query, "l=0.1234567890123456789&l=7.10&n=18446744073709551616");
    assert!(filled.headers.contains(&("x-n".to_owned(), "18446744073709551616".to_owned())));
    let body = r#"{"all":{"x":[1e2]},"n":18446744073709551616,"t":"n=18446744073709551616"}"#;
    assert_eq!(String::from_utf8(filled.body.unwrap()).unwrap(), body);
}

#[test]
fn a_text_body_writes_values_in_its_form_and_says_which() {
    let text = r#"{"a":"{{note}}"}"#;
    let sent = |change: &dyn Fn(&mut Value)| {
        let http = http(|http| {
            http["body"] = json!({"text": text});
            change(http);
        });
        let filled = fill(&http, &json!({"id": "1", "note": "x\",\"b\":\"y"}), 10_000).unwrap();
        String::from_utf8(filled.body.unwrap()).unwrap()
    };
    let safe = r#"{"a":"x\",\"b\":\"y"}"#;
    assert_eq!(sent(&|http| http["body"]["escape"] = json!("json")), safe);
    assert_eq!(sent(&|http| http["headers"] = json!({"Content-Type": "application/json"})), safe);
    assert_eq!(sent(&|http| http["body"]["escape"] = json!("none")), r#"{"a":"x","b":"y"}"#);
    for (body, expected) in [
        (json!({"text": text}), ("/http/body", "escape")),
        (json!({"text": text, "escape": "sql"}), ("/http/body/escape", "enum")),
        (json!({"json": {}, "escape": "json"}), ("/http/body/escape", "unknown")),
        (json!({"json": {"a": [{"{{note}}": 1}]}}), ("/http/body/json/a/0/{{note}}", "template")),
        (json!({"form": {"{{note}}": 1}}), ("/http/body/form/{{note}}", "template")),
    ] {
        let found = broken(&definition(|value| value["http"]["body"] = body.clone()));
        assert!(found.contains(&(expected.0.to_owned(), expected.1.to_owned())), "{body}: {found:?}");
    }
    let plain = http(|http| http["body"] = json!({"text": "note: {{note}}"}));
    assert_eq!(fill(&plain, &json!({"id": "1", "note": "\"x\""}), 100).unwrap().body.unwrap(), b"note: \"x\"");
}

#[test]
fn a_field_that_is_a_whole_segment_may_have_encoded_slashes() {
    let http = http(|http| {
        http["path"] = json!("/projects/{{id}}/issues");
        http["segments"] = json!(["id"]);
    });
    let filled = |id: &str| fill(&http, &json!({"id": id}), 10_000);
    assert_eq!(filled("group/sub/project").unwrap().address, "/projects/group%2Fsub%2Fproject/issues");
    assert_eq!(filled("@scope/package").unwrap().address, "/projects/%40scope%2Fpackage/issues");
    assert_eq!(filled("/").unwrap().address, "/projects/%2F/issues");
    for id in ["a/../b", "..", "a/.", "a/..;x/b", "a\\b", "", "a/\n"] {
        assert!(
            matches!(filled(id), Err(Unfit::Value(wrong)) if wrong.pointer == "/id" && wrong.rule == "path"),
            "{id}"
        );
    }
    for (path, segments) in
        [("/a-{{id}}", "id"), ("/{{id}}.json", "id"), ("/{{id}}{{id}}", "id"), ("/x/{{id}}", "note")]
    {
        let found = broken(&definition(|value| {
            value["http"] = json!({"method": "GET", "path": path, "segments": [segments]});
        }));
        assert!(found.contains(&("/http/segments/0".to_owned(), "segment".to_owned())), "{path}: {found:?}");
    }
}

#[test]
fn a_refusal_says_what_is_the_matter() {
    let detail = |http: Value| {
        let value = definition(|value| value["http"] = http.clone());
        let found = ConnectorDefinition::read(&value, "").and_then(|definition| definition.check("")).unwrap_err();
        found.into_iter().next().unwrap().detail
    };
    assert!(detail(json!({"method": "GET", "path": "/echo?x=1"})).contains("expected them in `query`"));
    assert!(detail(json!({"method": "GET", "path": "/a#b"})).contains("fragment"));
    let idn = detail(json!({"method": "GET", "url": "https://bücher.example/a"}));
    assert!(idn.contains("xn--") && !idn.contains("percent-encode"), "{idn}");
}
