//! A definition in JSON.

use serde_json::{Map, Value};

use super::decimal::exact;
use super::place::Place;
use super::{WrittenError, inexact};
use crate::schema::{DocumentValue, Kind};

/// The value of a definition.
pub(super) fn value(written: DocumentValue<'_>) -> Result<Value, WrittenError> {
    read(written, Place::Top)
}

fn read(written: DocumentValue<'_>, place: Place) -> Result<Value, WrittenError> {
    Ok(match written.kind() {
        Kind::Null => Value::Null,
        Kind::Bool(flag) if place == Place::Text => Value::String(flag.to_string()),
        Kind::Bool(flag) => Value::Bool(flag),
        Kind::Number(digits) if place == Place::Text => Value::String(digits.to_owned()),
        Kind::Number(digits) => Value::Number(exact(digits).ok_or_else(|| WrittenError::new(None, inexact(digits)))?),
        Kind::Text(text) => Value::String(text.to_owned()),
        Kind::List => written.items().map(|item| read(item, place.item())).collect::<Result<Vec<_>, _>>()?.into(),
        Kind::Object => {
            let member = |(key, value): (&str, _)| Ok((key.to_owned(), read(value, place.member(key))?));
            written.members().map(member).collect::<Result<Map<_, _>, WrittenError>>()?.into()
        }
    })
}
