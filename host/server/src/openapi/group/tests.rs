//! Schemas of connectors in documents of both versions: what they take, and what is said of it.

mod made_up;
mod raised;

use lockgate_domain::JsonText;
use lockgate_domain::schema::{Document, Schema};
use serde_json::{Value, json};

use super::*;
use crate::api::invoke;

/// A schema in a document of this version, with everything that it refers to.
fn embedded(version: Version, schema: &Value) -> (Value, Map<String, Value>) {
    let mut components = Components::new(version);
    let reference = components.add_text("XInput", &JsonText::parse(&schema.to_string()).unwrap());
    (reference, components.into_schemas())
}

/// The component of a schema that refers to nothing.
fn alone(version: Version, schema: &Value) -> Value {
    embedded(version, schema).1["XInput"].clone()
}

fn takes(schema: &Schema, value: &Value) -> bool {
    schema.validate(&Document::parse(&value.to_string()).unwrap()).is_ok()
}

/// As [`embedded`], as one schema of 2020-12.
fn whole(version: Version, schema: &Value) -> (Schema, bool) {
    let (reference, schemas) = embedded(version, schema);
    let text = serde_json::to_string(&schemas).unwrap();
    let schemas = match version {
        Version::V31 => schemas,
        Version::V30 => schemas.into_iter().map(|(name, own)| (name, raised::schema(&own))).collect(),
    };
    let mut root = json!({"components": {"schemas": schemas}});
    root.as_object_mut().unwrap().extend(reference.as_object().unwrap().clone());
    let compiled = Schema::compile(&root).unwrap_or_else(|error| panic!("{error}: {root}"));
    (compiled, text.contains(marks::WIDENED))
}

/// What a schema takes, the document's takes too; and the other way round, where it has no mark.
#[track_caller]
fn says_no_lie(schema: &Value) {
    let Ok(own) = Schema::compile(schema) else { panic!("not a schema: {schema}") };
    for version in [Version::V31, Version::V30] {
        let (shown, widened) = whole(version, schema);
        for value in made_up::VALUES.iter() {
            let (one, other) = (takes(&own, value), takes(&shown, value));
            let fits = if widened { other || !one } else { one == other };
            let text = || embedded(version, schema);
            assert!(fits, "{version:?}: {schema} and {:?}: {value} ({one}, {other})", text());
        }
    }
}

