use lockgate_domain::schema::{Document, Schema};
use serde_json::{Value, json};

use crate::encode::tests::{EVERY, OLD, method};

fn takes(schema: &Value, text: &str) -> bool {
    Schema::compile(schema).unwrap().validate(&Document::parse(text).unwrap()).is_ok()
}

#[test]
fn a_schema_takes_what_the_message_takes() {
    let method = method(EVERY, "t.Tests/Echo");
    let (input, output) = (method.input_schema(), method.output_schema());
    for text in [
        "{}",
        r#"{"d":1.5,"f":"NaN","i32":-5,"i64":"-9","u64":"18446744073709551615","data":"AP8=","state":"SHUT"}"#,
        r#"{"numbers":[1],"states":["OPEN"],"all":[{"all":[{}]}],"byText":{"a":"1"},"byFlag":{"true":{}}}"#,
        r#"{"leftSide":"x"}"#,
        r#"{"none":null}"#,
        r#"{"any":{"@type":"x/y","z":1},"duration":"1s","struct":{"a":[1]},"value":[null],"list":[1],"empty":{}}"#,
        r#"{"at":"2026-01-31T12:00:00Z","long":"5","boolValue":true,"other-name":"x"}"#,
    ] {
        assert!(takes(&input, text) && takes(&output, text), "{text}");
    }
    for text in [
        r#"{"i32":"x"}"#,
        r#"{"nope":1}"#,
        r#"{"all":[{"nope":1}]}"#,
        r#"{"leftSide":"x","rightSide":1}"#,
        r#"{"byFlag":{"x":{}}}"#,
        r#"{"state":"OTHER"}"#,
    ] {
        assert!(!takes(&input, text) && !takes(&output, text), "{text}");
    }
    assert!(
        takes(&input, r#"{"i64":9,"long":null}"#)
            && !takes(&output, r#"{"i64":9}"#)
            && !takes(&output, r#"{"long":null}"#)
    );
    assert!(takes(&output, r#"{"state":7}"#) && !takes(&input, r#"{"state":7}"#));
    let list = method.messages_schema();
    assert!(takes(&list, r#"{"messages":[{"all":[{}]}],"more":false}"#));
    assert!(!takes(&list, r#"{"messages":[{"all":[{"nope":1}]}],"more":false}"#));
}

#[test]
fn comments_are_descriptions() {
    let schema = method(EVERY, "t.Tests/Echo").input_schema();
    let own = &schema["$defs"]["t.All"];
    assert_eq!(own["description"], "Everything that there is.");
    assert_eq!(own["properties"]["other-name"]["description"], "The name in JSON.");
    assert_eq!(schema["$defs"]["t.State"]["description"], "A state.\nSHUT: done");
    // Without a cycle the root stands where it is.
    let old = method(OLD, "old.Things/Echo").input_schema();
    assert_eq!((&old["type"], &old["required"]), (&json!("object"), &json!(["name"])));
    assert_eq!(old["properties"]["colour"]["description"], "default: BLUE");
    assert!(takes(&old, r#"{"name":"a","[old.note]":"n"}"#) && !takes(&old, "{}"));
}

#[test]
fn what_is_too_large_is_left_open_and_says_so() {
    // Ten levels of ten messages that all use the next ones: ten to the tenth when references are expanded.
    let mut text = "syntax = \"proto3\"; package w; message Last { string s = 1; }\n".to_owned();
    for level in 0..10 {
        for place in 0..10 {
            let fields = (0..10).map(|next| match level {
                9 => format!("Last f{next} = {};", next + 1),
                _ => format!("M{}x{next} f{next} = {};", level + 1, next + 1),
            });
            text.push_str(&format!("message M{level}x{place} {{ {} }}\n", fields.collect::<String>()));
        }
    }
    text.push_str("service W { rpc Get(M0x0) returns (M0x0); }");
    let schema = method(&text, "w.W/Get").input_schema();
    assert!(Schema::compile(&schema).is_ok());
    assert!(schema["$comment"].as_str().unwrap().contains("too large"), "{schema}");
    assert!(schema.to_string().contains("whose fields are left out"));
    assert!(takes(&schema, r#"{"f0":{"f1":{"f2":{"f3":{"f4":{"f5":{}}}}}}}"#) && !takes(&schema, r#"{"nope":1}"#));
    // One message that is too large by itself.
    let fields: String = (1..5_000).map(|number| format!("string f{number} = {number};")).collect();
    let text =
        format!("syntax = \"proto3\"; package w; message M {{ {fields} }} service W {{ rpc Get(M) returns (M); }}");
    let schema = method(&text, "w.W/Get").output_schema();
    assert_eq!(schema["type"], "object");
    assert!(schema["description"].as_str().unwrap().contains("left out"));
    // A chain of messages that is longer than references may be.
    let chain: String = (0..100).map(|level| format!("message C{level} {{ C{} next = 1; }}", level + 1)).collect();
    let text =
        format!("syntax = \"proto3\"; package w; {chain} message C100 {{}} service W {{ rpc Get(C0) returns (C0); }}");
    let schema = method(&text, "w.W/Get").input_schema();
    assert!(Schema::compile(&schema).is_ok() && schema["$comment"].is_string());
}
