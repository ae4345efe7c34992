//! Types without values, by which members are described whose own Rust type says less than the host asks of them.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

/// No control characters.
pub(crate) const LINE: &str = "^[^\\u0000-\\u001f\\u007f-\\u009f]*$";

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident = $schema:tt;)*) => {
        $($(#[$doc])* pub(crate) enum $name {}

        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($schema)
            }
        })*
    };
}

texts! {
    /// A name for people.
    Line = {"type": "string", "minLength": 1, "maxLength": 200, "pattern": LINE};
    /// A moment (RFC 3339).
    Moment = {"type": "string", "format": "date-time"};
    /// A JSON Schema of a connector.
    AnySchema = {"type": ["object", "boolean"], "description": "JSON Schema, draft 2020-12."};
    /// An object with any members.
    AnyObject = {"type": "object"};
    /// What is saved, by name, or what is not.
    NameOrDefinition = {"anyOf": [{"type": "string"}, {"type": "object"}]};
    /// Any JSON.
    AnyJson = {"description": "Of any shape."};
}
