//! The definition of a group, `group.yaml`: a reader of the domain takes it, with a pointer to each violation, so its schema
//! is written here. A test compares its members with those that the reader takes.

use lockgate_domain::LimitsPatch;
use schemars::SchemaGenerator;
use serde_json::{Value, json};

use super::activation::{Activation, Destination};
use crate::api::connectors::definition::ConnectorDefinition;
use crate::openapi::schema::{nullable, object, sent, slug};
use crate::openapi::schemas::{of, written};
use crate::openapi::texts::LINE;

written! {
    GroupDefinition = |generator| sent(&["slug", "name", "resource_type"], members(generator));
    GroupPatch = |generator| sent(&[], patch(generator));
    ShownDefinition = |generator| object(
        &["apiVersion", "kind", "slug", "name", "resource_type", "enabled"],
        members(generator),
    );
}

fn members(generator: &mut SchemaGenerator) -> Value {
    let url = json!({"type": ["string", "null"], "pattern": "^https?://[^\\u0000-\\u001f\\u007f-\\u009f]+$", "minLength": 9, "maxLength": 2048});
    let tag = json!({"type": "string", "minLength": 1, "maxLength": 64, "pattern": LINE});
    json!({
        "apiVersion": {"const": lockgate_domain::API_VERSION},
        "kind": {"const": lockgate_domain::KIND},
        "slug": slug("Unique in its scope; never changes."),
        "name": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": LINE, "description": "Unique in its scope."},
        "description": {"type": ["string", "null"], "maxLength": 8192},
        "image_url": url,
        "documentation_url": url,
        "resource_type": {"type": "string", "enum": ["EXTERNAL", "INTERNAL"], "description": "Which addresses it may reach."},
        "base_url": {"type": ["string", "null"], "description": "What relative URLs are relative to."},
        "activation": nullable(of::<Activation>(generator).into()),
        "destinations": {
            "type": ["array", "null"], "maxItems": 64, "items": of::<Destination>(generator),
            "description": "Where it may go; nowhere without it.",
        },
        "certificate_authorities": {
            "type": ["array", "null"], "maxItems": 16, "items": {"type": "string", "minLength": 1, "maxLength": 65536},
            "description": "Which authorities its requests trust over TLS beside those that every group trusts: texts of one or more certificates in PEM, at most 16 certificates and 64 KiB together.",
        },
        "tags": {"type": "array", "maxItems": 32, "items": tag},
        "settings": {"type": "object", "description": "Values that plugins can read; no place for secrets."},
        "capabilities": {
            "type": "array", "description": "What its plugins may use.",
            "items": {"type": "string", "enum": ["http", "grpc", "database", "signing", "connectors"]},
        },
        "limits": of::<LimitsPatch>(generator),
        "connectors": {
            "type": ["array", "null"], "items": of::<ConnectorDefinition>(generator),
            "description": "Its declarative connectors, all of them. Lists of groups leave them out, and so can a change.",
        },
        "enabled": {"type": "boolean", "description": "Whether its connectors can be called."},
    })
}

/// The same members for a merge patch: each can be null, which removes it, and of an object a part can be sent.
fn patch(generator: &mut SchemaGenerator) -> Value {
    let members = members(generator);
    let members = members.as_object().into_iter().flatten().map(|(name, schema)| {
        let part = matches!(name.as_str(), "activation" | "limits" | "settings");
        (name.clone(), if part { json!({"type": ["object", "null"]}) } else { nullable(schema.clone()) })
    });
    Value::Object(members.collect())
}
