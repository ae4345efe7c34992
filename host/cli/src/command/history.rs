//! What was current when, for `lockgate plugin history` and `lockgate connector history`.

use serde_json::Value;

use crate::command::{cell, short};
use crate::output::{self, Output};

/// Prints versions in the order in which they were current, the latest first.
pub(crate) fn print(found: Vec<Value>, format: Output) {
    if format == Output::Json {
        return output::json(&Value::Array(found));
    }
    let rows = found.iter().map(|entry| {
        let version = cell(entry, "/version");
        let version = if version.is_empty() { "none".to_owned() } else { short(&version) };
        let [at, name, action, token] = ["/at", "/name", "/action", "/token"].map(|part| cell(entry, part));
        vec![at, name, version, action, token]
    });
    output::table(&["TIME", "NAME", "VERSION", "ACTION", "TOKEN"], rows.collect());
}

/// A version's mark in a table: `*` for the current one, `bad` for one to which no rollback goes.
pub(crate) fn state(version: &Value) -> String {
    let is = |name: &str| version.get(name) == Some(&Value::Bool(true));
    match (is("current"), is("bad")) {
        (true, true) => "* bad",
        (true, false) => "*",
        (false, true) => "bad",
        (false, false) => "",
    }
    .to_owned()
}

/// How a mark is called.
pub(crate) fn mark(bad: bool) -> &'static str {
    if bad { "bad" } else { "good" }
}
