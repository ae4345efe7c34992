//! The document beside the table of routes, the handlers and its own references.

use std::collections::BTreeSet;

use base64::Engine;
use lockgate_domain::{ConnectorDefinition, Digest, GroupDefinition, InstallationGiven, LimitsPatch};
use lockgate_flow::CredentialsGiven;
use serde::Deserialize;

use super::*;
use crate::{connect_sessions, connections, connectors, invoke, scopes, tenants, tokens, trials};

#[test]
fn every_route_has_its_operation_and_every_operation_its_route() {
    let nouns = nouns();
    for (method, address, _) in TABLE {
        let found = nouns.iter().filter(|noun| noun.operation(method, address).is_some()).count();
        assert_eq!(found, 1, "{method} {address}");
    }
    let routes: BTreeSet<_> = TABLE.iter().map(|(method, address, _)| (*method, *address)).collect();
    let operations: Vec<_> = nouns.iter().flat_map(|noun| &noun.operations).collect();
    for operation in &operations {
        assert!(routes.contains(&(operation.method, operation.address)), "{} {}", operation.method, operation.address);
    }
    assert_eq!(operations.len(), TABLE.len(), "an operation is written twice");
}

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
fn bodies_have_the_members_that_their_handlers_read() {
    let bodies = [
        ("NewOrganization", read::<scopes::NewOrganization>()),
        ("OrganizationPatch", read::<scopes::Patch>()),
        ("NewWorkspace", read::<scopes::NewWorkspace>()),
        ("WorkspacePatch", read::<scopes::Patch>()),
        ("NewTenant", read::<tenants::New>()),
        ("TenantPatch", read::<tenants::Patch>()),
        ("NewToken", read::<tokens::New>()),
        ("TokenPatch", read::<tokens::Patch>()),
        ("GroupDefinition", read::<GroupDefinition>()),
        ("GroupPatch", read::<GroupDefinition>()),
        ("LimitsPatch", read::<LimitsPatch>()),
        ("Invocation", read::<invoke::Sent<'_>>()),
        ("ConnectorDefinition", read_by_reader()),
        ("CurrentVersion", read::<connectors::Switch>()),
        ("Test", read::<trials::Sent>()),
        ("UnsavedTest", read::<trials::SentUnsaved>()),
        ("InstallationGiven", read::<InstallationGiven>()),
        ("NewConnection", read::<connections::New>()),
        ("ConnectionPatch", read::<connections::Patch>()),
        ("ConnectionValues", read::<CredentialsGiven>()),
        ("Accepted", read::<connections::Seen>()),
        ("NewConnectSession", read::<connect_sessions::New>()),
    ];
    let schemas = &DOCUMENT["components"]["schemas"];
    for (name, read) in &bodies {
        let properties = schemas[name]["properties"].as_object().unwrap_or_else(|| panic!("no schema {name}"));
        assert_eq!(properties.keys().cloned().collect::<BTreeSet<_>>(), *read, "{name}");
        assert_eq!(schemas[name]["additionalProperties"], false, "{name}");
    }
    let operations =
        DOCUMENT["paths"].as_object().unwrap().values().flat_map(|item| item.as_object().unwrap().values());
    let sent =
        operations.filter_map(|operation| operation.pointer("/requestBody/content/application~1json/schema/$ref"));
    for reference in sent {
        let name = reference.as_str().unwrap().rsplit('/').next().unwrap();
        assert!(bodies.iter().any(|(own, _)| *own == name), "{name} is not compared with its handler");
    }
}

#[test]
fn the_style_of_the_page_is_allowed_by_its_policy() {
    let digest = base64::engine::general_purpose::STANDARD.encode(Digest::of(page::STYLE.as_bytes()).as_bytes());
    assert!(page::POLICY.contains(&format!("'sha256-{digest}'")), "expected 'sha256-{digest}'");
}

#[test]
fn the_page_shows_every_operation_and_schema_and_runs_nothing() {
    let page = page::render(&DOCUMENT);
    for (method, address, _) in TABLE {
        assert!(page.contains(&format!("<code>{method} {address}</code>")), "{method} {address}");
    }
    for name in DOCUMENT["components"]["schemas"].as_object().unwrap().keys() {
        assert!(page.contains(&format!("id=\"schema-{name}\"")), "{name}");
    }
    for foreign in ["<script", "<img", "<iframe", "<form", "src=", "style=", "http://", "@import", "url("] {
        assert!(!page.contains(foreign), "{foreign}");
    }
}
