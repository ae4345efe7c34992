//! Reads a definition out of JSON: every rule that it breaks is collected with its JSON pointer, unknown keys too.

use std::cell::RefCell;
use std::fmt::Display;
use std::str::FromStr;

use serde_json::{Map, Value};

use crate::Violation;

/// The most violations that one answer lists.
const VIOLATIONS_MAX: usize = 100;

/// The violations that a reader has found so far.
#[derive(Debug, Default)]
pub(crate) struct Violations(RefCell<Vec<Violation>>);

/// A value of a definition, with its JSON pointer.
#[derive(Debug, Clone)]
pub(crate) struct Node<'v> {
    violations: &'v Violations,
    pub(crate) pointer: String,
    pub(crate) value: &'v Value,
}

/// An object of the definition. Its keys are read one by one, and [`Object::end`] reports those that were not
/// read.
#[derive(Debug)]
pub(crate) struct Object<'v> {
    pub(crate) node: Node<'v>,
    map: &'v Map<String, Value>,
    known: Vec<&'static str>,
}

impl Violations {
    pub(crate) fn add(&self, pointer: impl Into<String>, rule: &str, detail: impl Into<String>) {
        self.0.borrow_mut().push(Violation::new(pointer, rule, detail));
    }

    /// The read value, or all violations if there are any.
    pub(crate) fn result<T>(self, read: T) -> Result<T, Vec<Violation>> {
        let violations = self.into_violations();
        if violations.is_empty() { Ok(read) } else { Err(violations) }
    }

    /// The violations, where no value could be read.
    pub(crate) fn into_violations(self) -> Vec<Violation> {
        let mut violations = self.0.into_inner();
        violations.truncate(VIOLATIONS_MAX);
        violations
    }

    pub(crate) fn node<'v>(&'v self, pointer: &str, value: &'v Value) -> Node<'v> {
        Node { violations: self, pointer: pointer.to_owned(), value }
    }
}

impl<'v> Node<'v> {
    /// Reports a violation of a rule at this value.
    pub(crate) fn wrong(&self, rule: &str, detail: impl Into<String>) {
        self.violations.add(self.pointer.clone(), rule, detail);
    }

    /// Reports a violation at a value below this one.
    pub(crate) fn wrong_below(&self, pointer: &str, rule: &str, detail: impl Into<String>) {
        self.violations.add(format!("{}{pointer}", self.pointer), rule, detail);
    }

    fn typed<T>(&self, read: Option<T>, expected: &str) -> Option<T> {
        if read.is_none() {
            self.wrong("type", format!("expected {expected}"));
        }
        read
    }

    pub(crate) fn text(&self) -> Option<&'v str> {
        self.typed(self.value.as_str(), "a text")
    }

    /// A text for people: at most so many characters, none of them a control character but line breaks.
    pub(crate) fn prose(&self, max: usize) -> Option<String> {
        let text = self.text()?;
        let fits = text.chars().count() <= max && !text.chars().any(|one| one.is_control() && one != '\n');
        if !fits {
            self.wrong("text", format!("expected at most {max} characters and no control characters"));
        }
        Some(text.to_owned())
    }

    pub(crate) fn flag(&self) -> Option<bool> {
        self.typed(self.value.as_bool(), "true or false")
    }

    pub(crate) fn number(&self, min: u64, max: u64) -> Option<u64> {
        let number = self.value.as_u64().filter(|number| (min..=max).contains(number));
        self.typed(number, &format!("a whole number from {min} to {max}"))
    }

    /// Parses a text by the grammar of a type; `rule` names it in a violation.
    pub(crate) fn parse<T: FromStr<Err: Display>>(&self, rule: &str) -> Option<T> {
        self.text()?.parse().map_err(|error| self.wrong(rule, format!("{error}"))).ok()
    }

    /// Reads one of these texts.
    pub(crate) fn choice<T: Copy>(&self, words: &[(&str, T)]) -> Option<T> {
        let text = self.text()?;
        let chosen = words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
        if chosen.is_none() {
            let words = words.iter().map(|(word, _)| format!("`{word}`")).collect::<Vec<_>>().join(", ");
            self.wrong("enum", format!("expected one of {words}"));
        }
        chosen
    }

    /// The items of a list of at least one and at most `max`.
    pub(crate) fn items(&self, max: usize) -> Vec<Node<'v>> {
        let items = self.list();
        self.count(items.len(), max);
        items
    }

    /// The items of a list of at most `max`, which may be empty where that says something.
    pub(crate) fn items_if_any(&self, max: usize) -> Vec<Node<'v>> {
        let items = self.list();
        if items.len() > max {
            self.wrong("size", format!("expected at most {max} entries"));
        }
        items
    }

    fn list(&self) -> Vec<Node<'v>> {
        let items = self.typed(self.value.as_array(), "a list").into_iter().flatten();
        items.enumerate().map(|(index, value)| self.child(&index.to_string(), value)).collect()
    }

    /// The entries of a map of at least one and at most `max`, whose keys are names that the definition chooses.
    pub(crate) fn entries<K: FromStr<Err: Display>>(&self, max: usize) -> Vec<(K, Node<'v>)> {
        let entries = self.typed(self.value.as_object(), "a map").into_iter().flatten();
        let entries: Vec<_> = entries.map(|(key, value)| (key, self.child(key, value))).collect();
        self.count(entries.len(), max);
        let named = |(key, node): (&String, Node<'v>)| {
            key.parse().map_err(|error| node.wrong("name", format!("{error}"))).ok().map(|key| (key, node))
        };
        entries.into_iter().filter_map(named).collect()
    }

    fn count(&self, count: usize, max: usize) {
        let empty = count == 0 && (self.value.is_array() || self.value.is_object());
        if empty || count > max {
            self.wrong("size", format!("expected 1 to {max} entries"));
        }
    }

    pub(crate) fn object(&self) -> Option<Object<'v>> {
        let map = self.typed(self.value.as_object(), "a map")?;
        Some(Object { node: self.clone(), map, known: Vec::new() })
    }

    /// The value of a member or an item.
    pub(crate) fn child(&self, key: &str, value: &'v Value) -> Node<'v> {
        let key = key.replace('~', "~0").replace('/', "~1");
        Node { violations: self.violations, pointer: format!("{}/{key}", self.pointer), value }
    }
}

impl<'v> Object<'v> {
    pub(crate) fn optional(&mut self, key: &'static str) -> Option<Node<'v>> {
        self.known.push(key);
        self.map.get(key).map(|value| self.node.child(key, value))
    }

    pub(crate) fn required(&mut self, key: &'static str) -> Option<Node<'v>> {
        let value = self.optional(key);
        if value.is_none() {
            self.node.wrong("required", format!("expected the key `{key}`"));
        }
        value
    }

    /// A boolean that is false unless it is set.
    pub(crate) fn flag(&mut self, key: &'static str) -> bool {
        self.optional(key).and_then(|node| node.flag()).unwrap_or_default()
    }

    /// Reports the keys that were not read.
    pub(crate) fn end(self) {
        let known = self.known.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ");
        for (key, value) in self.map.iter().filter(|(key, _)| !self.known.contains(&key.as_str())) {
            self.node.child(key, value).wrong("unknown", format!("unknown key: expected one of {known}"));
        }
    }
}
