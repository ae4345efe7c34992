//! From the bytes of a message into JSON text, as the official libraries print it: fields by their numbers, those without
//! a value left out, 64-bit integers as texts. What an answer may cost is bounded by its own size and by the size of its
//! JSON: one field of two bytes would take hundreds as a value in a tree.

mod content;
mod map;
mod memory;
mod output;
mod scalar;
mod well_known;

use crate::NotDecoded;
use crate::table::{Field, Form, Kind, Message, MessageId, Shape, Tables};
use crate::wire::{DEPTH_MAX, Malformed, Reader, WireType};
use content::{Content, Run};
use memory::MemoryBudget;
use output::{Full, Output};

/// Why a message is no JSON.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
enum Fault {
    #[error(transparent)]
    Wire(#[from] Malformed),
    #[error(transparent)]
    Full(#[from] Full),
    #[error("its field `{0}` is no UTF-8")]
    Text(Box<str>),
    #[error("{0}")]
    Value(&'static str),
}

type Done = Result<(), Fault>;

/// Writes the JSON of a message, at most so many bytes of it.
///
/// # Errors
/// The bytes are no message of this type, or its JSON is larger.
pub(crate) fn decode(tables: &Tables, id: MessageId, bytes: &[u8], most: usize) -> Result<String, NotDecoded> {
    let mut decoder = Decoder { tables, out: Output::new(most), memory: MemoryBudget::of(bytes.len()) };
    match decoder.message(id, &Content::of(bytes), 0) {
        Ok(()) => Ok(decoder.out.into_text()),
        Err(Fault::Full(Full)) => Err(NotDecoded::TooLarge { most }),
        Err(fault @ (Fault::Wire(_) | Fault::Text(_) | Fault::Value(_))) => {
            let message = tables.message(id).map_or_else(String::new, |own| own.name.to_string());
            Err(NotDecoded::Invalid { message, detail: fault.to_string() })
        }
    }
}

struct Decoder<'t> {
    tables: &'t Tables,
    out: Output,
    memory: MemoryBudget,
}

impl<'t> Decoder<'t> {
    fn message(&mut self, id: MessageId, content: &Content<'_>, depth: usize) -> Done {
        if depth >= DEPTH_MAX {
            return Err(Malformed::Depth.into());
        }
        let message = self.tables.message(id).ok_or(Fault::Value("its type is not defined"))?;
        match message.form {
            Form::Object | Form::Entry => {
                self.out.push("{")?;
                self.members(message, content, depth, true)?;
                Ok(self.out.push("}")?)
            }
            Form::Any => self.any(content, depth),
            Form::Timestamp => self.timestamp(content),
            Form::Duration => self.duration(content),
            Form::FieldMask => self.field_mask(content),
            Form::Struct => self.only(message, content, depth, "{}"),
            Form::ListValue => self.only(message, content, depth, "[]"),
            Form::Value => self.value(message, content, depth),
            Form::Wrapper => self.wrapper(message, content),
        }
    }

    /// The fields of a message as members of an object that has begun; `first` says that none was written to it yet.
    fn members(&mut self, message: &'t Message, content: &Content<'_>, depth: usize, mut first: bool) -> Done {
        let runs = content.runs(message, &self.memory)?;
        let mut rest = &*runs;
        while let Some(run) = rest.first() {
            let same = rest.iter().take_while(|other| other.field == run.field).count();
            let (own, others) = rest.split_at_checked(same).unwrap_or((rest, &[]));
            rest = others;
            let Some(field) = message.fields.get(run.field as usize) else { continue };
            let start = self.out.len();
            if !first {
                self.out.push(",")?;
            }
            self.out.text(&field.key)?;
            self.out.push(":")?;
            if self.field(field, content, own, depth)? {
                first = false;
            } else {
                self.out.truncate(start);
            }
        }
        Ok(())
    }

    /// A field's value, and whether there is any.
    fn field(&mut self, field: &'t Field, content: &Content<'_>, runs: &[Run], depth: usize) -> Result<bool, Fault> {
        match field.shape {
            Shape::Single { presence } => match field.kind {
                Kind::Message(id) | Kind::Group(id) => {
                    let merged = content.merged(field, runs, &self.memory)?;
                    match merged {
                        Some(merged) => self.message(id, &merged, depth + 1).map(|()| true),
                        None => Ok(false),
                    }
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
                | Kind::Enum(_) => self.last(field, presence, content, runs),
            },
            Shape::List { .. } => self.list(field, content, runs, depth),
            Shape::Map => self.map(field, content, runs, depth),
        }
    }

    fn list(&mut self, field: &'t Field, content: &Content<'_>, runs: &[Run], depth: usize) -> Result<bool, Fault> {
        self.out.push("[")?;
        let empty = self.out.len();
        for run in runs {
            let mut reader = content.reader(run);
            while !reader.is_empty() {
                let (number, kind) = reader.tag()?;
                match (field.kind, kind) {
                    (Kind::Message(id), WireType::Delimited) => {
                        let bytes = reader.delimited()?;
                        self.comma(empty)?;
                        self.message(id, &Content::of(bytes), depth + 1)?;
                    }
                    (Kind::Group(id), WireType::GroupStart) => {
                        let bytes = reader.group(number)?;
                        self.comma(empty)?;
                        self.message(id, &Content::of(bytes), depth + 1)?;
                    }
                    (own, WireType::Delimited) if own.is_packable() => {
                        let mut packed = Reader::new(reader.delimited()?);
                        while !packed.is_empty() {
                            self.item(field, &mut packed, empty)?;
                        }
                    }
                    (own, kind) if own.message().is_none() && kind == own.wire_type() => {
                        self.item(field, &mut reader, empty)?;
                    }
                    (_, kind) => reader.skip(number, kind)?,
                }
            }
        }
        let is_any = self.out.len() > empty;
        self.out.push("]")?;
        Ok(is_any)
    }

    fn comma(&mut self, empty: usize) -> Done {
        if self.out.len() > empty {
            self.out.push(",")?;
        }
        Ok(())
    }

    fn item(&mut self, field: &Field, reader: &mut Reader<'_>, empty: usize) -> Done {
        let start = self.out.len();
        self.comma(empty)?;
        // A closed enum drops what it does not know.
        if !self.scalar(field, reader)? {
            self.out.truncate(start);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
