//! The API's own description: an OpenAPI 3.1 document. Its operations are the rows of the table of routes, its schemas are
//! those of the types that handlers read and answer with.

use serde_json::{Map, Value, json};

use crate::openapi::schemas::Schemas;
use crate::route::{Resource, instances};

pub(crate) mod group;
mod operation;
pub(crate) mod parameter;
pub(crate) mod problems;
mod render;
pub(crate) mod schema;
pub(crate) mod schemas;
pub(crate) mod texts;

pub(crate) use operation::{FORM, HTML, JSON, Operation};

/// The document of all routes.
pub(crate) fn document(resources: &[Resource]) -> Value {
    let mut schemas = Schemas::new();
    let mut paths: Map<String, Value> = Map::new();
    for resource in resources {
        for route in &resource.routes {
            for path in instances(route.path) {
                let shown = route.render(resource.name, &path, &mut schemas);
                if let Some(members) = paths.entry(path).or_insert_with(|| json!({})).as_object_mut() {
                    members.insert(route.method.to_ascii_lowercase(), shown);
                }
            }
        }
    }
    let tag = |resource: &Resource| json!({"name": resource.name, "description": resource.description});
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
        "tags": resources.iter().map(tag).collect::<Vec<_>>(),
        "paths": paths,
        "components": {
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "An access token, `lg_…`."},
            },
            "schemas": schemas.into_components(),
        },
    })
}

#[cfg(test)]
mod tests;
