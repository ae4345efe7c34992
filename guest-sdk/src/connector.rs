//! One connector: what `#[connector]` defines and how a call goes through it.

use crate::{Failure, pointer};
use schemars::{JsonSchema, Schema, SchemaGenerator, generate::SchemaSettings, json_schema};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use std::borrow::Cow;

/// Implemented by `#[connector]` on a hidden type of the function's name.
pub trait Connector {
    const DEFINITION: Definition;
}

/// Everything about one connector. The functions are called at load only, but for `invoke`.
#[derive(Debug)]
pub struct Definition {
    pub name: &'static str,
    pub title: &'static str,
    pub description: &'static str,
    pub tags: &'static [&'static str],
    pub read_only: bool,
    pub idempotent: bool,
    pub destructive: bool,
    pub examples: fn() -> Vec<(Value, Option<Value>)>,
    pub input_schema: fn() -> Schema,
    pub output_schema: fn() -> Schema,
    pub invoke: fn(&str) -> Result<String, Failure>,
}

/// The two halves of a function's `Result`.
pub trait Outcome {
    type Output;
    fn outcome(self) -> Result<Self::Output, Failure>;
}

impl<T, E: Into<Failure>> Outcome for Result<T, E> {
    type Output = T;
    fn outcome(self) -> Result<T, Failure> {
        self.map_err(Into::into)
    }
}

/// The input of a function without one: an empty object.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Empty {}

impl JsonSchema for Empty {
    fn schema_name() -> Cow<'static, str> {
        "Empty".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "object", "additionalProperties": false })
    }
}

/// Reads the input. The host has checked it against the schema, so what fails here is a rule that no schema states.
pub fn input<T: DeserializeOwned>(json: &str) -> Result<T, Failure> {
    serde_json::from_str(json).map_err(|error| {
        let pointer = pointer::at(json, error.line(), error.column());
        Failure::new("invalid_input", format!("the input does not fit: {error}"))
            .details(json!({ "pointer": pointer, "line": error.line(), "column": error.column() }))
    })
}

/// Writes the output.
pub fn answer<R: Outcome<Output: Serialize>>(result: R) -> Result<String, Failure> {
    serde_json::to_string(&result.outcome()?)
        .map_err(|error| Failure::new("invalid_output", format!("the output has no JSON form: {error}")))
}

/// The schema of what serde accepts for `T`.
pub fn input_schema<T: JsonSchema + ?Sized>() -> Schema {
    SchemaSettings::draft2020_12().for_deserialize().into_generator().into_root_schema_for::<T>()
}

/// The schema of what serde writes for `T`.
pub fn output_schema<T: JsonSchema + ?Sized>() -> Schema {
    SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<T>()
}
