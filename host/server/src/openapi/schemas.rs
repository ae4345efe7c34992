//! The schemas of the types that the API takes and gives, as `schemars` derives them beside serde.

use schemars::generate::{Contract, SchemaSettings};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

/// Makes the schema of one type, or a reference to it.
pub(crate) type Of = fn(&mut SchemaGenerator) -> Schema;

/// The schema of a type.
pub(crate) fn of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

/// Collects the schemas that operations refer to.
pub(super) struct Schemas {
    /// What is sent to the host: members with a default may be left out.
    pub(super) sent: SchemaGenerator,
    /// What it answers: every member is there that is not left out on purpose.
    pub(super) shown: SchemaGenerator,
}

impl Schemas {
    pub(super) fn new() -> Self {
        let generator = |contract| {
            let settings = SchemaSettings::draft2020_12().with(|settings| {
                settings.definitions_path = "/components/schemas".into();
                settings.meta_schema = None;
                settings.contract = contract;
            });
            settings.into_generator()
        };
        Self { sent: generator(Contract::Deserialize), shown: generator(Contract::Serialize) }
    }

    /// All that were referred to, by name. A type that is both sent and answered is described as it is sent, which
    /// takes more.
    pub(super) fn into_components(mut self) -> Map<String, Value> {
        let mut components = self.shown.take_definitions(true);
        components.values_mut().for_each(without_null);
        components.extend(self.sent.take_definitions(true));
        components
    }

    /// Names under which the two directions have different schemas.
    #[cfg(test)]
    pub(super) fn conflicts(mut self) -> Vec<String> {
        let (shown, sent) = (self.shown.take_definitions(true), self.sent.take_definitions(true));
        shown
            .into_iter()
            .filter(|(name, own)| sent.get(name).is_some_and(|other| other != own))
            .map(|(name, _)| name)
            .collect()
    }
}

/// What an answer may leave out (`skip_serializing_if`) is never null in it.
fn without_null(schema: &mut Value) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(without_null),
        Value::Object(members) => {
            let required = members.get("required").cloned().unwrap_or_default();
            let always = |name: &String| required.as_array().is_some_and(|all| all.iter().any(|one| one == name));
            let properties = members.get_mut("properties").and_then(Value::as_object_mut);
            for (_, member) in properties.into_iter().flatten().filter(|(name, _)| !always(name)) {
                if let Some(types) = member.get_mut("type") {
                    *types = without_null_type(std::mem::take(types));
                }
                if let Some(choices) = member.get_mut("anyOf").and_then(Value::as_array_mut) {
                    choices.retain(|one| *one != json!({"type": "null"}));
                }
            }
            members.values_mut().for_each(without_null);
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn without_null_type(types: Value) -> Value {
    let Value::Array(mut types) = types else { return types };
    types.retain(|one| one != "null");
    match <[Value; 1]>::try_from(types) {
        Ok([one]) => one,
        Err(several) => several.into(),
    }
}

/// A schema that is written by hand, because a reader of the domain and no type reads what it describes.
macro_rules! written {
    ($($name:ident = $schema:expr;)*) => {
        $(pub(crate) enum $name {}

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                let schema: fn(&mut schemars::SchemaGenerator) -> serde_json::Value = $schema;
                schemars::Schema::try_from(schema(generator)).unwrap_or_default()
            }
        })*
    };
}
pub(crate) use written;
