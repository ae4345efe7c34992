use std::collections::BTreeMap;

use crate::{Descriptors, Method, NotEncoded};

pub(crate) const EVERY: &str = r#"
syntax = "proto3";
package t;
import "google/protobuf/any.proto";
import "google/protobuf/duration.proto";
import "google/protobuf/field_mask.proto";
import "google/protobuf/struct.proto";
import "google/protobuf/timestamp.proto";
import "google/protobuf/wrappers.proto";
import "google/protobuf/empty.proto";

// A state.
enum State { STATE_UNKNOWN = 0; OPEN = 1;
  // done
  SHUT = 2; NEG = -1; }

// Everything that there is.
message All {
  double d = 1; float f = 2; int32 i32 = 3; int64 i64 = 4; uint32 u32 = 5; uint64 u64 = 6;
  sint32 s32 = 7; sint64 s64 = 8; fixed32 f32 = 9; fixed64 f64 = 10; sfixed32 sf32 = 11; sfixed64 sf64 = 12;
  bool flag = 13; string text = 14; bytes data = 15; State state = 16;
  optional int32 maybe = 17;
  repeated int32 numbers = 18; repeated string texts = 19; repeated State states = 20; repeated All all = 21;
  map<string, int64> by_text = 22; map<int32, string> by_number = 23; map<bool, All> by_flag = 24;
  oneof choice { string left_side = 25; int32 right_side = 26; All both = 27; google.protobuf.NullValue none = 28; }
  google.protobuf.Any any = 30; google.protobuf.Duration duration = 31; google.protobuf.FieldMask mask = 32;
  google.protobuf.Struct struct = 33; google.protobuf.Value value = 34; google.protobuf.ListValue list = 35;
  google.protobuf.Timestamp at = 36; google.protobuf.Empty empty = 37;
  google.protobuf.Int64Value long = 40; google.protobuf.StringValue string_value = 41; google.protobuf.BoolValue bool_value = 42;
  // The name in JSON.
  string renamed = 50 [json_name = "other-name"];
}
service Tests { rpc Echo(All) returns (All); rpc Watch(All) returns (stream All); rpc Send(stream All) returns (All); }
"#;

pub(crate) const OLD: &str = r#"
syntax = "proto2";
package old;
enum Colour { RED = 1; BLUE = 2; }
message Thing {
  required string name = 1;
  optional Colour colour = 2 [default = BLUE];
  repeated Colour colours = 3;
  map<string, Colour> by_name = 4;
  optional group Part = 5 { optional int32 size = 1; }
  repeated group Parts = 6 { optional int32 size = 1; }
  repeated int32 numbers = 7 [packed = true];
  extensions 100 to 199;
}
extend Thing { optional string note = 100; }
service Things { rpc Echo(Thing) returns (Thing); }
"#;

pub(crate) fn method(text: &str, name: &str) -> Method {
    let files = BTreeMap::from([("t.proto".to_owned(), text.to_owned())]);
    let set = crate::compile(files).unwrap();
    Descriptors::read(set.into()).unwrap().method(name).unwrap()
}

fn wrong(method: &Method, text: &str) -> String {
    match method.encode(text).unwrap_err() {
        NotEncoded::Value { pointer, detail } => format!("{pointer} {detail}"),
        NotEncoded::Json(error) => error.to_string(),
    }
}

