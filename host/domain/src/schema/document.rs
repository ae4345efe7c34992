//! JSON text, parsed for checking. A check reads every value once and keeps none, so a tree of maps and strings would
//! cost more than the check itself: here a document is one flat list of values that borrow from the text.

mod error;
mod parse;
mod value;

use std::borrow::Cow;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use serde_json::{Map, Number, Value};

pub use error::JsonError;
use error::JsonFault;
use parse::Parser;
pub use parse::is_number;
pub(crate) use value::write_text;
pub use value::{DocumentValue, Kind};

/// Members of an object from which on a look-up uses a sorted index, so that many members times many look-ups stays
/// cheap.
const INDEXED_FROM: usize = 16;

/// Reads of values from one look at the time to the next: some microseconds of checking.
const READS: u64 = 1024;

/// A JSON text as a flat list of entries that borrow from it.
#[derive(Debug, Default)]
pub struct Document<'t> {
    pub(super) entries: Vec<Entry<'t>>,
    /// Places of the keys of large objects, sorted by key.
    pub(super) indexes: Vec<Vec<usize>>,
    pub(super) time: Time,
}

/// How long a check may go on. A schema that refers to itself twice doubles the work with each
/// level of the value, which nothing that is known before tells.
#[derive(Default)]
pub(super) struct Time {
    is_over: Option<Box<dyn Fn() -> bool + Send + Sync>>,
    reads: AtomicU64,
    up: AtomicBool,
}

impl fmt::Debug for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Time").field("reads", &self.reads).field("up", &self.up).finish_non_exhaustive()
    }
}

/// One value; the values in a container follow it. Keys are texts before their values.
#[derive(Debug)]
pub(super) enum Entry<'t> {
    Null,
    Bool(bool),
    /// A number as it is written, and the nearest number that 64 bits have: schemas compare that.
    Number {
        digits: &'t str,
        value: Number,
    },
    Text(Cow<'t, str>),
    /// `end` is the place after the last value within.
    Array {
        len: usize,
        end: usize,
    },
    Object {
        len: usize,
        end: usize,
        index: Option<usize>,
    },
}

impl<'t> Document<'t> {
    /// Parses a text (RFC 8259), at most 127 levels deep and without two members of one name in an object.
    ///
    /// # Errors
    /// It is no JSON; the error says where.
    pub fn parse(text: &'t str) -> Result<Self, JsonError> {
        Parser::read(text)
    }

    /// The same for bytes, which must be UTF-8.
    ///
    /// # Errors
    /// As for [`Self::parse`].
    pub fn parse_bytes(bytes: &'t [u8]) -> Result<Self, JsonError> {
        match std::str::from_utf8(bytes) {
            Ok(text) => Self::parse(text),
            Err(error) => Err(JsonError::new(JsonFault::Utf8, bytes, error.valid_up_to())),
        }
    }

    /// A check that is not through when its time is over ends soon, and what it found does not count. It is asked on
    /// the thread that checks.
    #[must_use]
    pub fn until(mut self, is_over: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        self.time.is_over = Some(Box::new(is_over));
        self
    }

    /// Whether a check ended because its time was up.
    pub fn is_time_up(&self) -> bool {
        self.time.up.load(Relaxed)
    }

