//! Why a text is no JSON.

use std::fmt;

/// Characters of a key that a message repeats.
const KEY_MAX: usize = 80;

/// A text that is no JSON, or that two readers would read differently.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonError {
    fault: JsonFault,
    line: usize,
    column: usize,
}

/// What is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum JsonFault {
    Ended,
    Value,
    Key,
    Colon,
    CommaOrBracket,
    CommaOrBrace,
    Control,
    Escape,
    Surrogate,
    Number,
    Range,
    Depth,
    Trailing,
    Utf8,
    /// One object has two members of this name (RFC 8259 section 4: what a reader makes of that is not predictable).
    Twice(String),
}

impl JsonError {
    pub(super) fn new(fault: JsonFault, text: &[u8], at: usize) -> Self {
        let before = text.get(..at).unwrap_or(text);
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        let begin = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |place| place + 1);
        let column = 1 + before.get(begin..).map_or(0, |line| String::from_utf8_lossy(line).chars().count());
        Self { fault, line, column }
    }

    /// Whether it is JSON that two readers may read differently.
    pub fn is_ambiguous(&self) -> bool {
        matches!(self.fault, JsonFault::Twice(_))
    }

    /// Counted from 1.
    pub fn line(&self) -> usize {
        self.line
    }

    /// In characters, counted from 1.
    pub fn column(&self) -> usize {
        self.column
    }
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.fault {
            JsonFault::Ended => f.write_str("it ends too early")?,
            JsonFault::Value => f.write_str("expected a value")?,
            JsonFault::Key => f.write_str("expected a key in double quotes")?,
            JsonFault::Colon => f.write_str("expected `:`")?,
            JsonFault::CommaOrBracket => f.write_str("expected `,` or `]`")?,
            JsonFault::CommaOrBrace => f.write_str("expected `,` or `}`")?,
            JsonFault::Control => f.write_str("a control character in a string must be escaped")?,
            JsonFault::Escape => f.write_str("invalid escape in a string")?,
            JsonFault::Surrogate => f.write_str("half of a surrogate pair in a string is no character")?,
            JsonFault::Number => f.write_str("invalid number")?,
            JsonFault::Range => f.write_str("number out of range")?,
            JsonFault::Depth => f.write_str("more than 127 levels deep")?,
            JsonFault::Trailing => f.write_str("expected nothing behind the value")?,
            JsonFault::Utf8 => f.write_str("it is not UTF-8")?,
            JsonFault::Twice(key) => {
                let shown: String = key.chars().take(KEY_MAX).flat_map(char::escape_debug).collect();
                write!(f, "key `{shown}` twice in the object that ends")?;
            }
        }
        write!(f, " at line {} column {}", self.line, self.column)
    }
}

impl std::error::Error for JsonError {}
