//! The published schema beside the readers: what the repository has passes both, and what is wrong passes neither.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::group as made;
use crate::schema::{Document, Schema};
use crate::{ConnectorDefinition, GroupDefinition, written};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// What the readers of the host say of a definition: pointers and details of violations.
fn read(group: &Value) -> Vec<(String, String)> {
    let group: GroupDefinition = match serde_json::from_value(group.clone()) {
        Ok(group) => group,
        Err(error) => return vec![(String::new(), error.to_string())],
    };
    let mut found = group.violations();
    for (index, connector) in group.connectors.iter().flatten().enumerate() {
        let pointer = format!("/connectors/{index}");
        match ConnectorDefinition::read(connector, &pointer) {
            Ok(connector) => found.extend(connector.check(&pointer).err().into_iter().flatten()),
            Err(violations) => found.extend(violations),
        }
    }
    found.into_iter().map(|one| (one.pointer, one.detail)).collect()
}

fn described(schema: &Schema, group: &Value) -> Vec<String> {
    let text = group.to_string();
    let found = schema.validate(&Document::parse(&text).unwrap()).err().unwrap_or_default();
    found.into_iter().map(|one| format!("{}: {}", one.pointer, one.detail)).collect()
}

fn compiled() -> Schema {
    Schema::compile(&made()).unwrap()
}

#[test]
fn the_published_file_is_what_is_made() {
    let path = root().join("wit/group.schema.json");
    let made = serde_json::to_string_pretty(&made()).unwrap() + "\n";
    if std::env::var_os("LOCKGATE_BLESS").is_some() {
        std::fs::write(&path, &made).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == made, "wit/group.schema.json is not what is made: run this test with LOCKGATE_BLESS=1");
}

#[test]
fn groups_of_the_repository_pass_both() {
    let (schema, mut checked) = (compiled(), 0);
    let mut open = ["community", "sample-plugins/issues", "docs", "deploy"].map(|name| root().join(name)).to_vec();
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        let is_yaml = path.extension().is_some_and(|kind| kind == "yaml");
        let whole = is_yaml.then(|| text.clone());
        for text in whole.into_iter().chain(boxes(&text)).filter(|text| text.contains("\nresource_type:")) {
            let group = written::definition(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            assert_eq!((described(&schema, &group), read(&group)), (vec![], vec![]), "{}", path.display());
            checked += 1;
        }
    }
    assert!(checked >= 10, "{checked}");
}

/// The boxes `yaml` of a page.
fn boxes(page: &str) -> Vec<String> {
    page.split("\n```yaml\n")
        .skip(1)
        .filter_map(|rest| rest.split_once("\n```"))
        .map(|(text, _)| text.to_owned())
        .collect()
}

/// A group in which every object of a definition is.
fn everything() -> Value {
    let place = json!([{"in": "header", "name": "x-key", "value": "{{key}}"}]);
    json!({
        "slug": "all", "name": "All", "resource_type": "EXTERNAL", "base_url": "https://api.example.com",
        "activation": {
            "credentials": {"main": {"default": "basic", "methods": {
                "basic": {"type": "basic"},
                "key": {"type": "api_key", "in": "header", "name": "x-key"},
                "token": {"type": "bearer"},
                "custom": {
                    "type": "custom", "fields": {"key": {"type": "password"}}, "placements": place.clone(),
                    "login": {"url": "https://api.example.com/login", "token": "/token", "placements": place.clone()},
                },
                "oauth": {
                    "type": "oauth2", "grant": "authorization_code", "token_url": "https://api.example.com/token",
                    "authorize_url": "https://api.example.com/authorize", "exchange": {}, "reply": {},
                    "assertion": {}, "rejected": {}, "keep": {"reply": {"site": {"from": "/site", "pattern": "(.*)"}}},
                },
            }}},
            "fields": {"region": {"type": "text"}},
            "verify": {"path": "/me", "expect": {"status": 200}},
        },
        "destinations": [
            {"url": "https://api.example.com", "credential": "main", "encoded_slashes": true},
            {"name": "orders", "database": {"engine": "mysql", "host": "db.example.com"}, "credential": "main"},
            {"name": "stock", "grpc": "https://stock.example.com:8443", "credential": "main"},
        ],
        "connectors": [{
            "name": "item", "type": "http", "input_schema": true, "output_schema": true, "limits": {},
            "hints": {"idempotent": true},
            "examples": [{"input": {}}],
            "http": {
                "method": "POST", "path": "/x", "body": {"json": {}}, "response": {}, "retry": {"attempts": 2},
                "errors": {"when": {"pointer": "/error"}},
                "pagination": {"type": "cursor", "pointer": "/next", "query": "cursor"},
            },
        }, {
            "name": "rows", "type": "database", "input_schema": true, "output_schema": true,
            "database": {"engine": "mysql", "statement": "SELECT 1"},
        }, {
            "name": "call", "type": "grpc", "input_schema": true, "output_schema": true,
            "grpc": {"service": "stock.v1.Stock", "method": "Get"},
        }, {
            "name": "code", "type": "function",
            "script": {"language": "javascript", "source": "export default () => 1;"},
        }],
        "protos": {"files": {"stock/v1/stock.proto": ""}},
        "uses": [
            {"connector": "community:slack/send_message", "as": "send", "connection": {"fixed": "main"}},
            {"connector": "docs/create@3", "connection": {"dynamic": {"name": "second"}}},
            {"connector": "docs/read", "connection": "inherit"},
        ],
    })
}

