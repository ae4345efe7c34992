//! What monitoring and people ask of the host itself, without a token.

use lockgate_domain::Code;
use serde_json::json;

use super::Noun;
use super::operation::Operation;
use super::schema::{count, object};

pub(super) fn noun() -> Noun {
    let word = |word: &str| json!({"type": "string", "const": word});
    Noun {
        name: "operation",
        description: "Health, metrics and this description: nothing of anyone.",
        operations: operations(),
        schemas: json!({
            "Health": object(&["status"], json!({"status": word("ok")})),
            "Readiness": object(&["status", "plugins_to_compile"], json!({
                "status": word("ready"),
                "plugins_to_compile": count("Current plugins whose code is not compiled for this engine yet."),
            })),
        }),
    }
}

fn operations() -> Vec<Operation> {
    let text = || json!({"type": "string"});
    vec![
        Operation::new("GET", "/healthz", "healthz", "Say that the process answers").gives(200, "Health"),
        Operation::new("GET", "/readyz", "readyz", "Say that the host takes calls")
            .gives(200, "Readiness")
            .refuses(&[Code::StoreUnavailable, Code::Draining]),
        Operation::new("GET", "/metrics", "metrics", "Counters in the OpenMetrics text format").gives_as(
            200,
            "application/openmetrics-text; version=1.0.0; charset=utf-8",
            text(),
        ),
        Operation::new("GET", "/openapi.json", "openapi", "This document").gives_as(
            200,
            "application/json",
            json!({"type": "object"}),
        ),
        Operation::new("GET", "/docs", "docs", "This document for people").gives_as(
            200,
            "text/html; charset=utf-8",
            text(),
        ),
    ]
}
