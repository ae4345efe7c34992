use serde_json::{Value, json};

use super::*;

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
    let Action::Http(http) = definition.action;
    http.as_ref().clone()
}

fn body(tree: Value, input: &Value) -> Option<Value> {
    let filled = http(|http| http["body"] = json!({"json": tree})).fill(input, 10_000).unwrap();
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
        ("/type", json!("grpc"), ("/type", "type")),
        ("/type", json!("function"), ("/type", "type")),
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
    let filled = http.fill(&json!({"id": "a b&%é", "note": "x=1&y +", "labels": ["1", "2"]}), 10_000).unwrap();
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
    let refused = |input: Value| match http.fill(&input, 10_000) {
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
    assert_eq!(list.fill(&input, 10_000), Err(Unfit::TooLarge(10_000)));
    let text = http(|http| http["body"] = json!({"text": "{{note}}".repeat(1000)}));
    assert_eq!(text.fill(&input, 10_000), Err(Unfit::TooLarge(10_000)));
    let query = http(|http| http["query"] = json!({"a": vec!["{{note}}"; 100], "b": vec!["{{note}}"; 100]}));
    assert_eq!(query.fill(&input, 10_000), Err(Unfit::TooLarge(10_000)));
}

#[test]
fn an_error_is_told_as_a_failure() {
    let rule = http(|http| {
        http["errors"] =
            json!({"when": {"pointer": "/ok", "equals": false}, "code": "/error", "message": "/detail/text"});
    });
    let body = json!({"ok": false, "error": "rate_limited", "detail": {"text": "slow\r\ndown"}});
    assert!(rule.errors.is_error(200, Some(&body)) && !rule.errors.is_error(200, Some(&json!({"ok": true}))));
    assert!(rule.errors.is_error(404, None) && rule.errors.is_error(302, None) && !rule.errors.is_error(204, None));
    let failure = rule.errors.failure(429, Some(&body), Some(1000));
    assert_eq!((failure.code.as_str(), failure.message.as_str()), ("rate_limited", "slowdown"));
    assert!(failure.retryable && failure.retry_after_ms == Some(1000));
    let plain = rule.errors.failure(404, None, None);
    assert_eq!(
        (plain.code.as_str(), plain.retryable, plain.details),
        ("http_404", false, Some(json!({"status": 404})))
    );
    let any = http(|http| http["errors"] = json!({"when": {"pointer": "/error"}}));
    for (value, is_error) in [(json!(null), false), (json!(false), false), (json!({}), true), (json!("x"), true)] {
        assert_eq!(any.errors.is_error(200, Some(&json!({"error": value}))), is_error);
    }
}
