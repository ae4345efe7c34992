//! Pieces of the schemas that are written by hand.

use serde_json::{Value, json};

/// An object with these members. `required` are those that are always there.
pub(crate) fn object(required: &[&str], properties: Value) -> Value {
    json!({"type": "object", "required": required, "properties": properties})
}

/// An object that is sent: any other member is an error.
pub(crate) fn sent(required: &[&str], properties: Value) -> Value {
    json!({"type": "object", "required": required, "properties": properties, "additionalProperties": false})
}

pub(crate) fn nullable(schema: Value) -> Value {
    json!({"anyOf": [schema, {"type": "null"}]})
}
