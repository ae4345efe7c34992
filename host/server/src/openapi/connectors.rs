//! `S/groups/{ref}/connectors`, their versions, and the call of one.

use lockgate_domain::Code;
use serde_json::{Value, json};

use super::Noun;
use super::definition::{examples, hints, schema};
use super::operation::Operation;
use super::parameter;
use super::problem::{CONNECTION, OUTGOING, RUNNING};
use super::schema::{array, count, digest, nullable, object, reference, sent, text, time, uuid, with};

/// What a connector shows in a list.
fn short() -> Value {
    let plugin = object(
        &["name", "digest", "version"],
        json!({"name": text("Its name."), "digest": digest("Its bytes."), "version": text("The author's version.")}),
    );
    json!({
        "name": text("Its name in the group."),
        "type": {"type": "string", "enum": ["function", "http"]},
        "title": text("For people."),
        "description": text("What it does."),
        "tags": array(text("A word."), "Words to find it by."),
        "hints": hints(),
        "plugin": plugin,
        "version": count("The number of the current version, of a connector without code."),
        "created_at": time("When it was made, of a connector without code."),
        "updated_at": time("When it was changed last, of a connector without code."),
        "enabled": {"type": "boolean"},
    })
}

/// And what it shows alone.
fn whole() -> Value {
    let more = json!({
        "input_schema": schema(),
        "output_schema": schema(),
        "examples": examples(),
        "limits": reference("Limits"),
        "http": {"type": "object", "description": "The request of a connector without code."},
        "definition": {"type": "object", "description": "A connector without code as it was written."},
    });
    with(short(), more)
}

/// Which connection a call runs with.
pub(super) fn choice() -> Value {
    let tenant = json!({"type": "string", "pattern": "^[!-~]{1,128}$"});
    let fixed =
        sent(&["fixed"], json!({"fixed": text("A connection of the organization or workspace, by name or id.")}));
    let of = sent(&["tenant"], json!({"tenant": tenant, "name": nullable(text("Which, if the tenant has several."))}));
    let dynamic = sent(&["dynamic"], json!({"dynamic": of}));
    json!({"oneOf": [fixed, dynamic, {"const": "none"}], "description": "Which connection the call runs with."})
}

pub(super) fn input() -> Value {
    json!({"description": "Any JSON; checked against the connector's input schema."})
}

/// What a call uses, as a part of answers.
fn usage() -> Value {
    object(
        &["cpu_us", "peak_memory_bytes", "host_calls"],
        json!({
            "cpu_us": count("The guest's CPU time, in microseconds."),
            "peak_memory_bytes": count("The most that its memories and tables had together."),
            "host_calls": count("Calls of host functions, or requests of a connector without code."),
        }),
    )
}

/// A version, and what else it shows alone.
fn version(further: Value) -> Value {
    with(
        json!({
            "number": count("From 1, in the order of saving."),
            "current": {"type": "boolean", "description": "Whether calls run it."},
            "created_at": time("When it was saved."),
            "token": nullable(uuid("By whom; null for a ready-made one.")),
        }),
        further,
    )
}

fn schemas() -> Value {
    const VERSION: [&str; 4] = ["number", "current", "created_at", "token"];
    let call = object(
        &["id", "duration_us", "usage"],
        json!({
            "id": uuid("As in the record and in the log."),
            "duration_us": count("From the arrival of the request's head."),
            "plugin": digest("What ran, of a connector with code."),
            "version": count("The version that ran, of a connector without."),
            "usage": reference("Usage"),
        }),
    );
    let changed =
        object(&["pointer", "from", "to"], json!({"pointer": text("Into the definition."), "from": {}, "to": {}}));
    let broken = object(
        &["connector", "pointer", "detail"],
        json!({"connector": text("Whose schema."), "pointer": text("Where."), "detail": text("What is different.")}),
    );
    json!({
        "Usage": usage(),
        "ConnectorSummary": object(&["name", "type", "enabled"], short()),
        "Connector": object(&["name", "type", "enabled", "input_schema", "output_schema", "limits"], whole()),
        "ConnectorVersion": object(&VERSION, version(json!({}))),
        "ConnectorVersionWithDefinition": object(
            &[&VERSION[..], &["definition"]].concat(),
            version(json!({"definition": {"type": "object", "description": "As it was written."}})),
        ),
        "VersionDiff": object(&["from", "to", "changes", "breaks"], json!({
            "from": count("The number of the one."),
            "to": count("The number of the other."),
            "changes": array(changed, "Places with different values; absent is null."),
            "breaks": array(broken, "Where a caller of the one may fail with the other."),
        })),
        "CurrentVersion": sent(&["version"], json!({"version": {"type": "integer", "description": "Its number."}})),
        "Invocation": sent(&["input"], json!({"input": input(), "connection": choice()})),
        "Answer": object(&["output", "call"], json!({
            "output": {"description": "Any JSON that matches the connector's output schema."}, "call": call,
        })),
    })
}

