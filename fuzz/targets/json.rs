//! Untrusted JSON: as a value that is checked, and as the schema that it is checked against.

#![no_main]

use std::sync::LazyLock;

use jsonschema::{Draft, PatternOptions, Validator};
use libfuzzer_sys::fuzz_target;
use lockgate_domain::schema::{Document, Schema};
use serde_json::{Value, json};

/// Every kind of keyword that reads a value in its own way.
fn schemas() -> [Value; 6] {
    [
        json!({"type": "object", "required": ["a"], "additionalProperties": false, "minProperties": 1,
               "properties": {"a": {"type": ["string", "null"]}, "b": {"enum": [1, "x", [1, {"y": null}], 1.5]}}}),
        json!({"propertyNames": {"maxLength": 3}, "patternProperties": {"^[a-f]+$": {"type": "number"}},
               "maxProperties": 20, "dependentRequired": {"a": ["b"]}}),
        json!({"type": "array", "prefixItems": [{"type": "integer"}], "items": {"type": ["object", "array", "number"]},
               "contains": {"const": 3}, "maxContains": 2, "uniqueItems": true, "maxItems": 40}),
        json!({"anyOf": [{"type": "integer", "minimum": -5, "exclusiveMaximum": 1e18}, {"multipleOf": 0.25},
                         {"type": "string", "minLength": 2, "pattern": "^\\p{L}+(-\\d{1,3})*$"}]}),
        json!({"$ref": "#/$defs/tree", "$defs": {"tree": {"type": ["object", "boolean"], "properties": {
               "left": {"$ref": "#/$defs/tree"}, "right": {"$ref": "#/$defs/tree"}}, "unevaluatedProperties": false}}}),
        json!({"if": {"type": "array"}, "then": {"unevaluatedItems": {"not": {"type": "null"}}},
               "else": {"oneOf": [{"required": ["x"]}, {"required": ["y"]}, {"type": "boolean"}]}}),
    ]
}

/// The same schemas for a parsed text, and for a tree of values as the validator knows it by itself.
static SCHEMAS: LazyLock<Vec<(Schema, Validator)>> = LazyLock::new(|| {
    let both = schemas().map(|schema| {
        let options = jsonschema::options().with_draft(Draft::Draft202012);
        let tree = options.with_pattern_options(PatternOptions::regex()).build(&schema).unwrap();
        (Schema::compile(&schema).unwrap(), tree)
    });
    both.into()
});

/// What fuzzed schemas are tried with.
const VALUES: [&str; 6] =
    ["null", "-1.5e3", "\"aé\"", "[1,[2,{}],\"a\",null]", r#"{"a":{"b":{"a":[]}},"x":1,"y":"z"}"#, "{}"];

fuzz_target!(|text: &str| {
    let parsed = Document::parse(text);
    let value = serde_json::from_str::<Value>(text);
    assert_eq!(parsed.is_ok(), value.is_ok());
    let (Ok(document), Ok(value)) = (parsed, value) else { return };

    // Written again, no key stands there twice, and both sides read the same numbers.
    let plain = value.to_string();
    let again = Document::parse(&plain).unwrap();
    let tree: Value = serde_json::from_str(&plain).unwrap();
    for (number, (schema, oracle)) in SCHEMAS.iter().enumerate() {
        let _ = schema.validate(&document);
        assert_eq!(schema.validate(&again).is_ok(), oracle.is_valid(&tree), "schema {number}");
    }

    if let Ok(schema) = Schema::compile(&value) {
        for text in VALUES {
            let _ = schema.validate(&Document::parse(text).unwrap());
        }
        let _ = schema.validate(&document);
    }
});
