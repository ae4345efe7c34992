//! Pieces of the schemas of definitions, which readers of this crate read and no serde derive.

use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Value, json};

/// A schema of a type that a reader reads, written from the reader's own words and bounds.
macro_rules! described {
    ($($type:ty, $name:literal = $schema:expr;)*) => {
        $(impl schemars::JsonSchema for $type {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                $name.into()
            }

            fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                let schema: fn(&mut schemars::SchemaGenerator) -> serde_json::Value = $schema;
                schemars::Schema::try_from(schema(generator)).unwrap_or_default()
            }
        })*
    };
}
pub(super) use described;

/// An object with these members and no other.
pub(super) fn object(required: &[&str], properties: Value) -> Value {
    json!({"type": "object", "required": required, "properties": properties, "additionalProperties": false})
}

/// One of a reader's words.
pub(super) fn choice<T>(words: &[(&str, T)]) -> Value {
    json!({"type": "string", "enum": words.iter().map(|(word, _)| *word).collect::<Vec<_>>()})
}

/// A text for people of at most so many characters.
pub(super) fn prose(max: usize) -> Value {
    json!({"type": "string", "maxLength": max})
}

/// A list of 1 to `max` items.
pub(super) fn list(items: Value, max: usize) -> Value {
    json!({"type": "array", "minItems": 1, "maxItems": max, "items": items})
}

/// A map of 1 to `max` entries, whose keys match `names`.
pub(super) fn map(names: Value, values: Value, max: usize) -> Value {
    json!({
        "type": "object", "minProperties": 1, "maxProperties": max, "propertyNames": names,
        "additionalProperties": values,
    })
}

/// A whole number from `min` to `max`.
pub(super) fn number(min: u64, max: u64) -> Value {
    json!({"type": "integer", "minimum": min, "maximum": max})
}

/// Either of them or null.
pub(super) fn nullable(schema: Value) -> Value {
    json!({"anyOf": [schema, {"type": "null"}]})
}

/// The same schema with a text for people.
pub(super) fn annotated(mut schema: Value, description: &str) -> Value {
    if let Some(members) = schema.as_object_mut() {
        members.insert("description".to_owned(), description.into());
    }
    schema
}

/// The members of `schema` and those of `more`.
pub(super) fn with(mut schema: Value, more: Value) -> Value {
    if let (Some(members), Value::Object(more)) = (schema.as_object_mut(), more) {
        members.extend(more);
    }
    schema
}

/// The schema of a type, or a reference to it.
pub(super) fn of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Value {
    generator.subschema_for::<T>().into()
}