/// Where an object is in that group, and its schema.
const OBJECTS: [(&str, &str); 36] = [
    ("/activation", "/$defs/Activation"),
    ("/activation/credentials/main", "/$defs/Credential"),
    ("/activation/credentials/main/methods/basic", "/$defs/AuthMethod/oneOf/0"),
    ("/activation/credentials/main/methods/key", "/$defs/AuthMethod/oneOf/1"),
    ("/activation/credentials/main/methods/token", "/$defs/AuthMethod/oneOf/2"),
    ("/activation/credentials/main/methods/custom", "/$defs/AuthMethod/oneOf/3"),
    ("/activation/credentials/main/methods/custom/login", "/$defs/AuthMethod/oneOf/3/properties/login"),
    (
        "/activation/credentials/main/methods/custom/placements/0",
        "/$defs/AuthMethod/oneOf/3/properties/placements/items/oneOf/0",
    ),
    ("/activation/credentials/main/methods/oauth", "/$defs/AuthMethod/oneOf/4"),
    ("/activation/credentials/main/methods/oauth/exchange", "/$defs/AuthMethod/oneOf/4/properties/exchange"),
    ("/activation/credentials/main/methods/oauth/reply", "/$defs/AuthMethod/oneOf/4/properties/reply"),
    ("/activation/credentials/main/methods/oauth/assertion", "/$defs/AuthMethod/oneOf/4/properties/assertion"),
    ("/activation/credentials/main/methods/oauth/rejected", "/$defs/AuthMethod/oneOf/4/properties/rejected"),
    ("/activation/credentials/main/methods/oauth/keep", "/$defs/AuthMethod/oneOf/4/properties/keep"),
    (
        "/activation/credentials/main/methods/oauth/keep/reply/site",
        "/$defs/AuthMethod/oneOf/4/properties/keep/properties/reply/additionalProperties/oneOf/1",
    ),
    ("/activation/fields/region", "/$defs/Field"),
    ("/activation/verify", "/$defs/Activation/properties/verify"),
    ("/activation/verify/expect", "/$defs/Activation/properties/verify/properties/expect"),
    ("/destinations/0", "/$defs/Destination"),
    ("/destinations/1/database", "/$defs/Destination/properties/database"),
    ("/connectors/1/database", "/$defs/DatabaseDefinition"),
    ("/connectors/2/grpc", "/$defs/GrpcDefinition"),
    ("/connectors/3/script", "/$defs/ScriptDefinition"),
    ("/protos", "/properties/protos/anyOf/0"),
    ("/uses/0", "/properties/uses/anyOf/0/items"),
    ("/uses/0/connection", "/properties/uses/anyOf/0/items/properties/connection/anyOf/1"),
    ("/uses/1/connection/dynamic", "/properties/uses/anyOf/0/items/properties/connection/anyOf/1/properties/dynamic"),
    ("/connectors/0", "/$defs/ConnectorDefinition"),
    ("/connectors/0/examples/0", "/$defs/ConnectorDefinition/properties/examples/items"),
    ("/connectors/0/hints", "/$defs/ConnectorDefinition/properties/hints"),
    ("/connectors/0/http", "/$defs/HttpDefinition"),
    ("/connectors/0/http/response", "/$defs/HttpDefinition/properties/response"),
    ("/connectors/0/http/errors", "/$defs/HttpDefinition/properties/errors"),
    ("/connectors/0/http/errors/when", "/$defs/HttpDefinition/properties/errors/properties/when"),
    ("/connectors/0/http/pagination", "/$defs/HttpDefinition/properties/pagination/oneOf/0"),
    ("/connectors/0/http/retry", "/$defs/HttpDefinition/properties/retry"),
];

