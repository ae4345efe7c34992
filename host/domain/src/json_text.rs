//! JSON that is kept for long and seldom read.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::schema::{Document, JsonError};

/// A JSON value as its text, which takes a tenth of the memory that a tree of values takes.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct JsonText(Box<RawValue>);

impl JsonText {
    /// Accepts a text that is one JSON value.
    pub(crate) fn of(text: String) -> Option<Self> {
        RawValue::from_string(text).ok().map(Self)
    }

    /// Reads a text. What is kept has no white space, and every digit of its numbers.
    ///
    /// # Errors
    /// It is no JSON.
    pub fn parse(text: &str) -> Result<Self, JsonError> {
        let document = Document::parse(text)?;
        Ok(Self::of(document.root().to_json()).unwrap_or_default())
    }

    /// The same value, fit to be shown to people: [`printable_json`](crate::printable_json).
    #[must_use]
    pub fn printable(self) -> Self {
        match crate::printable_json(self.text()) {
            Cow::Borrowed(_) => self,
            Cow::Owned(text) => Self::of(text).unwrap_or_default(),
        }
    }

    /// A string.
    pub fn string(text: &str) -> Self {
        Self::of(Value::from(text).to_string()).unwrap_or_default()
    }

    /// Whether it is an object.
    pub fn is_object(&self) -> bool {
        self.text().starts_with('{')
    }

    /// The JSON text as it was written.
    pub fn text(&self) -> &str {
        self.0.get()
    }

    /// Reads the value. `null` for a number that no reader takes (`1e999`), which a checked text does not have.
    pub fn value(&self) -> Value {
        serde_json::from_str(self.text()).unwrap_or_default()
    }
}

/// `null`.
impl Default for JsonText {
    fn default() -> Self {
        Self(RawValue::NULL.to_owned())
    }
}

/// Texts of one value are equal, whatever their white space and the order of their keys.
impl PartialEq for JsonText {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text() || self.value() == other.value()
    }
}

impl fmt::Debug for JsonText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> JsonText {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn what_is_read_keeps_its_digits() {
        let read = JsonText::parse(r#" {"a": [18446744073709551616, 7.10]} "#).unwrap();
        assert_eq!(read.text(), r#"{"a":[18446744073709551616,7.10]}"#);
        assert!(JsonText::parse(r#"{"a":1,"a":2}"#).is_err());
        assert_eq!((JsonText::string("a\nb").text(), JsonText::default().text()), (r#""a\nb""#, "null"));
    }

    #[test]
    fn values_are_compared_and_texts_are_kept() {
        let (one, other) = (text(r#"{"a": 1, "b": [true]}"#), text(r#"{"b":[true],"a":1}"#));
        assert_eq!(one, other);
        assert_ne!(one, text(r#"{"b":[true],"a":2}"#));
        assert_eq!(serde_json::to_string(&one).unwrap(), r#"{"a": 1, "b": [true]}"#);
        assert_eq!(serde_json::to_value(&one).unwrap(), one.value());
    }
}
