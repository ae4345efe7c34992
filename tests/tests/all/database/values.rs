//! Every kind of value, at its edges, as a column and as a parameter.

use serde_json::{Value, json};

use super::setup;

/// A type, a literal of it, and what a guest has of that.
fn cases() -> Vec<(&'static str, &'static str, Value)> {
    let array = |element: &str, dimensions: Value, items: Value| json!({"array": {"element": element, "dimensions": dimensions, "items": items}});
    let int = |text: &str| json!({"int64": text});
    let text = |own: &str| json!({"text": own});
    vec![
        ("bool", "true", json!({"boolean": true})),
        ("bool", "f", json!({"boolean": false})),
        ("int2", "-32768", int("-32768")),
        ("int4", "2147483647", int("2147483647")),
        ("int8", "-9223372036854775808", int("-9223372036854775808")),
        ("int8", "9223372036854775807", int("9223372036854775807")),
        ("oid", "4294967295", int("4294967295")),
        ("float4", "0.5", json!({"float64": "0.5"})),
        ("float8", "1.7976931348623157e308", json!({"float64": "1.7976931348623157e308"})),
        ("float8", "5e-324", json!({"float64": "5e-324"})),
        ("float8", "-0", json!({"float64": "-0.0"})),
        ("float8", "NaN", json!({"float64": "NaN"})),
        ("float8", "-Infinity", json!({"float64": "-inf"})),
        (
            "numeric",
            "12345678901234567890123456789012345678",
            json!({"decimal": "12345678901234567890123456789012345678"}),
        ),
        (
            "numeric",
            "-0.00000000000000000000000000000000000001",
            json!({"decimal": "-0.00000000000000000000000000000000000001"}),
        ),
        ("numeric(10,2)", "1.10", json!({"decimal": "1.10"})),
        ("numeric", "NaN", json!({"decimal": "NaN"})),
        ("numeric", "Infinity", json!({"decimal": "Infinity"})),
        ("text", "", text("")),
        ("text", "'' \" \\ ; -- \n\u{1F600}", text("' \" \\ ; -- \n\u{1F600}")),
        ("varchar(3)", "abc", text("abc")),
        ("char(4)", "ab", text("ab  ")),
        ("name", "orders", text("orders")),
        ("bytea", "\\x", json!({"bytes": []})),
        ("bytea", "\\x0001ff27", json!({"bytes": [0, 1, 255, 39]})),
        ("date", "0001-01-01", json!({"date": "0001-01-01"})),
        ("date", "9999-12-31", json!({"date": "9999-12-31"})),
        ("date", "infinity", json!({"date": "infinity"})),
        ("time", "23:59:59.999999", json!({"time": "23:59:59.999999"})),
        ("timetz", "10:20:30+02", json!({"time": "10:20:30+02:00"})),
        ("timestamp", "0001-01-01 00:00:00", json!({"timestamp": "0001-01-01T00:00:00"})),
        ("timestamp", "9999-12-31 23:59:59.999999", json!({"timestamp": "9999-12-31T23:59:59.999999"})),
        ("timestamptz", "2026-11-29 10:20:30.5+02", json!({"timestamp-tz": "2026-11-29T08:20:30.5Z"})),
        ("timestamptz", "-infinity", json!({"timestamp-tz": "-infinity"})),
        ("interval", "1 year 2 months 3 days 04:05:06.7", json!({"interval": "P1Y2M3DT4H5M6.7S"})),
        ("uuid", "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11", json!({"uuid": "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"})),
        ("json", "{\"a\" : 1.10}", json!({"json": "{\"a\" : 1.10}"})),
        ("jsonb", "[1.10, null]", json!({"json": "[1.10, null]"})),
        ("inet", "10.0.0.1/8", json!({"other": ["inet", "10.0.0.1/8"]})),
        ("int4range", "[1,5)", json!({"other": ["int4range", "[1,5)"]})),
        ("mood", "happy", json!({"other": ["mood", "happy"]})),
        ("int8[]", "{1,NULL,-3}", array("int8", json!([[3, 1]]), json!([int("1"), "null", int("-3")]))),
        ("int8[]", "{}", array("int8", json!([]), json!([]))),
        (
            "text[]",
            "{\"a b\",\"NULL\",\"\\\\\"}",
            array("text", json!([[3, 1]]), json!([text("a b"), text("NULL"), text("\\")])),
        ),
        (
            "numeric[]",
            "[0:1][1:2]={{1.0,2},{3,NaN}}",
            array(
                "numeric",
                json!([[2, 0], [2, 1]]),
                json!([{"decimal": "1.0"}, {"decimal": "2"}, {"decimal": "3"}, {"decimal": "NaN"}]),
            ),
        ),
        (
            "timestamptz[]",
            "{2026-11-29 10:20:30+00}",
            array("timestamptz", json!([[1, 1]]), json!([{"timestamp-tz": "2026-11-29T10:20:30Z"}])),
        ),
    ]
}

#[test]
fn every_kind_goes_both_ways() {
    let setup = setup(json!({"limits": {"host_calls": 1000}}));
    setup.server.sql("CREATE TYPE mood AS ENUM ('happy', 'sad')");
    let cases = cases();
    let mut asks = Vec::new();
    for (name, literal, value) in &cases {
        asks.push(json!({"statement": format!("SELECT '{literal}'::{name}")}));
        let same = format!("($1::{name})::text IS NOT DISTINCT FROM ('{literal}'::{name})::text");
        asks.push(json!({"statement": format!("SELECT $1::{name}, {same}, NULL::{name}"), "numbered": [value]}));
    }
    let told = setup.invoke("each", &Value::from(asks)).output();
    for (case, told) in cases.iter().zip(told.as_array().unwrap().chunks(2)) {
        let (name, literal, value) = case;
        assert_eq!(told[0]["rows"], json!([[value]]), "{name} {literal}");
        assert_eq!(told[1]["rows"], json!([[value, {"boolean": true}, "null"]]), "{name} {literal}");
    }
}

#[test]
fn large_texts_go_both_ways() {
    let setup = setup(json!({"limits": {"input_bytes": 8 << 20}}));
    let own = "ä\u{1F600}".repeat(175_000);
    let ask = json!({"statement": "SELECT $1::text, octet_length($1::text)", "numbered": [{"text": own}]});
    let told = setup.invoke("query", &ask).output();
    assert_eq!(told["rows"][0][1], json!({"int64": own.len().to_string()}));
    assert!(told["rows"][0][0]["text"] == json!(own), "another text came back");
}

#[test]
fn what_is_no_value_of_its_type_is_refused() {
    let setup = setup(json!({}));
    for (statement, value, code) in [
        ("SELECT $1::int8", json!({"text": "seven"}), "invalid-value"),
        ("SELECT $1::int2", json!({"int64": "32768"}), "invalid-value"),
        ("SELECT $1::text", json!({"bytes": [1]}), "invalid-request"),
        ("SELECT $1::text", json!({"text": "a\0b"}), "invalid-request"),
        (
            "SELECT $1::int8[]",
            json!({"array": {"element": "", "dimensions": [[2, 1]], "items": []}}),
            "invalid-request",
        ),
    ] {
        let failure = setup.failure("query", &json!({"statement": statement, "numbered": [value]}));
        assert_eq!(failure["code"], code, "{statement}: {failure}");
    }
}
