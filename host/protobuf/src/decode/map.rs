//! Maps, which are lists of entries on the wire.

use std::collections::HashMap;

use super::content::{Content, Run};
use super::output::Full;
use super::{Decoder, Fault};
use crate::table::{Field, Kind, Message};
use crate::wire::{Reader, WireType};

impl<'t> Decoder<'t> {
    /// An object of the entries. Of those with one key the last counts.
    pub(super) fn map(
        &mut self,
        field: &'t Field,
        content: &Content<'_>,
        runs: &[Run],
        depth: usize,
    ) -> Result<bool, Fault> {
        let message = field.kind.message().and_then(|id| self.tables.message(id));
        let entry = message.and_then(|own| Some((own, own.entry()?)));
        let Some((message, (key_field, value_field))) = entry else {
            return Err(Fault::Value("a map has no keys and values"));
        };
        let start = self.out.len();
        let mut entries: Vec<(String, &[u8])> = Vec::new();
        let mut places: HashMap<String, usize> = HashMap::new();
        let mut remaining = self.out.remaining();
        for run in runs {
            let mut reader = content.reader(run);
            while !reader.is_empty() {
                let (number, kind) = reader.tag()?;
                if kind != WireType::Delimited {
                    reader.skip(number, kind)?;
                    continue;
                }
                let bytes = reader.delimited()?;
                let Some(key) = self.key(message, key_field, value_field, bytes)? else { continue };
                // An entry takes its key, a colon and a value, so what does not fit is not collected either.
                match places.get(&key) {
                    Some(place) => {
                        if let Some(own) = entries.get_mut(*place) {
                            own.1 = bytes;
                        }
                    }
                    None => {
                        remaining = remaining.checked_sub(key.len() + 2).ok_or(Full)?;
                        places.insert(key.clone(), entries.len());
                        entries.push((key, bytes));
                    }
                }
            }
        }
        self.out.truncate(start);
        self.out.push("{")?;
        for (index, (key, bytes)) in entries.iter().enumerate() {
            if index > 0 {
                self.out.push(",")?;
            }
            self.out.push(key)?;
            self.out.push(":")?;
            let entry = Content::of(bytes);
            let runs = entry.runs(message, &self.memory)?.of_field(1);
            if !self.field(value_field, &entry, &runs, depth + 1)? {
                self.map_default(value_field, depth)?;
            }
        }
        self.out.push("}")?;
        Ok(!entries.is_empty())
    }

    fn map_default(&mut self, value: &'t Field, depth: usize) -> Result<(), Fault> {
        match value.kind {
            Kind::Message(id) | Kind::Group(id) => self.message(id, &Content::of(&[]), depth + 2),
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
            | Kind::Enum(_) => self.default(value),
        }
    }

    /// The key of an entry as JSON; none for an entry whose value a closed enum does not know. Uses the end of the output
    /// to write it, and takes it back.
    fn key(
        &mut self,
        message: &'t Message,
        key: &'t Field,
        value: &'t Field,
        bytes: &[u8],
    ) -> Result<Option<String>, Fault> {
        let entry = Content::of(bytes);
        let mut known = true;
        let runs = entry.runs(message, &self.memory)?;
        for run in runs.iter().filter(|run| run.field == 1 && matches!(value.kind, Kind::Enum(_))) {
            let mut reader = entry.reader(run);
            while !reader.is_empty() {
                let (number, kind) = reader.tag()?;
                let start = reader.at();
                reader.skip(number, kind)?;
                known = self.is_known(value.kind, reader.since(start))?;
            }
        }
        let runs = runs.of_field(0);
        let start = self.out.len();
        if !self.last(key, true, &entry, &runs)? {
            self.scalar(key, &mut Reader::new(&[0; 8]))?;
        }
        let text = self.out.since(start).to_owned();
        self.out.truncate(start);
        let quoted = if text.starts_with('"') { text } else { format!("\"{text}\"") };
        Ok(known.then_some(quoted))
    }
}
