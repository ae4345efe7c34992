//! A list is no object: wherever the description says that a body has an object, a list of its members' values is refused.

use lockgate_tests::{Host, percent};
use reqwest::Method;
use serde_json::{Map, Value, json};

use super::{document, inhabited};

/// What stands in paths for objects that are there.
fn parameters(host: &Host) -> Map<String, Value> {
    host.token_with("viewer", json!({}));
    let token = host.get("/tokens").json()["items"][0]["id"].clone();
    let digest = host.get("/groups/g/plugins").json()["items"][0]["digest"].clone();
    let digest = percent::encoded(digest.as_str().expect("a digest"));
    let known = json!({
        "workspace": "default", "organization": "default", "ref": "c", "connector": "item", "connection": "main",
        "tenant": "ada", "token": token, "digest": digest, "n": "1", "use": "write",
    });
    known.as_object().expect("a map").clone()
}

/// A path of the description with these parameters, of a route that takes requests of programs; below the workspace where it
/// stands twice.
fn filled(template: &str, parameters: &Map<String, Value>) -> Option<String> {
    if template.starts_with("/v1/organizations/{organization}/") || template.starts_with("/console/") {
        return None;
    }
    let part = |part: &str| match part.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
        // The one that has a plugin.
        Some("ref") if template.contains("{digest}") => "g".to_owned(),
        Some(name) => {
            parameters.get(name).and_then(Value::as_str).unwrap_or_else(|| panic!("{template}: {name}")).to_owned()
        }
        None => part.to_owned(),
    };
    Some(template.split('/').map(part).collect::<Vec<_>>().join("/"))
}

fn resolved<'d>(document: &'d Value, schema: &'d Value) -> &'d Value {
    match schema["$ref"].as_str() {
        Some(reference) => document.pointer(reference.trim_start_matches('#')).expect("a schema"),
        None => schema,
    }
}

/// The forms that a value can have.
fn variants<'d>(document: &'d Value, schema: &'d Value) -> Vec<&'d Value> {
    let schema = resolved(document, schema);
    let choices = ["anyOf", "oneOf"].iter().find_map(|key| schema[*key].as_array());
    choices.map_or_else(|| vec![schema], |all| all.iter().flat_map(|one| variants(document, one)).collect())
}

/// Whether the schema is of an object with members that it names.
fn is_struct(schema: &Value) -> bool {
    schema["properties"].is_object()
}

/// A value of this form, as far as readers look at forms alone.
fn sample(document: &Value, schema: &Value) -> Value {
    let schema = *variants(document, schema).first().expect("a form");
    if let Some(value) = schema.get("const").or_else(|| schema["enum"].get(0)).or_else(|| schema["examples"].get(0)) {
        return value.clone();
    }
    if is_struct(schema) {
        return members(document, schema, &required(schema));
    }
    let kind = schema["type"].as_str().or_else(|| schema["type"][0].as_str()).unwrap_or_default();
    match kind {
        "string" => json!("a"),
        "integer" | "number" => json!(1),
        "boolean" => json!(true),
        "array" => json!([]),
        "object" => json!({}),
        _ => Value::Null,
    }
}

fn required(schema: &Value) -> Vec<&str> {
    schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

fn members(document: &Value, schema: &Value, names: &[&str]) -> Value {
    names.iter().map(|name| ((*name).to_owned(), sample(document, &schema["properties"][name]))).collect()
}

/// Values of a schema in which one object is a list, with the place of that.
fn with_lists(document: &Value, schema: &Value) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for schema in variants(document, schema) {
        if let Some(properties) = schema["properties"].as_object() {
            let all = properties.values().map(|property| sample(document, property)).collect();
            found.push((String::new(), Value::Array(all)));
            for (name, property) in properties {
                for (place, value) in with_lists(document, property) {
                    let mut whole = members(document, schema, &required(schema));
                    whole[name] = value;
                    found.push((format!("/{name}{place}"), whole));
                }
            }
        } else if let Some(items) = schema.get("items") {
            found.extend(
                with_lists(document, items).into_iter().map(|(place, value)| (format!("/0{place}"), json!([value]))),
            );
        } else if let Some(values) = schema.get("additionalProperties") {
            let below = with_lists(document, values).into_iter();
            found.extend(below.map(|(place, value)| (format!("/main{place}"), json!({"main": value}))));
        }
    }
    found
}

/// What an answer says of a list in place of an object, or of a choice.
const SAID: [&str; 4] = ["sequence", "expected a JSON object", "expected an object", "expected value"];

#[test]
fn lists_are_objects_in_no_body() {
    let host = inhabited();
    let document = document(&host);
    let parameters = parameters(&host);
    let (mut routes, mut places) = (0, 0);
    for (template, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
            if schema.is_null() || is_definition(operation) {
                continue;
            }
            let Some(path) = filled(template, &parameters) else { continue };
            routes += 1;
            for (place, body) in with_lists(&document, schema) {
                // Statements are definitions too.
                if place.starts_with("/database") {
                    continue;
                }
                let method: Method = method.to_uppercase().parse().expect("a method");
                let answer = host.send(host.admin(method.clone(), &path).json(&body));
                let at = format!("{method} {path} with a list at `{place}`: {body}");
                assert_eq!((answer.status, &answer.json()["code"]), (400, &json!("LG1001")), "{at}: {}", answer.body);
                let detail = answer.json()["detail"].as_str().expect("a text").to_owned();
                assert!(SAID.iter().any(|text| detail.contains(text)), "{at}: {detail}");
                places += 1;
            }
        }
    }
    assert!(routes > 20 && places > 50, "{routes} routes, {places} places");
}

/// Definitions of groups and connectors are read with violations, and tested where they are written.
fn is_definition(operation: &Value) -> bool {
    let id = operation["operationId"].as_str().expect("an id");
    let words = ["create_group", "replace_group", "update_group", "diff_group", "create_connector", "save_connector"];
    words.iter().any(|word| id.starts_with(word))
}
