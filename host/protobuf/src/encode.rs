//! From JSON into the bytes of a message. Whatever does not fit its field exactly is refused, with its place and without
//! its value, which may be confidential.

mod place;
mod scalar;
mod well_known;

use std::collections::HashSet;

use lockgate_domain::schema::{DocumentValue, Kind as Json};

use crate::NotEncoded;
use crate::table::{Field, Form, Kind, Message, MessageId, Shape, Tables};
use crate::wire::{DEPTH_MAX, WireType, prefix_length, write_tag};
use place::Place;

/// Writes the message that a value of JSON stands for.
///
/// # Errors
/// The value fits the message type not.
pub(crate) fn encode(tables: &Tables, message: MessageId, value: DocumentValue<'_>) -> Result<Vec<u8>, NotEncoded> {
    let mut out = Vec::new();
    Encoder { tables }.message(message, value, &Place::Root, 0, &mut out)?;
    Ok(out)
}

struct Encoder<'t> {
    tables: &'t Tables,
}

type Written = Result<(), NotEncoded>;

impl<'t> Encoder<'t> {
    fn message(
        &self,
        id: MessageId,
        value: DocumentValue<'_>,
        at: &Place<'_>,
        depth: usize,
        out: &mut Vec<u8>,
    ) -> Written {
        let message = self.tables.message(id).ok_or_else(|| at.wrong("has a type that is not defined"))?;
        if depth >= DEPTH_MAX {
            return Err(at.wrong(format!("is nested deeper than {DEPTH_MAX} messages")));
        }
        match message.form {
            Form::Object | Form::Entry => self.fields(message, value, at, depth, &[], out),
            Form::Any => self.any(value, at, depth, out),
            Form::Timestamp => well_known::timestamp(value, at, out),
            Form::Duration => well_known::duration(value, at, out),
            Form::FieldMask => well_known::field_mask(value, at, out),
            Form::Struct => well_known::fields(value, at, depth, out),
            Form::Value => well_known::value(value, at, depth, out),
            Form::ListValue => well_known::list(value, at, depth, out),
            Form::Wrapper => {
                let field = message.field(1).ok_or_else(|| at.wrong("has a wrapper without a value"))?.1;
                self.single(field, false, value, at, depth, out)
            }
        }
    }

    /// The members of an object as fields. `ignored` are members that are no fields.
    fn fields(
        &self,
        message: &Message,
        value: DocumentValue<'_>,
        at: &Place<'_>,
        depth: usize,
        ignored: &[&str],
        out: &mut Vec<u8>,
    ) -> Written {
        if value.kind() != Json::Object {
            return Err(at.wrong(format!("is no object: expected `{}`", message.name)));
        }
        let mut oneofs = HashSet::new();
        for (key, member) in value.members() {
            let at = &at.member(key);
            let Some(field) = message.keys.get(key).and_then(|place| message.fields.get(*place)) else {
                if ignored.contains(&key) {
                    continue;
                }
                return Err(at.wrong(format!("is no field of `{}`", message.name)));
            };
            if *key != *field.key && value.member(&field.key).is_some() {
                return Err(at.wrong(format!("is given twice: as `{}` too", field.key)));
            }
            if member.is_null() && !self.takes_null(field) {
                continue;
            }
            if let Some(oneof) = field.oneof
                && !oneofs.insert(oneof)
            {
                let name = message.oneofs.get(oneof).map_or("", |name| name);
                return Err(at.wrong(format!("is one of several fields of `{name}`: expected one at most")));
            }
            self.field(field, member, at, depth, out)?;
        }
        let is_set = |field: &Field| {
            let member = value.member(&field.key).or_else(|| value.member(&field.name));
            member.is_some_and(|member| !member.is_null() || self.takes_null(field))
        };
        let missing =
            message.required.iter().filter_map(|place| message.fields.get(*place)).find(|field| !is_set(field));
        match missing {
            Some(field) => Err(at.wrong(format!("has no `{}`, which `{}` requires", field.key, message.name))),
            None => Ok(()),
        }
    }

    /// Whether `null` is a value of a field, and does not mean that it is not set.
    fn takes_null(&self, field: &Field) -> bool {
        matches!(field.shape, Shape::Single { .. }) && self.has_null(field.kind)
    }

    fn has_null(&self, kind: Kind) -> bool {
        match kind {
            Kind::Message(id) | Kind::Group(id) => self.tables.message(id).is_some_and(|own| own.form == Form::Value),
            Kind::Enum(id) => self.tables.an_enum(id).is_some_and(|own| own.null),
            Kind::Double
            | Kind::Float
            | Kind::Int32
            | Kind::Int64
            | Kind::Uint32
            | Kind::Uint64
            | Kind::Sint32
            | Kind::Sint64
            | Kind::Fixed32
            | Kind::Fixed64
            | Kind::Sfixed32
            | Kind::Sfixed64
            | Kind::Bool
            | Kind::String
            | Kind::Bytes => false,
        }
    }

