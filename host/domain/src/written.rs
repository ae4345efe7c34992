//! Definitions as they are written, in YAML or JSON, as one value. Numbers that a value can't keep are refused, and in
//! the places of a connector that become texts every scalar keeps its spelling: `7.10` is not `7.1`, `01234` not `1234`.

mod decimal;
mod emit;
mod json;
mod place;
mod scalar;
mod yaml;

use std::fmt;

use serde_json::Value;

use crate::schema::Document;

/// Bytes of a message that repeat what was written.
const SHOWN_MAX: usize = 60;

/// A text that is no definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenError {
    /// Line and column, counted from 1; none where it is the text as a whole.
    at: Option<(usize, usize)>,
    message: String,
}

impl WrittenError {
    fn new(at: Option<(usize, usize)>, message: impl Into<String>) -> Self {
        Self { at, message: message.into() }
    }
}

impl fmt::Display for WrittenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.at {
            Some((line, column)) => write!(f, "line {line}, column {column}: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl std::error::Error for WrittenError {}

/// Reads a definition in YAML 1.2 (core schema) or JSON: a map of keys. A byte order mark in front is left out.
///
/// # Errors
/// It is no YAML, no map, has a key twice, or a number or tag that can't be kept.
pub fn definition(text: &str) -> Result<Value, WrittenError> {
    let text = without_bom(text);
    if text.trim_start().starts_with('{') {
        // JSON is YAML, but for pairs of surrogates in its strings.
        if let Ok(document) = Document::parse(text) {
            return json::value(document.root());
        }
    }
    yaml::definition(text)
}

/// Writes a map as a definition in YAML, always in the same bytes. [`definition`] reads the same value from it.
pub fn yaml(value: &Value) -> String {
    emit::yaml(value)
}

/// Reads JSON: as [`definition`] does, and any value.
///
/// # Errors
/// It is no JSON, has a key twice, or a number that can't be kept.
pub fn definition_json(text: &str) -> Result<Value, WrittenError> {
    let text = without_bom(text);
    let document = Document::parse(text).map_err(|error| WrittenError::new(None, error.to_string()))?;
    json::value(document.root())
}

/// A text without the byte order mark that some editors write in front of it.
pub fn without_bom(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

fn shown(text: &str) -> String {
    let mut shown: String = text.chars().take(SHOWN_MAX).flat_map(char::escape_debug).collect();
    if text.chars().count() > SHOWN_MAX {
        shown.push('…');
    }
    shown
}

fn inexact(digits: &str) -> String {
    format!("`{}` has more digits than a number keeps here: put it in quotes, or write fewer", shown(digits))
}

#[cfg(test)]
mod tests;
