//! A row as serde reads it.

use super::{Columns, Value, deserialize_value::ValueDeserializer};
use serde::{
    Deserializer,
    de::{
        DeserializeSeed, Error as _, IntoDeserializer, MapAccess, SeqAccess, Visitor,
        value::{Error, StrDeserializer},
    },
    forward_to_deserialize_any,
};
use std::{iter::Zip, slice, vec};

/// A row: a map of its columns, a list of its values, or its only value, as the type asks.
pub(super) struct RowDeserializer<'r> {
    pub(super) columns: &'r Columns,
    pub(super) values: Vec<Value>,
}

impl<'r> RowDeserializer<'r> {
    fn map(self) -> Result<RowMap<'r>, Error> {
        if let Some(column) = self.columns.duplicate.and_then(|index| self.columns.list.get(index)) {
            let advice = "give one another name with `AS`";
            return Err(Error::custom(format!("two columns have the name `{}`: {advice}", column.name)));
        }
        Ok(RowMap { rest: self.columns.list.iter().zip(self.values), next: None })
    }

    fn list(self) -> RowList<'r> {
        RowList(self.columns.list.iter().zip(self.values))
    }

    /// The value of the only column.
    fn only(mut self) -> Result<ValueDeserializer, Error> {
        match (self.values.pop(), self.values.len()) {
            (Some(value), 0) => Ok(ValueDeserializer(value)),
            (_, others) => {
                let columns = others + 1;
                Err(Error::custom(format!("it has {columns} columns, and the type takes one: use a struct or a tuple")))
            }
        }
    }
}

macro_rules! of_the_only_value {
    ($($method:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            self.only()?.$method(visitor)
        })*
    };
}

impl<'de> Deserializer<'de> for RowDeserializer<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_map(self.map()?)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_seq(self.list())
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Error> {
        if self.values.len() != length {
            let columns = self.values.len();
            return Err(Error::custom(format!("it has {columns} columns, and the tuple takes {length}")));
        }
        visitor.visit_seq(self.list())
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_tuple(length, visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        // `Option` of a plain value is NULL or not; the row itself is there.
        match self.values.as_slice() {
            [Value::Null] => visitor.visit_none(),
            [Value::Json(text)] if text == "null" => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.only()?.deserialize_enum(name, variants, visitor)
    }

    of_the_only_value! {
        deserialize_bool deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128 deserialize_u8
        deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128 deserialize_f32 deserialize_f64
        deserialize_char deserialize_str deserialize_string deserialize_bytes deserialize_byte_buf
    }

    forward_to_deserialize_any! { map struct identifier ignored_any unit_struct }
}

/// The columns by their names.
struct RowMap<'r> {
    rest: Zip<slice::Iter<'r, super::Column>, vec::IntoIter<Value>>,
    next: Option<(&'r str, Value)>,
}

impl<'de> MapAccess<'de> for RowMap<'_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        let Some((column, value)) = self.rest.next() else { return Ok(None) };
        self.next = Some((&column.name, value));
        let key: StrDeserializer<'_, Error> = column.name.as_str().into_deserializer();
        seed.deserialize(key).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        let (name, value) = self.next.take().ok_or_else(|| Error::custom("a value without a column"))?;
        value_of(name, value, seed)
    }
}

/// The values by their order.
struct RowList<'r>(Zip<slice::Iter<'r, super::Column>, vec::IntoIter<Value>>);

impl<'de> SeqAccess<'de> for RowList<'_> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        self.0.next().map(|(column, value)| value_of(&column.name, value, seed)).transpose()
    }
}

fn value_of<'de, S: DeserializeSeed<'de>>(name: &str, value: Value, seed: S) -> Result<S::Value, Error> {
    let state = if value == Value::Null { " is NULL" } else { "" };
    let read = seed.deserialize(ValueDeserializer(value));
    read.map_err(|error| Error::custom(format!("column `{name}`{state}: {error}")))
}

#[cfg(test)]
mod tests;
