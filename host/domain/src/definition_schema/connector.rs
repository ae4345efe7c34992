//! The schemas of a declarative connector. The meaning of each key is in `docs/connectors.md`.

use schemars::SchemaGenerator;
use serde_json::{Map, Value, json};

use super::write::{annotated, choice, described, list, map, number, object, of, prose, with};
use crate::connector::{
    self, DatabaseDefinition, GrpcDefinition, HttpDefinition, ScriptDefinition, ScriptLanguage, words,
};
use crate::{ConnectorDefinition, ConnectorName, DestinationName, Limit};

described! {
    ConnectorDefinition, "ConnectorDefinition" = |generator| definition(generator);
    HttpDefinition, "HttpDefinition" = |_| http();
    GrpcDefinition, "GrpcDefinition" = |generator| grpc(generator);
    DatabaseDefinition, "DatabaseDefinition" = |generator| database(generator);
    ScriptDefinition, "ScriptDefinition" = |_| script();
}

fn definition(generator: &mut SchemaGenerator) -> Value {
    let schema = || json!({"type": ["object", "boolean"], "description": "JSON Schema, draft 2020-12."});
    let example = object(&["input"], json!({"title": prose(200), "input": {}, "output": {}}));
    let flag = || json!({"type": "boolean"});
    let limit = |limit: &Limit| {
        let (min, max) = limit.range();
        (limit.name().to_owned(), with(number(min, max), json!({"type": ["integer", "null"]})))
    };
    let limits: Map<_, _> = connector::SCRIPT_LIMITS.iter().map(limit).collect();
    let members = json!({
        "name": annotated(of::<ConnectorName>(generator), "Unique in the group; never changes."),
        "type": {"enum": ["http", "grpc", "database", "function"]},
        "title": prose(200),
        "description": prose(8192),
        "input_schema": schema(),
        "output_schema": schema(),
        "examples": list(example, connector::EXAMPLES_MAX),
        "tags": list(prose(64), connector::TAGS_MAX),
        "hints": object(&[], json!({"read_only": flag(), "idempotent": flag(), "destructive": flag()})),
        "limits": annotated(object(&[], Value::Object(limits)), "Limits that differ from the group's."),
        "enabled": annotated(flag(), "Whether it can be called."),
        "http": of::<HttpDefinition>(generator),
        "grpc": of::<GrpcDefinition>(generator),
        "database": of::<DatabaseDefinition>(generator),
        "script": of::<ScriptDefinition>(generator),
    });
    // A database is asked for the schemas that its connector leaves out, when it is saved by itself; those of a method
    // follow from the group's descriptors. The limits of a guest are those of scripts.
    let without_code = json!({"propertyNames": {"enum": connector::LIMITS.map(Limit::name)}});
    let of_type = |own: &str| json!({"type": {"const": own}, "limits": without_code});
    let types = json!({"oneOf": [
        {
            "properties": {"type": {"const": "http"}}, "required": ["http", "input_schema", "output_schema"],
            "anyOf": [{"required": ["script"]}, {"properties": {"limits": without_code}}],
        },
        {"properties": of_type("grpc"), "required": ["grpc"]},
        {"properties": of_type("database"), "required": ["database"]},
        {"properties": {"type": {"const": "function"}}, "required": ["script"]},
    ]});
    with(object(&["name", "type"], members), types)
}

/// What `grpc` says of the call and of its answer.
fn grpc(generator: &mut SchemaGenerator) -> Value {
    let header = json!({"minLength": 1, "maxLength": 256});
    let value = json!({"type": "string", "description": "A value. `{{field}}` stands for a value of the input."});
    object(
        &["service", "method"],
        json!({
            "service": {"type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_.]*$", "maxLength": 256, "description": "The service with its package."},
            "method": {"type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]*$", "maxLength": 256, "description": "The method. Its requests are no stream."},
            "request": {"description": "The request's message as JSON, with placeholders; the input itself without it."},
            "metadata": map(header, value, words::HEADERS_MAX),
            "max_messages": annotated(number(1, words::MESSAGES_MAX), "How many messages of a stream are read."),
            "destination": annotated(of::<DestinationName>(generator), "The server, by the name of its destination."),
        }),
    )
}

/// What `database` says of the statement and of its answer.
fn database(generator: &mut SchemaGenerator) -> Value {
    object(
        &["engine", "statement"],
        json!({
            "engine": choice(&crate::database::Engine::WORDS),
            "statement": {"type": "string", "minLength": 1, "description": "One statement. `:name` stands for a value of the input."},
            "mode": annotated(choice(&words::MODES), "What becomes of the answer."),
            "read_only": {"type": "boolean", "description": "Whether the server refuses what changes anything; true by default."},
            "max_rows": annotated(number(1, words::DATABASE_ROWS_MAX), "How many rows are read."),
            "destination": annotated(of::<DestinationName>(generator), "The database, by the name of its destination."),
        }),
    )
}

