//! The egress rules and credentials of a group: `activation` and `destinations` of a definition. The keys of each method and their
//! meaning are in `docs/connections.md`.

use serde_json::{Value, json};

use crate::openapi::schema::{object, sent, text};
use crate::openapi::schemas::{of, written};

written! {
    Activation = |generator| sent(&["credentials"], json!({
        "credentials": {
            "type": "object", "propertyNames": name(), "minProperties": 1, "maxProperties": 8,
            "additionalProperties": of::<Credential>(generator), "description": "By name, usually `main` alone.",
        },
        "fields": {
            "type": "object", "propertyNames": {"pattern": "^[a-z][a-z0-9_]{0,63}$"},
            "additionalProperties": of::<Field>(generator), "description": "Further values of a connection.",
        },
        "verify": verify(),
    }));
    Credential = |generator| sent(&["methods"], json!({
        "default": text("The method that forms offer first; needed when there are several."),
        "methods": {
            "type": "object", "propertyNames": name(), "minProperties": 1, "maxProperties": 16,
            "additionalProperties": of::<AuthMethod>(generator), "description": "Alternative ways to authenticate.",
        },
    }));
    AuthMethod = |_| object(&["type"], json!({
        "type": {"type": "string", "enum": ["basic", "api_key", "bearer", "custom", "oauth2"]},
    }));
    Field = |_| object(&["type"], json!({
        "type": {"type": "string", "enum": ["text", "password", "number", "certificate", "select"]},
        "title": text("For people."),
        "description": text("For people."),
        "required": {"type": "boolean"},
        "visible": {"type": "boolean", "description": "Whether it is no secret."},
        "hidden": {"type": "boolean", "description": "Forms leave it out."},
        "disabled": {"type": "boolean", "description": "Forms show it and take no value."},
    }));
    Destination = |_| sent(&[], json!({
        "url": text("Scheme, host, port and the beginning of the path."),
        "database": database(),
        "name": {"type": "string", "pattern": "^[a-z][a-z0-9_-]{0,62}$", "description": "By which connectors choose between databases."},
        "methods": {"type": "array", "items": {"type": "string"}, "minItems": 1, "description": "All of them without it."},
        "credential": text("The credential that goes there, or `none`."),
        "plaintext": {"type": "boolean", "description": "Whether it may go without TLS; for `INTERNAL` groups."},
        "tenant_private": {"type": "boolean", "description": "Whether values of a tenant may lead to a private address."},
    }));
}

/// In place of a URL: one database on one server.
fn database() -> Value {
    sent(
        &["engine", "host"],
        json!({
            "engine": {"type": "string", "enum": ["postgresql", "redshift", "mysql"]},
            "host": text("A name, an address, or `{field}` and a fixed suffix."),
            "port": {"type": "integer", "minimum": 1, "maximum": 65535},
            "name": {"type": "string", "minLength": 1, "maxLength": 63, "description": "The database; without it the one that the server chooses for the user."},
            "tls": {"type": "string", "enum": ["verify-full", "verify-ca", "disable"], "description": "`verify-full` without it."},
            "options": {"type": "object", "minProperties": 1, "additionalProperties": {"type": "string"}, "description": "Settings of its sessions."},
        }),
    )
}

/// Of a credential or a method.
fn name() -> Value {
    json!({"pattern": "^[a-z][a-z0-9_-]{0,62}$"})
}

/// The request that tells whether a connection works.
fn verify() -> Value {
    let status = json!({"type": "integer", "minimum": 100, "maximum": 599});
    let statuses = json!({"anyOf": [status, {"type": "array", "items": status, "minItems": 1}]});
    sent(
        &["path"],
        json!({
            "method": {"type": "string", "enum": ["GET", "HEAD", "POST"]},
            "path": text("Behind `base_url`."),
            "expect": sent(&["status"], json!({"status": statuses})),
        }),
    )
}
