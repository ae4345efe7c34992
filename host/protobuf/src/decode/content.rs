//! The bytes of one message, and where its fields are in them. A message that occurs several times in one field is one
//! message with the bytes of all of them (<https://protobuf.dev/programming-guides/encoding/#last-one-wins>).

use std::collections::HashMap;

use super::Fault;
use super::memory::{MemoryBudget, Reservation};
use crate::table::{Field, Kind, Message};
use crate::wire::{Malformed, Reader, WireType};

/// A message up to this size is read once, and a larger one before that to know how many pieces it has.
const SMALL_BYTES: usize = 1024;

pub(super) enum Content<'a> {
    One([&'a [u8]; 1]),
    Merged(Parts<'a>),
}

/// The bytes of a message that occurs several times.
pub(super) struct Parts<'a> {
    parts: Vec<&'a [u8]>,
    #[expect(dead_code, reason = "it is given back when the parts are dropped")]
    reserved: Reservation,
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

/// The runs of a message.
pub(super) struct Runs {
    runs: Vec<Run>,
    #[expect(dead_code, reason = "it is given back when the runs are dropped")]
    reserved: Reservation,
}

impl std::ops::Deref for Runs {
    type Target = [Run];

    fn deref(&self) -> &[Run] {
        &self.runs
    }
}

impl Runs {
    /// Those of one field, by its place.
    pub(super) fn of_field(mut self, place: u32) -> Self {
        self.runs.retain(|run| run.field == place);
        self
    }
}

impl Run {
    /// Takes in the next one if it follows this one.
    fn joins(&mut self, next: &Self) -> bool {
        let follows = self.field == next.field && self.slice == next.slice && self.end == next.start;
        if follows {
            self.end = next.end;
        }
        follows
    }
}

impl<'a> Content<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> Self {
        Self::One([bytes])
    }

    fn slices(&self) -> &[&'a [u8]] {
        match self {
            Self::One(one) => one,
            Self::Merged(several) => &several.parts,
        }
    }

    /// Each value of a field that the message defines.
    fn known(&self, message: &Message, mut see: impl FnMut(Run, &Field)) -> Result<(), Fault> {
        for (slice, bytes) in self.slices().iter().enumerate() {
            let slice = place(slice)?;
            let mut reader = Reader::new(bytes);
            while !reader.is_empty() {
                let start = place(reader.at())?;
                let (number, kind) = reader.tag()?;
                reader.skip(number, kind)?;
                let end = place(reader.at())?;
                let Some((field, own)) = message.field(number).filter(|(_, own)| takes(own, kind)) else { continue };
                see(Run { field: place(field)?, slice, start, end }, own);
            }
        }
        Ok(())
    }

    /// How many runs there are, as far as memory for them has to be known before.
    fn pieces(&self, message: &Message) -> Result<usize, Fault> {
        let bytes: usize = self.slices().iter().map(|slice| slice.len()).sum();
        if bytes <= SMALL_BYTES {
            return Ok(0);
        }
        let (mut count, mut last) = (0, None::<Run>);
        self.known(message, |run, _| {
            if !last.as_mut().is_some_and(|last| last.joins(&run)) {
                (count, last) = (count + 1, Some(run));
            }
        })?;
        Ok(count)
    }

    /// The fields that the message defines, sorted by number; of a oneof only those that count.
    pub(super) fn runs(&self, message: &Message, memory: &MemoryBudget) -> Result<Runs, Fault> {
        let pieces = self.pieces(message)?;
        let reserved = memory.reserve::<Run>(pieces)?;
        let mut runs: Vec<Run> = Vec::with_capacity(pieces);
        // Of each oneof the field that was seen last, and where its part begins.
        let mut oneofs: HashMap<usize, (u32, usize)> = HashMap::new();
        self.known(message, |run, own| {
            let index = runs.len();
            if !runs.last_mut().is_some_and(|last| last.joins(&run)) {
                runs.push(run);
            }
            if let Some(oneof) = own.oneof {
                let seen = oneofs.entry(oneof).or_insert((run.field, index));
                if seen.0 != run.field {
                    *seen = (run.field, index);
                }
            }
        })?;
        let reserved = if pieces == 0 { memory.reserve::<Run>(runs.capacity())? } else { reserved };
        if !oneofs.is_empty() {
            let mut index = 0;
            runs.retain(|run| {
                let own = message.fields.get(run.field as usize).and_then(|field| oneofs.get(&field.oneof?));
                let counts = own.is_none_or(|(field, from)| *field == run.field && index >= *from);
                index += 1;
                counts
            });
        }
        // In place: a sort that keeps the order by itself takes memory.
        if !runs.is_sorted_by_key(|run| run.field) {
            runs.sort_unstable_by_key(|run| (run.field, run.slice, run.start));
        }
        Ok(Runs { runs, reserved })
    }

    pub(super) fn reader(&self, run: &Run) -> Reader<'a> {
        let slice = self.slices().get(run.slice as usize).copied().unwrap_or_default();
        Reader::new(slice.get(run.start as usize..run.end as usize).unwrap_or_default())
    }

    /// The message of a field that has one, from all of its occurrences.
    pub(super) fn merged(
        &self,
        field: &Field,
        runs: &[Run],
        memory: &MemoryBudget,
    ) -> Result<Option<Content<'a>>, Fault> {
        let mut count = 0;
        self.occurrences(field, runs, |_| count += 1)?;
        if count == 0 {
            return Ok(None);
        }
        let reserved = memory.reserve::<&[u8]>(count)?;
        let mut parts = Vec::with_capacity(count);
        self.occurrences(field, runs, |part| parts.push(part))?;
        Ok(Some(Content::Merged(Parts { parts, reserved })))
    }

    fn occurrences(&self, field: &Field, runs: &[Run], mut see: impl FnMut(&'a [u8])) -> Result<(), Fault> {
        for run in runs {
            let mut reader = self.reader(run);
            while !reader.is_empty() {
                let (number, kind) = reader.tag()?;
                match (field.kind, kind) {
                    (Kind::Message(_), WireType::Delimited) => see(reader.delimited()?),
                    (Kind::Group(_), WireType::GroupStart) => see(reader.group(number)?),
                    (_, kind) => reader.skip(number, kind)?,
                }
            }
        }
        Ok(())
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
    let own = field.kind.wire_type();
    let is_list = matches!(field.shape, crate::table::Shape::List { .. });
    kind == own || (is_list && field.kind.is_packable() && kind == WireType::Delimited)
}

fn place(at: usize) -> Result<u32, Malformed> {
    u32::try_from(at).map_err(|_| Malformed::Ended)
}
