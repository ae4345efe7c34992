//! Where a group may go and as whom: `activation` and `destinations` of a definition. The keys of each method and their
//! meaning are in `docs/connections.md`.

use serde_json::{Value, json};

use super::schema::{object, reference, sent, text};

pub(super) fn schemas() -> Value {
    let name = json!({"pattern": "^[a-z][a-z0-9_-]{0,62}$"});
    let method = json!({
        "type": {"type": "string", "enum": ["basic", "api_key", "bearer", "custom", "oauth2"]},
    });
    let status = json!({"type": "integer", "minimum": 100, "maximum": 599});
    let expect =
        sent(&["status"], json!({"status": {"anyOf": [status, {"type": "array", "items": status, "minItems": 1}]}}));
    json!({
        "Activation": sent(&["credentials"], json!({
            "credentials": {
                "type": "object", "propertyNames": name, "minProperties": 1, "maxProperties": 8,
                "additionalProperties": reference("Credential"), "description": "By name, usually `main` alone.",
            },
            "fields": {
                "type": "object", "propertyNames": {"pattern": "^[a-z][a-z0-9_]{0,63}$"},
                "additionalProperties": reference("Field"), "description": "Further values of a connection.",
            },
            "verify": sent(&["path"], json!({
                "method": {"type": "string", "enum": ["GET", "HEAD", "POST"]},
                "path": text("Behind `base_url`."),
                "expect": expect,
            })),
        })),
        "Credential": sent(&["methods"], json!({
            "default": text("The method that forms offer first; needed when there are several."),
            "methods": {
                "type": "object", "propertyNames": name, "minProperties": 1, "maxProperties": 16,
                "additionalProperties": reference("AuthMethod"), "description": "Alternative ways to authenticate.",
            },
        })),
        "AuthMethod": object(&["type"], method),
        "Field": object(&["type"], json!({
            "type": {"type": "string", "enum": ["text", "password", "number", "certificate", "select"]},
            "title": text("For people."),
            "description": text("For people."),
            "required": {"type": "boolean"},
            "visible": {"type": "boolean", "description": "Whether it is no secret."},
            "hidden": {"type": "boolean", "description": "Forms leave it out."},
            "disabled": {"type": "boolean", "description": "Forms show it and take no value."},
        })),
        "Destination": sent(&["url"], json!({
            "url": text("Scheme, host, port and the beginning of the path."),
            "methods": {"type": "array", "items": {"type": "string"}, "minItems": 1, "description": "All of them without it."},
            "credential": text("The credential that goes there, or `none`."),
            "plaintext": {"type": "boolean", "description": "Whether it may go without TLS; for `INTERNAL` groups."},
            "tenant_private": {"type": "boolean", "description": "Whether values of a tenant may lead to a private address."},
        })),
    })
}
