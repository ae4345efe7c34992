//! Schemas of OpenAPI 3.0 as schemas of 2020-12, as its specification says what they mean.

use serde_json::{Map, Value, json};

/// The keywords of a Schema Object (OpenAPI 3.0.3, section 4.7.24).
const KEYWORDS: [&str; 32] = [
    "title",
    "multipleOf",
    "maximum",
    "exclusiveMaximum",
    "minimum",
    "exclusiveMinimum",
    "maxLength",
    "minLength",
    "pattern",
    "maxItems",
    "minItems",
    "uniqueItems",
    "maxProperties",
    "minProperties",
    "required",
    "enum",
    "type",
    "not",
    "allOf",
    "oneOf",
    "anyOf",
    "items",
    "properties",
    "additionalProperties",
    "description",
    "format",
    "default",
    "nullable",
    "readOnly",
    "writeOnly",
    "example",
    "deprecated",
];

/// The schema of 2020-12 that takes the same. Fails at what is no schema of 3.0.
pub(super) fn schema(schema: &Value) -> Value {
    let own = schema.as_object().unwrap_or_else(|| panic!("{schema}"));
    if let Some(reference) = own.get("$ref") {
        // Whatever is beside a reference is ignored.
        assert_eq!(own.len(), 1, "{schema}");
        return json!({"$ref": reference});
    }
    let mut raised = Map::new();
    for (keyword, value) in own {
        assert!(KEYWORDS.contains(&keyword.as_str()) || keyword.starts_with("x-"), "{keyword} in {schema}");
        let value = match keyword.as_str() {
            "not" | "items" => self::schema(value),
            "additionalProperties" if !value.is_boolean() => self::schema(value),
            "allOf" | "anyOf" | "oneOf" => value.as_array().unwrap().iter().map(self::schema).collect(),
            "properties" => {
                let named = value.as_object().unwrap().iter();
                Value::Object(named.map(|(name, own)| (name.clone(), self::schema(own))).collect())
            }
            "type" if own.get("nullable") == Some(&json!(true)) => json!([value, "null"]),
            "type" => {
                assert!(value.is_string() && value != "null", "{schema}");
                value.clone()
            }
            "minimum" | "maximum" => {
                let exclusive = if keyword == "minimum" { "exclusiveMinimum" } else { "exclusiveMaximum" };
                if own.get(exclusive) == Some(&json!(true)) {
                    raised.insert(exclusive.to_owned(), value.clone());
                    continue;
                }
                value.clone()
            }
            "exclusiveMinimum" | "exclusiveMaximum" => {
                assert!(value.is_boolean(), "{schema}");
                continue;
            }
            "nullable" => {
                assert!(own.contains_key("type"), "{schema}");
                continue;
            }
            "example" => continue,
            "enum" | "required" => {
                assert!(value.as_array().is_some_and(|all| !all.is_empty()), "{schema}");
                value.clone()
            }
            _ => value.clone(),
        };
        raised.insert(keyword.clone(), value);
    }
    let is_array = own.get("type").is_some_and(|own| own == "array");
    assert!(!is_array || own.contains_key("items"), "{schema}");
    raised.into()
}
