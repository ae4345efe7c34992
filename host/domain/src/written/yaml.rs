//! A definition in YAML, from the events of its parser. What an alias stands for is read where it is used, and counted.

use std::collections::BTreeMap;
use std::rc::Rc;

use granit_parser::{Event, Options, Parser, ScalarStyle, ScanError, Span, Tag};
use serde_json::{Map, Value};

use super::place::Place;
use super::scalar::plain;
use super::{WrittenError, shown};

/// Values of one definition with what its aliases stand for: a file of a mebibyte has fewer, and a file of aliases of
/// aliases has any number.
const VALUES_MAX: usize = 250_000;
/// Bytes of its texts, counted in the same way.
const BYTES_MAX: usize = 8 * 1024 * 1024;
/// Collections in each other, aliases resolved; JSON's reader has the same bound.
const DEPTH_MAX: usize = 127;

/// A key that stands for the members of another map, of YAML 1.1 and much used.
const MERGE: &str = "<<";

/// Line and column.
type Mark = (usize, usize);

/// What was written.
struct Written {
    at: Mark,
    what: What,
}

enum What {
    /// Its text, and whether it may be a number, flag or `null`.
    Scalar(String, bool),
    List(Vec<Rc<Written>>),
    Map(Vec<(Key, Rc<Written>)>),
}

struct Key {
    at: Mark,
    text: String,
    plain: bool,
}

pub(super) fn definition(text: &str) -> Result<Value, WrittenError> {
    let mut options = Options::default();
    options.set_emit_comments(false);
    let mut reader = Reader { events: Parser::new_from_str_with_options(text, options), anchors: BTreeMap::new() };
    let written = reader.document()?;
    match &written.what {
        What::Map(_) => {}
        What::List(_) => {
            return Err(wrong(written.at, "expected a map of keys, such as `name: …`, and found a list"));
        }
        What::Scalar(text, true) if is_null(text) => return Err(empty()),
        What::Scalar(text, _) => {
            let found = format!("expected a map of keys, such as `name: …`, and found the text `{}`", shown(text));
            return Err(wrong(written.at, found));
        }
    }
    let mut budget = Budget { values: 0, bytes: 0 };
    budget.read(&written, Place::Top, 0)
}

fn wrong((line, column): Mark, message: impl Into<String>) -> WrittenError {
    WrittenError::new(Some((line, column)), message)
}

fn empty() -> WrittenError {
    WrittenError::new(None, "nothing is in it: expected a map of keys, such as `name: …`")
}

fn unreadable(error: &ScanError) -> WrittenError {
    let mark = error.marker();
    wrong((mark.line(), mark.col() + 1), format!("no YAML: {}", error.info()))
}

fn mark(span: &Span) -> Mark {
    (span.start.line(), span.start.col() + 1)
}

/// Reads events into what was written.
struct Reader<'t> {
    events: Parser<'t, granit_parser::StrInput<'t>>,
    anchors: BTreeMap<usize, Rc<Written>>,
}

impl<'t> Reader<'t> {
    fn next(&mut self) -> Result<(Event<'t>, Span), WrittenError> {
        match self.events.next_event() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => Err(unreadable(&error)),
            None => Err(empty()),
        }
    }

    /// The one document of a text.
    fn document(&mut self) -> Result<Rc<Written>, WrittenError> {
        let mut found = None;
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::DocumentStart(..) if found.is_some() => {
                    let message =
                        "a second document begins here: expected one in a file, so leave out `---` and what follows";
                    return Err(wrong(mark(&span), message));
                }
                Event::StreamEnd => return found.ok_or_else(empty),
                Event::StreamStart | Event::DocumentStart(..) | Event::DocumentEnd => {}
                event => found = Some(self.value(event, &span)?),
            }
        }
    }

    fn value(&mut self, event: Event<'t>, span: &Span) -> Result<Rc<Written>, WrittenError> {
        let (at, anchor) = (mark(span), event.anchor_id());
        let what = match event {
            Event::Alias(id) => {
                let target = self.anchors.get(&id).cloned();
                return target.ok_or_else(|| wrong(at, "an alias can't stand within what it stands for"));
            }
            Event::Scalar(text, style, _, tag) => {
                let resolved = style == ScalarStyle::Plain && !is_text(tag.as_deref(), at)?;
                What::Scalar(text.into_owned(), resolved)
            }
            Event::SequenceStart(_, _, tag) => {
                is_text(tag.as_deref(), at)?;
                self.list()?
            }
            Event::MappingStart(_, _, tag) => {
                is_text(tag.as_deref(), at)?;
                self.map()?
            }
            _ => return Err(wrong(at, "expected a value")),
        };
        let written = Rc::new(Written { at, what });
        if let Some(anchor) = anchor {
            self.anchors.insert(anchor, Rc::clone(&written));
        }
        Ok(written)
    }

    fn list(&mut self) -> Result<What, WrittenError> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(What::List(items)),
                (event, span) => items.push(self.value(event, &span)?),
            }
        }
    }

    fn map(&mut self) -> Result<What, WrittenError> {
        let mut members: Vec<(Key, Rc<Written>)> = Vec::new();
        let mut lines: BTreeMap<String, usize> = BTreeMap::new();
        loop {
            let (event, span) = match self.next()? {
                (Event::MappingEnd, _) => return Ok(What::Map(members)),
                found => found,
            };
            let at = mark(&span);
            let key = match event {
                Event::Scalar(text, style, _, tag) => {
                    let plain = style == ScalarStyle::Plain && !is_text(tag.as_deref(), at)?;
                    Key { at, text: text.into_owned(), plain }
                }
                Event::MappingStart(..) => {
                    let message =
                        "braces without quotes are a map to YAML: write a placeholder in quotes, such as \"{{id}}\"";
                    return Err(wrong(at, message));
                }
                _ => return Err(wrong(at, "expected a key, and found a list or an alias")),
            };
            if let Some(line) = lines.insert(key.text.clone(), at.0) {
                let message = format!("the key `{}` is there twice, first in line {line}", shown(&key.text));
                return Err(wrong(at, message));
            }
            let (event, span) = self.next()?;
            let value = self.value(event, &span)?;
            members.push((key, value));
        }
    }
}

