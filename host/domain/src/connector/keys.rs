//! Placeholders that stand where nothing is filled in: in keys, which are sent as they are.

use serde_json::Value;

use crate::reader::Violations;

/// Names the keys of a request that read like a template.
pub(super) fn check(definition: &Value, pointer: &str, found: &Violations) {
    for place in
        ["/http/headers", "/http/query", "/http/body/form", "/http/body/json", "/grpc/request", "/grpc/metadata"]
    {
        definition.pointer(place).iter().for_each(|value| walk(value, &format!("{pointer}{place}"), found));
    }
}

fn walk(value: &Value, pointer: &str, found: &Violations) {
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                let at = format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"));
                if key.contains("{{") {
                    found.add(&at, "template", "a key is sent as it is: expected placeholders in values alone");
                }
                walk(member, &at, found);
            }
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, item)| walk(item, &format!("{pointer}/{index}"), found));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
