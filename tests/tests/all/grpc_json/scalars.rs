//! Numbers, texts, bytes and enums, alone and as elements and keys.

use super::{Compared, compare};

#[test]
fn integers() {
    let fields = [
        "int32Value",
        "int64Value",
        "uint32Value",
        "uint64Value",
        "sint32Value",
        "sint64Value",
        "fixed32Value",
        "fixed64Value",
        "sfixed32Value",
        "sfixed64Value",
    ];
    let values = [
        "0",
        "1",
        "-1",
        "-0",
        "1.0",
        "1e2",
        "1E2",
        "1e+2",
        "100e-2",
        "100000.000",
        "1.5",
        "1e-1",
        "0.1",
        "2147483647",
        "2147483648",
        "-2147483648",
        "-2147483649",
        "4294967295",
        "4294967296",
        "9223372036854775807",
        "9223372036854775808",
        "-9223372036854775808",
        "-9223372036854775809",
        "18446744073709551615",
        "18446744073709551616",
        "9007199254740993",
        "1e18",
        "1e19",
        "1e400",
        "\"0\"",
        "\"1\"",
        "\"-1\"",
        "\"2147483647\"",
        "\"4294967296\"",
        "\"9007199254740993\"",
        "\"18446744073709551615\"",
        "\"18446744073709551616\"",
        "\"\"",
        "\" 1\"",
        "\"1 \"",
        "\"+1\"",
        "\"1x\"",
        "\"0x10\"",
        "\"a\"",
        "\"null\"",
        "\"1.5\"",
        "true",
        "false",
        "null",
        "[]",
        "[1]",
        "{}",
    ];
    compare("scalars", &fields, &values, &[("*", "\"+1\"")]);
    compare("optionals", &["int32Value", "uint64Value", "sint64Value"], &["0", "\"0\"", "null", "1"], &[]);
}

