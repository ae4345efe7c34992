//! The schemas inside of a schema that references lead to: each becomes a component of its own.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::Value;

use super::keywords::{Kind, kind};

/// One schema as an object in memory, by which the places that lead to it are known.
pub(super) type Place = *const Value;

/// What was found in a schema.
pub(super) struct Scanned<'s> {
    /// The targets of references, each once, in the order in which they are met.
    pub(super) targets: Vec<Target<'s>>,
    /// Where each reference text leads.
    pub(super) references: BTreeMap<&'s str, Place>,
}

/// A schema that something refers to.
pub(super) struct Target<'s> {
    pub(super) schema: &'s Value,
    /// A word for it: the last part of a pointer, or the anchor.
    pub(super) word: String,
}

/// Looks through everything that can be reached from `start` in `root`. What is not reached is not needed.
pub(super) fn scan<'s>(root: &'s Value, start: &'s Value) -> Scanned<'s> {
    let mut anchors = HashMap::new();
    collect_anchors(root, &mut anchors);
    let mut found = Scanned { targets: Vec::new(), references: BTreeMap::new() };
    let (mut open, mut seen, mut known) = (vec![start], HashSet::new(), HashSet::new());
    while let Some(schema) = open.pop() {
        if !seen.insert(std::ptr::from_ref(schema)) {
            continue;
        }
        let Value::Object(members) = schema else { continue };
        // Backwards, so that the first is on top.
        for (keyword, value) in members.iter().rev() {
            match (kind(keyword), value) {
                (Kind::Schema, schema) => open.push(schema),
                (Kind::Schemas, Value::Array(schemas)) => open.extend(schemas.iter().rev()),
                (Kind::Named, Value::Object(named)) => open.extend(named.values().rev()),
                (Kind::Reference, Value::String(text)) => {
                    if let Some(target) = resolve(root, &anchors, text) {
                        let place = std::ptr::from_ref(target);
                        found.references.insert(text, place);
                        if known.insert(place) {
                            found.targets.push(Target { schema: target, word: word(text) });
                        }
                        open.push(target);
                    }
                }
                (Kind::Schemas | Kind::Named | Kind::Reference | Kind::Other, _) => {}
            }
        }
    }
    found
}

fn collect_anchors<'s>(node: &'s Value, anchors: &mut HashMap<&'s str, &'s Value>) {
    match node {
        Value::Object(members) => {
            for keyword in ["$anchor", "$dynamicAnchor"] {
                if let Some(Value::String(name)) = members.get(keyword) {
                    anchors.insert(name, node);
                }
            }
            members.values().for_each(|member| collect_anchors(member, anchors));
        }
        Value::Array(items) => items.iter().for_each(|item| collect_anchors(item, anchors)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// A schema has one base only, so a dynamic reference leads where a plain one does.
fn resolve<'s>(root: &'s Value, anchors: &HashMap<&str, &'s Value>, reference: &str) -> Option<&'s Value> {
    let fragment = reference.strip_prefix('#')?;
    let decoded = percent_encoding::percent_decode_str(fragment).decode_utf8_lossy();
    match fragment {
        "" => Some(root),
        _ if fragment.starts_with('/') => root.pointer(&decoded),
        _ => anchors.get(&*decoded).copied(),
    }
}

fn word(reference: &str) -> String {
    let decoded = percent_encoding::percent_decode_str(reference.trim_start_matches('#')).decode_utf8_lossy();
    decoded.rsplit('/').next().unwrap_or_default().to_owned()
}
