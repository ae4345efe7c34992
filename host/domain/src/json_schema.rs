//! JSON Schemas of the texts that have a grammar or a list of words of their own. Every other type that crosses the API
//! derives its schema beside serde; these write the one of the text that they are read from. Those of definitions are in
//! `definition_schema`.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::{Code, ConnectionState, ConnectorName, Digest, Fault, GroupReference, Limit, Role, TenantName};

macro_rules! text {
    ($($name:ident => $schema:tt;)*) => {
        $(impl JsonSchema for $name {
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

const FAULTS: [Fault; 4] = [Fault::Caller, Fault::Plugin, Fault::Upstream, Fault::Host];

text! {
    TenantName => {"type": "string", "pattern": "^[!-~]{1,128}$"};
    Digest => {"type": "string", "pattern": "^sha256:[0-9a-f]{64}$"};
    GroupReference => {"type": "string", "pattern": "^((org|community):)?[a-z][a-z0-9-]{0,62}$"};
    Role => {"type": "string", "enum": Role::ALL.map(Role::as_str)};
    ConnectionState => {"type": "string", "enum": ConnectionState::ALL.map(ConnectionState::as_str)};
    Code => {"type": "string", "enum": Code::ALL.iter().map(|code| code.as_str()).collect::<Vec<_>>()};
    Fault => {"type": "string", "enum": FAULTS.map(Fault::as_str)};
}

/// Limits of single connectors, by name: those of a group without limits of connectors in them.
pub(crate) fn limits_of_connectors(generator: &mut SchemaGenerator) -> Schema {
    let limit = |limit: &Limit| {
        let (min, max) = limit.range();
        (limit.name().to_owned(), json_schema!({"type": ["integer", "null"], "minimum": min, "maximum": max}).into())
    };
    let limits: serde_json::Map<_, _> = Limit::ALL.iter().map(limit).collect();
    json_schema!({
        "type": "object",
        "propertyNames": ConnectorName::json_schema(generator),
        "additionalProperties": {"type": "object", "properties": limits, "additionalProperties": false},
    })
}

#[cfg(test)]
mod tests {
    use std::str::FromStr;

    use super::*;

    /// Whether a schema's pattern takes a text, and whether the type does.
    fn both<T: FromStr + JsonSchema>(text: &str) -> (bool, bool) {
        let schema = T::json_schema(&mut SchemaGenerator::default());
        let pattern = schema.get("pattern").and_then(|pattern| pattern.as_str()).unwrap();
        (regex_lite::Regex::new(pattern).unwrap().is_match(text), text.parse::<T>().is_ok())
    }

    #[test]
    fn patterns_take_what_the_types_take() {
        for text in ["", "ada", "a b", "a\u{e9}", "~!", &"x".repeat(128), &"x".repeat(129)] {
            let (described, read) = both::<TenantName>(text);
            assert_eq!(described, read, "{text}");
        }
        for text in ["shop", "org:shop", "community:shop", "other:shop", "org:", "9", "Shop", ""] {
            let (described, read) = both::<GroupReference>(text);
            assert_eq!(described, read, "{text}");
        }
        let digest = Digest::of(b"").to_string();
        for text in [digest.as_str(), "sha256:00"] {
            let (described, read) = both::<Digest>(text);
            assert_eq!(described, read, "{text}");
        }
    }
}
