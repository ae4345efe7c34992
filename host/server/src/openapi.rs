//! The API's own description: an OpenAPI 3.1 document, put together from the table of routes and, for each noun, one file
//! of operations and schemas. A route without an operation fails a test, and so does an operation without a route.

use std::sync::LazyLock;

use axum::body::Body;
use axum::http::{HeaderValue, Response, header};
use serde_json::{Map, Value, json};

use crate::openapi::operation::Operation;
use crate::response::with_type;
use crate::routes::{PREFIXES, TABLE};

mod activation;
mod audit;
mod calls;
mod connect;
mod connections;
mod connectors;
mod definition;
mod groups;
mod installations;
mod keys;
mod operation;
mod operations;
mod organizations;
mod page;
mod parameter;
mod plugins;
mod problem;
mod schema;
mod tenants;
mod tokens;
mod trials;
mod workspaces;

/// What can be done with one kind of object.
struct Noun {
    name: &'static str,
    description: &'static str,
    operations: Vec<Operation>,
    schemas: Value,
}

/// All of them, in the order of the document.
fn nouns() -> Vec<Noun> {
    vec![
        organizations::noun(),
        workspaces::noun(),
        tenants::noun(),
        tokens::noun(),
        groups::noun(),
        connectors::noun(),
        trials::noun(),
        plugins::noun(),
        installations::noun(),
        connections::noun(),
        connect::noun(),
        calls::noun(),
        audit::noun(),
        keys::noun(),
        operations::noun(),
    ]
}

static DOCUMENT: LazyLock<Value> = LazyLock::new(document);
static TEXT: LazyLock<String> = LazyLock::new(|| DOCUMENT.to_string());
static PAGE: LazyLock<String> = LazyLock::new(|| page::render(&DOCUMENT));

fn document() -> Value {
    let nouns = nouns();
    let mut paths = Map::new();
    for (method, address, needs) in TABLE {
        let found = nouns.iter().find_map(|noun| Some((noun.name, noun.operation(method, address)?)));
        let Some((tag, operation)) = found else { continue };
        let instances = match address.strip_prefix("{S}") {
            None => vec![((*address).to_owned(), "")],
            Some(rest) => PREFIXES.map(|prefix| (format!("{prefix}{rest}"), prefix)).to_vec(),
        };
        for (path, prefix) in instances {
            let shown = operation.render(tag, *needs, &path, prefix);
            if let Some(members) = paths.entry(path).or_insert_with(|| json!({})).as_object_mut() {
                members.insert(method.to_ascii_lowercase(), shown);
            }
        }
    }
    let mut schemas = problem::schemas();
    for noun in &nouns {
        schemas.extend(noun.schemas.as_object().into_iter().flatten().map(|(name, own)| (name.clone(), own.clone())));
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Lockgate",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "A WebAssembly plugin host for connectors.",
            "description": include_str!("openapi/introduction.md"),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/", "description": "this host"}],
        "tags": nouns.iter().map(|noun| json!({"name": noun.name, "description": noun.description})).collect::<Vec<_>>(),
        "paths": paths,
        "components": {
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "An access token, `lg_…`."},
            },
            "schemas": schemas,
        },
    })
}

impl Noun {
    fn operation(&self, method: &str, address: &str) -> Option<&Operation> {
        self.operations.iter().find(|one| one.method == method && one.address == address)
    }
}

/// `GET /openapi.json`.
pub(crate) async fn json() -> Response<Body> {
    with_type(Body::from(TEXT.as_str()), "application/json")
}

/// `GET /docs`: the same for people, without a script and without anything of another origin.
pub(crate) async fn docs() -> Response<Body> {
    let mut response = with_type(Body::from(PAGE.as_str()), "text/html; charset=utf-8");
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(page::POLICY));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

#[cfg(test)]
mod tests;
