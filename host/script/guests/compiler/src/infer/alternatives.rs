//! Several schemas as one.

use serde_json::{Value, json};

/// Alternatives, written as shortly as they can be: constants are one list, plain types are one list.
pub(super) fn one_of(schemas: Vec<Value>) -> Value {
    if schemas.iter().any(|own| *own == json!({})) {
        return json!({});
    }
    let (mut constants, mut names, mut others) = (Vec::new(), Vec::new(), Vec::new());
    for schema in schemas {
        let members = schema.as_object().filter(|members| members.len() == 1);
        let own = |name: &str| members.and_then(|members| members.get(name));
        match (own("const"), own("enum"), own("type")) {
            (Some(value), _, _) => add(&mut constants, value),
            (_, Some(Value::Array(values)), _) => values.iter().for_each(|value| add(&mut constants, value)),
            (_, _, Some(Value::Array(all))) => all.iter().for_each(|name| add(&mut names, name)),
            (_, _, Some(name)) => add(&mut names, name),
            _ if schema == json!(false) => {}
            _ => add(&mut others, &schema),
        }
    }
    if constants.contains(&json!(true)) && constants.contains(&json!(false)) {
        add(&mut names, &json!("boolean"));
    }
    if names.contains(&json!("number")) {
        names.retain(|name| name != "integer");
    }
    constants.retain(|value| !names.iter().any(|name| is_of(value, name)));
    // A list of constants with `null` is still a list of constants.
    if names == [json!("null")] && !constants.is_empty() {
        constants.push(Value::Null);
        names.clear();
    }
    match constants.len() {
        0 => {}
        1 => others.extend(constants.pop().map(|one| json!({"const": one}))),
        _ => others.push(json!({"enum": constants})),
    }
    match names.len() {
        0 => {}
        1 => others.extend(names.pop().map(|one| json!({"type": one}))),
        _ => others.push(json!({"type": names})),
    }
    match others.len() {
        0 => json!(false),
        1 => others.pop().unwrap_or_default(),
        _ => json!({"anyOf": others}),
    }
}

/// Adds what is not there yet.
fn add(to: &mut Vec<Value>, value: &Value) {
    if !to.contains(value) {
        to.push(value.clone());
    }
}

/// Whether a constant is of a plain type.
fn is_of(value: &Value, name: &Value) -> bool {
    match value {
        Value::Null => name == "null",
        Value::Bool(_) => name == "boolean",
        Value::Number(own) => name == "number" || (name == "integer" && (own.is_i64() || own.is_u64())),
        Value::String(_) => name == "string",
        Value::Array(_) | Value::Object(_) => false,
    }
}
