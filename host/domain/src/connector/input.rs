//! Whether an input schema has what the placeholders name. It is read as far as it is certain: properties, items, and
//! what `$ref` and the combining keywords add to them.

use serde_json::Value;

use super::field::Field;
use super::pointer::index;

/// Upper bound of references and combinations on the path to one property; the schema's own bounds are wider.
const STEPS_MAX: usize = 64;
/// Upper bound of the subschemas that are read on one level.
const WIDTH_MAX: usize = 512;

/// What a schema states about a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Known {
    /// Whether every input has it.
    pub(super) required: bool,
    /// The types that it can have; empty if the schema states none.
    pub(super) types: Vec<String>,
}

/// What `schema` states about `field`; none if its inputs have no such field.
pub(super) fn look_up(schema: &Value, field: &Field) -> Option<Known> {
    let (mut at, mut required) = (vec![schema], true);
    for token in field.tokens() {
        let (certain, possible) = (spread(schema, &at, false), spread(schema, &at, true));
        required &= certain.iter().any(|node| requires(node, token));
        let found: Vec<_> = possible.iter().flat_map(|node| below(node, token)).collect();
        if found.is_empty() {
            return None;
        }
        at = found;
    }
    let mut types: Vec<String> = Vec::new();
    for node in spread(schema, &at, true) {
        match node.get("type") {
            Some(Value::String(one)) => types.push(one.clone()),
            Some(Value::Array(several)) => types.extend(several.iter().filter_map(Value::as_str).map(str::to_owned)),
            Some(_) | None => {}
        }
    }
    Some(Known { required, types })
}

/// These schemas with those that they refer to and combine; of alternatives only if `possible`.
fn spread<'s>(root: &'s Value, at: &[&'s Value], possible: bool) -> Vec<&'s Value> {
    let mut found: Vec<&Value> = Vec::new();
    let mut open: Vec<(&Value, usize)> = at.iter().map(|node| (*node, 0)).collect();
    while let Some((node, steps)) = open.pop() {
        if steps > STEPS_MAX || found.len() >= WIDTH_MAX || found.iter().any(|one| std::ptr::eq(*one, node)) {
            continue;
        }
        found.push(node);
        let fragment = node.get("$ref").and_then(Value::as_str).and_then(|reference| reference.strip_prefix('#'));
        open.extend(fragment.and_then(|pointer| root.pointer(pointer)).map(|target| (target, steps + 1)));
        let keywords: &[&str] = if possible { &["allOf", "anyOf", "oneOf"] } else { &["allOf"] };
        for keyword in keywords {
            let members = node.get(*keyword).and_then(Value::as_array).into_iter().flatten();
            open.extend(members.map(|member| (member, steps + 1)));
        }
        if possible {
            for keyword in ["then", "else"] {
                open.extend(node.get(keyword).map(|member| (member, steps + 1)));
            }
        }
    }
    found
}

fn requires(node: &Value, token: &str) -> bool {
    node.get("required").and_then(Value::as_array).is_some_and(|names| names.iter().any(|name| name == token))
}

/// The schemas of a member or item.
fn below<'s>(node: &'s Value, token: &str) -> Vec<&'s Value> {
    let mut found = Vec::new();
    found.extend(node.get("properties").and_then(|properties| properties.get(token)));
    if found.is_empty() {
        found.extend(node.get("patternProperties").and_then(Value::as_object).into_iter().flat_map(|own| own.values()));
        found.extend(node.get("additionalProperties").filter(|schema| **schema != Value::Bool(false)));
    }
    if let Some(place) = index(token) {
        let first = node.get("prefixItems").and_then(|items| items.get(place));
        found.extend(first.or_else(|| node.get("items")).filter(|schema| **schema != Value::Bool(false)));
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn known(schema: &Value, field: &str) -> Option<(bool, String)> {
        look_up(schema, &field.parse().unwrap()).map(|known| (known.required, known.types.join(" ")))
    }

    #[test]
    fn properties_items_references_and_combinations() {
        let schema = json!({
            "type": "object", "required": ["a", "user"],
            "properties": {
                "a": {"type": "integer"}, "b": {"type": ["string", "null"]}, "user": {"$ref": "#/$defs/user"},
                "list": {"items": {"type": "string"}},
            },
            "anyOf": [{"properties": {"c": {}}, "required": ["c"]}, {"properties": {"d": true}}],
            "$defs": {"user": {"allOf": [{"required": ["name"]}], "properties": {"name": {"type": "string"}}}},
        });
        for (field, expected) in [
            ("a", Some((true, "integer"))),
            ("b", Some((false, "string null"))),
            ("user.name", Some((true, "string"))),
            ("list.0", Some((false, "string"))),
            ("c", Some((false, ""))),
            ("d", Some((false, ""))),
            ("e", None),
            ("user.mail", None),
            ("list.x", None),
        ] {
            assert_eq!(
                known(&schema, field),
                expected.map(|(required, types)| (required, types.to_owned())),
                "{field}"
            );
        }
        assert_eq!(known(&json!({"additionalProperties": {"type": "string"}}), "any"), Some((false, "string".into())));
        assert_eq!(known(&json!(true), "any"), None);
        let endless = json!({"$ref": "#", "allOf": [{"$ref": "#"}]});
        assert_eq!(known(&endless, "any"), None);
    }
}
