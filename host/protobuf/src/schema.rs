//! JSON Schemas of messages (draft 2020-12). A schema is as exact as the host's bounds of schemas allow: where a type is
//! too large, what lies furthest from its root is left open first, and its description says so.

mod object;
mod reachable;

use serde_json::{Map, Value, json};

use crate::table::{MessageId, Tables};
use object::Builder;
use reachable::Reachable;

/// Which way a message goes: what is read is wider than what is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Input,
    Output,
}

/// How much of a message its schema has.
#[derive(Debug, Clone, Copy)]
struct Detail {
    /// How many messages away from the root fields are still described.
    levels: usize,
    /// Whether it has comments and what a oneof allows.
    full: bool,
}

/// The deepest messages that are described: references may follow each other 64 times, and others wrap the schema.
const LEVELS_MAX: usize = 30;

/// The schema of a message, or with `list` that of an object with a list `messages` of it.
pub(crate) fn schema(tables: &Tables, id: MessageId, side: Side, list: bool) -> Value {
    let reachable = Reachable::from(tables, id);
    let most = reachable.depth().min(LEVELS_MAX);
    let full = std::iter::once(Detail { levels: most, full: true });
    let shorter = (0..=most).rev().map(|levels| Detail { levels, full: false });
    for detail in full.chain(shorter) {
        let built = Builder::new(tables, &reachable, side, detail).build(id);
        let Some((root, defs)) = built else { continue };
        let is_cut = !detail.full || detail.levels < reachable.depth();
        let schema = wrapped(root, defs, list, is_cut);
        if lockgate_domain::schema::check_size(&schema).is_ok() {
            return schema;
        }
    }
    let name = tables.message(id).map_or("", |own| &own.name);
    wrapped(object::left_open(name), Map::new(), list, false)
}

fn wrapped(root: Value, defs: Map<String, Value>, list: bool, is_cut: bool) -> Value {
    let mut schema = if list {
        json!({
            "type": "object", "additionalProperties": false, "required": ["messages", "more"],
            "properties": {"messages": {"type": "array", "items": root}, "more": {"type": "boolean"}},
        })
    } else {
        root
    };
    let Some(members) = schema.as_object_mut() else { return schema };
    if is_cut {
        members.insert(
            "$comment".to_owned(),
            "shortened, since the schema of the whole message would be too large".into(),
        );
    }
    if !defs.is_empty() {
        members.insert("$defs".to_owned(), Value::Object(defs));
    }
    schema
}

#[cfg(test)]
mod tests;
