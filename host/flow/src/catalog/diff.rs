//! What a new version of a plugin changes for the callers of its connectors.

use lockgate_domain::{ConnectorManifest, ConnectorName, Manifest};
use serde::Serialize;
use serde_json::Value;

/// The connectors of a new version beside those of the current one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct ConnectorChanges {
    /// New ones.
    pub added: Vec<ConnectorName>,
    /// Those whose description or schemas differ.
    pub changed: Vec<ConnectorName>,
    /// Those that are gone.
    pub removed: Vec<ConnectorName>,
    /// Where a caller of the current version may fail.
    pub breaks: Vec<SchemaBreak>,
}

/// A place in a schema where the new version takes or promises less.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct SchemaBreak {
    /// Whose schema.
    pub connector: ConnectorName,
    /// JSON pointer into the connector's manifest.
    pub pointer: String,
    /// What is different.
    pub detail: String,
}

/// How deep schemas are compared; what lies deeper is compared as a whole by `changed`.
const DEPTH: usize = 16;

impl ConnectorChanges {
    /// Compares a new version with the current one, if there is one.
    pub(crate) fn between(current: Option<&Manifest>, new: &Manifest) -> Self {
        let mut changes = Self::default();
        let old = current.map(|manifest| manifest.connectors.as_slice()).unwrap_or_default();
        for connector in &new.connectors {
            match old.iter().find(|other| other.name == connector.name) {
                None => changes.added.push(connector.name.clone()),
                Some(before) if before != connector => {
                    changes.changed.push(connector.name.clone());
                    let sides = |one: &ConnectorManifest| (one.input_schema.value(), one.output_schema.value());
                    changes.breaks.extend(breaks(&connector.name, &sides(before), &sides(connector)));
                }
                Some(_) => {}
            }
        }
        let gone = old.iter().filter(|before| new.connectors.iter().all(|connector| connector.name != before.name));
        changes.removed = gone.map(|before| before.name.clone()).collect();
        changes
    }
}

/// Where the schemas of a new version, input and output, take or promise less.
pub(crate) fn breaks(name: &ConnectorName, old: &(Value, Value), new: &(Value, Value)) -> Vec<SchemaBreak> {
    let mut found = Vec::new();
    let mut report = |pointer: &str, detail: String| {
        found.push(SchemaBreak { connector: name.clone(), pointer: pointer.to_owned(), detail });
    };
    compare(&old.0, &new.0, "/input_schema", Side::Input, DEPTH, &mut report);
    compare(&old.1, &new.1, "/output_schema", Side::Output, DEPTH, &mut report);
    found
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Input,
    Output,
}

