//! Messages whose JSON is no object of their fields.

use lockgate_domain::schema::{DocumentValue, Kind as Json};

use super::place::Place;
use super::scalar::delimited;
use super::{Encoder, Written};
use crate::format::{Moment, double, from_camel, parse_duration, parse_timestamp};
use crate::table::Form;
use crate::wire::{DEPTH_MAX, WireType, prefix_length, write_tag, write_varint};

fn moment(moment: Moment, out: &mut Vec<u8>) {
    for (number, value) in [(1, moment.seconds), (2, i64::from(moment.nanos))] {
        if value != 0 {
            write_tag(number, WireType::Varint, out);
            write_varint(value as u64, out);
        }
    }
}

pub(super) fn timestamp(value: DocumentValue<'_>, at: &Place<'_>, out: &mut Vec<u8>) -> Written {
    let read = value.as_text().and_then(parse_timestamp);
    moment(read.ok_or_else(|| at.wrong("is no timestamp: expected a text such as `2026-01-31T12:00:00Z`"))?, out);
    Ok(())
}

pub(super) fn duration(value: DocumentValue<'_>, at: &Place<'_>, out: &mut Vec<u8>) -> Written {
    let read = value.as_text().and_then(parse_duration);
    moment(read.ok_or_else(|| at.wrong("is no duration: expected seconds in a text such as `1.5s`"))?, out);
    Ok(())
}

pub(super) fn field_mask(value: DocumentValue<'_>, at: &Place<'_>, out: &mut Vec<u8>) -> Written {
    let wrong = || at.wrong("is no field mask: expected a text such as `name,address.zipCode`");
    let text = value.as_text().ok_or_else(wrong)?;
    for path in text.split(',').filter(|_| !text.is_empty()) {
        let path = from_camel(path).ok_or_else(wrong)?;
        write_tag(1, WireType::Delimited, out);
        delimited(path.as_bytes(), out);
    }
    Ok(())
}

/// A `Struct`.
pub(super) fn fields(given: DocumentValue<'_>, at: &Place<'_>, depth: usize, out: &mut Vec<u8>) -> Written {
    if given.kind() != Json::Object {
        return Err(at.wrong("is no object"));
    }
    for (key, member) in given.members() {
        write_tag(1, WireType::Delimited, out);
        let start = out.len();
        write_tag(1, WireType::Delimited, out);
        delimited(key.as_bytes(), out);
        write_tag(2, WireType::Delimited, out);
        let inner = out.len();
        value(member, &at.member(key), depth + 2, out)?;
        prefix_length(inner, out);
        prefix_length(start, out);
    }
    Ok(())
}

/// A `ListValue`.
pub(super) fn list(given: DocumentValue<'_>, at: &Place<'_>, depth: usize, out: &mut Vec<u8>) -> Written {
    if given.kind() != Json::List {
        return Err(at.wrong("is no list"));
    }
    for (index, item) in given.items().enumerate() {
        write_tag(1, WireType::Delimited, out);
        let start = out.len();
        value(item, &at.item(index), depth + 1, out)?;
        prefix_length(start, out);
    }
    Ok(())
}

/// Whether a number of JSON is the double that was made of it. A fraction is the nearest one, as everywhere; a whole number, which
/// may name an object, would be another one. Doubles are written with all digits, or with zeros behind those that tell them apart
/// (ECMA-262, `Number::toString`).
fn keeps_digits(digits: &str, number: f64) -> bool {
    // Up to there doubles have every whole number.
    if number.abs() < 9_007_199_254_740_992.0 {
        return true;
    }
    let is_whole = digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    !is_whole || format!("{number:.0}") == digits || number.to_string() == digits
}

/// A `Value`.
pub(super) fn value(given: DocumentValue<'_>, at: &Place<'_>, depth: usize, out: &mut Vec<u8>) -> Written {
    // As many messages as the receiver will see.
    if depth >= DEPTH_MAX {
        return Err(at.wrong(format!("is nested deeper than {DEPTH_MAX} messages")));
    }
    match given.kind() {
        Json::Null => {
            write_tag(1, WireType::Varint, out);
            out.push(0);
        }
        Json::Number(digits) => {
            let number = double(digits, false).ok_or_else(|| at.wrong("is no number of 64 bits"))?;
            if !keeps_digits(digits, number) {
                return Err(at.wrong("is a whole number that no double is, and others are not here: give it as a text"));
            }
            write_tag(2, WireType::Fixed64, out);
            out.extend(number.to_le_bytes());
        }
        Json::Text(text) => {
            write_tag(3, WireType::Delimited, out);
            delimited(text.as_bytes(), out);
        }
        Json::Bool(flag) => {
            write_tag(4, WireType::Varint, out);
            out.push(flag.into());
        }
        Json::Object => {
            write_tag(5, WireType::Delimited, out);
            let start = out.len();
            fields(given, at, depth + 1, out)?;
            prefix_length(start, out);
        }
        Json::List => {
            write_tag(6, WireType::Delimited, out);
            let start = out.len();
            list(given, at, depth + 1, out)?;
            prefix_length(start, out);
        }
    }
    Ok(())
}

impl Encoder<'_> {
    /// An `Any`: an object with `@type`, and the fields of that message beside it, or `value` with what its JSON is.
    pub(super) fn any(&self, value: DocumentValue<'_>, at: &Place<'_>, depth: usize, out: &mut Vec<u8>) -> Written {
        if value.kind() != Json::Object {
            return Err(at.wrong("is no object with `@type`"));
        }
        let Some(url) = value.member("@type") else {
            return match value.members().next() {
                None => Ok(()),
                Some(_) => Err(at.wrong("has no `@type`, the type of its message")),
            };
        };
        let name = url.as_text().and_then(|url| Some((url, url.rsplit_once('/')?.1)));
        let Some((url, name)) = name else {
            return Err(at
                .member("@type")
                .wrong("is no type: expected a text such as `type.googleapis.com/shop.Order`"));
        };
        let message = self.tables.names.get(name).and_then(|id| Some((*id, self.tables.message(*id)?)));
        let (id, message) =
            message.ok_or_else(|| at.member("@type").wrong("is a type that the group's descriptors do not have"))?;
        write_tag(1, WireType::Delimited, out);
        delimited(url.as_bytes(), out);
        write_tag(2, WireType::Delimited, out);
        let start = out.len();
        match message.form {
            Form::Object | Form::Entry => self.fields(message, value, at, depth + 1, &["@type"], out)?,
            Form::Any
            | Form::Timestamp
            | Form::Duration
            | Form::FieldMask
            | Form::Struct
            | Form::Value
            | Form::ListValue
            | Form::Wrapper => {
                if let Some((key, _)) = value.members().find(|(key, _)| !matches!(*key, "@type" | "value")) {
                    return Err(at.member(key).wrong(format!("is no member of an Any of `{}`", message.name)));
                }
                let inner = value.member("value").ok_or_else(|| at.wrong("has no `value`"))?;
                self.message(id, inner, &at.member("value"), depth + 1, out)?;
            }
        }
        prefix_length(start, out);
        Ok(())
    }
}
