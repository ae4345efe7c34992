//! Values that are no messages.

use super::content::{Content, Run};
use super::output::Full;
use super::{Decoder, Fault};
use crate::format::to_base64;
use crate::table::{Field, Kind};
use crate::wire::{Malformed, Reader, WireType, unzigzag};

impl Decoder<'_> {
    /// The last value of a field. Without presence the default value is as good as none.
    pub(super) fn last(
        &mut self,
        field: &Field,
        presence: bool,
        content: &Content<'_>,
        runs: &[Run],
    ) -> Result<bool, Fault> {
        let mut last = None;
        for run in runs {
            let mut reader = content.reader(run);
            while !reader.is_empty() {
                let (number, kind) = reader.tag()?;
                let start = reader.at();
                reader.skip(number, kind)?;
                let value = reader.since(start);
                if kind == field.kind.wire_type() && self.is_known(field.kind, value)? {
                    last = Some(value);
                }
            }
        }
        match last {
            Some(value) if presence || !is_default(field.kind, value)? => self.scalar(field, &mut Reader::new(value)),
            Some(_) | None => Ok(false),
        }
    }

    /// A closed enum drops what it does not know, so that an earlier value stays.
    pub(super) fn is_known(&self, kind: Kind, value: &[u8]) -> Result<bool, Fault> {
        let Kind::Enum(id) = kind else { return Ok(true) };
        let Some(own) = self.tables.an_enum(id).filter(|own| own.closed) else { return Ok(true) };
        Ok(own.numbers.contains_key(&(Reader::new(value).varint()? as i32)))
    }

    /// Writes the value that a field has when it is not set.
    pub(super) fn default(&mut self, field: &Field) -> Result<(), Fault> {
        if let Kind::Enum(id) = field.kind
            && let Some(first) = self.tables.an_enum(id).filter(|own| own.closed).and_then(|own| own.values.first())
        {
            return Ok(self.out.text(&first.name)?);
        }
        // Zeros are the number 0, false and an empty text.
        self.scalar(field, &mut Reader::new(&[0; 8])).map(drop)
    }

    /// Writes one value; false if it is one that a closed enum does not know, and nothing was written.
    pub(super) fn scalar(&mut self, field: &Field, reader: &mut Reader<'_>) -> Result<bool, Fault> {
        match field.kind {
            Kind::Double => {
                let value = f64::from_le_bytes(reader.fixed64()?);
                self.float(value.is_finite().then(|| serde_json::to_string(&value).ok()).flatten(), value)?;
            }
            Kind::Float => {
                let value = f32::from_le_bytes(reader.fixed32()?);
                self.float(value.is_finite().then(|| serde_json::to_string(&value).ok()).flatten(), value.into())?;
            }
            // Negative numbers have ten bytes; of longer ones the low 32 bits count.
            Kind::Int32 => self.number(reader.varint()? as i32, false)?,
            Kind::Int64 => self.number(reader.varint()? as i64, true)?,
            Kind::Uint32 => self.number(reader.varint()? as u32, false)?,
            Kind::Uint64 => self.number(reader.varint()?, true)?,
            Kind::Sint32 => self.number(unzigzag(u64::from(reader.varint()? as u32)) as i32, false)?,
            Kind::Sint64 => self.number(unzigzag(reader.varint()?), true)?,
            Kind::Fixed32 => self.number(u32::from_le_bytes(reader.fixed32()?), false)?,
            Kind::Fixed64 => self.number(u64::from_le_bytes(reader.fixed64()?), true)?,
            Kind::Sfixed32 => self.number(i32::from_le_bytes(reader.fixed32()?), false)?,
            Kind::Sfixed64 => self.number(i64::from_le_bytes(reader.fixed64()?), true)?,
            Kind::Bool => self.out.push(if reader.varint()? == 0 { "false" } else { "true" })?,
            Kind::String => {
                let text = std::str::from_utf8(reader.delimited()?).map_err(|_| Fault::Text(field.name.clone()))?;
                self.out.text(text)?;
            }
            Kind::Bytes => {
                let bytes = reader.delimited()?;
                if bytes.len() > self.out.remaining() {
                    return Err(Full.into());
                }
                self.out.text(&to_base64(bytes))?;
            }
            Kind::Enum(id) => {
                let number = reader.varint()? as i32;
                let own = self.tables.an_enum(id).ok_or(Fault::Value("its enum is not defined"))?;
                match own.numbers.get(&number).and_then(|place| own.values.get(*place)) {
                    _ if own.null => self.out.push("null")?,
                    Some(value) => self.out.text(&value.name)?,
                    None if own.closed => return Ok(false),
                    None => self.number(number, false)?,
                }
            }
            Kind::Message(_) | Kind::Group(_) => {
                return Err(Fault::Value("a message stands where a value is expected"));
            }
        }
        Ok(true)
    }

    /// Numbers that JSON's readers would round are texts.
    fn number(&mut self, value: impl std::fmt::Display, quoted: bool) -> Result<(), Full> {
        self.out.push(&if quoted { format!("\"{value}\"") } else { value.to_string() })
    }

    fn float(&mut self, finite: Option<String>, value: f64) -> Result<(), Full> {
        match finite {
            Some(text) => self.out.push(&text),
            None if value.is_nan() => self.out.push("\"NaN\""),
            None if value > 0.0 => self.out.push("\"Infinity\""),
            None => self.out.push("\"-Infinity\""),
        }
    }
}

fn is_default(kind: Kind, value: &[u8]) -> Result<bool, Malformed> {
    Ok(match kind.wire_type() {
        WireType::Varint => Reader::new(value).varint()? == 0,
        WireType::Delimited => Reader::new(value).delimited()?.is_empty(),
        WireType::Fixed32 | WireType::Fixed64 | WireType::GroupStart | WireType::GroupEnd => {
            value.iter().all(|byte| *byte == 0)
        }
    })
}