/// Whether a tag makes a plain scalar a text. Other tags of the core schema say what is known without them.
fn is_text(tag: Option<&Tag>, at: Mark) -> Result<bool, WrittenError> {
    let Some(tag) = tag else { return Ok(false) };
    match tag.core_suffix() {
        Some("str") => Ok(true),
        Some(_) => Ok(false),
        // The tag `!` alone is that of a text (YAML 1.2.2 section 6.9.1).
        None if tag.original() == "!" => Ok(true),
        None => Err(wrong(at, format!("the tag `{}` is not known: leave it out", shown(&tag.original())))),
    }
}

/// What may still be read.
struct Budget {
    values: usize,
    bytes: usize,
}

impl Budget {
    fn read(&mut self, written: &Written, place: Place, depth: usize) -> Result<Value, WrittenError> {
        self.values += 1;
        if let What::Scalar(text, _) = &written.what {
            self.bytes += text.len();
        }
        if self.values > VALUES_MAX || self.bytes > BYTES_MAX {
            return Err(wrong(written.at, "its aliases stand for more than a definition may have"));
        }
        if depth > DEPTH_MAX {
            return Err(wrong(written.at, format!("more than {DEPTH_MAX} levels deep")));
        }
        match &written.what {
            What::Scalar(text, false) => Ok(Value::String(text.clone())),
            What::Scalar(text, true) if place == Place::Text && !is_null(text) => Ok(Value::String(text.clone())),
            What::Scalar(text, true) => plain(text).map_err(|message| wrong(written.at, message)),
            What::List(items) => items
                .iter()
                .map(|item| self.read(item, place.item(), depth + 1))
                .collect::<Result<_, _>>()
                .map(Value::Array),
            What::Map(members) => {
                let mut map = Map::new();
                for (key, value) in members.iter().filter(|(key, _)| !key.merges()) {
                    self.bytes += key.text.len();
                    map.insert(key.text.clone(), self.read(value, place.member(&key.text), depth + 1)?);
                }
                for (key, value) in members.iter().filter(|(key, _)| key.merges()) {
                    self.merge(key, value, place, depth, &mut map)?;
                }
                Ok(Value::Object(map))
            }
        }
    }

    /// Adds the members of another map, or of several, that a map has not itself.
    fn merge(
        &mut self,
        key: &Key,
        from: &Written,
        place: Place,
        depth: usize,
        map: &mut Map<String, Value>,
    ) -> Result<(), WrittenError> {
        let several = match &from.what {
            What::List(items) => items.iter().map(Rc::as_ref).collect(),
            What::Map(_) | What::Scalar(..) => vec![from],
        };
        for one in several {
            match self.read(one, place, depth + 1)? {
                Value::Object(members) => {
                    for (name, value) in members {
                        map.entry(name).or_insert(value);
                    }
                }
                _ => return Err(wrong(key.at, "`<<` adds the members of another map: expected an alias of one")),
            }
        }
        Ok(())
    }
}

impl Key {
    fn merges(&self) -> bool {
        self.plain && self.text == MERGE
    }
}

fn is_null(text: &str) -> bool {
    matches!(plain(text), Ok(Value::Null))
}