#[test]
fn the_keywords_that_versions_differ_in_say_no_lie() {
    for schema in [
        json!({"const": 1}),
        json!({"const": null}),
        json!({"const": {"a": 1}, "enum": [{"a": 1}, 2]}),
        json!({"enum": [1, 1, "a", null]}),
        json!({"type": "string", "enum": ["a", null]}),
        json!({"enum": []}),
        json!({"type": ["string", "null"]}),
        json!({"type": ["string", "integer", "null"], "minLength": 2, "minimum": 3}),
        json!({"type": ["array", "object"], "anyOf": [{"minItems": 1}, {"minProperties": 1}]}),
        json!({"type": ["array", "boolean", "null", "number", "object", "string"]}),
        json!({"type": "null"}),
        json!({"type": "array"}),
        json!({"prefixItems": [{"type": "integer"}, {"type": "string"}], "items": false}),
        json!({"prefixItems": [{"type": "integer"}], "items": {"type": "string"}}),
        json!({"prefixItems": [{"type": "integer"}]}),
        json!({"if": {"type": "integer"}, "then": {"minimum": 2}, "else": {"type": "string"}}),
        json!({"if": {"type": "integer"}}),
        json!({"properties": {"a": true}, "unevaluatedProperties": false}),
        json!({"prefixItems": [true], "unevaluatedItems": false}),
        json!({"allOf": [{"properties": {"a": true}}], "unevaluatedProperties": {"type": "integer"}}),
        json!({"patternProperties": {"^a": {"type": "integer"}}}),
        json!({"patternProperties": {"^a": {"type": "integer"}}, "additionalProperties": false}),
        json!({"patternProperties": {"^a": {"type": "integer"}}, "additionalProperties": {"type": "string"}}),
        json!({"patternProperties": {"(?i)^A": {"type": "integer"}}, "additionalProperties": false}),
        json!({"minimum": 1, "exclusiveMinimum": 1}),
        json!({"minimum": 2, "exclusiveMinimum": 1, "maximum": 3, "exclusiveMaximum": 2.5}),
        json!({"exclusiveMaximum": 3}),
        json!({"minLength": 2.0, "minProperties": 1.0}),
        json!({"not": {"patternProperties": {"^a": {"type": "integer"}}, "type": "object"}}),
        json!({"not": {"not": {"prefixItems": [{"type": "integer"}]}}}),
        json!({"not": true}),
        json!({"oneOf": [{"type": "object", "propertyNames": {"maxLength": 1}}, {"type": "object"}]}),
        json!({"oneOf": [{"type": "integer"}, {"minimum": 2}]}),
        json!({"anyOf": [{"type": "string"}], "oneOf": [{"contains": {"const": 1}}, {"type": "array"}, {"type": "string"}]}),
        json!({"contains": {"type": "integer"}, "minContains": 2, "maxContains": 2}),
        json!({"contains": {"pattern": "(?i)a", "type": "string"}, "maxContains": 1}),
        json!({"dependentRequired": {"a": ["b"]}, "dependentSchemas": {"b": {"required": ["a"]}}}),
        json!({"propertyNames": {"pattern": "^a"}, "required": ["a"]}),
        json!({"pattern": "(?i)A"}),
        json!({"not": {"pattern": "(?i)A", "type": "string"}}),
        json!({"if": {"pattern": "(?i)A"}, "then": {"type": "string"}, "unevaluatedProperties": false}),
        json!({"items": false}),
        json!({"properties": {"a": false, "b": true}}),
        json!({"additionalProperties": {"not": {"type": "integer"}}}),
        json!({"contentEncoding": "base64", "contentMediaType": "text/plain", "type": "string"}),
        json!({"contentEncoding": "base32", "type": "string", "$comment": "c", "title": "T", "nullable": true}),
        json!({"$defs": {"a": {"type": "integer"}}, "properties": {"a": {"$ref": "#/$defs/a", "minimum": 2}}}),
        json!({"$defs": {"t": {"$dynamicAnchor": "t", "items": {"$dynamicRef": "#t"}, "type": "array"}}, "$ref": "#/$defs/t"}),
        json!({"$id": "https://a.example/s", "type": "array", "items": {"$ref": "#"}}),
        json!({"properties": {"a": {"type": "integer"}, "b": {"$ref": "#/properties/a"}}}),
        json!({"definitions": {"a/b%": {"$anchor": "here", "type": "integer"}}, "anyOf": [{"$ref": "#here"}, {"$ref": "#/definitions/a~1b%25"}]}),
        json!({"$defs": {"p": {"propertyNames": {"maxLength": 1}}, "q": {"$ref": "#/$defs/p"}}, "not": {"type": "object", "$ref": "#/$defs/q"}}),
        json!({"$defs": {"p": {"propertyNames": {"maxLength": 1}}}, "oneOf": [{"$ref": "#/$defs/p"}, {"type": "object"}]}),
        json!(true),
        json!(false),
        json!({}),
    ] {
        says_no_lie(&schema);
    }
}

#[test]
fn schemas_that_are_made_up_say_no_lie() {
    let mut made = made_up::Schemas::new(48);
    for _ in 0..400 {
        says_no_lie(&made.schema());
    }
}

#[test]
fn what_can_be_said_is_said_and_what_can_not_is_marked() {
    let v30 = |schema: Value| alone(Version::V30, &schema);
    assert_eq!(v30(json!({"const": "a"})), json!({"type": "string", "enum": ["a"]}));
    assert_eq!(v30(json!({"type": ["string", "null"]})), json!({"type": "string", "nullable": true}));
    assert_eq!(v30(json!({"exclusiveMinimum": 1})), json!({"minimum": 1, "exclusiveMinimum": true}));
    assert_eq!(v30(json!({"type": "string", "examples": ["a", "b"]})), json!({"type": "string", "example": "a"}));
    assert_eq!(
        v30(json!({"type": "string", "contentEncoding": "base64"})),
        json!({"type": "string", "format": "byte"})
    );
    assert_eq!(
        v30(json!({"type": "array", "prefixItems": [{"type": "integer"}, {"type": "string"}], "items": false})),
        json!({
            "type": "array", "items": {"anyOf": [{"type": "integer"}, {"type": "string"}]}, "maxItems": 2,
            "x-lockgate-widened": ["prefixItems: OpenAPI 3.0 has one schema for all items"],
        })
    );
    assert_eq!(
        v30(json!({"type": "object", "unevaluatedProperties": false})),
        json!({"type": "object", "x-lockgate-widened": ["unevaluatedProperties: OpenAPI 3.0 has no such keyword"]})
    );
    // The same schemas, where all of it can be said.
    let same = json!({
        "type": "object", "patternProperties": {"^a": {"type": ["null", "string"]}}, "unevaluatedProperties": false,
        "if": {"required": ["a"]}, "then": {"required": ["b"]}, "dependentRequired": {"a": ["c"]},
        "properties": {"n": {"exclusiveMinimum": 1, "examples": [2]}, "t": {"prefixItems": [{"const": 1.5}]}},
    });
    assert_eq!(alone(Version::V31, &same), same);
}

