//! What a new set of descriptors changes for those who use the old one.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::Descriptors;
use crate::table::{EnumId, Field, Form, Kind, Message, MessageId, Shape, Tables};

/// Lines of each list that are kept.
const LINES_MAX: usize = 200;

/// The differences of two sets, as far as methods reach: each a line for people, such as `field shop.Order.note`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Difference {
    /// What only the new one has.
    pub added: Vec<String>,
    /// What only the old one has.
    pub removed: Vec<String>,
    /// What is read or written differently now.
    pub changed: Vec<String>,
}

impl Difference {
    /// Compares two sets; without an old one everything is new.
    pub fn between(old: Option<&Descriptors>, new: &Descriptors) -> Self {
        let old = old.map(|old| parts(&old.0)).unwrap_or_default();
        let new = parts(&new.0);
        let cut = |mut lines: Vec<String>| {
            if lines.len() > LINES_MAX {
                let more = lines.len() - LINES_MAX;
                lines.truncate(LINES_MAX);
                lines.push(format!("and {more} more"));
            }
            lines
        };
        let only = |one: &BTreeMap<Part, String>, other: &BTreeMap<Part, String>| {
            cut(one.keys().filter(|key| !other.contains_key(*key)).map(ToString::to_string).collect())
        };
        let changed = old.iter().filter_map(|(key, before)| {
            let after = new.get(key).filter(|after| *after != before)?;
            Some(format!("{key}: {before} is now {after}"))
        });
        Self { added: only(&new, &old), removed: only(&old, &new), changed: cut(changed.collect()) }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty() && self.changed.is_empty()
    }

    /// Whether what was written for the old set may not work with the new one.
    pub fn is_breaking(&self) -> bool {
        !self.removed.is_empty() || !self.changed.is_empty()
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lists = [("+", &self.added), ("-", &self.removed), ("~", &self.changed)];
        lists.into_iter().try_for_each(|(sign, lines)| lines.iter().try_for_each(|line| writeln!(f, "{sign} {line}")))
    }
}

/// A service, method, field or value, in the order in which people look at them.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Part {
    rank: usize,
    kind: &'static str,
    name: String,
}

impl Part {
    fn new(kind: &'static str, name: &str) -> Self {
        let rank = ["service", "method", "field", "value"].iter().position(|own| *own == kind).unwrap_or_default();
        Self { rank, kind, name: name.to_owned() }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.name)
    }
}

/// Everything that methods reach, each with what its users depend on.
fn parts(tables: &Tables) -> BTreeMap<Part, String> {
    let mut parts = BTreeMap::new();
    let (mut messages, mut enums, mut open) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
    for service in &tables.services {
        parts.insert(Part::new("service", &service.name), "a service".to_owned());
        for method in &service.methods {
            let side = |id: MessageId, streams: bool| {
                let name = tables.message(id).map_or("", |own| &own.name);
                format!("{}{name}", if streams { "stream " } else { "" })
            };
            let shape = format!(
                "({}) returns ({})",
                side(method.input, method.client_streaming),
                side(method.output, method.server_streaming)
            );
            parts.insert(Part::new("method", &format!("{}/{}", service.name, method.name)), shape);
            open.extend([method.input, method.output]);
        }
    }
    while let Some(id) = open.pop() {
        let Some(message) = tables.message(id).filter(|_| messages.insert(id)) else { continue };
        for field in &message.fields {
            // The entry of a map is a part of its field.
            if message.form != Form::Entry {
                parts.insert(Part::new("field", &format!("{}.{}", message.name, field.name)), shown(tables, field));
            }
            open.extend(field.kind.message());
            if let Kind::Enum(id) = field.kind {
                enums.insert(id);
            }
        }
    }
    enums.into_iter().for_each(|id| values(tables, id, &mut parts));
    parts
}

fn values(tables: &Tables, id: EnumId, parts: &mut BTreeMap<Part, String>) {
    let Some(own) = tables.an_enum(id) else { return };
    for value in &own.values {
        let number = own.names.get(&value.name).copied().unwrap_or_default();
        parts.insert(Part::new("value", &format!("{}.{}", own.name, value.name)), number.to_string());
    }
}

fn shown(tables: &Tables, field: &Field) -> String {
    let kind = match field.shape {
        Shape::Single { .. } => name(tables, field.kind),
        Shape::List { .. } => format!("repeated {}", name(tables, field.kind)),
        Shape::Map => {
            let entry = field.kind.message().and_then(|id| tables.message(id)).and_then(Message::entry);
            let sides = entry.map(|(key, value)| (name(tables, key.kind), name(tables, value.kind)));
            sides.map_or_else(String::new, |(key, value)| format!("map<{key}, {value}>"))
        }
    };
    format!("{kind} = {} as `{}`", field.number, field.key)
}

fn name(tables: &Tables, kind: Kind) -> String {
    match kind {
        Kind::Message(id) => tables.message(id).map_or_else(String::new, |own| own.name.to_string()),
        Kind::Group(id) => tables.message(id).map_or_else(String::new, |own| format!("group {}", own.name)),
        Kind::Enum(id) => tables.an_enum(id).map_or_else(String::new, |own| own.name.to_string()),
        Kind::Double
        | Kind::Float
        | Kind::Int32
        | Kind::Int64
        | Kind::Uint32
        | Kind::Uint64
        | Kind::Sint32
        | Kind::Sint64
        | Kind::Fixed32
        | Kind::Fixed64
        | Kind::Sfixed32
        | Kind::Sfixed64
        | Kind::Bool
        | Kind::String
        | Kind::Bytes => format!("{kind:?}").to_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn descriptors(text: &str) -> Descriptors {
        let text = format!("syntax = \"proto3\"; package d; {text}");
        Descriptors::read(crate::compile(BTreeMap::from([("d.proto".to_owned(), text)])).unwrap().into()).unwrap()
    }

    #[test]
    fn a_difference_has_what_methods_reach() {
        let old = descriptors(
            "message A { string a = 1; int32 b = 2; E e = 3; map<string, int32> m = 5; } message Unused { string x = 1; } enum E { Z = 0; ONE = 1; } \
             service S { rpc Get(A) returns (A); rpc Gone(A) returns (A); }",
        );
        let new = descriptors(
            "message A { string a = 1; int64 b = 2; E e = 3; B more = 4; map<string, B> m = 5; } message B { repeated string c = 1; } \
             enum E { Z = 0; ONE = 1; TWO = 2; } \
             service S { rpc Get(A) returns (stream A); rpc New(A) returns (A); }",
        );
        let difference = Difference::between(Some(&old), &new);
        assert_eq!(difference.added, ["method d.S/New", "field d.A.more", "field d.B.c", "value d.E.TWO"]);
        assert_eq!(difference.removed, ["method d.S/Gone"]);
        assert_eq!(
            difference.changed,
            [
                "method d.S/Get: (d.A) returns (d.A) is now (d.A) returns (stream d.A)",
                "field d.A.b: int32 = 2 as `b` is now int64 = 2 as `b`",
                "field d.A.m: map<string, int32> = 5 as `m` is now map<string, d.B> = 5 as `m`"
            ]
        );
        assert!(difference.is_breaking() && difference.to_string().contains("~ method d.S/Get"));
        assert!(Difference::between(Some(&new), &new).is_empty());
        assert!(Difference::between(None, &new).added.contains(&"service d.S".to_owned()));
    }
}
