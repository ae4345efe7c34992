//! Templates: text with `{{field}}` and a few functions in it, parsed when a group is saved and filled in when a
//! request leaves. `Basic {{base64(username, ":", password)}}` is one.
//!
//! | function | gives |
//! | --- | --- |
//! | `base64(part, …)` | the parts in a row, in base64 with padding (RFC 4648) |
//! | `hex(part, …)` | the same in lower-case hex |
//! | `sha256(part, …)` | 32 bytes: the SHA-256 of the parts in a row |
//! | `hmac(key, part, …)` | 32 bytes: the HMAC-SHA256 (RFC 2104) of the parts in a row |
//! | `timestamp()` | the time in seconds; `timestamp("ms")` in milliseconds, `timestamp("rfc3339")` as date and time |
//!
//! A part is a field, a `"text"` (with `\n`, `\"` and `\\`) or a function.

mod parse;

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::FieldName;
pub use parse::TemplateRefused;

/// A parsed template.
#[derive(Debug, Clone, PartialEq)]
pub struct Template(Vec<Expression>);

/// A part of a template.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Expression {
    Text(String),
    Field(FieldName),
    Base64(Vec<Expression>),
    Hex(Vec<Expression>),
    Sha256(Vec<Expression>),
    Hmac(Box<Expression>, Vec<Expression>),
    Timestamp(Clock),
}

/// The format of a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Clock {
    Seconds,
    Milliseconds,
    Rfc3339,
}

/// A field of the template has no value. Where the field is optional, what the template fills is left out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("field `{0}` has no value")]
pub struct MissingField(pub FieldName);

impl Template {
    pub(super) fn of(prefix: &str, expression: Expression) -> Self {
        let prefix = (!prefix.is_empty()).then(|| Expression::Text(prefix.to_owned()));
        Self(prefix.into_iter().chain([expression]).collect())
    }

    /// The fields that it names, with repetitions.
    pub fn fields(&self) -> Vec<&FieldName> {
        let mut found = Vec::new();
        self.0.iter().for_each(|part| part.fields(&mut found));
        found
    }

    /// Whether it has a field's value as it is, and not only what a function makes of it.
    pub(super) fn has_plain(&self, name: &FieldName) -> bool {
        self.0.iter().any(|part| matches!(part, Expression::Field(own) if own == name))
    }

    /// The text that it begins with.
    pub(super) fn prefix(&self) -> Option<&str> {
        match self.0.first() {
            Some(Expression::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// The template with values in it. `now` is one time for all templates of a request, so that what is sent and what
    /// is signed agree. All intermediate values are zeroed.
    ///
    /// # Errors
    /// A field has no value.
    pub fn fill<'f>(
        &self,
        now: Timestamp,
        field: &dyn Fn(&FieldName) -> Option<&'f [u8]>,
    ) -> Result<Zeroizing<Vec<u8>>, MissingField> {
        concat(&self.0, now, field)
    }
}

impl Expression {
    fn fields<'t>(&'t self, found: &mut Vec<&'t FieldName>) {
        match self {
            Self::Text(_) | Self::Timestamp(_) => {}
            Self::Field(name) => found.push(name),
            Self::Base64(parts) | Self::Hex(parts) | Self::Sha256(parts) => {
                parts.iter().for_each(|part| part.fields(found));
            }
            Self::Hmac(key, parts) => {
                key.fields(found);
                parts.iter().for_each(|part| part.fields(found));
            }
        }
    }

    fn fill<'f>(
        &self,
        out: &mut Zeroizing<Vec<u8>>,
        now: Timestamp,
        field: &dyn Fn(&FieldName) -> Option<&'f [u8]>,
    ) -> Result<(), MissingField> {
        match self {
            Self::Text(text) => append(out, text.as_bytes()),
            Self::Field(name) => append(out, field(name).ok_or_else(|| MissingField(name.clone()))?),
            Self::Base64(parts) => {
                let text = Zeroizing::new(STANDARD.encode(concat(parts, now, field)?.as_slice()));
                append(out, text.as_bytes());
            }
            Self::Hex(parts) => {
                let digit = |nibble: u8| if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 };
                for byte in concat(parts, now, field)?.iter() {
                    append(out, &[digit(byte >> 4), digit(byte & 15)]);
                }
            }
            Self::Sha256(parts) => append(out, &Sha256::digest(concat(parts, now, field)?.as_slice())),
            Self::Hmac(key, parts) => {
                let key = concat(std::slice::from_ref(key), now, field)?;
                append(out, &hmac(&key, &concat(parts, now, field)?));
            }
            Self::Timestamp(Clock::Seconds) => append(out, now.as_second().to_string().as_bytes()),
            Self::Timestamp(Clock::Milliseconds) => append(out, now.as_millisecond().to_string().as_bytes()),
            Self::Timestamp(Clock::Rfc3339) => append(out, format!("{now:.0}").as_bytes()),
        }
        Ok(())
    }
}

