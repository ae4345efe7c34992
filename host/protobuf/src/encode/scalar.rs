//! Values that are no messages.

use lockgate_domain::schema::{DocumentValue, Kind as Json};

use super::place::Place;
use super::{Encoder, Written};
use crate::NotEncoded;
use crate::format::{double, float, from_base64, integer};
use crate::table::{Enum, Kind};
use crate::wire::{write_varint, zigzag};

pub(super) fn delimited(bytes: &[u8], out: &mut Vec<u8>) {
    write_varint(bytes.len() as u64, out);
    out.extend_from_slice(bytes);
}

/// A whole number of a kind from its digits.
fn whole(kind: Kind, digits: Option<&str>, at: &Place<'_>, out: &mut Vec<u8>) -> Written {
    let value = digits.and_then(integer);
    let signed32 = || value.and_then(|value| i32::try_from(value).ok());
    let signed64 = || value.and_then(|value| i64::try_from(value).ok());
    let unsigned32 = || value.and_then(|value| u32::try_from(value).ok());
    let unsigned64 = || value.and_then(|value| u64::try_from(value).ok());
    let written = match kind {
        Kind::Int32 => signed32().map(|value| write_varint(i64::from(value) as u64, out)),
        Kind::Int64 => signed64().map(|value| write_varint(value as u64, out)),
        Kind::Uint32 => unsigned32().map(|value| write_varint(value.into(), out)),
        Kind::Uint64 => unsigned64().map(|value| write_varint(value, out)),
        Kind::Sint32 => signed32().map(|value| write_varint(zigzag(value.into()), out)),
        Kind::Sint64 => signed64().map(|value| write_varint(zigzag(value), out)),
        Kind::Fixed32 => unsigned32().map(|value| out.extend(value.to_le_bytes())),
        Kind::Fixed64 => unsigned64().map(|value| out.extend(value.to_le_bytes())),
        Kind::Sfixed32 => signed32().map(|value| out.extend(value.to_le_bytes())),
        Kind::Sfixed64 => signed64().map(|value| out.extend(value.to_le_bytes())),
        Kind::Double
        | Kind::Float
        | Kind::Bool
        | Kind::String
        | Kind::Bytes
        | Kind::Enum(_)
        | Kind::Message(_)
        | Kind::Group(_) => None,
    };
    written.ok_or_else(|| at.wrong(format!("is no whole number of the range of {}", name(kind))))
}

/// The key of a map, which is a text in JSON.
pub(super) fn key(kind: Kind, key: &str, at: &Place<'_>, out: &mut Vec<u8>) -> Written {
    match kind {
        Kind::String => {
            delimited(key.as_bytes(), out);
            Ok(())
        }
        Kind::Bool => {
            let flag = match key {
                "true" => 1,
                "false" => 0,
                _ => return Err(at.wrong("is no key of flags: expected `true` or `false`")),
            };
            out.push(flag);
            Ok(())
        }
        Kind::Int32
        | Kind::Int64
        | Kind::Uint32
        | Kind::Uint64
        | Kind::Sint32
        | Kind::Sint64
        | Kind::Fixed32
        | Kind::Fixed64
        | Kind::Sfixed32
        | Kind::Sfixed64
        | Kind::Double
        | Kind::Float
        | Kind::Bytes
        | Kind::Enum(_)
        | Kind::Message(_)
        | Kind::Group(_) => whole(kind, Some(key), at, out),
    }
}

impl Encoder<'_> {
    /// A value without its tag.
    pub(super) fn scalar(&self, kind: Kind, value: DocumentValue<'_>, at: &Place<'_>, out: &mut Vec<u8>) -> Written {
        let expected = |what: &str| at.wrong(format!("is no {what}"));
        match kind {
            Kind::Double => {
                out.extend(number(value, double).ok_or_else(|| expected("number of 64 bits"))?.to_le_bytes());
            }
            Kind::Float => out.extend(number(value, float).ok_or_else(|| expected("number of 32 bits"))?.to_le_bytes()),
            Kind::Bool => match value.kind() {
                Json::Bool(value) => out.push(value.into()),
                Json::Null | Json::Number(_) | Json::Text(_) | Json::List | Json::Object => {
                    return Err(expected("flag: expected true or false"));
                }
            },
            Kind::String => delimited(value.as_text().ok_or_else(|| expected("text"))?.as_bytes(), out),
            Kind::Bytes => {
                let bytes = value.as_text().and_then(from_base64);
                delimited(&bytes.ok_or_else(|| expected("text of bytes in base64"))?, out);
            }
            Kind::Enum(id) => {
                let own = self.tables.an_enum(id).ok_or_else(|| expected("value of a known enum"))?;
                write_varint(i64::from(enum_number(own, value, at)?) as u64, out);
            }
            Kind::Int32
            | Kind::Int64
            | Kind::Uint32
            | Kind::Uint64
            | Kind::Sint32
            | Kind::Sint64
            | Kind::Fixed32
            | Kind::Fixed64
            | Kind::Sfixed32
            | Kind::Sfixed64 => whole(kind, digits(value), at, out)?,
            Kind::Message(_) | Kind::Group(_) => return Err(expected("value without fields")),
        }
        Ok(())
    }
}

fn digits(value: DocumentValue<'_>) -> Option<&str> {
    match value.kind() {
        Json::Number(digits) | Json::Text(digits) => Some(digits),
        Json::Null | Json::Bool(_) | Json::List | Json::Object => None,
    }
}

fn number<T>(value: DocumentValue<'_>, read: impl Fn(&str, bool) -> Option<T>) -> Option<T> {
    match value.kind() {
        Json::Number(digits) => read(digits, false),
        Json::Text(text) => read(text, true),
        Json::Null | Json::Bool(_) | Json::List | Json::Object => None,
    }
}

fn enum_number(own: &Enum, value: DocumentValue<'_>, at: &Place<'_>) -> Result<i32, NotEncoded> {
    let number = match value.kind() {
        Json::Text(name) => own.names.get(name).copied(),
        Json::Number(digits) => integer(digits)
            .and_then(|value| i32::try_from(value).ok())
            .filter(|number| !own.closed || own.numbers.contains_key(number)),
        Json::Null => own.null.then_some(0),
        Json::Bool(_) | Json::List | Json::Object => None,
    };
    number.ok_or_else(|| at.wrong(format!("is no value of the enum `{}`", own.name)))
}

fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::Double => "double",
        Kind::Float => "float",
        Kind::Int32 => "int32",
        Kind::Int64 => "int64",
        Kind::Uint32 => "uint32",
        Kind::Uint64 => "uint64",
        Kind::Sint32 => "sint32",
        Kind::Sint64 => "sint64",
        Kind::Fixed32 => "fixed32",
        Kind::Fixed64 => "fixed64",
        Kind::Sfixed32 => "sfixed32",
        Kind::Sfixed64 => "sfixed64",
        Kind::Bool => "bool",
        Kind::String => "string",
        Kind::Bytes => "bytes",
        Kind::Enum(_) => "an enum",
        Kind::Message(_) | Kind::Group(_) => "a message",
    }
}
