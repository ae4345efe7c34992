use lockgate_domain::ConnectorDefinition;
use lockgate_domain::connector::Action;
use serde_json::json;

use super::*;

fn definition(response: &Value, errors: &Value) -> HttpDefinition {
    let definition = json!({
        "name": "item", "type": "http", "input_schema": true, "output_schema": true,
        "http": {"method": "GET", "path": "/item", "response": response, "errors": errors},
    });
    let Action::Http(http) = ConnectorDefinition::read(&definition, "").unwrap().action else { panic!("another type") };
    HttpDefinition::clone(&http)
}

fn answer(status: u16, headers: &[(&str, &[u8])], body: &[u8]) -> Answer {
    let pair = |(name, value): &(&str, &[u8])| {
        let name: http::HeaderName = name.parse().unwrap();
        (name, http::HeaderValue::from_bytes(value).unwrap())
    };
    let mut map = HeaderMap::new();
    for (name, value) in headers.iter().map(pair) {
        map.append(name, value);
    }
    Answer { status, headers: map, body: Bytes::copy_from_slice(body) }
}

#[test]
fn headers_of_any_bytes_and_of_several_lines_are_given() {
    let http =
        definition(&json!({"status": true, "headers": ["X-Name", "ETag", "vary", "x-none", "x-raw"]}), &json!({}));
    let headers: [(&str, &[u8]); 6] = [
        ("x-name", "Café".as_bytes()),
        ("etag", b"\"1\""),
        ("vary", b"a"),
        ("vary", b"b"),
        ("x-raw", b"Caf\xe9"),
        ("x-other", b"1"),
    ];
    let output: Value = serde_json::from_str(&answer(200, &headers, b"1").output(&http).unwrap()).unwrap();
    let expected = json!({"x-name": "Café", "etag": "\"1\"", "vary": "a, b", "x-raw": "Caf\u{fffd}"});
    assert_eq!(output, json!({"status": 200, "headers": expected, "body": 1}));
    let cookies: [(&str, &[u8]); 2] = [("set-cookie", b"a=1"), ("set-cookie", b"b=2")];
    assert_eq!(answer(200, &cookies, b"").header("set-cookie").as_deref(), Some("a=1"));
}

#[test]
fn a_text_is_read_by_its_charset_and_json_with_a_byte_order_mark() {
    let text = definition(&json!({"format": "text"}), &json!({}));
    let latin: [(&str, &[u8]); 1] = [("content-type", b"text/plain; charset=windows-1252")];
    assert_eq!(answer(200, &latin, b"Caf\xe9").output(&text).unwrap(), "\"Café\"");
    let unknown: [(&str, &[u8]); 1] = [("content-type", b"text/plain; charset=klingon")];
    let refused = answer(200, &unknown, b"x").output(&text).unwrap_err();
    assert!(refused.code == "unexpected_answer" && refused.message.contains("klingon"), "{refused:?}");
    assert!(answer(200, &[], b"Caf\xe9").output(&text).unwrap_err().message.contains("it is not UTF-8"));
    let json = definition(&json!({"pointer": "/a"}), &json!({}));
    assert_eq!(answer(200, &[], b"\xef\xbb\xbf{\"a\":1}").output(&json).unwrap(), "1");
}

#[test]
fn an_error_shows_its_body_and_what_it_asks_to_wait() {
    let http = definition(&json!({}), &json!({}));
    let headers: [(&str, &[u8]); 2] =
        [("content-type", b"text/plain; charset=iso-8859-1"), ("retry-after", b"Sun, 06 Nov 1994 08:49:37 GMT")];
    let failure = answer(404, &headers, b"No caf\xe9 here").failure(&http).unwrap().unwrap();
    assert_eq!(failure.details.unwrap().value(), json!({"status": 404, "body": "No café here"}));
    assert_eq!(failure.retry_after_ms, Some(0));
    let big = answer(400, &[], br#"{"id": 18446744073709551616, "x": 7.10}"#).failure(&http).unwrap().unwrap();
    assert_eq!(big.details.unwrap().text(), r#"{"status":400,"body":{"id":18446744073709551616,"x":7.10}}"#);
}

#[test]
fn two_members_of_one_name_are_an_unexpected_answer() {
    let when = definition(&json!({}), &json!({"when": {"pointer": "/ok", "equals": false}}));
    let twice = answer(200, &[], br#"{"ok":false,"ok":true}"#);
    assert_eq!(twice.failure(&when).unwrap_err().code, "unexpected_answer");
    let part = definition(&json!({"pointer": "/a"}), &json!({}));
    let refused = answer(200, &[], br#"{"a":1,"b":2,"\u0061":3}"#).output(&part).unwrap_err();
    assert!(refused.code == "unexpected_answer" && refused.message.contains("key `a` twice"), "{refused:?}");
    let optional = definition(&json!({"pointer": "/a", "required": false}), &json!({}));
    assert_eq!(answer(200, &[], br#"{"b":2}"#).output(&optional).unwrap(), "null");
    assert_eq!(answer(200, &[], b"7").output(&optional).unwrap_err().code, "unexpected_answer");
}
