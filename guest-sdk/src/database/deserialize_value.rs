//! A value as serde reads it.

use super::{Array, Value};
use serde::{
    Deserializer,
    de::{
        Error as _, IntoDeserializer, Visitor,
        value::{Error, SeqDeserializer},
    },
    forward_to_deserialize_any,
};

/// The largest whole numbers up to which every other has its own `f64` and `f32`.
const EXACT_MAX: u64 = 1 << f64::MANTISSA_DIGITS;
const EXACT_MAX_F32: u64 = 1 << f32::MANTISSA_DIGITS;

pub(super) struct ValueDeserializer(pub(super) Value);

impl IntoDeserializer<'_, Error> for ValueDeserializer {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl ValueDeserializer {
    /// A decimal that is a whole number, as sums of whole numbers are, loses nothing.
    fn whole<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let Value::Decimal(text) = &self.0 else { return self.deserialize_any(visitor) };
        match (text.parse::<i64>(), text.parse::<u64>()) {
            (Ok(whole), _) => visitor.visit_i64(whole),
            (Err(_), Ok(whole)) => visitor.visit_u64(whole),
            (Err(_), Err(_)) => self.deserialize_any(visitor),
        }
    }

    /// A whole number that is none of binary floating point would become another.
    fn float<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.whole_up_to(EXACT_MAX)?.deserialize_any(visitor)
    }

    /// The same in half of the digits. A column of that size has the shortest digits of its numbers; those of a larger one
    /// are mostly more.
    fn small_float<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if let Value::Float64(value) = self.0 {
            let small = value as f32;
            let same = small.to_string().parse::<f64>() == Ok(value);
            if !same && !value.is_nan() {
                return Err(Error::custom(format!("{value} has more digits than the number that it would become")));
            }
            return visitor.visit_f32(small);
        }
        self.whole_up_to(EXACT_MAX_F32)?.deserialize_any(visitor)
    }

    fn whole_up_to(self, most: u64) -> Result<Self, Error> {
        let size = match &self.0 {
            Value::Int64(whole) => whole.unsigned_abs(),
            Value::Unsigned64(whole) => *whole,
            _ => 0,
        };
        if size > most {
            return Err(Error::custom(format!("{size} has more digits than the number that it would become")));
        }
        Ok(self)
    }

    /// JSON text stays what it is.
    fn text<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Json(text) => visitor.visit_string(text),
            other => Self(other).deserialize_any(visitor),
        }
    }
}

macro_rules! by {
    ($($method:ident => $own:ident),* $(,)?) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            self.$own(visitor)
        })*
    };
}

impl<'de> Deserializer<'de> for ValueDeserializer {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Boolean(value) => visitor.visit_bool(value),
            Value::Int64(value) => visitor.visit_i64(value),
            Value::Unsigned64(value) => visitor.visit_u64(value),
            Value::Float64(value) => visitor.visit_f64(value),
            Value::Bytes(bytes) => visitor.visit_byte_buf(bytes),
            Value::Decimal(text)
            | Value::Text(text)
            | Value::Date(text)
            | Value::Time(text)
            | Value::Timestamp(text)
            | Value::TimestampTz(text)
            | Value::Interval(text)
            | Value::Uuid(text)
            | Value::Other { text, .. } => visitor.visit_string(text),
            Value::Json(text) => {
                // By a reader: what it gives is not borrowed from the text.
                let mut json = serde_json::Deserializer::from_reader(text.as_bytes());
                json.deserialize_any(visitor).map_err(Error::custom)
            }
            Value::Array(array) => visitor.visit_seq(SeqDeserializer::new(level(array).into_iter())),
        }
    }

    /// MySQL's booleans are numbers.
    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Int64(value @ (0 | 1)) => visitor.visit_bool(value == 1),
            Value::Unsigned64(value @ (0 | 1)) => visitor.visit_bool(value == 1),
            other => Self(other).deserialize_any(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match &self.0 {
            Value::Null => visitor.visit_none(),
            Value::Json(text) if text == "null" => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Bytes(bytes) => visitor.visit_seq(SeqDeserializer::new(bytes.into_iter())),
            other => Self(other).deserialize_any(visitor),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.0 {
            Value::Text(text) | Value::Other { text, .. } => visitor.visit_enum(text.into_deserializer()),
            Value::Json(text) => {
                let mut json = serde_json::Deserializer::from_reader(text.as_bytes());
                json.deserialize_enum(name, variants, visitor).map_err(Error::custom)
            }
            other => Err(Error::custom(format!("{other:?} names no variant of `{name}`"))),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    by! {
        deserialize_i8 => whole, deserialize_i16 => whole, deserialize_i32 => whole, deserialize_i64 => whole,
        deserialize_i128 => whole, deserialize_u8 => whole, deserialize_u16 => whole, deserialize_u32 => whole,
        deserialize_u64 => whole, deserialize_u128 => whole, deserialize_f32 => small_float, deserialize_f64 => float,
        deserialize_char => text, deserialize_str => text, deserialize_string => text, deserialize_identifier => text,
    }

    forward_to_deserialize_any! { bytes byte_buf unit unit_struct tuple_struct map struct }
}

/// The items of an array's outermost dimension.
fn level(array: Array) -> Vec<ValueDeserializer> {
    let Array { element, dimensions, items } = array;
    match dimensions.split_first() {
        Some((_, further @ [_, ..])) => {
            let each = further.iter().map(|one| one.length as usize).product::<usize>().max(1);
            let inner = |items: &[Value]| {
                let array = Array { element: element.clone(), dimensions: further.to_vec(), items: items.to_vec() };
                ValueDeserializer(Value::Array(array))
            };
            items.chunks(each).map(inner).collect()
        }
        _ => items.into_iter().map(ValueDeserializer).collect(),
    }
}
