//! JSON itself, names of fields, and depth.

use super::Compared;

#[test]
fn what_is_json() {
    let mut compared = Compared::everything();
    for text in [
        "",
        " ",
        "{",
        "}",
        "{}",
        " {} ",
        "null",
        "1",
        "{} {}",
        "{}x",
        "\u{feff}{}",
        "{\"scalars\": {},}",
        "{,}",
        "{'scalars': {}}",
        "{scalars: {}}",
        "{\"scalars\": {} /* a */}",
        "{\"scalars\" {}}",
        "{\"scalars\": {\"int32Value\": 01}}",
        "{\"scalars\": {\"int32Value\": +1}}",
        "{\"scalars\": {\"int32Value\": .5}}",
        "{\"scalars\": {\"int32Value\": 1.}}",
        "{\"scalars\": {\"int32Value\": 0x1}}",
        "{\"scalars\": {\"int32Value\": 1e}}",
        "{\"scalars\": null}",
        "{\"scalars\": 1}",
        "{\"scalars\": true}",
        "{\"other\": 1}",
        "{\"other\": null}",
        "{\"scalars\": {\"other\": 1}}",
    ] {
        compared.text(text);
    }
    // Python takes whatever is empty for a message.
    for text in ["[]", "\"\"", "{\"scalars\": []}", "{\"scalars\": \"\"}"] {
        compared.stricter(text);
    }
    compared.end();
}

/// Python's parser takes them, as no other does.
#[test]
fn numbers_that_are_none() {
    let mut compared = Compared::everything();
    for word in ["NaN", "Infinity", "-Infinity"] {
        assert!(compared.method.encode(&format!(r#"{{"scalars": {{"doubleValue": {word}}}}}"#)).is_err(), "{word}");
    }
    compared.text(r#"{"scalars": {"int32Value": NaN}}"#);
    compared.end();
}

#[test]
fn names_of_fields() {
    let mut compared = Compared::everything();
    for members in [
        r#""fieldName": 1"#,
        r#""field_name": 1"#,
        r#""FieldName": 1"#,
        r#""fieldname": 1"#,
        r#""fieldName2": 1"#,
        r#""_leading": 1"#,
        r#""Leading": 1"#,
        r#""leading": 1"#,
        r#""fieldTwice": 1"#,
        r#""field__twice": 1"#,
        r#""FIELDCAPITAL": 1"#,
        r#""FIELD_CAPITAL": 1"#,
        r#""field9Digit": 1"#,
        r#""field_9_digit": 1"#,
        r#""another.name": 1"#,
        r#""renamed": 1"#,
        r#""type": 1"#,
        r#""field\u004eame": 1"#,
        r#""fieldName": 1, "fieldName": 2"#,
        r#""1": 1"#,
        r#""": 1"#,
    ] {
        compared.text(&format!(r#"{{"names": {{{members}}}}}"#));
    }
    for text in [r#"{"scalars": {}, "scalars": {}}"#, r#"{"maps": {"byString": {"a": "1", "a": "2"}}}"#] {
        compared.text(text);
    }
    // Of two names of one field Python takes the last.
    compared.stricter(r#"{"names": {"fieldName": 1, "field_name": 2}}"#);
    compared.end();
}

/// Python takes 100 levels of messages, and so does the host: neither ends by a stack that is too small.
#[test]
fn depth() {
    let mut compared = Compared::everything();
    let nested = |depth: usize, before: &str, after: &str| {
        format!(r#"{{"tree": {}{{}}{}}}"#, before.repeat(depth), after.repeat(depth))
    };
    for depth in [1, 10, 60, 90] {
        compared.text(&nested(depth, r#"{"next": "#, "}"));
    }
    // A list within a list is two messages and a level of JSON more.
    for depth in [1, 10, 25] {
        compared.text(&nested(depth, r#"{"children": ["#, "]}"));
        compared.text(&nested(depth, r#"{"named": {"a": "#, "}}"));
        compared.text(&format!(r#"{{"known": {{"value": {}1{}}}}}"#, "[".repeat(depth), "]".repeat(depth)));
    }
    for depth in [101, 150, 10_000, 1_000_000] {
        for (before, after) in [(r#"{"next": "#, "}"), (r#"{"children": ["#, "]}"), (r#"{"named": {"a": "#, "}}")] {
            assert!(compared.method.encode(&nested(depth, before, after)).is_err(), "{depth}");
        }
        let value = format!(r#"{{"known": {{"value": {}1{}}}}}"#, "[".repeat(depth), "]".repeat(depth));
        assert!(compared.method.encode(&value).is_err(), "{depth}");
    }
    compared.end();
}
