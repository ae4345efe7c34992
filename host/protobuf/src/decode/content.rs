//! The bytes of one message, and where its fields are in them. A message that occurs several times in one field is one
//! message with the bytes of all of them (<https://protobuf.dev/programming-guides/encoding/#last-one-wins>).

use std::collections::HashMap;

use super::Fault;
use crate::table::{Field, Kind, Message};
use crate::wire::{Malformed, Reader, WireType};

pub(super) enum Content<'a> {
    One([&'a [u8]; 1]),
    Merged(Vec<&'a [u8]>),
}

/// Occurrences of one field that follow each other: 16 bytes of memory, for at least two of the message.
#[derive(Debug, Clone, Copy)]
pub(super) struct Run {
    /// Its place in the message's fields.
    pub(super) field: u32,
    slice: u32,
    start: u32,
    end: u32,
}

impl<'a> Content<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> Self {
        Self::One([bytes])
    }

    fn slices(&self) -> &[&'a [u8]] {
        match self {
            Self::One(one) => one,
            Self::Merged(several) => several,
        }
    }

    /// The fields that the message defines, sorted by number; of a oneof only those that count.
    pub(super) fn runs(&self, message: &Message) -> Result<Vec<Run>, Fault> {
        let mut runs: Vec<Run> = Vec::new();
        // Of each oneof the field that was seen last, and where its part begins.
        let mut oneofs: HashMap<usize, (u32, usize)> = HashMap::new();
        for (slice, bytes) in self.slices().iter().enumerate() {
            let slice = u32::try_from(slice).map_err(|_| Malformed::Ended)?;
            let mut reader = Reader::new(bytes);
            while !reader.is_empty() {
                let start = place(reader.at())?;
                let (number, kind) = reader.tag()?;
                reader.skip(number, kind)?;
                let end = place(reader.at())?;
                let Some((field, own)) = message.field(number).filter(|(_, own)| takes(own, kind)) else { continue };
                let field = place(field)?;
                let index = runs.len();
                match runs.last_mut() {
                    Some(last) if last.field == field && last.slice == slice && last.end == start => last.end = end,
                    Some(_) | None => runs.push(Run { field, slice, start, end }),
                }
                if let Some(oneof) = own.oneof {
                    let seen = oneofs.entry(oneof).or_insert((field, index));
                    if seen.0 != field {
                        *seen = (field, index);
                    }
                }
            }
        }
        if !oneofs.is_empty() {
            let mut index = 0;
            runs.retain(|run| {
                let own = message.fields.get(run.field as usize).and_then(|field| oneofs.get(&field.oneof?));
                let counts = own.is_none_or(|(field, from)| *field == run.field && index >= *from);
                index += 1;
                counts
            });
        }
        if !runs.is_sorted_by_key(|run| run.field) {
            runs.sort_by_key(|run| run.field);
        }
        Ok(runs)
    }

    pub(super) fn reader(&self, run: &Run) -> Reader<'a> {
        let slice = self.slices().get(run.slice as usize).copied().unwrap_or_default();
        Reader::new(slice.get(run.start as usize..run.end as usize).unwrap_or_default())
    }

    /// The message of a field that has one, from all of its occurrences.
    pub(super) fn merged(&self, field: &Field, runs: &[Run]) -> Result<Option<Content<'a>>, Fault> {
        let mut parts = Vec::new();
        for run in runs {
            let mut reader = self.reader(run);
            while !reader.is_empty() {
                let (number, kind) = reader.tag()?;
                match (field.kind, kind) {
                    (Kind::Message(_), WireType::Delimited) => parts.push(reader.delimited()?),
                    (Kind::Group(_), WireType::GroupStart) => parts.push(reader.group(number)?),
                    (_, kind) => reader.skip(number, kind)?,
                }
            }
        }
        Ok((!parts.is_empty()).then_some(Content::Merged(parts)))
    }

    /// Each value of a message whose fields are known: its number, and what follows its tag.
    pub(super) fn each(&self, mut see: impl FnMut(u32, WireType, &'a [u8])) -> Result<(), Malformed> {
        for bytes in self.slices() {
            let mut reader = Reader::new(bytes);
            while !reader.is_empty() {
                let (number, kind) = reader.tag()?;
                let start = reader.at();
                reader.skip(number, kind)?;
                see(number, kind, reader.since(start));
            }
        }
        Ok(())
    }
}

/// Whether a value of this wire type can be one of the field; others are as unknown as other numbers.
fn takes(field: &Field, kind: WireType) -> bool {
    let own = super::scalar::wire_type(field.kind);
    let is_list = matches!(field.shape, crate::table::Shape::List { .. });
    kind == own || (is_list && field.kind.is_packable() && kind == WireType::Delimited)
}

fn place(at: usize) -> Result<u32, Malformed> {
    u32::try_from(at).map_err(|_| Malformed::Ended)
}
