//! jq's values as JSON.

use jaq_json::{Num, Val};
use serde::{Serialize, Serializer, ser::Error};
use std::borrow::Borrow;

/// A value that is written as JSON without a text of its own in between.
pub struct Written<V>(pub V);

impl<V: Borrow<Val>> Serialize for Written<V> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self.0.borrow() {
            Val::Null => to.serialize_unit(),
            Val::Bool(value) => to.serialize_bool(*value),
            Val::Num(number) => write_number(number, to),
            Val::TStr(text) => to.serialize_str(&String::from_utf8_lossy(text)),
            Val::BStr(_) => Err(S::Error::custom("JSON has no byte strings")),
            Val::Arr(values) => to.collect_seq(values.iter().map(Written)),
            Val::Obj(entries) => match entries.keys().find(|key| !matches!(key, Val::TStr(_))) {
                Some(key) => Err(S::Error::custom(format!("the key {key} is no string"))),
                None => to.collect_map(entries.iter().map(|(key, value)| (Written(key), Written(value)))),
            },
        }
    }
}

/// Whole numbers are exact up to 64 bits; beyond, and for fractions, they are what jq has: 64-bit floats. Those that
/// JSON lacks become null, as in jq.
fn write_number<S: Serializer>(number: &Num, to: S) -> Result<S::Ok, S::Error> {
    let digits = match number {
        Num::Int(value) => return value.serialize(to),
        Num::Float(value) => return to.serialize_f64(*value),
        Num::BigInt(value) => match (i64::try_from(&**value), u64::try_from(&**value)) {
            (Ok(value), _) => return to.serialize_i64(value),
            (_, Ok(value)) => return to.serialize_u64(value),
            _ => value.to_string(),
        },
        Num::Dec(digits) => digits.to_string(),
    };
    to.serialize_f64(digits.parse().map_err(S::Error::custom)?)
}