#[test]
fn numbers_with_a_fraction() {
    let values = [
        "0",
        "0.0",
        "-0.0",
        "1",
        "1.5",
        "-1.5",
        "0.1",
        "1e5",
        "1e-7",
        "1E+5",
        "5e-324",
        // As a `float` it has fewer digits than Python writes.
        "-4.586e-41",
        "1e-400",
        "1e-50",
        "3.4028234e38",
        "3.5e38",
        "-3.5e38",
        "1.7976931348623157e308",
        "1.8e308",
        "-1.8e308",
        "16777217",
        "9007199254740993",
        "\"1.5\"",
        "\"-1.5e3\"",
        "\"0\"",
        "\"NaN\"",
        "\"Infinity\"",
        "\"-Infinity\"",
        "\"nan\"",
        "\"inf\"",
        "\"INFINITY\"",
        "\"+Infinity\"",
        "\"\"",
        "\"1.5x\"",
        "\"a\"",
        "\"0x1p3\"",
        "true",
        "null",
        "[]",
    ];
    let lenient = ["\"inf\"", "\"INFINITY\"", "\"+Infinity\"", "true"].map(|value| ("*", value));
    compare("scalars", &["doubleValue", "floatValue"], &values, &lenient);
    let mut compared = Compared::everything();
    // Python reads `-0` as a whole number, which has no sign.
    compared.as_specified(r#"{"scalars": {"doubleValue": -0}}"#, r#"{"scalars": {"doubleValue": -0.0}}"#);
    // It is nearer to the largest number than to none.
    let largest = r#"{"scalars": {"floatValue": 3.4028234663852886e38}}"#;
    compared.as_specified(r#"{"scalars": {"floatValue": 3.4028235e38}}"#, largest);
    compare("optionals", &["doubleValue", "floatValue"], &["0", "-0.0", "\"NaN\"", "null"], &[]);
}

#[test]
fn booleans_texts_and_bytes() {
    let values = ["true", "false", "null", "0", "1", "\"true\"", "\"\"", "[]", "True"];
    compare("scalars", &["boolValue"], &values, &[]);
    let values = [
        r#""""#,
        r#""a""#,
        r#""\u0000""#,
        r#""\ud83d\ude00""#,
        r#""\ud83d""#,
        r#""\ude00\ud83d""#,
        r#""\ud800\u0041""#,
        r#""\/\b\f\n\r\t\"\\""#,
        r#""\x41""#,
        r#""\u00""#,
        "\"\u{1}\"",
        "\"\n\"",
        "\"\u{7f}\u{2028}\u{10ffff}\"",
        "1",
        "null",
        "true",
        "[]",
        "{}",
    ];
    compare("scalars", &["stringValue"], &values, &[]);
    compare("optionals", &["stringValue", "bytesValue", "boolValue"], &[r#""""#, "null", "false"], &[]);
    let values = [
        r#""""#,
        r#""AA==""#,
        r#""AA""#,
        r#""AAA=""#,
        r#""AAA""#,
        r#""AAAA""#,
        r#""+/8=""#,
        r#""-_8=""#,
        r#""-_8""#,
        r#""+_8=""#,
        r#""A""#,
        r#""AAAAA""#,
        r#""!!!!""#,
        "1",
        "null",
        "[]",
    ];
    let lenient = [("*", r#""+_8=""#), ("*", r#""!!!!""#)];
    compare("scalars", &["bytesValue"], &values, &lenient);
}

/// Python skips what is no digit of base64, and bits that mean nothing.
#[test]
fn bytes_have_one_spelling() {
    let compared = Compared::everything();
    for text in [" AAA=", "AA\\nA=", "AA!AA", "A=AA"] {
        let text = format!(r#"{{"scalars": {{"bytesValue": "{text}"}}}}"#);
        assert!(compared.method.encode(&text).is_err(), "{text}");
    }
}

#[test]
fn enums() {
    let values = [
        "\"RED\"",
        "\"BELOW\"",
        "\"COLOUR_UNSPECIFIED\"",
        "\"red\"",
        "\"\"",
        "\"UNKNOWN\"",
        "0",
        "1",
        "-1",
        "2",
        "7",
        "-7",
        "1.0",
        "1e0",
        "1.5",
        "2147483647",
        "2147483648",
        "-2147483649",
        "null",
        "true",
        "[]",
        "{}",
    ];
    compare("scalars", &["enumValue"], &values, &[("*", "1.5"), ("*", "true")]);
    compare("optionals", &["enumValue"], &["0", "\"COLOUR_UNSPECIFIED\"", "null", "7"], &[]);
    let values = ["[]", "[\"FIRST\", \"SECOND\", \"ALSO_SECOND\"]", "[0, 1, 2]", "[null]", "\"FIRST\""];
    compare("repeateds", &["aliasValues"], &values, &[]);
}

#[test]
fn lists() {
    let fields = [
        "doubleValues",
        "floatValues",
        "int32Values",
        "int64Values",
        "uint64Values",
        "sint64Values",
        "fixed64Values",
        "looseValues",
        "boolValues",
        "stringValues",
        "bytesValues",
        "enumValues",
        "messages",
    ];
    let values = [
        "[]",
        "[0]",
        "[1, 0, 2]",
        "[\"1\"]",
        "[\"\", \"AA==\"]",
        "[true, false]",
        "[null]",
        "[1, null]",
        "[[1]]",
        "1",
        "\"1\"",
        "{}",
        "[{}]",
        "[{\"int32Value\": 1}, {}]",
        "null",
        "[\"NaN\"]",
        "[\"RED\", 2]",
    ];
    let lenient = [
        ("doubleValues", "[true, false]"),
        ("floatValues", "[true, false]"),
        ("enumValues", "[true, false]"),
        ("enumValues", "[\"1\"]"),
    ];
    compare("repeateds", &fields, &values, &lenient);
}

#[test]
fn maps() {
    let values = [
        "{}",
        "null",
        "[]",
        "1",
        r#"{"": 1}"#,
        r#"{"1": null}"#,
        r#"{"0": 0}"#,
        r#"{"1": "1"}"#,
        r#"{"-1": 1}"#,
        r#"{"1": 1, "2": 2}"#,
        r#"{"true": true}"#,
        r#"{"false": "x"}"#,
        r#"{"True": true}"#,
        r#"{"TRUE": "x"}"#,
        r#"{"1": true}"#,
        r#"{"1": "AA=="}"#,
        r#"{"1": {}}"#,
        r#"{"1": {"int32Value": 1}}"#,
        r#"{"1": "RED"}"#,
        r#"{"1": 7}"#,
        r#"{"1": "UNKNOWN"}"#,
        r#"{"4294967296": 1}"#,
        r#"{"18446744073709551616": true}"#,
        r#"{"a": "x"}"#,
        r#"{"1.5": 1}"#,
        r#"{"1x": 1}"#,
        r#"{"2147483648": 1}"#,
        r#"{"-2147483648": 1}"#,
        r#"{"9223372036854775807": 1}"#,
    ];
    let fields = ["byString", "byInt32", "byInt64", "byUint32", "byUint64", "bySint32", "byFixed64", "byBool"];
    let lenient = [("byInt64", r#"{"1": true}"#), ("bySint32", r#"{"1": true}"#), ("bySint32", r#"{"1": "1"}"#)];
    compare("maps", &fields, &values, &lenient);
}

#[test]
fn choices() {
    let mut compared = Compared::everything();
    for choice in [
        r#"{"number": 0}"#,
        r#"{"text": ""}"#,
        r#"{"raw": ""}"#,
        r#"{"scalars": {}}"#,
        r#"{"nothing": null}"#,
        r#"{"nothing": "NULL_VALUE"}"#,
        r#"{"nothing": 0}"#,
        r#"{"colour": 0}"#,
        r#"{"number": null}"#,
        "{}",
        "null",
        r#"{"number": 1, "text": "a"}"#,
        r#"{"number": 1, "text": null}"#,
        r#"{"number": null, "text": "a"}"#,
        r#"{"scalars": {}, "colour": "RED"}"#,
    ] {
        compared.text(&format!(r#"{{"choice": {choice}}}"#));
    }
    compared.end();
}

#[test]
fn proto2() {
    let mut compared = Compared::legacy();
    for text in [
        "{}",
        r#"{"id": "a"}"#,
        r#"{"id": ""}"#,
        r#"{"id": null}"#,
        r#"{"id": "a", "number": 42}"#,
        r#"{"id": "a", "number": 0}"#,
        r#"{"id": "a", "text": "a \"default\""}"#,
        r#"{"id": "a", "grade": "HIGH"}"#,
        r#"{"id": "a", "grade": 5}"#,
        r#"{"id": "a", "grade": "MIDDLE"}"#,
        r#"{"id": "a", "limit": "Infinity"}"#,
        r#"{"id": "a", "raw": "AXg="}"#,
        r#"{"id": "a", "loose": [1, 2], "packed": [3, 4]}"#,
        r#"{"id": "a", "extra": {"note": "n"}}"#,
        r#"{"id": "a", "[lockgate.test.remark]": "r"}"#,
        r#"{"id": "a", "[lockgate.test.missing]": "r"}"#,
        r#"{"id": "a", "remark": "r"}"#,
    ] {
        compared.text(text);
    }
    compared.end();
}
