//! `S/groups/{ref}/connectors`, and the call of one.

use lockgate_domain::Code;
use serde_json::{Value, json};

use super::Noun;
use super::operation::Operation;
use super::parameter;
use super::schema::{array, count, digest, nullable, object, reference, sent, text, uuid, with};

/// What a connector shows in a list.
fn short() -> Value {
    let plugin = object(
        &["name", "digest", "version"],
        json!({"name": text("Its name."), "digest": digest("Its bytes."), "version": text("The author's version.")}),
    );
    let hint = |description: &str| json!({"type": "boolean", "description": description});
    json!({
        "name": text("Its name in the group."),
        "type": {"type": "string", "enum": ["function"]},
        "title": text("For people."),
        "description": text("What it does."),
        "tags": array(text("A word."), "Words to find it by."),
        "hints": {"type": "object", "description": "What a caller may assume. Absent means unknown.", "properties": {
            "read_only": hint("Changes nothing outside."),
            "idempotent": hint("The same call twice has the effect of one."),
            "destructive": hint("Removes or overwrites something."),
        }},
        "plugin": plugin,
        "enabled": {"type": "boolean"},
    })
}

/// And what it shows alone.
fn whole() -> Value {
    let schema = json!({"type": ["object", "boolean"], "description": "JSON Schema, draft 2020-12."});
    let example = object(&["input"], json!({"title": text("For people."), "input": {}, "output": {}}));
    let more = json!({
        "input_schema": schema,
        "output_schema": schema,
        "examples": array(example, "Calls that work."),
        "limits": reference("Limits"),
    });
    with(short(), more)
}

fn choice() -> Value {
    let tenant = json!({"type": "string", "pattern": "^[!-~]{1,128}$"});
    let fixed =
        sent(&["fixed"], json!({"fixed": text("A connection of the organization or workspace, by name or id.")}));
    let of = sent(&["tenant"], json!({"tenant": tenant, "name": nullable(text("Which, if the tenant has several."))}));
    let dynamic = sent(&["dynamic"], json!({"dynamic": of}));
    json!({"oneOf": [fixed, dynamic, {"const": "none"}], "description": "Which connection the call runs with."})
}

pub(super) fn noun() -> Noun {
    let usage = object(
        &["cpu_us", "peak_memory_bytes", "host_calls"],
        json!({
            "cpu_us": count("The guest's CPU time, in microseconds."),
            "peak_memory_bytes": count("The most that its memories and tables had together."),
            "host_calls": count("Calls of host functions."),
        }),
    );
    let call = object(
        &["id", "duration_us", "plugin", "usage"],
        json!({
            "id": uuid("As in the record and in the log."),
            "duration_us": count("From the arrival of the request's head."),
            "plugin": digest("What ran."),
            "usage": reference("Usage"),
        }),
    );
    Noun {
        name: "connectors",
        description: "What can be called.",
        operations: operations(),
        schemas: json!({
            "Usage": usage,
            "ConnectorSummary": object(&["name", "type", "plugin", "enabled"], short()),
            "Connector": object(
                &["name", "type", "plugin", "enabled", "input_schema", "output_schema", "limits"],
                whole(),
            ),
            "Invocation": sent(&["input"], json!({
                "input": {"description": "Any JSON; checked against the connector's input schema."},
                "connection": choice(),
            })),
            "Answer": object(&["output", "call"], json!({
                "output": {"description": "Any JSON that matches the connector's output schema."}, "call": call,
            })),
        }),
    }
}

fn operations() -> Vec<Operation> {
    const ONE: &str = "{S}/groups/{ref}/connectors/{connector}";
    let conflicts = [Code::Conflict, Code::ScopeDisabled];
    vec![
        Operation::new("GET", "{S}/groups/{ref}/connectors", "list_connectors", "List what can be called")
            .lists("ConnectorSummary")
            .parameter(parameter::words()),
        Operation::new("GET", ONE, "get_connector", "Show a connector with its schemas and limits")
            .gives(200, "Connector"),
        Operation::new("PUT", ONE, "replace_connector", "Refused: connectors change with their plugin")
            .refuses(&conflicts),
        Operation::new("DELETE", ONE, "delete_connector", "Refused as well").refuses(&conflicts),
        invoke(),
    ]
}

fn invoke() -> Operation {
    let tenant = json!({"type": "string", "pattern": "^[!-~]{1,128}$"});
    let deadline = json!({"type": "integer", "minimum": 1, "maximum": 900_000});
    Operation::new("POST", "{S}/groups/{ref}/connectors/{connector}/invoke", "invoke", "Call a connector")
        .describe("The call ends when its client closes the connection. `Idempotency-Key` and `Prefer: respond-async` are refused.")
        .parameter(parameter::header("lockgate-tenant", "On whose behalf.", tenant))
        .parameter(parameter::header("lockgate-deadline-ms", "How long the caller waits.", deadline))
        .takes("Invocation")
        .gives(200, "Answer")
        .refuses(&[
            Code::Forbidden,
            Code::NoActivation,
            Code::TenantUnknown,
            Code::TenantDisabled,
            Code::Disabled,
            Code::ScopeDisabled,
            Code::InputInvalid,
            Code::ConnectorFailure,
            Code::TooManyCalls,
            Code::PoolExhausted,
            Code::Trapped,
            Code::Aborted,
            Code::CpuExceeded,
            Code::MemoryExceeded,
            Code::OutputTooLarge,
            Code::OutputNotJson,
            Code::OutputInvalid,
            Code::HostCallsExceeded,
            Code::ContractBroken,
            Code::HandlesExceeded,
            Code::DeadlineExceeded,
            Code::Draining,
        ])
}
