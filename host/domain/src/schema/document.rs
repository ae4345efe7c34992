//! JSON text, parsed for checking. A check reads every value once and keeps none, so a tree of maps and strings would
//! cost more than the check itself: here a document is one flat list of values that borrow from the text.

use std::borrow::Cow;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use serde::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

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
    Number(Number),
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
    /// Parses a text (RFC 8259), at most 128 levels deep.
    ///
    /// # Errors
    /// It is not JSON; the error has the position.
    pub fn parse(text: &'t str) -> Result<Self, serde_json::Error> {
        let mut document = Self::default();
        // An entry for every six bytes is what API payloads have.
        document.entries.reserve(text.len() / 6);
        let mut deserializer = serde_json::Deserializer::from_str(text);
        Fill(&mut document).deserialize(&mut deserializer)?;
        deserializer.end()?;
        Ok(document)
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
            Entry::Null | Entry::Bool(_) | Entry::Number(_) | Entry::Text(_) => at + 1,
        }
    }

    /// The value of a key; of the last one if it stands there twice, as every parser does that keeps one.
    pub(super) fn member(&self, at: usize, len: usize, index: Option<usize>, key: &str) -> Option<usize> {
        if let Some(index) = index.and_then(|index| self.indexes.get(index)) {
            let after = index.partition_point(|place| self.text(*place) <= key);
            let place = *index.get(after.checked_sub(1)?)?;
            return (self.text(place) == key).then_some(place + 1);
        }
        let mut found = None;
        let mut place = at + 1;
        for _ in 0..len {
            if self.text(place) == key {
                found = Some(place + 1);
            }
            place = self.after(place + 1);
        }
        found
    }

    /// The value as a tree, for messages and comparisons.
    pub(super) fn value(&self, at: usize) -> Value {
        match self.entry(at) {
            Entry::Null => Value::Null,
            Entry::Bool(value) => Value::Bool(*value),
            Entry::Number(number) => Value::Number(number.clone()),
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

/// Appends one value.
struct Fill<'d, 't>(&'d mut Document<'t>);

impl<'t> DeserializeSeed<'t> for Fill<'_, 't> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'t>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'t> Visitor<'t> for Fill<'_, 't> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.0.push(Entry::Null);
        Ok(())
    }

    fn visit_bool<E>(self, value: bool) -> Result<(), E> {
        self.0.push(Entry::Bool(value));
        Ok(())
    }

    fn visit_u64<E>(self, value: u64) -> Result<(), E> {
        self.0.push(Entry::Number(value.into()));
        Ok(())
    }

    fn visit_i64<E>(self, value: i64) -> Result<(), E> {
        self.0.push(Entry::Number(value.into()));
        Ok(())
    }

    fn visit_f64<E>(self, value: f64) -> Result<(), E> {
        // serde_json refuses numbers that are out of range, so there is always one.
        self.0.push(Number::from_f64(value).map_or(Entry::Null, Entry::Number));
        Ok(())
    }

    fn visit_borrowed_str<E>(self, text: &'t str) -> Result<(), E> {
        self.0.push(Entry::Text(Cow::Borrowed(text)));
        Ok(())
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        self.0.push(Entry::Text(Cow::Owned(text.to_owned())));
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'t>>(self, mut items: A) -> Result<(), A::Error> {
        let at = self.0.push(Entry::Null);
        let mut len = 0;
        while items.next_element_seed(Fill(self.0))?.is_some() {
            len += 1;
        }
        let end = self.0.entries.len();
        self.0.close(at, Entry::Array { len, end });
        Ok(())
    }

    fn visit_map<A: MapAccess<'t>>(self, mut members: A) -> Result<(), A::Error> {
        let at = self.0.push(Entry::Null);
        let mut len = 0;
        while members.next_key_seed(Fill(self.0))?.is_some() {
            members.next_value_seed(Fill(self.0))?;
            len += 1;
        }
        let end = self.0.entries.len();
        let index = (len >= INDEXED_FROM).then(|| self.0.indexed(at, len));
        self.0.close(at, Entry::Object { len, end, index });
        Ok(())
    }
}

impl Document<'_> {
    fn indexed(&mut self, at: usize, len: usize) -> usize {
        let mut places = Vec::with_capacity(len);
        let mut place = at + 1;
        for _ in 0..len {
            places.push(place);
            place = self.after(place + 1);
        }
        // Stable, so that of equal keys the last one stays last.
        places.sort_by(|one, other| self.text(*one).cmp(self.text(*other)));
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
            let text = format!("{{{},\"k1\":\"last\"}}", text.join(","));
            let document = Document::parse(&text).unwrap();
            let Entry::Object { len, index, .. } = *document.entry(0) else { panic!("no object") };
            let find = |key: &str| document.member(0, len, index, key).map(|place| document.value(place));
            assert_eq!(find("k2"), Some(serde_json::json!([2])));
            assert_eq!(find("k1"), Some(serde_json::json!("last")));
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
