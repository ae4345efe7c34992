//! The definition of a declarative connector: a reader of the domain takes it, with a pointer to each violation, so its
//! schema is written here, and a test compares its members with those that the reader takes. The meaning of each key is in
//! `docs/connectors.md`.

use schemars::SchemaGenerator;
use serde_json::{Value, json};

use crate::openapi::schema::{sent, text};
use crate::openapi::schemas::{of, written};
use crate::openapi::texts::AnySchema;

written! {
    ConnectorDefinition = |generator| definition(generator);
    HttpDefinition = |_| http();
    DatabaseDefinition = |_| database();
}

/// What `http` says of the request and of its answer.
fn http() -> Value {
    let template = |description: &str| text(&format!("{description} `{{{{field}}}}` stands for a value of the input."));
    let parameters = json!({
        "type": "object", "minProperties": 1, "maxProperties": 128,
        "description": "`name: value` or `name: [value, …]`, with placeholders.",
    });
    let pointer = |description: &str| text(&format!("JSON pointer (RFC 6901): {description}"));
    let statuses = || {
        let status = json!({"anyOf": [{"type": "integer"}, {"type": "string"}]});
        json!({"type": "array", "items": status, "minItems": 1, "description": "Such as `404`, `4xx` and `500-504`."})
    };
    let number = |min: u64, max: u64| json!({"type": "integer", "minimum": min, "maximum": max});
    sent(
        &["method"],
        json!({
            "method": {"type": "string", "enum": ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]},
            "path": template("Behind the group's `base_url`."),
            "url": template("In place of `path`: a whole URL, without placeholders in scheme, host and port."),
            "query": parameters,
            "headers": {"type": "object", "minProperties": 1, "maxProperties": 64, "additionalProperties": {"type": "string"}},
            "body": {
                "type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": false,
                "properties": {"json": {}, "form": parameters, "text": template("Any text.")},
            },
            "response": sent(&[], json!({
                "pointer": pointer("only this part of the body."),
                "format": {"type": "string", "enum": ["json", "text", "base64"]},
                "status": {"type": "boolean", "description": "Whether the output has the status beside the body."},
                "headers": {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 32},
            })),
            "errors": sent(&[], json!({
                "statuses": statuses(),
                "when": sent(&["pointer"], json!({"pointer": pointer("of what makes any answer an error."), "equals": {}})),
                "code": pointer("of the failure's code."),
                "message": pointer("of the failure's message."),
                "retryable": statuses(),
            })),
            "pagination": sent(&["type"], json!({
                "type": {"type": "string", "enum": ["cursor", "link", "page"]},
                "pointer": pointer("of the cursor, or of the next page's URL."),
                "query": text("The parameter that is set."),
                "start": number(0, u32::MAX.into()),
                "step": number(1, u32::MAX.into()),
                "size": number(1, 10_000),
                "max_pages": number(1, 100),
                "max_rows": number(1, 10_000),
            })),
            "retry": sent(&["attempts"], json!({
                "attempts": number(2, 5), "statuses": statuses(), "wait_ms": number(1, 10_000),
            })),
            "redirects": number(0, 10),
        }),
    )
}

/// What `database` says of the statement and of its answer.
fn database() -> Value {
    sent(
        &["engine", "statement"],
        json!({
            "engine": {"type": "string", "enum": ["postgresql", "redshift", "mysql"]},
            "statement": text("One statement. `:name` stands for a value of the input."),
            "mode": {"type": "string", "enum": ["rows", "one", "execute"], "description": "What becomes of the answer."},
            "read_only": {"type": "boolean", "description": "Whether the server refuses what changes anything; true by default."},
            "max_rows": {"type": "integer", "minimum": 1, "maximum": 10_000_000},
            "destination": {"type": "string", "pattern": "^[a-z][a-z0-9_-]{0,62}$", "description": "The database, by the name of its destination."},
        }),
    )
}

fn definition(generator: &mut SchemaGenerator) -> Value {
    let prose = |max: usize| json!({"type": "string", "maxLength": max});
    let list = |items: Value| json!({"type": "array", "minItems": 1, "maxItems": 32, "items": items});
    let example = sent(&["input"], json!({"title": prose(200), "input": {}, "output": {}}));
    let members = json!({
        "name": {"type": "string", "pattern": "^[a-z][a-z0-9_]{0,63}$", "description": "Unique in the group; never changes."},
        "type": {"type": "string", "enum": ["http", "database"]},
        "title": prose(200),
        "description": prose(8192),
        "input_schema": of::<AnySchema>(generator),
        "output_schema": of::<AnySchema>(generator),
        "examples": list(example),
        "tags": list(prose(64)),
        "hints": sent(&[], json!({
            "read_only": {"type": "boolean"}, "idempotent": {"type": "boolean"}, "destructive": {"type": "boolean"},
        })),
        "limits": {"type": "object", "description": "Limits that differ from the group's."},
        "enabled": {"type": "boolean", "description": "Whether it can be called."},
        "http": of::<HttpDefinition>(generator),
        "database": of::<DatabaseDefinition>(generator),
    });
    sent(&["name", "type"], members)
}
