//! Values of columns and parameters.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;

/// A value of a column or of a parameter. Nothing is lost on the way: what is no number of Rust is text.
///
/// ```
/// # use lockgate_sdk::database::{Bytes, Value};
/// assert_eq!(Value::from(7), Value::Int64(7));
/// assert_eq!(Value::from(None::<&str>), Value::Null);
/// assert_eq!(Value::from(Bytes(vec![1, 2])), Value::Bytes(vec![1, 2]));
/// assert!(matches!(Value::from(vec!["a", "b"]), Value::Array(array) if array.items.len() == 2));
/// assert_eq!(Value::from(serde_json::json!({ "a": 1 })), Value::Json(r#"{"a":1}"#.to_owned()));
/// ```
///
/// As a parameter, a text is read by the server as a value of the type that the statement has there: dates, moments,
/// decimals and UUIDs can be passed as texts too.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// NULL.
    Null,
    /// True or false.
    Boolean(bool),
    /// A whole number with a sign.
    Int64(i64),
    /// A whole number without a sign, of MySQL.
    Unsigned64(u64),
    /// A number in binary floating point.
    Float64(f64),
    /// A decimal number in its own digits.
    Decimal(String),
    /// Text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// A date, such as `2026-11-29`.
    Date(String),
    /// A time of day, such as `10:20:30.5`.
    Time(String),
    /// Date and time without a zone, such as `2026-11-29T10:20:30.5`.
    Timestamp(String),
    /// A moment, such as `2026-11-29T10:20:30.5Z`.
    TimestampTz(String),
    /// A span of time in the form of ISO 8601, such as `P1DT2H`.
    Interval(String),
    /// A UUID.
    Uuid(String),
    /// JSON text.
    Json(String),
    /// A value of any other type.
    Other {
        /// The name of the type.
        type_name: String,
        /// The value, as the server writes it.
        text: String,
    },
    /// An array; as a parameter also the list of an `IN (:name)`.
    Array(Array),
}

/// An array, as PostgreSQL has them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Array {
    /// The name of the type of its items; of a parameter it may be empty.
    pub element: String,
    /// Each dimension, the outermost first. Without any, an array of as many items as there are.
    pub dimensions: Vec<Dimension>,
    /// The items of all dimensions; those of the last stand beside each other. None of them is an array.
    pub items: Vec<Value>,
}

/// One dimension of an array.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dimension {
    /// How many items it has.
    pub length: u32,
    /// The index of the first; 1 unless somebody chose another.
    pub first: i32,
}

/// Bytes, since a `Vec<u8>` is an array of small numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bytes(pub Vec<u8>);

impl Array {
    /// Lists of lists become dimensions. Lists of one level that differ in length have no such form, which the host
    /// refuses.
    fn of(items: Vec<Value>) -> Self {
        let length = |items: &Vec<Value>| u32::try_from(items.len()).unwrap_or(u32::MAX);
        let Some(Value::Array(inner)) = items.first() else {
            return Self { element: String::new(), dimensions: Vec::new(), items };
        };
        let shape = |array: &Self| match array.dimensions.as_slice() {
            [] => vec![Dimension { length: length(&array.items), first: 1 }],
            dimensions => dimensions.to_vec(),
        };
        let further = shape(inner);
        let is_even = |item: &Value| matches!(item, Value::Array(array) if shape(array) == further);
        let mut dimensions = vec![Dimension { length: length(&items), first: 1 }];
        match items.iter().all(is_even) {
            true => dimensions.extend(further),
            // A dimension of none beside items is what the host refuses, also where the lengths add up.
            false => dimensions.push(Dimension { length: 0, first: 1 }),
        }
        let flat = |item: Value| match item {
            Value::Array(array) => array.items,
            other => vec![other],
        };
        Self { element: String::new(), dimensions, items: items.into_iter().flat_map(flat).collect() }
    }
}

macro_rules! whole {
    ($($type:ty),*) => {
        $(impl From<$type> for Value {
            fn from(value: $type) -> Self {
                Self::Int64(value.into())
            }
        })*
    };
}

whole!(i8, i16, i32, i64, u8, u16, u32);

