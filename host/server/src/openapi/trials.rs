//! Calls whose answer shows everything of them.

use lockgate_domain::Code;
use serde_json::{Value, json};

use super::Noun;
use super::connectors::{choice, input};
use super::operation::Operation;
use super::parameter;
use super::schema::{array, count, object, reference, sent, text, uuid};

fn exchange() -> Value {
    let header = || json!({"type": "array", "items": {"type": "string"}, "minItems": 2, "maxItems": 2});
    object(
        &[
            "purpose",
            "method",
            "url",
            "request_headers",
            "request_body",
            "response_headers",
            "response_body",
            "attempt",
            "duration_us",
        ],
        json!({
            "purpose": {"type": "string", "enum": ["request", "login", "verify"]},
            "method": text("The method."),
            "url": text("Where it went, without what the auth method adds."),
            "request_headers": array(header(), "Name and value; credentials are masked."),
            "request_body": text("Its beginning, as text."),
            "status": {"type": "integer", "description": "Of the answer, if there was one."},
            "response_headers": array(header(), "Name and value, as the connector got them."),
            "response_body": text("Its beginning, as far as it was read."),
            "error": text("Why there was no answer, or no end of it."),
            "attempt": count("Which time it was sent, from 1."),
            "duration_us": count("Until the head of the answer."),
        }),
    )
}

fn log() -> Value {
    let levels = ["trace", "debug", "info", "warn", "error"];
    object(
        &["level", "message"],
        json!({
            "level": {"type": "string", "enum": levels}, "message": text("What the plugin said."), "fields": {},
        }),
    )
}

pub(super) fn noun() -> Noun {
    let violations = |of: &str| array(reference("Violation"), of);
    let of_group =
        json!({"anyOf": [{"type": "string"}, {"type": "object"}], "description": "A reference, or a definition."});
    let of_connector =
        json!({"anyOf": [{"type": "string"}, {"type": "object"}], "description": "A name, or a definition."});
    Noun {
        name: "tests",
        description: "Calls that are made to see what happens.",
        operations: operations(),
        schemas: json!({
            "Test": sent(&["input"], json!({"input": input(), "connection": choice()})),
            "UnsavedTest": sent(&["group", "connector", "input"], json!({
                "group": of_group, "connector": of_connector, "input": input(), "connection": choice(),
            })),
            "Tested": object(
                &[
                    "call", "duration_us", "usage", "logs", "exchanges", "exchanges_dropped", "violations",
                    "credentials_withheld",
                ],
                json!({
                    "output": {"description": "What an invoke would have answered."},
                    "problem": reference("Problem"),
                    "call": uuid("The call."),
                    "duration_us": count("From the arrival of the request's head."),
                    "usage": reference("Usage"),
                    "logs": array(log(), "What the plugin logged."),
                    "exchanges": array(exchange(), "Each request that went out."),
                    "exchanges_dropped": count("Further ones that were not kept."),
                    "violations": object(&["input", "output"], json!({
                        "input": violations("Where the input breaks the schema."),
                        "output": violations("Where the output does."),
                    })),
                    "credentials_withheld": {
                        "type": "boolean",
                        "description": "Whether the definition leads elsewhere than the saved group, so that no \
                                        credential was given to the call.",
                    },
                }),
            ),
        }),
    }
}

fn operations() -> Vec<Operation> {
    vec![
        Operation::new(
            "POST",
            "{S}/groups/{ref}/connectors/{connector}/test",
            "test_connector",
            "Call a connector, and show everything of the call",
        )
        .describe("It answers 200 also when the call failed: `problem` is what an invoke would have answered.")
        .parameter(parameter::tenant())
        .parameter(parameter::deadline())
        .takes("Test")
        .gives(200, "Tested"),
        Operation::new("POST", "{S}/tests/run", "run_test", "Call a connector that is not saved")
            .describe(
                "Where the call goes and with which credential is what the saved group says. A definition of a group \
                 that says something else runs without credentials.",
            )
            .parameter(parameter::tenant())
            .parameter(parameter::deadline())
            .takes("UnsavedTest")
            .gives(200, "Tested")
            .refuses(&[Code::DefinitionInvalid]),
    ]
}
