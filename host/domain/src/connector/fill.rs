//! Filling a template from a call's input. A key without a value is left out; a value that is not allowed at its
//! location is an error that names the field, never something repaired.

use std::fmt::Write;

use super::field::Field;
use super::template::{Part, Text, Tree};
use crate::Violation;
use crate::schema::{DocumentValue, Kind, write_text};

/// Why an input can't be put into a template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// A value is not allowed at its location.
    #[error("{}: {}", .0.pointer, .0.detail)]
    Value(Violation),
    /// The result is larger than this many bytes.
    #[error("the request has more than {0} bytes")]
    TooLarge(usize),
}

impl Unfit {
    pub(super) fn value(field: &Field, rule: &str, detail: impl Into<String>) -> Self {
        Self::Value(Violation::new(field.pointer(), rule, detail))
    }
}

/// Writes JSON text; false when there is nothing to write.
pub(super) fn json(tree: &Tree, input: DocumentValue<'_>, max: usize, out: &mut Vec<u8>) -> Result<bool, Unfit> {
    match tree {
        Tree::Constant(text) => out.extend_from_slice(text.as_bytes()),
        Tree::Whole(field) => match field.of(input) {
            None => return Ok(false),
            Some(value) => value.write(out),
        },
        Tree::Text(text) => match plain(text, input, max)? {
            None => return Ok(false),
            Some(text) => write_text(&text, out),
        },
        Tree::List(items) => {
            out.push(b'[');
            let mut first = true;
            for item in items {
                first = !member(item, input, max, first, "", out)? && first;
            }
            out.push(b']');
        }
        Tree::Map(members) => {
            out.push(b'{');
            let mut first = true;
            for (key, value) in members {
                first = !member(value, input, max, first, key, out)? && first;
            }
            out.push(b'}');
        }
    }
    if out.len() > max { Err(Unfit::TooLarge(max)) } else { Ok(true) }
}

/// An item of a list, or a member with its key; false and nothing written when it has no value.
fn member(
    tree: &Tree,
    input: DocumentValue<'_>,
    max: usize,
    first: bool,
    key: &str,
    out: &mut Vec<u8>,
) -> Result<bool, Unfit> {
    let before = out.len();
    if !first {
        out.push(b',');
    }
    if !key.is_empty() {
        out.extend_from_slice(key.as_bytes());
        out.push(b':');
    }
    let written = json(tree, input, max, out)?;
    if !written {
        out.truncate(before);
    }
    Ok(written)
}

/// The text as it is; none when a field has no value.
pub(super) fn plain(text: &Text, input: DocumentValue<'_>, max: usize) -> Result<Option<String>, Unfit> {
    filled(text, input, max, |_, value, out| {
        out.push_str(value);
        Ok(())
    })
}

/// The text with each value written by `put`.
pub(super) fn filled(
    text: &Text,
    input: DocumentValue<'_>,
    max: usize,
    mut put: impl FnMut(&Field, &str, &mut String) -> Result<(), Unfit>,
) -> Result<Option<String>, Unfit> {
    let mut out = String::new();
    for part in text.parts() {
        match part {
            Part::Literal(literal) => out.push_str(literal),
            Part::Field(field) => match field.of(input) {
                None => return Ok(None),
                Some(value) if value.is_null() => return Ok(None),
                Some(value) => put(field, scalar(field, value)?, &mut out)?,
            },
        }
        if out.len() > max {
            return Err(Unfit::TooLarge(max));
        }
    }
    Ok(Some(out))
}

/// A value as a text: a number with the digits that it was written with.
pub(super) fn scalar<'v>(field: &Field, value: DocumentValue<'v>) -> Result<&'v str, Unfit> {
    match value.kind() {
        Kind::Text(text) | Kind::Number(text) => Ok(text),
        Kind::Bool(true) => Ok("true"),
        Kind::Bool(false) => Ok("false"),
        Kind::Null | Kind::List | Kind::Object => Err(Unfit::value(
            field,
            "text",
            "this value becomes a part of a text: expected a string, number or boolean",
        )),
    }
}

/// Percent-encodes everything but the unreserved characters of RFC 3986.
pub(super) fn encode(text: &str, out: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a string can't fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
}
