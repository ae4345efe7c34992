//! The printer of JSON.

use lockgate_tests::grpc_servers::JsonFormat;
use serde_json::json;

#[test]
fn messages_are_printed_as_googles_library_prints_them() {
    let mut format = JsonFormat::start();
    let text = r#"{"int64_value": 5, "doubleValue": "NaN", "bytesValue": "AP8", "enumValue": 1, "int32Value": 1e2}"#;
    let printed = format.parse("lockgate.test.Scalars", text).expect("a message");
    let expected = json!({
        "int64Value": "5", "doubleValue": "NaN", "bytesValue": "AP8=", "enumValue": "RED", "int32Value": 100,
    });
    assert_eq!(printed.json, expected);
    assert_eq!(format.print("lockgate.test.Scalars", &printed.bytes), Ok(printed));
    let any =
        r#"{"any": {"@type": "type.googleapis.com/lockgate.test.Legacy", "id": "x", "[lockgate.test.remark]": "y"}}"#;
    let printed = format.parse("lockgate.test.WellKnown", any).expect("a message");
    assert_eq!(printed.json, serde_json::from_str::<serde_json::Value>(any).expect("JSON"));
}

#[test]
fn what_is_no_message_is_refused() {
    let mut format = JsonFormat::start();
    let mut refuses = |text: &str, words: &str| {
        let error = format.parse("lockgate.test.Scalars", text).expect_err("no message");
        assert!(error.starts_with("ParseError") && error.contains(words), "{error}");
    };
    refuses(r#"{"other": 1}"#, "no field named \"other\"");
    refuses(r#"{"int32Value": 2147483648}"#, "out of range");
    refuses(r#"{"int32Value": 1"#, "Failed to load JSON");
    format.print("lockgate.test.Legacy", b"\xff").expect_err("no message");
}
