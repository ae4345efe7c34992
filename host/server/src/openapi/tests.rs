//! The document beside the readers of the domain and its own references.

use std::collections::BTreeSet;

use lockgate_domain::{ConnectorDefinition, GroupDefinition};
use serde::Deserialize;

use super::*;
use crate::routes::{DOCUMENT, resources};

#[test]
fn names_of_operations_are_unique() {
    let paths = DOCUMENT["paths"].as_object().unwrap();
    let operations = paths.values().flat_map(|item| item.as_object().unwrap().values());
    let names: Vec<_> = operations.map(|operation| operation["operationId"].as_str().unwrap()).collect();
    let unique: BTreeSet<_> = names.iter().collect();
    assert_eq!(unique.len(), names.len());
}

#[test]
fn every_reference_is_there_and_every_schema_is_used() {
    let mut open = vec![&*DOCUMENT];
    let mut used = BTreeSet::new();
    while let Some(value) = open.pop() {
        match value {
            Value::Object(members) => {
                used.extend(members.get("$ref").and_then(Value::as_str));
                open.extend(members.values());
            }
            Value::Array(items) => open.extend(items),
            _ => {}
        }
    }
    let there = DOCUMENT["components"]["schemas"].as_object().unwrap();
    let there: BTreeSet<_> = there.keys().map(|name| format!("#/components/schemas/{name}")).collect();
    assert_eq!(used.into_iter().map(str::to_owned).collect::<BTreeSet<_>>(), there);
}

/// Two types of one name would get numbers, and one that is read otherwise than it is written would be described by half.
#[test]
fn a_schema_has_one_name_and_one_meaning() {
    let mut schemas = Schemas::new();
    for resource in resources() {
        for route in &resource.routes {
            route.render(resource.name, route.path, &mut schemas);
        }
    }
    assert_eq!(schemas.conflicts(), [""; 0]);
    for name in DOCUMENT["components"]["schemas"].as_object().unwrap().keys() {
        assert!(!name.ends_with(|last: char| last.is_ascii_digit()), "{name}");
    }
}

/// The members that a type reads, by its own error.
fn read<T: Deserialize<'static>>() -> BTreeSet<String> {
    let error = serde_json::from_str::<T>(r#"{"?": 0}"#).err().expect("an unknown member").to_string();
    error.split('`').skip(3).step_by(2).map(str::to_owned).collect()
}

/// The same of a connector's definition.
fn read_by_reader() -> BTreeSet<String> {
    let named = |wrong: &lockgate_domain::Violation| wrong.pointer == "/?";
    let wrong = ConnectorDefinition::read(&json!({"?": 0, "type": "http"}), "").unwrap_err();
    let detail = &wrong.iter().find(|wrong| named(wrong)).unwrap().detail;
    detail.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn schemas_that_are_written_by_hand_have_the_members_that_are_read() {
    let written = [
        ("GroupDefinition", read::<GroupDefinition>()),
        ("GroupPatch", read::<GroupDefinition>()),
        ("ConnectorDefinition", read_by_reader()),
    ];
    let schemas = &DOCUMENT["components"]["schemas"];
    for (name, read) in &written {
        let properties = schemas[name]["properties"].as_object().unwrap_or_else(|| panic!("no schema {name}"));
        assert_eq!(properties.keys().cloned().collect::<BTreeSet<_>>(), *read, "{name}");
    }
}

#[test]
fn every_json_body_refuses_members_that_it_does_not_know() {
    let operations =
        DOCUMENT["paths"].as_object().unwrap().values().flat_map(|item| item.as_object().unwrap().values());
    let sent =
        operations.filter_map(|operation| operation.pointer("/requestBody/content/application~1json/schema/$ref"));
    for reference in sent {
        let name = reference.as_str().unwrap().rsplit('/').next().unwrap();
        assert_eq!(DOCUMENT["components"]["schemas"][name]["additionalProperties"], false, "{name}");
    }
}