#[test]
fn what_is_written_is_what_is_printed() {
    let method = method(EVERY, "t.Tests/Echo");
    for text in [
        "{}",
        r#"{"d":1.5,"f":0.1,"i32":-2147483648,"i64":"-9223372036854775808","u32":4294967295,"u64":"18446744073709551615"}"#,
        r#"{"s32":-5,"s64":"-6","f32":7,"f64":"8","sf32":-9,"sf64":"-10","flag":true,"text":"é\"\n\u0001","data":"AP8="}"#,
        r#"{"d":"NaN","f":"-Infinity","state":"SHUT","maybe":0}"#,
        r#"{"state":"NEG","numbers":[1,-2,0],"texts":["","a"],"states":["OPEN",7],"all":[{},{"i32":1}]}"#,
        r#"{"byText":{"":"0","a":"1"},"byNumber":{"-1":"x"},"byFlag":{"true":{"text":"y"},"false":{}}}"#,
        r#"{"leftSide":""}"#,
        r#"{"rightSide":0}"#,
        r#"{"both":{}}"#,
        r#"{"none":null}"#,
        r#"{"any":{"@type":"type.googleapis.com/t.All","text":"x"},"duration":"-1.500s","mask":"userName.first,x"}"#,
        r#"{"any":{"@type":"type.googleapis.com/google.protobuf.Duration","value":"2s"}}"#,
        r#"{"any":{"@type":"x/google.protobuf.Any","value":{"@type":"x/google.protobuf.Empty"}}}"#,
        r#"{"any":{"@type":"x/google.rpc.ErrorInfo","reason":"r","metadata":{"k":"v"}}}"#,
        r#"{"struct":{"a":1.0,"b":[true,null,"x",{"c":{}}]},"value":[1.5,[]],"list":[null,{}],"at":"2026-01-31T12:00:00.000001Z"}"#,
        r#"{"value":null,"empty":{}}"#,
        r#"{"long":"0","stringValue":"","boolValue":false,"other-name":"z"}"#,
    ] {
        let bytes = method.encode(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(method.decode(&bytes, 10_000).unwrap(), text);
    }
}

#[test]
fn other_spellings_are_read() {
    let method = method(EVERY, "t.Tests/Echo");
    for (text, printed) in [
        (
            r#"{"by_text": {"a": 1}, "renamed": "z", "left_side": "l"}"#,
            r#"{"byText":{"a":"1"},"leftSide":"l","other-name":"z"}"#,
        ),
        (
            r#"{"i32": "5", "i64": 1e3, "u32": 4.0, "d": "1.5", "f": 1}"#,
            r#"{"d":1.5,"f":1.0,"i32":5,"i64":"1000","u32":4}"#,
        ),
        (r#"{"state": 1, "data": "-_8", "numbers": ["1", 2.0]}"#, r#"{"data":"+/8=","numbers":[1,2],"state":"OPEN"}"#),
        (
            r#"{"i32": 0, "text": "", "flag": false, "state": 0, "data": "", "d": 0.0, "numbers": [], "byText": {}}"#,
            "{}",
        ),
        (r#"{"d": -0.0}"#, r#"{"d":-0.0}"#),
        // Those that doubles have, as Python and as JavaScript write them, and as others do.
        (r#"{"value": 1152921504606846976}"#, r#"{"value":1152921504606846976.0}"#),
        (r#"{"value": 1152921504606847000}"#, r#"{"value":1152921504606846976.0}"#),
        (r#"{"value": 1.152921504606846976e18}"#, r#"{"value":1152921504606846976.0}"#),
        (
            r#"{"i32": null, "all": null, "byText": null, "long": null, "leftSide": null, "rightSide": 1}"#,
            r#"{"rightSide":1}"#,
        ),
        (
            r#"{"at": "1970-01-01T01:00:00+01:00", "any": {}, "mask": ""}"#,
            r#"{"any":{},"mask":"","at":"1970-01-01T00:00:00Z"}"#,
        ),
    ] {
        let bytes = method.encode(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        let decoded = method.decode(&bytes, 10_000).unwrap();
        let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        assert_eq!(value(&decoded), value(printed), "{text}");
    }
}

#[test]
fn what_does_not_fit_is_refused_with_its_place() {
    let method = method(EVERY, "t.Tests/Echo");
    for (text, expected) in [
        ("[]", " is no object"),
        (r#"{"nope": 1}"#, "/nope is no field of `t.All`"),
        (r#"{"all": [{}, {"a/b": 1}]}"#, "/all/1/a~1b is no field"),
        (r#"{"i32": 2147483648}"#, "/i32 is no whole number of the range of int32"),
        (r#"{"i32": 1.5}"#, "/i32 is no whole number"),
        (r#"{"u64": -1}"#, "/u64 is no whole number"),
        (r#"{"i32": " 1"}"#, "/i32 is no whole number"),
        (r#"{"f": 3.5e38}"#, "/f is no number of 32 bits"),
        (r#"{"d": "nan"}"#, "/d is no number of 64 bits"),
        (r#"{"flag": "true"}"#, "/flag is no flag"),
        (r#"{"flag": 1}"#, "/flag is no flag"),
        (r#"{"text": 1}"#, "/text is no text"),
        (r#"{"data": "*"}"#, "/data is no text of bytes"),
        (r#"{"state": "open"}"#, "/state is no value of the enum `t.State`"),
        (r#"{"state": 1.5}"#, "/state is no value"),
        (r#"{"numbers": 1}"#, "/numbers is no list"),
        (r#"{"numbers": [1, null]}"#, "/numbers/1 is no whole number"),
        (r#"{"texts": [null]}"#, "/texts/0 is null"),
        (r#"{"all": {}}"#, "/all is no list"),
        (r#"{"byText": []}"#, "/byText is no object"),
        (r#"{"byText": {"a": null}}"#, "/byText/a is null"),
        (r#"{"byNumber": {"x": "a"}}"#, "/byNumber/x is no whole number"),
        (r#"{"byNumber": {"1": "a", "1.0": "b"}}"#, "/byNumber/1.0 is a key that the map has already"),
        (r#"{"byFlag": {"yes": {}}}"#, "/byFlag/yes is no key of flags"),
        (r#"{"leftSide": "a", "rightSide": 1}"#, "/rightSide is one of several fields of `choice`"),
        (r#"{"byText": {}, "by_text": {}}"#, "/by_text is given twice: as `byText` too"),
        (r#"{"at": "today"}"#, "/at is no timestamp"),
        (r#"{"duration": "1"}"#, "/duration is no duration"),
        (r#"{"mask": "a_b"}"#, "/mask is no field mask"),
        (r#"{"any": {"@type": "x/t.Nope"}}"#, "/any/@type is a type that the group's descriptors do not have"),
        (r#"{"any": {"@type": "t.All"}}"#, "/any/@type is no type"),
        (r#"{"any": {"text": ""}}"#, "/any has no `@type`"),
        (r#"{"any": {"@type": "x/google.protobuf.Duration", "value": "1s", "more": 1}}"#, "/any/more is no member"),
        (r#"{"value": 1e999}"#, "out of range"),
        (r#"{"value": 9007199254740993}"#, "/value is a whole number that no double is"),
        (r#"{"value": {"id": [-9007199254740993]}}"#, "/value/id/0 is a whole number that no double is"),
        (r#"{"i32": 1, "i32": 2}"#, "twice"),
        ("{", "ends"),
    ] {
        let found = wrong(&method, text);
        assert!(found.contains(expected), "{text}: {found}");
        assert!(!found.contains("secret"), "{found}");
    }
    let secret = wrong(&method, r#"{"i32": "secret", "state": "secret"}"#);
    assert!(!secret.contains("secret"), "{secret}");
    let deep = format!("{}{}", "{\"both\":".repeat(120), "{}".to_owned() + &"}".repeat(120));
    assert!(wrong(&method, &deep).contains("nested deeper than 100"), "{}", wrong(&method, &deep));
    let deep = format!("{{\"value\":{}{}}}", "[".repeat(60), "]".repeat(60));
    assert!(wrong(&method, &deep).contains("nested deeper than 100"));
}

#[test]
fn old_messages_have_groups_required_fields_closed_enums_and_extensions() {
    let method = method(OLD, "old.Things/Echo");
    let text = r#"{"name":"","colour":"RED","colours":["BLUE"],"byName":{"a":"RED"},"part":{"size":1},"parts":[{},{"size":2}],"numbers":[1,2],"[old.note]":"n"}"#;
    assert_eq!(method.decode(&method.encode(text).unwrap(), 1_000).unwrap(), text);
    assert!(wrong(&method, "{}").contains("has no `name`, which `old.Thing` requires"));
    assert!(wrong(&method, r#"{"name": null}"#).contains("has no `name`"));
    assert!(wrong(&method, r#"{"name": "a", "colour": 7}"#).contains("no value of the enum"));
    // Field 2 is 1 and then 7, field 3 is 7, and field 4 has an entry whose value is 7: a closed enum knows none.
    let bytes = b"\x0a\x00\x10\x01\x10\x07\x18\x07\x22\x05\x0a\x01a\x10\x07";
    assert_eq!(method.decode(bytes, 1_000).unwrap(), r#"{"name":"","colour":"RED"}"#);
}