/// Each reader names the keys that it knows when it meets another one.
#[test]
fn the_schema_has_the_members_that_the_readers_read() {
    let schema = made();
    for (place, described) in OBJECTS {
        let mut group = everything();
        group.pointer_mut(place).unwrap_or_else(|| panic!("{place}"))["?"] = json!(0);
        let wrong = read(&group).into_iter().find(|(pointer, _)| *pointer == format!("{place}/?"));
        let (_, detail) = wrong.unwrap_or_else(|| panic!("{place}: the key is not refused"));
        let known: BTreeSet<_> = detail.split('`').skip(1).step_by(2).collect();
        let members = schema.pointer(described).and_then(|one| one["properties"].as_object());
        let members: BTreeSet<_> =
            members.unwrap_or_else(|| panic!("{described}")).keys().map(String::as_str).collect();
        assert_eq!(members, known, "{place}");
    }
    assert_eq!(read(&everything()).len(), 0, "{:?}", read(&everything()));
    assert_eq!(described(&compiled(), &everything()), [""; 0]);
}

#[test]
fn the_page_names_every_key() {
    let page = std::fs::read_to_string(root().join("docs/group.md")).unwrap();
    let mut open = vec![made()];
    let mut missing = BTreeSet::new();
    while let Some(schema) = open.pop() {
        let limits = schema["properties"].get("cpu_ms").is_some();
        let keys = schema["properties"].as_object().into_iter().flatten().map(|(key, _)| key.clone());
        missing.extend(keys.filter(|key| !limits && !page.contains(&format!("`{key}`"))));
        match schema {
            Value::Object(members) => open.extend(members.into_iter().map(|(_, member)| member)),
            Value::Array(items) => open.extend(items),
            _ => {}
        }
    }
    assert!(missing.is_empty(), "docs/group.md does not name {missing:?}");
}

