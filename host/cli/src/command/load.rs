//! `lockgate load`.

use std::path::PathBuf;

use anyhow::Context;
use reqwest::Method;
use serde_json::Value;

use crate::client::{Target, encoded};
use crate::command::{block_on, cell, short};
use crate::output::{self, Output};
use crate::progress::Progress;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The group, such as `shop` or `org:shop`
    group: String,
    /// The component
    file: PathBuf,
    /// Grant what the plugin wants beyond what the group grants (operators)
    #[arg(long)]
    grant: bool,
    /// Allow that connectors are removed or take less than before
    #[arg(long)]
    allow_removal: bool,
    #[command(flatten)]
    target: Target,
}

pub(crate) fn run(arguments: Arguments, format: Output) -> anyhow::Result<()> {
    let path = &arguments.file;
    let bytes = std::fs::read(path).with_context(|| format!("can't read the component `{}`", path.display()))?;
    let client = arguments.target.client()?;
    let report = block_on(async {
        let _progress = Progress::start("loading");
        let request = client
            .scoped(Method::POST, &format!("/groups/{}/plugins", encoded(&arguments.group)))
            .query(&[("grant", arguments.grant), ("allow_removal", arguments.allow_removal)])
            .header("content-type", "application/wasm")
            .body(bytes);
        client.json(request).await
    })?;
    print(&report, &arguments.group, format);
    Ok(())
}

/// Prints the current version, and the changes for callers.
pub(crate) fn print(report: &Value, group: &str, format: Output) {
    if format == Output::Json {
        return output::json(report);
    }
    let (name, version) = (cell(report, "/plugin/name"), cell(report, "/plugin/version"));
    let digest = cell(report, "/plugin/digest");
    if report.get("current") == Some(&Value::Bool(true)) {
        let before = match cell(report, "/previous") {
            previous if previous.is_empty() => String::new(),
            previous => format!(" (before: {})", short(&previous)),
        };
        output::line(format!("{name} {version} is current in group {group}: {digest}{before}"));
    } else {
        output::line(format!("{name} {version} is loaded in group {group} and not current: {digest}"));
        let missing = report.pointer("/plugin/capabilities/missing").and_then(Value::as_array).into_iter().flatten();
        let missing: Vec<_> = missing.filter_map(Value::as_str).collect();
        output::line(format!("  it wants {}, which the group does not grant: repeat with --grant", missing.join(", ")));
    }
    for kind in ["added", "changed", "removed"] {
        let names = report.pointer(&format!("/connectors/{kind}")).and_then(Value::as_array).into_iter().flatten();
        let names: Vec<_> = names.filter_map(Value::as_str).collect();
        if !names.is_empty() {
            output::line(format!("  {kind:<8} {}", names.join(", ")));
        }
    }
    for one in report.pointer("/connectors/breaks").and_then(Value::as_array).into_iter().flatten() {
        let (connector, pointer) = (cell(one, "/connector"), cell(one, "/pointer"));
        output::line(format!("  narrowed {connector}{pointer}: {}", cell(one, "/detail")));
    }
}