/// Compares what is certain: types, required properties, and properties that are gone. Other keywords show as `changed`.
fn compare(old: &Value, new: &Value, pointer: &str, side: Side, depth: usize, report: &mut dyn FnMut(&str, String)) {
    if old == new || depth == 0 {
        return;
    }
    let types = |schema: &Value| -> Option<Vec<String>> {
        match schema.get("type")? {
            Value::String(name) => Some(vec![name.clone()]),
            Value::Array(names) => Some(names.iter().filter_map(|name| name.as_str().map(str::to_owned)).collect()),
            _ => None,
        }
    };
    if let Some(now) = types(new) {
        let before = types(old);
        // An input must go on taking, and an output must not start giving.
        let (wide, narrow) =
            if side == Side::Input { (before.as_ref(), &now) } else { (Some(&now), before.as_ref().unwrap_or(&now)) };
        let lost = wide.map(|wide| wide.iter().filter(|name| !covers(narrow, name)).cloned().collect::<Vec<_>>());
        match lost {
            None => report(pointer, format!("only {} is taken now", now.join(" or "))),
            Some(lost) if !lost.is_empty() && side == Side::Input => {
                report(pointer, format!("{} is not taken any more", lost.join(" or ")));
            }
            Some(lost) if !lost.is_empty() => report(pointer, format!("{} can be given now", lost.join(" or "))),
            Some(_) => {}
        }
    }
    let required = |schema: &Value| -> Vec<String> {
        let names = schema.get("required").and_then(Value::as_array).into_iter().flatten();
        names.filter_map(|name| name.as_str().map(str::to_owned)).collect()
    };
    let (before, now) = (required(old), required(new));
    let (more, fewer) = if side == Side::Input { (&now, &before) } else { (&before, &now) };
    for name in more.iter().filter(|name| !fewer.contains(name)) {
        let text = if side == Side::Input { "is required now" } else { "is not always given any more" };
        report(&format!("{pointer}/properties/{}", escaped(name)), format!("`{name}` {text}"));
    }
    let members = |schema: &Value| schema.get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
    let now = members(new);
    for (name, before) in &members(old) {
        let pointer = format!("{pointer}/properties/{}", escaped(name));
        match now.get(name) {
            Some(after) => compare(before, after, &pointer, side, depth - 1, report),
            None if side == Side::Output || new.get("additionalProperties") == Some(&Value::Bool(false)) => {
                report(&pointer, format!("`{name}` is gone"));
            }
            None => {}
        }
    }
    for keyword in ["items", "$defs"] {
        if let (Some(before), Some(after)) = (old.get(keyword), new.get(keyword)) {
            let pointer = format!("{pointer}/{keyword}");
            if keyword == "items" {
                compare(before, after, &pointer, side, depth - 1, report);
            } else if let (Some(before), Some(after)) = (before.as_object(), after.as_object()) {
                for (name, before) in before {
                    let pointer = format!("{pointer}/{}", escaped(name));
                    after
                        .get(name)
                        .into_iter()
                        .for_each(|after| compare(before, after, &pointer, side, depth - 1, report));
                }
            }
        }
    }
}

fn covers(types: &[String], name: &str) -> bool {
    types.iter().any(|own| own == name || (own == "number" && name == "integer"))
}

/// RFC 6901 section 3.
fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn plugin(connectors: Value) -> Manifest {
        serde_json::from_value(json!({"name": "p", "version": "1", "connectors": connectors})).unwrap()
    }

    fn one(input: Value, output: Value) -> Manifest {
        plugin(json!([{"name": "a", "input_schema": input, "output_schema": output}]))
    }

    fn found(old: &Manifest, new: &Manifest) -> Vec<String> {
        ConnectorChanges::between(Some(old), new).breaks.into_iter().map(|one| one.detail).collect()
    }

    #[test]
    fn added_changed_and_removed() {
        let schema = json!({});
        let connector =
            |name, title| json!({"name": name, "title": title, "input_schema": schema, "output_schema": schema});
        let old = plugin(json!([connector("a", "A"), connector("b", "B")]));
        let new = plugin(json!([connector("a", "Other"), connector("c", "C")]));
        let changes = ConnectorChanges::between(Some(&old), &new);
        let names = |names: &[ConnectorName]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(
            (names(&changes.added), names(&changes.changed), names(&changes.removed)),
            (vec!["c".into()], vec!["a".into()], vec!["b".into()])
        );
        assert!(changes.breaks.is_empty());
    }

    #[test]
    fn an_input_may_widen_and_not_narrow() {
        let old = one(
            json!({"properties": {"n": {"type": "integer"}, "m": {"type": "string"}}, "required": ["n"]}),
            json!({}),
        );
        let wider = one(json!({"properties": {"n": {"type": "number"}, "m": {"type": "string"}, "o": {}}}), json!({}));
        assert_eq!(found(&old, &wider), Vec::<String>::new());
        assert_eq!(found(&wider, &old), ["`n` is required now", "number is not taken any more"]);
        let closed = one(
            json!({"properties": {"n": {"type": "integer"}}, "required": ["n"], "additionalProperties": false}),
            json!({}),
        );
        assert_eq!(found(&old, &closed), ["`m` is gone"]);
    }

    #[test]
    fn an_output_may_narrow_and_not_widen() {
        let old = one(json!({}), json!({"properties": {"a": {"type": "integer"}, "b": {}}, "required": ["a"]}));
        let new = one(json!({}), json!({"properties": {"a": {"type": ["integer", "null"]}}}));
        assert_eq!(found(&old, &new), ["`a` is not always given any more", "null can be given now", "`b` is gone"]);
    }
}