fn concat<'f>(
    parts: &[Expression],
    now: Timestamp,
    field: &dyn Fn(&FieldName) -> Option<&'f [u8]>,
) -> Result<Zeroizing<Vec<u8>>, MissingField> {
    let mut out = Zeroizing::new(Vec::new());
    parts.iter().try_for_each(|part| part.fill(&mut out, now, field))?;
    Ok(out)
}

/// Appends without the copies that a growing vector leaves behind: the old buffer is zeroed.
fn append(out: &mut Zeroizing<Vec<u8>>, bytes: &[u8]) {
    let needed = out.len() + bytes.len();
    if needed > out.capacity() {
        let mut larger = Zeroizing::new(Vec::with_capacity(needed.next_power_of_two().max(64)));
        larger.extend_from_slice(out);
        *out = larger;
    }
    out.extend_from_slice(bytes);
}

fn hmac(key: &[u8], text: &[u8]) -> [u8; 32] {
    // A key longer than the block is hashed, a shorter one padded with zeros (RFC 2104 section 2).
    let mut block = Zeroizing::new([0; 64]);
    let hashed = (key.len() > block.len()).then(|| Zeroizing::new(<[u8; 32]>::from(Sha256::digest(key))));
    let key = hashed.as_ref().map_or(key, |hashed| hashed.as_slice());
    block.iter_mut().zip(key).for_each(|(location, byte)| *location = *byte);
    let mut mac = Hmac::<Sha256>::new((&*block).into());
    mac.update(text);
    mac.finalize().into_bytes().into()
}

/// In one spelling for all templates that mean the same.
impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|part| match part {
            Expression::Text(text) => f.write_str(text),
            part => write!(f, "{{{{{part}}}}}"),
        })
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let call = |f: &mut fmt::Formatter<'_>, name: &str, parts: &mut dyn Iterator<Item = &Expression>| {
            let parts = parts.map(Expression::to_string).collect::<Vec<_>>().join(", ");
            write!(f, "{name}({parts})")
        };
        match self {
            Self::Text(text) => {
                write!(f, "\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
            }
            Self::Field(name) => write!(f, "{name}"),
            Self::Base64(parts) => call(f, "base64", &mut parts.iter()),
            Self::Hex(parts) => call(f, "hex", &mut parts.iter()),
            Self::Sha256(parts) => call(f, "sha256", &mut parts.iter()),
            Self::Hmac(key, parts) => call(f, "hmac", &mut [&**key].into_iter().chain(parts)),
            Self::Timestamp(Clock::Seconds) => f.write_str("timestamp()"),
            Self::Timestamp(Clock::Milliseconds) => f.write_str("timestamp(\"ms\")"),
            Self::Timestamp(Clock::Rfc3339) => f.write_str("timestamp(\"rfc3339\")"),
        }
    }
}

#[cfg(test)]
mod tests;
