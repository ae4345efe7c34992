//! Groups as files: exported, imported and applied.

mod descriptors;
mod folders;
mod hostile;
mod kill;
mod lists;
mod rights;
mod travel;

use std::collections::BTreeMap;
use std::fs;

use lockgate_flow::archive::{self, Archive};
use lockgate_tests::component::Crafted;
use lockgate_tests::{Answer, Host};
use reqwest::Method;
use serde_json::{Value, json};

/// A group with connectors of every type, those of plugins aside. Nothing of it is called.
fn every_type(slug: &str) -> Value {
    let proto = "syntax = \"proto3\";\npackage shop.v1;\n\n// Orders.\nservice Orders {\n  rpc Get (Id) returns (Order);\n}\n\n\
                 message Id { string id = 1; }\nmessage Order { string id = 1; repeated string lines = 2; }\n";
    let script = "export default async (input: {id: string}) => {\n\tconst text = `${input.id}: \"7.10\"`;\n\n  return { text };\n};\n";
    json!({
        "apiVersion": "lockgate/v1", "kind": "Group", "slug": slug, "name": format!("Shop: {slug}"),
        "description": "Line one\n\n  line three\n", "tags": ["work", "no", "7.10"], "resource_type": "EXTERNAL",
        "image_url": "https://shop.example.com/icon.png", "base_url": "https://{subdomain}.shop.example.com/v1",
        "activation": {
            "credentials": {"main": {"default": "key", "methods": {
                "key": {"type": "api_key", "in": "header", "name": "X-Key"},
                "app": {"type": "oauth2", "grant": "client_credentials", "token_url": "https://auth.example.com/token"},
            }}},
            "fields": {
                "subdomain": {"type": "text", "required": true, "visible": true, "pattern": "^[a-z]+$"},
                "note": {"type": "password"},
            },
            "verify": {"path": "/me", "expect": {"status": 200}},
        },
        "destinations": [
            {"url": "https://{subdomain}.shop.example.com", "credential": "main"},
            {"grpc": "https://orders.example.com", "credential": "none", "name": "orders"},
            {"database": {"engine": "postgresql", "host": "db.example.com", "port": 5432, "name": "shop"}, "credential": "none", "name": "db"},
        ],
        "protos": {"files": {"shop/v1/orders.proto": proto}},
        "settings": {"page_size": 50, "ratio": 0.25, "words": ["on", "1e5", ""], "nothing": null, "deep": {"a": [[], {}]}},
        "capabilities": ["http"],
        "limits": {"cpu_ms": 500, "connectors": {"price": {"cpu_ms": 50}}},
        "connectors": [
            {
                "name": "item", "type": "http", "title": "An item", "description": "Reads one.\nBy its id.", "tags": ["a"],
                "hints": {"read_only": true, "idempotent": true}, "limits": {"deadline_ms": 5000},
                "input_schema": {"type": "object", "required": ["id"], "properties": {
                    "id": {"type": "string", "pattern": "^[0-9]+$"}, "null": {"type": ["string", "null"], "default": null}}},
                "output_schema": {"type": "object"},
                "examples": [{"title": "One", "input": {"id": "01234"}, "output": {"price": 1.5}}],
                "http": {"method": "GET", "path": "/items/{{id}}", "query": {"v": "7.10", "on": "true"},
                    "headers": {"x-plain": "null"}, "response": {"format": "json", "pointer": "/data"},
                    "retry": {"attempts": 2}},
            },
            {"name": "order", "type": "grpc", "grpc": {"service": "shop.v1.Orders", "method": "Get"}},
            {
                "name": "rows", "type": "database", "input_schema": {"type": "object", "properties": {"id": {"type": "string"}}},
                "output_schema": true,
                "database": {"engine": "postgresql", "statement": "SELECT *\nFROM items\nWHERE id = :id\n", "mode": "rows"},
            },
            {"name": "price", "type": "function", "script": {"language": "typescript", "source": script}},
            {"name": "plain", "type": "function", "enabled": false,
                "script": {"language": "javascript", "source": "export default () => ({ ok: true });"}},
        ],
    })
}

/// The plugin of that group.
fn plugin(version: &str) -> Vec<u8> {
    Crafted::plugin("shop", version).connector("which").wants("http").component()
}

/// Makes this group with its plugin.
fn make(host: &Host, slug: &str) {
    host.send(host.request(Method::POST, "/groups").json(&every_type(slug))).status(201);
    host.load(slug, plugin("1.0.0")).status(201);
    // Limits of a connector that is a plugin's.
    host.set(slug, json!({"limits": {"connectors": {"which": {"cpu_ms": 70}}}}));
}

fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let entries = entries.iter().map(|(name, content)| ((*name).to_owned(), content.to_vec()));
    archive::write(&entries.collect()).expect("an archive")
}

/// The files of an archive.
fn unzipped(bytes: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let archive = Archive::open(bytes.to_vec().into()).expect("an archive");
    let read = |entry: &archive::Entry| (entry.name.clone(), archive.read(entry, u64::MAX).expect("an entry"));
    archive.entries().iter().map(read).collect()
}

/// What `lockgate export` writes with these arguments.
#[track_caller]
fn exported(host: &Host, arguments: &[&str], file: &str) -> Vec<u8> {
    host.run([&["export"], arguments, &["-o", file]].concat()).ok().says("wrote group");
    fs::read(host.home.work().join(file)).expect("a file")
}

/// Sends a package.
fn import(host: &Host, query: &str, kind: &str, body: impl Into<Vec<u8>>) -> Answer {
    let request = host.request(Method::POST, &format!("/imports?{query}"));
    host.send(request.header("content-type", kind).body(body.into()))
}

fn import_zip(host: &Host, query: &str, body: impl Into<Vec<u8>>) -> Answer {
    import(host, query, "application/zip", body)
}

fn import_yaml(host: &Host, query: &str, body: impl Into<Vec<u8>>) -> Answer {
    import(host, query, "application/yaml", body)
}

/// Sends a folder.
fn apply(host: &Host, query: &str, files: &[(&str, &[u8])]) -> Answer {
    let request = host.request(Method::POST, &format!("/apply?{query}"));
    host.send(request.header("content-type", "application/zip").body(zip(files)))
}

/// The names of a plan's groups, and what happens to each.
fn actions(plan: &Value) -> Vec<(String, String)> {
    let text = |group: &Value, member: &str| group[member].as_str().expect("a text").to_owned();
    let groups = plan["groups"].as_array().expect("groups");
    groups.iter().map(|group| (text(group, "slug"), text(group, "action"))).collect()
}

/// Everything of the scope that changes leave traces in.
fn state(host: &Host) -> (Value, String) {
    let revision = host.send(host.admin(Method::GET, "/v1/audit?limit=500")).status(200).json();
    let connectors = host.get("/groups?limit=500").status(200).json();
    (revision, connectors.to_string())
}
