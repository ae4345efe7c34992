//! Schemas of types, and what TypeScript's own compiler says of the types.

use std::fs;
use std::process::Command;

use lockgate_domain::schema::{Document, Schema};
use lockgate_tests::{Serve, root};
use reqwest::Method;
use serde_json::{Value, json};

use super::script;

/// Values for which a case says that the schema differs from the compiler, and for what reason there is in `docs/scripts.md`.
fn has(case: &Value, key: &str, value: &Value) -> bool {
    case[key].as_array().is_some_and(|all| all.contains(value))
}

fn takes(schema: &Schema, value: &Value) -> bool {
    schema.validate(&Document::parse(&value.to_string()).unwrap()).is_ok()
}

#[test]
fn schemas_take_what_typescript_takes() {
    let done = Command::new(root().join("tests/scripts.sh")).status().unwrap();
    assert!(done.success(), "tests/scripts.sh could not prepare what TypeScript says");
    let said = fs::read_to_string(root().join("target/scripts/types.jsonl")).unwrap();
    let cases: Vec<Value> = said.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(cases.len() >= 170, "{}", cases.len());
    let host = Serve::new().start();
    host.group("g", json!({}));
    let mut wrong = Vec::new();
    for (index, case) in cases.iter().enumerate() {
        let (declared, r#type) = (case["declared"].as_str().unwrap_or_default(), case["type"].as_str().unwrap());
        let source = format!("{declared}\nexport default function (input: {type}): {type} {{ return input; }}");
        let definition = script(&format!("c{index}"), "typescript", &source);
        let saved = host.send(host.request(Method::POST, "/groups/g/connectors").json(&definition)).status(201).json();
        for side in ["input", "output"] {
            let written = &saved[format!("{side}_schema")];
            let schema = Schema::compile(written).unwrap();
            // What can't be said is named, takes all that the type takes, and may take more.
            let is_named = written.to_string().contains("$comment");
            if is_named != (case["named"] == true) {
                wrong.push(format!("{type} ({side}): {written} names what can't be said: {is_named}"));
            }
            for (value, accepted) in case["values"].as_array().unwrap().iter().zip(case["accepted"].as_array().unwrap())
            {
                let accepted = accepted.as_bool().unwrap();
                let is_wider = has(case, "wider", value) || (side == "output" && has(case, "output", value));
                let expected = (accepted || is_wider) && !has(case, "narrower", value);
                let found = takes(&schema, value);
                if found != expected && !(is_named && found) {
                    wrong.push(format!("{type} ({side}): {value}: expected {expected}, by {written}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
}
