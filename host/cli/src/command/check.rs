//! `lockgate check`.

use std::path::PathBuf;

use lockgate_flow::LocalPlugin;
use serde_json::json;

use crate::arguments::Output;
use crate::command::{block_on, local};
use crate::output;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The component
    file: PathBuf,
    /// A limit other than the default, as in a group's `limits`
    #[arg(long = "limit", value_name = "KEY=VALUE")]
    limits: Vec<String>,
}

pub(crate) fn run(arguments: Arguments, format: Output) -> anyhow::Result<()> {
    let limits = local::limits(&arguments.limits)?;
    let plugin = block_on(local::load(&arguments.file, limits))?;
    show(&plugin, format);
    Ok(())
}

fn show(plugin: &LocalPlugin, format: Output) {
    let manifest = plugin.manifest();
    let (digest, interfaces) = (plugin.plugin().digest(), plugin.plugin().interfaces());
    if format == Output::Json {
        output::json(&json!({
            "digest": digest, "manifest": manifest,
            "capabilities": {"wanted": manifest.capabilities, "imported": interfaces.imports},
        }));
        return;
    }
    output::logs(&plugin.logs);
    let sdk = manifest.sdk.as_ref().map(|sdk| format!(", made with {} {}", sdk.name, sdk.version)).unwrap_or_default();
    output::line(format!("{} {}{sdk}", manifest.name, manifest.version));
    output::line(digest.to_string());
    let words = |words: &[String]| if words.is_empty() { "nothing".to_owned() } else { words.join(", ") };
    output::line(format!("wants    {}", words(&manifest.capabilities)));
    output::line(format!("imports  {}", words(&interfaces.imports)));
    output::line("");
    let rows = manifest.connectors.iter().map(|connector| {
        let first = connector.description.as_deref().and_then(|text| text.lines().next()).unwrap_or_default();
        vec![connector.name.to_string(), first.to_owned()]
    });
    output::table(&["CONNECTOR", "DESCRIPTION"], rows.collect());
}