pub(super) fn noun() -> Noun {
    Noun {
        name: "connectors",
        description: "What can be called. Those without code are definitions with versions; the others change with \
                      their plugin.",
        operations: operations(),
        schemas: with(super::definition::schemas(), schemas()),
    }
}

fn operations() -> Vec<Operation> {
    const ALL: &str = "{S}/groups/{ref}/connectors";
    const ONE: &str = "{S}/groups/{ref}/connectors/{connector}";
    let changes = [Code::Forbidden, Code::ReadOnly, Code::ScopeDisabled, Code::Conflict];
    let saves = [Code::DefinitionInvalid, Code::ConnectorTaken];
    vec![
        Operation::new("GET", ALL, "list_connectors", "List what can be called")
            .lists("ConnectorSummary")
            .parameter(parameter::words()),
        Operation::new("POST", ALL, "create_connector", "Make a connector without code")
            .takes("ConnectorDefinition")
            .gives_tagged(201, "Connector")
            .refuses(&changes)
            .refuses(&saves),
        Operation::new("GET", ONE, "get_connector", "Show a connector with its schemas and limits")
            .gives(200, "Connector"),
        Operation::new("PUT", ONE, "save_connector", "Save a new version, which becomes current")
            .if_match()
            .takes("ConnectorDefinition")
            .gives_tagged(200, "Connector")
            .refuses(&changes)
            .refuses(&saves),
        Operation::new("DELETE", ONE, "delete_connector", "Delete a connector with all its versions")
            .if_match()
            .refuses(&changes),
        Operation::new(
            "GET",
            "{S}/groups/{ref}/connectors/{connector}/versions",
            "list_versions",
            "List the versions of a connector, the latest first",
        )
        .lists("ConnectorVersion")
        .refuses(&[Code::Conflict]),
        Operation::new(
            "GET",
            "{S}/groups/{ref}/connectors/{connector}/versions/{n}",
            "get_version",
            "Show a version with its definition",
        )
        .gives(200, "ConnectorVersionWithDefinition")
        .refuses(&[Code::Conflict]),
        Operation::new(
            "GET",
            "{S}/groups/{ref}/connectors/{connector}/versions/{a}/diff/{b}",
            "diff_versions",
            "Compare two versions",
        )
        .gives(200, "VersionDiff")
        .refuses(&[Code::Conflict]),
        Operation::new(
            "PUT",
            "{S}/groups/{ref}/connectors/{connector}/current",
            "switch_connector",
            "Make a version current, forward or back",
        )
        .if_match()
        .takes("CurrentVersion")
        .gives_tagged(200, "Connector")
        .refuses(&changes),
        invoke(),
    ]
}

fn invoke() -> Operation {
    Operation::new("POST", "{S}/groups/{ref}/connectors/{connector}/invoke", "invoke", "Call a connector")
        .describe("The call ends when its client closes the connection. `Idempotency-Key` and `Prefer: respond-async` are refused.")
        .parameter(parameter::tenant())
        .parameter(parameter::deadline())
        .takes("Invocation")
        .gives(200, "Answer")
        .refuses(CONNECTION)
        .refuses(RUNNING)
        .refuses(OUTGOING)
}
