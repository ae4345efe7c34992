//! Types of `google.protobuf` that have a form of their own.

use super::Compared;

fn compare(field: &str, values: &[&str], lenient: &[(&str, &str)]) {
    super::compare("known", &[field], values, lenient);
}

#[test]
fn timestamps() {
    let texts = [
        "1970-01-01T00:00:00Z",
        "1970-01-01T00:00:00.1Z",
        "1970-01-01T00:00:00.12Z",
        "1970-01-01T00:00:00.123456789Z",
        "1970-01-01T00:00:00.1234567890Z",
        "1970-01-01T00:00:00.000Z",
        "1970-01-01T00:00:00.Z",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59.999999999Z",
        "0000-12-31T00:00:00Z",
        "10000-01-01T00:00:00Z",
        "1969-12-31T23:59:59.5Z",
        "1970-01-01T00:00:00+01:00",
        "1970-01-01T00:00:00-23:59",
        "0001-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01",
        "1970-01-01T00:00:00",
        "1970-01-01T00:00Z",
        "1970-01-01",
        "1970-01-01t00:00:00Z",
        "1970-01-01T00:00:00z",
        "1970-02-29T00:00:00Z",
        "2024-02-29T00:00:00Z",
        "1970-13-01T00:00:00Z",
        "1970-00-01T00:00:00Z",
        "1970-01-32T00:00:00Z",
        "1970-01-01T24:00:00Z",
        "1970-01-01T00:60:00Z",
        "1970-01-01T00:00:61Z",
        " 1970-01-01T00:00:00Z",
        "1970-01-01T00:00:00Z ",
        "",
        "now",
    ];
    let quoted: Vec<String> = texts.iter().map(|text| format!("\"{text}\"")).collect();
    let mut values: Vec<&str> = quoted.iter().map(String::as_str).collect();
    values.extend(["null", "0", "{}", "{\"seconds\": 1}"]);
    compare("timestamp", &values, &[("*", "\"1970-01-01T00:00:00.Z\"")]);
    compare("timestamps", &["[\"1970-01-01T00:00:00Z\"]", "[null]", "\"1970-01-01T00:00:00Z\""], &[]);
}

