//! Pieces that schemas are made of.

use serde_json::{Map, Value, json};

/// The schema of that name.
pub(super) fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

/// An object with these members. `required` are those that are always there.
pub(super) fn object(required: &[&str], properties: Value) -> Value {
    json!({"type": "object", "required": required, "properties": properties})
}

/// An object that is sent: any other member is an error.
pub(super) fn sent(required: &[&str], properties: Value) -> Value {
    json!({"type": "object", "required": required, "properties": properties, "additionalProperties": false})
}

/// Members of one object and then of another.
pub(super) fn with(one: Value, other: Value) -> Value {
    let mut members = Map::new();
    for value in [one, other] {
        if let Value::Object(own) = value {
            members.extend(own);
        }
    }
    Value::Object(members)
}

/// What an object of the store has beside its own members.
pub(super) fn stored(own: Value) -> Value {
    let kept = json!({
        "enabled": {"type": "boolean"},
        "version": {"type": "integer", "description": "The number in the `ETag`."},
        "created_at": time("When it was made."),
        "updated_at": time("When it was changed last."),
    });
    with(own, kept)
}

pub(super) fn slug(description: &str) -> Value {
    json!({"type": "string", "pattern": "^[a-z][a-z0-9-]{0,62}$", "description": description})
}

pub(super) fn uuid(description: &str) -> Value {
    json!({"type": "string", "format": "uuid", "description": description})
}

pub(super) fn time(description: &str) -> Value {
    json!({"type": "string", "format": "date-time", "description": description})
}

pub(super) fn text(description: &str) -> Value {
    json!({"type": "string", "description": description})
}

/// A name for people.
pub(super) fn line() -> Value {
    json!({"type": "string", "minLength": 1, "maxLength": 200, "pattern": LINE, "description": "For people."})
}

/// No control characters.
pub(super) const LINE: &str = "^[^\\u0000-\\u001f\\u007f-\\u009f]*$";

pub(super) fn digest(description: &str) -> Value {
    json!({"type": "string", "pattern": "^sha256:[0-9a-f]{64}$", "description": description})
}

pub(super) fn count(description: &str) -> Value {
    json!({"type": "integer", "minimum": 0, "description": description})
}

pub(super) fn nullable(schema: Value) -> Value {
    json!({"anyOf": [schema, {"type": "null"}]})
}

pub(super) fn array(items: Value, description: &str) -> Value {
    json!({"type": "array", "items": items, "description": description})
}

/// A page of a list.
pub(super) fn page(of: &str) -> Value {
    let cursor = json!({"type": ["string", "null"], "description": "The `cursor` of the next page; null on the last."});
    object(
        &["items", "next_cursor"],
        json!({"items": {"type": "array", "items": reference(of)}, "next_cursor": cursor}),
    )
}