impl From<u64> for Value {
    /// With a sign as long as it fits: only MySQL has numbers without.
    fn from(value: u64) -> Self {
        i64::try_from(value).map_or(Self::Unsigned64(value), Self::Int64)
    }
}

impl From<usize> for Value {
    fn from(value: usize) -> Self {
        (value as u64).into()
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Float64(value)
    }
}

impl From<f32> for Value {
    /// The number with the same digits: 0.1 and not the 0.10000000149011612 that is closest to it in four bytes.
    fn from(value: f32) -> Self {
        Self::Float64(value.to_string().parse().unwrap_or_else(|_| value.into()))
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Boolean(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<&String> for Value {
    fn from(value: &String) -> Self {
        Self::Text(value.clone())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl From<Bytes> for Value {
    fn from(value: Bytes) -> Self {
        Self::Bytes(value.0)
    }
}

impl From<serde_json::Value> for Value {
    /// A JSON document; the JSON `null` is one too, and not NULL.
    fn from(value: serde_json::Value) -> Self {
        Self::Json(value.to_string())
    }
}

impl From<Array> for Value {
    fn from(value: Array) -> Self {
        Self::Array(value)
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl<T: Into<Value>> From<Vec<T>> for Value {
    fn from(values: Vec<T>) -> Self {
        Self::Array(Array::of(values.into_iter().map(Into::into).collect()))
    }
}

impl<T: Into<Value> + Clone> From<&[T]> for Value {
    fn from(values: &[T]) -> Self {
        values.to_vec().into()
    }
}

impl<T: Into<Value>, const N: usize> From<[T; N]> for Value {
    fn from(values: [T; N]) -> Self {
        Self::Array(Array::of(values.into_iter().map(Into::into).collect()))
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl de::Visitor<'_> for Visitor {
            type Value = Bytes;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("bytes")
            }

            fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Bytes, E> {
                Ok(Bytes(bytes.to_vec()))
            }

            fn visit_byte_buf<E: de::Error>(self, bytes: Vec<u8>) -> Result<Bytes, E> {
                Ok(Bytes(bytes))
            }
        }

        deserializer.deserialize_byte_buf(Visitor)
    }
}

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_value() {
        assert_eq!(Value::from(u64::MAX), Value::Unsigned64(u64::MAX));
        assert_eq!(Value::from(i64::MAX as u64), Value::Int64(i64::MAX));
        assert_eq!(
            (Value::from(i64::MIN), Value::from(u32::MAX)),
            (Value::Int64(i64::MIN), Value::Int64(4_294_967_295))
        );
        assert_eq!(Value::from(Some(0.5)), Value::Float64(0.5));
        assert_eq!(Value::from(0.1_f32), Value::Float64(0.1));
        for exact in [f32::MAX, f32::MIN_POSITIVE, -0.0, f32::NEG_INFINITY] {
            let Value::Float64(value) = Value::from(exact) else { panic!() };
            assert_eq!((value as f32).to_bits(), exact.to_bits());
        }
        assert!(matches!(Value::from(f32::NAN), Value::Float64(value) if value.is_nan()));
    }

    #[test]
    fn lists_of_lists_are_dimensions() {
        let Value::Array(array) = Value::from(vec![vec![1, 2, 3], vec![4, 5, 6]]) else { panic!() };
        assert_eq!(array.dimensions, [2, 3].map(|length| Dimension { length, first: 1 }));
        assert_eq!(array.items, [1, 2, 3, 4, 5, 6].map(Value::from));
        let Value::Array(array) = Value::from(vec![[[1], [2]], [[3], [4]], [[5], [6]]]) else { panic!() };
        assert_eq!(array.dimensions, [3, 2, 1].map(|length| Dimension { length, first: 1 }));
        let Value::Array(array) = Value::from(Vec::<i64>::new()) else { panic!() };
        assert_eq!(array, Array::default());
        // Six items, as of three lists of two.
        let Value::Array(array) = Value::from(vec![vec![1, 2], vec![3], vec![4, 5, 6]]) else { panic!() };
        assert_eq!(array.dimensions, [3, 0].map(|length| Dimension { length, first: 1 }));
        assert_eq!(array.items.len(), 6);
    }
}
