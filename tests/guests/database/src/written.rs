//! Values as a test writes and reads them: the name of the kind, and the value as text.

use lockgate_sdk::database::{Array, Dimension, Value};
use lockgate_sdk::prelude::{Deserialize, JsonSchema, Serialize, schemars};

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Written {
    Null,
    Boolean(bool),
    /// As texts, since JSON has numbers of 53 bits.
    Int64(String),
    Unsigned64(String),
    Float64(String),
    Decimal(String),
    Text(String),
    Bytes(Vec<u8>),
    Date(String),
    Time(String),
    Timestamp(String),
    TimestampTz(String),
    Interval(String),
    Uuid(String),
    Json(String),
    Other(String, String),
    Array {
        element: String,
        /// Length and first index.
        dimensions: Vec<(u32, i32)>,
        items: Vec<Written>,
    },
}

impl From<Value> for Written {
    fn from(value: Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Boolean(own) => Self::Boolean(own),
            Value::Int64(own) => Self::Int64(own.to_string()),
            Value::Unsigned64(own) => Self::Unsigned64(own.to_string()),
            Value::Float64(own) => Self::Float64(format!("{own:?}")),
            Value::Decimal(own) => Self::Decimal(own),
            Value::Text(own) => Self::Text(own),
            Value::Bytes(own) => Self::Bytes(own),
            Value::Date(own) => Self::Date(own),
            Value::Time(own) => Self::Time(own),
            Value::Timestamp(own) => Self::Timestamp(own),
            Value::TimestampTz(own) => Self::TimestampTz(own),
            Value::Interval(own) => Self::Interval(own),
            Value::Uuid(own) => Self::Uuid(own),
            Value::Json(own) => Self::Json(own),
            Value::Other { type_name, text } => Self::Other(type_name, text),
            Value::Array(Array { element, dimensions, items }) => Self::Array {
                element,
                dimensions: dimensions.iter().map(|one| (one.length, one.first)).collect(),
                items: items.into_iter().map(Self::from).collect(),
            },
            other => Self::Text(format!("{other:?}")),
        }
    }
}

impl From<Written> for Value {
    fn from(written: Written) -> Self {
        match written {
            Written::Null => Self::Null,
            Written::Boolean(own) => Self::Boolean(own),
            Written::Int64(own) => Self::Int64(own.parse().unwrap_or_default()),
            Written::Unsigned64(own) => Self::Unsigned64(own.parse().unwrap_or_default()),
            Written::Float64(own) => Self::Float64(own.parse().unwrap_or_default()),
            Written::Decimal(own) => Self::Decimal(own),
            Written::Text(own) => Self::Text(own),
            Written::Bytes(own) => Self::Bytes(own),
            Written::Date(own) => Self::Date(own),
            Written::Time(own) => Self::Time(own),
            Written::Timestamp(own) => Self::Timestamp(own),
            Written::TimestampTz(own) => Self::TimestampTz(own),
            Written::Interval(own) => Self::Interval(own),
            Written::Uuid(own) => Self::Uuid(own),
            Written::Json(own) => Self::Json(own),
            Written::Other(type_name, text) => Self::Other { type_name, text },
            Written::Array { element, dimensions, items } => Self::Array(Array {
                element,
                dimensions: dimensions.into_iter().map(|(length, first)| Dimension { length, first }).collect(),
                items: items.into_iter().map(Self::from).collect(),
            }),
        }
    }
}