    /// What a check sees: nothing more once its time is up, so that it has nothing left to go on with.
    pub(super) fn read(&self, at: usize) -> &Entry<'t> {
        let Time { is_over: Some(is_over), reads, up } = &self.time else { return self.entry(at) };
        // One thread checks, so nothing is lost between the two.
        let count = reads.load(Relaxed).wrapping_add(1);
        reads.store(count, Relaxed);
        if count.is_multiple_of(READS) && is_over() {
            up.store(true, Relaxed);
        }
        if up.load(Relaxed) { &Entry::Null } else { self.entry(at) }
    }

    pub(super) fn entry(&self, at: usize) -> &Entry<'t> {
        self.entries.get(at).unwrap_or(&Entry::Null)
    }

    pub(super) fn text(&self, at: usize) -> &str {
        match self.entry(at) {
            Entry::Text(text) => text,
            _ => "",
        }
    }

    /// The place after a value.
    pub(super) fn after(&self, at: usize) -> usize {
        match self.entry(at) {
            Entry::Array { end, .. } | Entry::Object { end, .. } => *end,
            Entry::Null | Entry::Bool(_) | Entry::Number { .. } | Entry::Text(_) => at + 1,
        }
    }

    /// The value of a key.
    pub(super) fn member(&self, at: usize, len: usize, index: Option<usize>, key: &str) -> Option<usize> {
        if let Some(index) = index.and_then(|index| self.indexes.get(index)) {
            let after = index.partition_point(|place| self.text(*place) <= key);
            let place = *index.get(after.checked_sub(1)?)?;
            return (self.text(place) == key).then_some(place + 1);
        }
        self.keys(at, len).find(|place| self.text(*place) == key).map(|place| place + 1)
    }

    /// The places of an object's keys.
    fn keys(&self, at: usize, len: usize) -> impl Iterator<Item = usize> {
        let mut next = at + 1;
        (0..len).map(move |_| {
            let place = next;
            next = self.after(place + 1);
            place
        })
    }

    /// A key that an object has twice.
    fn twice(&self, at: usize, len: usize, index: Option<usize>) -> Option<String> {
        let sorted = index.and_then(|index| self.indexes.get(index));
        let found = match sorted {
            Some(places) => places.windows(2).find_map(|pair| match pair {
                [one, other] if self.text(*one) == self.text(*other) => Some(*one),
                _ => None,
            }),
            None => self.keys(at, len).enumerate().find_map(|(count, place)| {
                let before = self.keys(at, count).any(|other| self.text(other) == self.text(place));
                before.then_some(place)
            }),
        };
        found.map(|place| self.text(place).to_owned())
    }

    /// The value as a tree, for messages and comparisons.
    pub(super) fn value(&self, at: usize) -> Value {
        match self.entry(at) {
            Entry::Null => Value::Null,
            Entry::Bool(value) => Value::Bool(*value),
            Entry::Number { value, .. } => Value::Number(value.clone()),
            Entry::Text(text) => Value::String(text.clone().into_owned()),
            Entry::Array { len, .. } => {
                let mut place = at + 1;
                let items = (0..*len).map(|_| {
                    let item = self.value(place);
                    place = self.after(place);
                    item
                });
                Value::Array(items.collect())
            }
            Entry::Object { len, .. } => {
                let mut place = at + 1;
                let mut members = Map::new();
                for _ in 0..*len {
                    members.insert(self.text(place).to_owned(), self.value(place + 1));
                    place = self.after(place + 1);
                }
                Value::Object(members)
            }
        }
    }

    fn push(&mut self, entry: Entry<'t>) -> usize {
        self.entries.push(entry);
        self.entries.len() - 1
    }

    fn close(&mut self, at: usize, entry: Entry<'t>) {
        if let Some(open) = self.entries.get_mut(at) {
            *open = entry;
        }
    }
}

impl Document<'_> {
    fn indexed(&mut self, at: usize, len: usize) -> usize {
        let mut places: Vec<_> = self.keys(at, len).collect();
        places.sort_unstable_by(|one, other| self.text(*one).cmp(self.text(*other)));
        self.indexes.push(places);
        self.indexes.len() - 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_the_same_value() {
        for text in [
            "null",
            "true",
            "-3",
            "1.5e3",
            "18446744073709551615",
            r#""a\"\u00e9""#,
            "[]",
            "{}",
            r#"{"a":[1,{"b":[[],{}]},"x"],"c":{"d":null},"e":false}"#,
        ] {
            let expected: Value = serde_json::from_str(text).unwrap();
            assert_eq!(Document::parse(text).unwrap().value(0), expected, "{text}");
        }
    }

    #[test]
    fn members_are_found_in_small_and_large_objects() {
        for len in [3, 200] {
            let text: Vec<_> = (0..len).map(|number| format!(r#""k{number}":[{number}]"#)).collect();
            let text = format!("{{{},\"last\":\"one\"}}", text.join(","));
            let document = Document::parse(&text).unwrap();
            let Entry::Object { len, index, .. } = *document.entry(0) else { panic!("no object") };
            let find = |key: &str| document.member(0, len, index, key).map(|place| document.value(place));
            assert_eq!(find("k2"), Some(serde_json::json!([2])));
            assert_eq!(find("last"), Some(serde_json::json!("one")));
            assert_eq!((find("k"), find("z"), find("")), (None, None, None));
        }
    }

    #[test]
    fn what_is_no_json_is_refused() {
        for bad in ["", "{", "[1,]", "1 2", "nul", "\"\u{1}\"", "1e999", &"[".repeat(200)] {
            assert!(Document::parse(bad).is_err(), "{bad}");
        }
    }
}
