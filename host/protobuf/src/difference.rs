//! What a new set of descriptors changes for those who use the old one.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::Descriptors;
use crate::table::{EnumId, Field, Kind, MessageId, Shape, Tables};

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
        let only = |one: &BTreeMap<String, String>, other: &BTreeMap<String, String>| {
            cut(one.keys().filter(|key| !other.contains_key(*key)).cloned().collect())
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

/// Everything that methods reach, each with what its users depend on.
fn parts(tables: &Tables) -> BTreeMap<String, String> {
    let mut parts = BTreeMap::new();
    let (mut messages, mut enums, mut open) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
    for service in &tables.services {
        parts.insert(format!("service {}", service.name), "a service".to_owned());
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
            parts.insert(format!("method {}/{}", service.name, method.name), shape);
            open.extend([method.input, method.output]);
        }
    }
    while let Some(id) = open.pop() {
        let Some(message) = tables.message(id).filter(|_| messages.insert(id)) else { continue };
        for field in &message.fields {
            parts.insert(format!("field {}.{}", message.name, field.name), shown(tables, field));
            open.extend(field.kind.message());
            if let Kind::Enum(id) = field.kind {
                enums.insert(id);
            }
        }
    }
    enums.into_iter().for_each(|id| values(tables, id, &mut parts));
    parts
}

fn values(tables: &Tables, id: EnumId, parts: &mut BTreeMap<String, String>) {
    let Some(own) = tables.an_enum(id) else { return };
    for value in &own.values {
        let number = own.names.get(&value.name).copied().unwrap_or_default();
        parts.insert(format!("value {}.{}", own.name, value.name), number.to_string());
    }
}

fn shown(tables: &Tables, field: &Field) -> String {
    let kind = match field.kind {
        Kind::Message(id) | Kind::Group(id) => tables.message(id).map_or_else(String::new, |own| own.name.to_string()),
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
        | Kind::Bytes => format!("{:?}", field.kind).to_lowercase(),
    };
    let shape = match field.shape {
        Shape::Single { .. } => "",
        Shape::List { .. } => "repeated ",
        Shape::Map => "map of ",
    };
    format!("{shape}{kind} = {} as `{}`", field.number, field.key)
}
