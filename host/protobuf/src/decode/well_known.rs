//! Messages whose JSON is no object of their fields.

use super::content::Content;
use super::output::Full;
use super::{Decoder, Done, Fault};
use crate::format::{Moment, to_base64, to_camel, write_duration, write_timestamp};
use crate::table::{Form, Message, Shape};
use crate::wire::{Reader, WireType};

fn moment(content: &Content<'_>) -> Result<Moment, Fault> {
    let (mut seconds, mut nanos) = (Ok(0), Ok(0));
    content.each(|number, kind, value| match (number, kind) {
        (1, WireType::Varint) => seconds = Reader::new(value).varint(),
        (2, WireType::Varint) => nanos = Reader::new(value).varint(),
        _ => {}
    })?;
    Ok(Moment { seconds: seconds? as i64, nanos: nanos? as i32 })
}

impl<'t> Decoder<'t> {
    pub(super) fn timestamp(&mut self, content: &Content<'_>) -> Done {
        let text = write_timestamp(moment(content)?);
        Ok(self.out.text(&text.ok_or(Fault::Value("a timestamp is outside of the years 1 to 9999"))?)?)
    }

    pub(super) fn duration(&mut self, content: &Content<'_>) -> Done {
        let text = write_duration(moment(content)?);
        let wrong = "a duration is longer than ten thousand years, or its parts have different signs";
        Ok(self.out.text(&text.ok_or(Fault::Value(wrong))?)?)
    }

    pub(super) fn field_mask(&mut self, content: &Content<'_>) -> Done {
        let mut count = 0;
        let is_path = |number, kind| (number, kind) == (1, WireType::Delimited);
        content.each(|number, kind, _| count += usize::from(is_path(number, kind)))?;
        let _reserved = self.memory.reserve::<&[u8]>(count)?;
        let mut paths = Vec::with_capacity(count);
        content.each(|number, kind, value| {
            if is_path(number, kind) {
                paths.push(value);
            }
        })?;
        self.out.push("\"")?;
        for (index, path) in paths.into_iter().enumerate() {
            let path = std::str::from_utf8(Reader::new(path).delimited()?).map_err(|_| Fault::Text("paths".into()))?;
            let path = to_camel(path).ok_or(Fault::Value("a path of a field mask has no form in JSON"))?;
            if index > 0 {
                self.out.push(",")?;
            }
            self.out.push(&path)?;
        }
        Ok(self.out.push("\"")?)
    }

    /// A message that is what its only field is: `Struct` and `ListValue`.
    pub(super) fn only(&mut self, message: &'t Message, content: &Content<'_>, depth: usize, empty: &str) -> Done {
        let field = message.fields.first().ok_or(Fault::Value("it has no fields"))?;
        let runs = content.runs(message, &self.memory)?;
        let start = self.out.len();
        if !self.field(field, content, &runs, depth)? {
            self.out.truncate(start);
            self.out.push(empty)?;
        }
        Ok(())
    }

    pub(super) fn value(&mut self, message: &'t Message, content: &Content<'_>, depth: usize) -> Done {
        let runs = content.runs(message, &self.memory)?;
        let field = runs.last().and_then(|run| message.fields.get(run.field as usize));
        // Nothing is set: the official libraries print null too.
        let Some(field) = field else { return Ok(self.out.push("null")?) };
        let start = self.out.len();
        let found = self.field(field, content, &runs, depth)?;
        if !found {
            self.out.truncate(start);
            self.out.push("null")?;
        }
        // A quoted number is none, and would come back as a text.
        if field.number == 2 && self.out.since(start).starts_with('"') {
            return Err(Fault::Value("a number of a Value is not finite"));
        }
        Ok(())
    }

    pub(super) fn wrapper(&mut self, message: &'t Message, content: &Content<'_>) -> Done {
        let field = message.fields.first().ok_or(Fault::Value("it has no value"))?;
        let runs = content.runs(message, &self.memory)?;
        if !matches!(field.shape, Shape::Single { .. }) || !self.last(field, true, content, &runs)? {
            self.default(field)?;
        }
        Ok(())
    }

    /// An `Any` as an object with `@type`. A message of a type that is not defined stays bytes.
    pub(super) fn any(&mut self, content: &Content<'_>, depth: usize) -> Done {
        let (mut url, mut value): (&[u8], &[u8]) = (&[0], &[0]);
        content.each(|number, kind, own| match (number, kind) {
            (1, WireType::Delimited) => url = own,
            (2, WireType::Delimited) => value = own,
            _ => {}
        })?;
        let (url, value) = (Reader::new(url).delimited()?, Reader::new(value).delimited()?);
        let url = std::str::from_utf8(url).map_err(|_| Fault::Text("type_url".into()))?;
        if url.is_empty() && value.is_empty() {
            return Ok(self.out.push("{}")?);
        }
        self.out.push("{\"@type\":")?;
        self.out.text(url)?;
        let known = url.rsplit_once('/').and_then(|(_, name)| self.tables.names.get(name));
        match known.and_then(|id| Some((*id, self.tables.message(*id)?))) {
            Some((_, message)) if matches!(message.form, Form::Object | Form::Entry) => {
                if depth + 1 >= crate::wire::DEPTH_MAX {
                    return Err(crate::wire::Malformed::Depth.into());
                }
                self.members(message, &Content::of(value), depth + 1, false)?;
            }
            Some((id, _)) => {
                self.out.push(",\"value\":")?;
                self.message(id, &Content::of(value), depth + 1)?;
            }
            None => {
                self.out.push(",\"value\":")?;
                if value.len() > self.out.remaining() {
                    return Err(Full.into());
                }
                self.out.text(&to_base64(value))?;
            }
        }
        Ok(self.out.push("}")?)
    }
}