    fn field(
        &self,
        field: &Field,
        value: DocumentValue<'_>,
        at: &Place<'_>,
        depth: usize,
        out: &mut Vec<u8>,
    ) -> Written {
        match field.shape {
            Shape::Single { presence } => self.single(field, presence, value, at, depth, out),
            Shape::List { packed } => self.list(field, packed, value, at, depth, out),
            Shape::Map => self.map(field, value, at, depth, out),
        }
    }

    /// One value with its tag. Without presence the default value is not written.
    fn single(
        &self,
        field: &Field,
        presence: bool,
        value: DocumentValue<'_>,
        at: &Place<'_>,
        depth: usize,
        out: &mut Vec<u8>,
    ) -> Written {
        let (number, start) = (field.number, out.len());
        match field.kind {
            Kind::Message(id) => {
                write_tag(number, WireType::Delimited, out);
                let start = out.len();
                self.message(id, value, at, depth + 1, out)?;
                prefix_length(start, out);
            }
            Kind::Group(id) => {
                write_tag(number, WireType::GroupStart, out);
                self.message(id, value, at, depth + 1, out)?;
                write_tag(number, WireType::GroupEnd, out);
            }
            Kind::Double
            | Kind::Float
            | Kind::Int32
            | Kind::Int64
            | Kind::Uint32
            | Kind::Uint64
            | Kind::Sint32
            | Kind::Sint64
            | Kind::Fixed32
            | Kind::Fixed64
            | Kind::Sfixed32
            | Kind::Sfixed64
            | Kind::Bool
            | Kind::String
            | Kind::Bytes
            | Kind::Enum(_) => {
                write_tag(number, field.kind.wire_type(), out);
                let value_start = out.len();
                self.scalar(field.kind, value, at, out)?;
                // All zeros is the default of every kind: a number, a length, an enum's first value.
                if !presence && out.get(value_start..).is_some_and(|bytes| bytes.iter().all(|byte| *byte == 0)) {
                    out.truncate(start);
                }
            }
        }
        Ok(())
    }

    fn list(
        &self,
        field: &Field,
        packed: bool,
        value: DocumentValue<'_>,
        at: &Place<'_>,
        depth: usize,
        out: &mut Vec<u8>,
    ) -> Written {
        if value.kind() != Json::List {
            return Err(at.wrong("is no list: the field is repeated"));
        }
        let mut items = value.items().enumerate().peekable();
        if packed {
            if items.peek().is_none() {
                return Ok(());
            }
            write_tag(field.number, WireType::Delimited, out);
            let start = out.len();
            for (index, item) in items {
                self.scalar(field.kind, item, &at.item(index), out)?;
            }
            prefix_length(start, out);
            return Ok(());
        }
        for (index, item) in items {
            let at = &at.item(index);
            if item.is_null() && !self.has_null(field.kind) {
                return Err(at.wrong("is null, which no list of a message has"));
            }
            self.single(field, true, item, at, depth, out)?;
        }
        Ok(())
    }

    fn map(&self, field: &Field, value: DocumentValue<'_>, at: &Place<'_>, depth: usize, out: &mut Vec<u8>) -> Written {
        if value.kind() != Json::Object {
            return Err(at.wrong("is no object: the field is a map"));
        }
        let entry = field.kind.message().and_then(|id| self.tables.message(id)).and_then(Message::entry);
        let (key_field, value_field) = entry.ok_or_else(|| at.wrong("has a map without keys and values"))?;
        let mut keys = HashSet::new();
        for (key, member) in value.members() {
            let at = &at.member(key);
            if member.is_null() && !self.has_null(value_field.kind) {
                return Err(at.wrong("is null, which no map of a message has"));
            }
            write_tag(field.number, WireType::Delimited, out);
            let start = out.len();
            write_tag(1, key_field.kind.wire_type(), out);
            let key_start = out.len();
            scalar::key(key_field.kind, key, at, out)?;
            // `1` and `1.0` are one key of numbers.
            let written = out.get(key_start..).unwrap_or_default();
            if key_field.kind != Kind::String && !keys.insert(written.to_vec()) {
                return Err(at.wrong("is a key that the map has already"));
            }
            self.single(value_field, true, member, at, depth + 1, out)?;
            prefix_length(start, out);
        }
        Ok(())
    }
}

#[cfg(test)]
pub(crate) mod tests;
