//! `format` in the schemas of a plugin: to the host it is a remark (JSON Schema, draft 2020-12, section 7), and authors
//! expect a check.

use lockgate_domain::Manifest;
use serde_json::Value;

/// Formats of texts. Those of numbers, which Rust's types have, say nothing that their `type` and bounds do not.
const OF_TEXTS: [&str; 14] = [
    "date",
    "date-time",
    "time",
    "duration",
    "email",
    "hostname",
    "ipv4",
    "ipv6",
    "uri",
    "uri-reference",
    "iri",
    "uuid",
    "json-pointer",
    "regex",
];

/// A line for each place where an input has a format and no pattern.
pub(crate) fn unchecked(manifest: &Manifest) -> Vec<String> {
    let mut found = Vec::new();
    for connector in &manifest.connectors {
        let mut open = vec![(String::new(), connector.input_schema.value())];
        while let Some((pointer, schema)) = open.pop() {
            let format = schema.get("format").and_then(Value::as_str).filter(|format| OF_TEXTS.contains(format));
            if let Some(format) = format.filter(|_| schema.get("pattern").is_none()) {
                found.push(format!(
                    "{}: the host does not check `format: {format}` at {pointer} of the input schema: check it in the \
                     code, or add a `pattern`",
                    connector.name
                ));
            }
            let children: Vec<(String, Value)> = match schema {
                Value::Object(members) => members.into_iter().collect(),
                Value::Array(items) => items.into_iter().enumerate().map(|(at, item)| (at.to_string(), item)).collect(),
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
            };
            open.extend(children.into_iter().map(|(key, child)| (format!("{pointer}/{key}"), child)));
        }
    }
    found.sort();
    found
}