#[test]
fn durations() {
    let texts = [
        "0s",
        "1s",
        "-1s",
        "1.5s",
        "-1.5s",
        "0.5s",
        "-0.5s",
        "1.000340012s",
        "1.0000000001s",
        "0.000000001s",
        "315576000000s",
        "-315576000000s",
        "315576000001s",
        "-315576000001s",
        "315576000000.999999999s",
        "1",
        "s",
        "",
        "1.5",
        "1m",
        "-s",
        "--1s",
        "0.-5s",
        "1.5.5s",
        "1x",
        "9223372036854775808s",
        "a",
    ];
    let quoted: Vec<String> = texts.iter().map(|text| format!("\"{text}\"")).collect();
    let mut values: Vec<&str> = quoted.iter().map(String::as_str).collect();
    values.extend(["null", "1", "{}"]);
    compare("duration", &values, &[("*", "\"1.0000000001s\"")]);
    compare("durations", &[r#"{"a": "1s"}"#, r#"{"a": null}"#], &[]);
}

#[test]
fn masks() {
    let values = [
        r#""""#,
        r#""a""#,
        r#""a,b""#,
        r#""fooBar""#,
        r#""fooBar.bazQux,a""#,
        r#""a.b.c""#,
        r#""a1""#,
        r#""foo_bar""#,
        r#""aB_c""#,
        "null",
        "1",
        "[]",
        "{}",
    ];
    compare("mask", &values, &[]);
}

#[test]
fn values_of_json() {
    let values = [
        "null",
        "true",
        "1",
        "-0.0",
        "1e300",
        "\"a\"",
        "\"\"",
        "[]",
        "[1, \"a\", null, [true], {}]",
        "{}",
        "{\"a\": null}",
        "{\"a\": {\"b\": [1]}}",
        "\"NaN\"",
        "1e400",
        "9007199254740993",
        "12345678901234567890",
        "9007199254740992",
        "1152921504606846976",
        "1152921504606847000",
        "-18446744073709551616",
    ];
    // Python makes another number of it. What doubles have is read, as it and as JavaScript write them.
    let changed = ["9007199254740993", "12345678901234567890"];
    compare("value", &values, &changed.map(|value| ("*", value)));
    compare("values", &["[]", "[null]", "[1, null, \"a\", [], {}]", "1"], &[]);
    // Python fails at it.
    Compared::everything().as_specified(r#"{"known": {"values": null}}"#, r#"{"known": {}}"#);
    compare("struct", &["{}", "null", "{\"a\": null}", "{\"\": {\"\": [null]}}", "[]", "1", "\"\""], &[]);
    compare("list", &["[]", "null", "[null]", "[[], [[1]]]", "{}", "1"], &[]);
    compare("null", &["null", "\"NULL_VALUE\"", "0", "\"\"", "false", "{}"], &[("*", "false")]);
    compare("empty", &["{}", "null", "{\"a\": 1}", "[]", "1"], &[("*", "[]")]);
}

#[test]
fn wrappers() {
    for field in [
        "doubleValue",
        "floatValue",
        "int64Value",
        "uint64Value",
        "int32Value",
        "uint32Value",
        "boolValue",
        "stringValue",
        "bytesValue",
    ] {
        let values = [
            "0",
            "1",
            "-1",
            "1.5",
            "\"\"",
            "\"1\"",
            "\"NaN\"",
            "\"AA==\"",
            "true",
            "false",
            "null",
            "{}",
            "{\"value\": 1}",
            "[]",
            "4294967296",
            "18446744073709551616",
        ];
        let lenient =
            if field == "doubleValue" || field == "floatValue" { &[("*", "true"), ("*", "false")][..] } else { &[] };
        compare(field, &values, lenient);
    }
}

#[test]
fn any() {
    let of = |kind: &str, members: &str| format!(r#"{{"@type": "type.googleapis.com/{kind}"{members}}}"#);
    let values = [
        "{}".to_owned(),
        "null".to_owned(),
        "1".to_owned(),
        "[]".to_owned(),
        of("lockgate.test.Scalars", ""),
        of("lockgate.test.Scalars", r#", "int32Value": 1"#),
        r#"{"int32Value": 1, "@type": "type.googleapis.com/lockgate.test.Scalars"}"#.to_owned(),
        r#"{"int32Value": 1}"#.to_owned(),
        of("lockgate.test.Scalars", r#", "other": 1"#),
        of("lockgate.test.Missing", ""),
        of("google.protobuf.Duration", r#", "value": "1.5s""#),
        of("google.protobuf.Timestamp", r#", "value": "1970-01-01T00:00:00Z""#),
        of("google.protobuf.Int64Value", r#", "value": "5""#),
        of("google.protobuf.Struct", r#", "value": {"a": [1]}"#),
        of("google.protobuf.Value", r#", "value": "x""#),
        of("google.protobuf.Value", r#", "value": null"#),
        of("google.protobuf.ListValue", r#", "value": [1]"#),
        of("google.protobuf.FieldMask", r#", "value": "fooBar""#),
        of("google.protobuf.Any", &format!(r#", "value": {}"#, of("lockgate.test.Scalars", ""))),
        of("google.protobuf.Any", r#", "value": {}"#),
        of("lockgate.test.WellKnown", &format!(r#", "any": {}"#, of("lockgate.test.Choice", r#", "text": "a""#))),
        of("google.protobuf.Duration", r#", "value": "x""#),
        r#"{"@type": ""}"#.to_owned(),
        r#"{"@type": "lockgate.test.Scalars"}"#.to_owned(),
        r#"{"@type": 1}"#.to_owned(),
        r#"{"@type": null}"#.to_owned(),
        r#"{"@type": "type.googleapis.com/"}"#.to_owned(),
        r#"{"@type": "example.com/a/lockgate.test.Scalars", "int32Value": 1}"#.to_owned(),
    ];
    let values: Vec<&str> = values.iter().map(String::as_str).collect();
    compare("any", &values, &[("*", r#"{"@type": "lockgate.test.Scalars"}"#)]);
}