#[test]
fn what_is_referred_to_is_a_component_with_a_name_of_its_own() {
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "https://a.example/order",
        "$defs": {"order line": {"properties": {"next": {"$ref": "#/$defs/order%20line"}}}, "unused": {}, "9": {"$anchor": "x"}},
        "properties": {"lines": {"items": {"$ref": "#/$defs/order%20line"}}, "x": {"$ref": "#x"}, "again": {"$ref": "#"}},
    });
    let (reference, schemas) = embedded(Version::V31, &schema);
    assert_eq!(reference, json!({"$ref": "#/components/schemas/XInput"}));
    let of = |name: &str| json!({"$ref": format!("#/components/schemas/XInput{name}")});
    assert_eq!(
        Value::from(schemas),
        json!({
            "XInput": {"properties": {"lines": {"items": of("OrderLine")}, "x": of("X"), "again": of("")}},
            "XInputOrderLine": {"properties": {"next": of("OrderLine")}},
            "XInputX": {},
        })
    );
}

#[test]
fn names_of_connectors_that_are_one_type_for_a_generator_get_numbers() {
    let mut components = Components::new(Version::V31);
    let text = JsonText::parse("{}").unwrap();
    let names = ["a_b", "a__b", "ab"].map(|name| components.add_text(&format!("{}Input", names::pascal(name)), &text));
    let names = names.map(|one| one["$ref"].as_str().unwrap().rsplit('/').next().unwrap().to_owned());
    assert_eq!(names, ["ABInput", "ABInput2", "AbInput3"]);
}

#[test]
fn what_readers_would_follow_or_never_end_is_left_out() {
    for version in [Version::V31, Version::V30] {
        let schema = json!({"const": {"$ref": "#/$defs/a"}, "$defs": {"a": {}}, "default": {"$ref": "#"}, "examples": [{"$ref": "#"}]});
        let shown = alone(version, &schema);
        assert_eq!(shown.as_object().unwrap().keys().collect::<Vec<_>>(), [marks::WIDENED], "{shown}");
        let circle = json!({"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}});
        let (_, schemas) = embedded(version, &circle);
        assert!(schemas.values().all(|schema| schema[marks::WIDENED].is_array()), "{schemas:?}");
    }
}

#[test]
fn a_document_has_so_many_schemas_and_no_more() {
    let mut components = Components::new(Version::V31);
    let text = JsonText::parse(&json!({"description": "x".repeat(200_000)}).to_string()).unwrap();
    let made: Vec<_> = (0..60).map(|number| components.add_text(&format!("X{number}Input"), &text)).collect();
    let whole = made.iter().take_while(|schema| schema.get("$ref").is_some()).count();
    assert_eq!(whole, 8 * 1024 * 1024 / text.text().len());
    let rest = made.get(whole..).unwrap();
    assert!(!rest.is_empty() && rest.iter().all(|schema| schema[marks::WIDENED].is_array()));
}

/// What is written here by hand has the members that the handler reads and answers with.
#[test]
fn the_envelopes_are_those_of_the_invoke_route() {
    let mut own = Schemas::new();
    let envelope = body::Envelope::of(&invoke::route().operation, &mut own);
    let own = json!({"components": {"schemas": own.into_components()}});
    let members = |pointer: &str| {
        let properties = own.pointer(pointer.rsplit_once('/').unwrap().0).unwrap();
        properties.as_object().unwrap().keys().cloned().collect::<Vec<_>>()
    };
    assert_eq!(members(&envelope.call), ["call", "output"]);
    let connection = body::connection(&own, &envelope);
    let forms: Vec<_> =
        connection["oneOf"].as_array().unwrap().iter().map(|form| form["$ref"].as_str().unwrap()).collect();
    assert_eq!(forms, ["#/$defs/fixed", "#/$defs/dynamic"]);
    assert_eq!(connection["$defs"]["dynamic_choice"]["required"], json!(["tenant"]));
    let sent = body::sent(json!({}), true);
    assert_eq!(sent["properties"].as_object().unwrap().keys().collect::<Vec<_>>(), ["connection", "input"]);
}