/// A change of that group by a pointer and a value, which neither takes.
fn hostile() -> Vec<(&'static str, Value)> {
    vec![
        ("/slug", json!("../all")),
        ("/slug", json!("A")),
        ("/name", json!("")),
        ("/name", json!("line\nbreak")),
        ("/resource_type", json!("external")),
        ("/kind", json!("Package")),
        ("/apiVersion", json!("lockgate/v2")),
        ("/image_url", json!("javascript:alert(1)")),
        ("/colour", json!(1)),
        ("/capabilities", json!(["filesystem"])),
        ("/protos", json!({})),
        ("/protos", json!({"reflection": false})),
        ("/protos", json!({"reflection": true, "files": {"a.proto": ""}})),
        ("/protos", json!({"files": {"a.txt": ""}})),
        ("/tags", json!([""])),
        ("/uses", json!([])),
        ("/uses", json!(["docs/read"])),
        ("/uses/0/connector", json!("docs")),
        ("/uses/0/connector", json!("else:docs/read")),
        ("/uses/0/as", json!("Send")),
        ("/uses/0/connection", json!("main")),
        ("/uses/0/connection", json!({})),
        ("/uses/0/connection", json!({"fixed": ""})),
        ("/uses/0/connection", json!({"fixed": "main", "dynamic": {}})),
        ("/uses/1/connection", json!({"dynamic": {"tenant": "ada"}})),
        ("/limits", json!({"cpu_ms": 0})),
        ("/limits", json!({"memory": 1})),
        ("/limits", json!({"connectors": {"Item": {}}})),
        ("/activation", json!({})),
        ("/activation/credentials", json!({})),
        ("/activation/credentials/main", json!({"methods": {}})),
        ("/activation/credentials/MAIN", json!({"methods": {"a": {"type": "bearer"}}})),
        ("/activation/credentials/main/methods/basic", json!({"type": "basic", "password": "hunter2"})),
        ("/activation/credentials/main/methods/key", json!({"type": "api_key", "in": "body", "name": "k"})),
        ("/activation/credentials/main/methods/key", json!({"type": "api_key", "in": "query"})),
        ("/activation/credentials/main/methods/key", json!({"type": "apikey"})),
        ("/activation/credentials/main/methods/custom/placements", json!([])),
        ("/activation/credentials/main/methods/custom/placements/0", json!({"in": "user", "name": "a", "value": "b"})),
        ("/activation/credentials/main/methods/custom/placements/0", json!({"in": "header", "value": "b"})),
        ("/activation/credentials/main/methods/custom/login/token", json!("token")),
        ("/activation/credentials/main/methods/oauth/grant", json!("implicit")),
        ("/activation/credentials/main/methods/oauth/authorize_omit", json!(["state"])),
        ("/activation/credentials/main/methods/oauth/authorize_rename", json!({"nonce": "n"})),
        ("/activation/credentials/main/methods/oauth/exchange/method", json!("PUT")),
        ("/activation/credentials/main/methods/oauth/exchange/rename", json!({"password": "p"})),
        ("/activation/credentials/main/methods/oauth/reply/expiry", json!("minutes")),
        ("/activation/credentials/main/methods/oauth/assertion", json!({"algorithm": "none"})),
        ("/activation/credentials/main/methods/oauth/rejected", json!({"statuses": [99]})),
        ("/activation/credentials/main/methods/oauth/keep/reply/site", json!({"from": "/site"})),
        ("/activation/fields/region", json!({"type": "select"})),
        ("/activation/fields/region", json!({"type": "text", "options": ["a"]})),
        ("/activation/fields/region/required", json!("yes")),
        ("/activation/verify/expect/status", json!(99)),
        ("/activation/verify/method", json!("DELETE")),
        ("/destinations", json!("https://api.example.com")),
        ("/destinations/0", json!({"credential": "main"})),
        ("/destinations/0/methods", json!(["get"])),
        ("/destinations/0/plaintext", json!("true")),
        ("/destinations/0/encoded_slashes", json!("true")),
        ("/destinations/1/database", json!({"engine": "oracle", "host": "db.example.com"})),
        ("/destinations/1/database/tls", json!("require")),
        ("/destinations/1/database/port", json!(0)),
        ("/destinations/1/url", json!("https://api.example.com/x")),
        ("/destinations/2/grpc", json!("dns:///stock.example.com")),
        ("/destinations/2/grpc", json!("stock.example.com:443")),
        ("/destinations/2/url", json!("https://api.example.com/x")),
        ("/connectors/1/database/mode", json!("all")),
        ("/connectors/1/database/max_rows", json!(0)),
        ("/connectors/1/database", json!({"statement": "SELECT 1"})),
        ("/certificate_authorities", json!([1])),
        ("/connectors/0/name", json!("Item")),
        ("/connectors/0/type", json!("grpc")),
        ("/connectors/0/input_schema", json!("object")),
        ("/connectors/0/limits", json!({"memory_bytes": 65536})),
        ("/connectors/0/http/method", json!("CONNECT")),
        ("/connectors/0/http/url", json!("https://api.example.com/x")),
        ("/connectors/0/http/body", json!({"json": {}, "text": "a"})),
        ("/connectors/0/http/body", json!({"json": {}, "escape": "json"})),
        ("/connectors/0/http/redirects", json!(11)),
        ("/connectors/0/http/retry", json!({"attempts": 1})),
        ("/connectors/0/http/errors/statuses", json!(["9xx"])),
        ("/connectors/0/http/errors/statuses", json!(vec![404; 65])),
        ("/connectors/0/http/retry", json!({"attempts": 2, "statuses": []})),
        ("/connectors/1/limits", json!({"memory_bytes": 8_000_000})),
        ("/connectors/0/http/pagination", json!({"type": "cursor", "query": "cursor"})),
        ("/connectors/0/http/pagination", json!({"type": "page"})),
    ]
}

/// The group with another value at a place.
fn changed(place: &str, value: &Value) -> Value {
    let mut group = everything();
    let (parent, key) = place.rsplit_once('/').unwrap();
    match group.pointer_mut(parent).unwrap() {
        Value::Object(members) => drop(members.insert(key.to_owned(), value.clone())),
        Value::Array(items) => items[key.parse::<usize>().unwrap()] = value.clone(),
        _ => panic!("{place}"),
    }
    group
}

/// What is unusual, and right.
#[test]
fn rare_groups_pass_both() {
    let mut scripted = everything()["connectors"][0].clone();
    scripted["script"] = json!({"language": "javascript", "source": "export const response = (answer) => answer;"});
    scripted["limits"] = json!({"memory_bytes": 8_000_000, "cpu_ms": 20, "log_lines": 5});
    for (place, value) in [
        ("/connectors/0", scripted),
        ("/connectors/3/limits", json!({"memory_bytes": 8_000_000})),
        ("/connectors/0/http/errors/statuses", json!([])),
        ("/connectors/0/http/errors/retryable", json!([])),
    ] {
        let group = changed(place, &value);
        assert_eq!((described(&compiled(), &group), read(&group)), (vec![], vec![]), "{place}");
    }
}

#[test]
fn hostile_groups_pass_neither() {
    let schema = compiled();
    for (place, value) in hostile() {
        let group = changed(place, &value);
        assert!(!read(&group).is_empty(), "the host takes {place} = {value}");
        assert!(!described(&schema, &group).is_empty(), "the schema takes {place} = {value}");
    }
}