/// What `script` says.
fn script() -> Value {
    object(
        &["language", "source"],
        json!({
            "language": choice(&ScriptLanguage::WORDS),
            "source": {
                "type": "string", "maxLength": words::SOURCE_MAX_BYTES,
                "description": "A module: `export default async function (input, ctx)`.",
            },
        }),
    )
}

/// What `http` says of the request and of its answer.
fn http() -> Value {
    let template = |description: &str| json!({"type": "string", "description": format!("{description} `{{{{field}}}}` stands for a value of the input.")});
    let value = json!({"type": ["string", "number", "boolean"]});
    let values = json!({"anyOf": [value, list(value.clone(), words::VALUES_MAX)]});
    let parameters = annotated(
        map(json!({"minLength": 1, "maxLength": 256}), values, words::PARAMETERS_MAX),
        "`name: value` or `name: [value, …]`, with placeholders.",
    );
    let header = json!({"minLength": 1, "maxLength": 256});
    let whole_url = "In place of `path`: a whole URL, without placeholders in scheme, host and port.";
    let members = json!({
        "method": choice(&words::METHODS),
        "path": template("Behind the group's `base_url`."),
        "url": template(whole_url),
        "segments": annotated(list(json!({"type": "string"}), words::SEGMENTS_MAX), "Fields that fill one segment each, with any slashes encoded."),
        "query": parameters,
        "headers": map(header, template("A value."), words::HEADERS_MAX),
        "body": {"oneOf": [
            object(&["json"], json!({"json": {}})),
            object(&["form"], json!({"form": parameters})),
            object(&["text"], json!({"text": template("Any text."), "escape": choice(&words::ESCAPES)})),
        ]},
        "response": response(),
        "errors": errors(),
        "pagination": pagination(),
        "retry": object(&["attempts"], json!({
            "attempts": number(2, words::ATTEMPTS_MAX), "statuses": statuses(), "wait_ms": number(1, words::WAIT_MAX_MS),
        })),
        "redirects": number(0, words::REDIRECTS_MAX),
    });
    with(object(&["method"], members), json!({"oneOf": [{"required": ["path"]}, {"required": ["url"]}]}))
}

fn pointer(description: &str) -> Value {
    json!({"type": "string", "description": format!("JSON pointer (RFC 6901): {description}")})
}

fn statuses() -> Value {
    let status = json!({"anyOf": [number(100, 599), {"type": "string", "pattern": "^([1-5]xx|[1-5][0-9]{2}( *- *[1-5][0-9]{2})?)$"}]});
    annotated(list(status, words::STATUSES_MAX), "Such as `404`, `4xx` and `500-504`.")
}

fn statuses_if_any(description: &str) -> Value {
    with(
        statuses(),
        json!({"minItems": 0, "description": format!("{description} Such as `404`, `4xx` and `500-504`.")}),
    )
}

fn response() -> Value {
    object(
        &[],
        json!({
            "format": choice(&words::FORMATS),
            "pointer": pointer("only this part of the body."),
            "required": {"type": "boolean", "description": "Whether an answer without that part is an error."},
            "status": {"type": "boolean", "description": "Whether the output has the status beside the body."},
            "headers": list(json!({"type": "string", "minLength": 1}), words::SHOWN_HEADERS_MAX),
        }),
    )
}

fn errors() -> Value {
    let when = object(&["pointer"], json!({"pointer": pointer("of what makes any answer an error."), "equals": {}}));
    object(
        &[],
        json!({
            "statuses": statuses_if_any("The statuses that are errors; none of an empty list."),
            "when": when,
            "code": pointer("of the failure's code."),
            "message": pointer("of the failure's message."),
            "retryable": statuses_if_any("Statuses after which the same call may succeed later."),
        }),
    )
}

/// Every kind has the bounds; the kinds have members of their own.
fn pagination() -> Value {
    let place = json!({"oneOf": [{"required": ["query"]}, {"required": ["body"]}]});
    let kinds = words::PAGINATIONS.iter().map(|(kind, _)| {
        let mut members = json!({
            "type": {"const": kind},
            "max_pages": number(1, words::PAGES_MAX),
            "max_rows": number(1, words::ROWS_MAX),
            "end_statuses": statuses(),
        });
        let sets = json!({
            "query": {"type": "string", "minLength": 1, "description": "The parameter that is set."},
            "body": pointer("of the place in the JSON body that is set."),
        });
        match *kind {
            "cursor" => {
                members = with(with(members, sets), json!({"pointer": pointer("of the cursor in an answer.")}));
                with(object(&["type", "pointer"], members), place.clone())
            }
            "page" => {
                let steps = json!({
                    "start": number(0, u32::MAX.into()), "step": number(1, u32::MAX.into()),
                    "size": number(1, words::ROWS_MAX),
                });
                with(object(&["type"], with(with(members, sets), steps)), place.clone())
            }
            _ => object(&["type"], with(members, json!({"pointer": pointer("of the next page's URL.")}))),
        }
    });
    json!({"oneOf": kinds.collect::<Vec<_>>()})
}
