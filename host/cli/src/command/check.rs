//! `lockgate check`.

mod formats;

use std::collections::BTreeSet;
use std::path::PathBuf;

use lockgate_domain::{Capability, GroupDefinition};
use lockgate_flow::LocalPlugin;
use serde_json::json;

use crate::command::{block_on, local};
use crate::exit::Usage;
use crate::input;
use crate::output::{self, Output};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The component
    file: PathBuf,
    /// The group that it is for: shows which requested capabilities it grants
    #[arg(long, value_name = "FILE")]
    group: Option<String>,
    /// A limit other than the default, as in a group's `limits`
    #[arg(long = "limit", value_name = "KEY=VALUE")]
    limits: Vec<String>,
}

pub(crate) fn run(arguments: Arguments, format: Output) -> anyhow::Result<()> {
    let limits = local::limits(&arguments.limits)?;
    let granted = arguments.group.as_deref().map(granted).transpose()?;
    let plugin = block_on(local::load(&arguments.file, limits))?;
    show(&plugin, granted.as_ref(), format);
    Ok(())
}

/// Reads the capabilities that a group's definition grants.
fn granted(path: &str) -> anyhow::Result<BTreeSet<Capability>> {
    let group = GroupDefinition::read(input::definition(path)?).map_err(|found| {
        let found = found.iter().map(|one| format!("{} (at {})", one.detail, one.pointer)).collect::<Vec<_>>();
        Usage(format!("`{path}` is no group: {}", found.join("; ")))
    })?;
    Ok(group.capabilities)
}

fn show(plugin: &LocalPlugin, granted: Option<&BTreeSet<Capability>>, format: Output) {
    let manifest = plugin.manifest();
    let (digest, interfaces) = (plugin.plugin().digest(), plugin.plugin().interfaces());
    let is_granted = |name: &String| {
        granted.is_some_and(|all| Capability::named(name).is_some_and(|capability| all.contains(&capability)))
    };
    let (granted_of, missing): (Vec<_>, Vec<_>) = manifest.capabilities.iter().partition(|name| is_granted(name));
    if format == Output::Json {
        let mut capabilities = json!({"wanted": manifest.capabilities, "imported": interfaces.imports});
        if let (Some(_), Some(fields)) = (granted, capabilities.as_object_mut()) {
            fields.insert("granted".to_owned(), json!(granted_of));
            fields.insert("missing".to_owned(), json!(missing));
        }
        output::json(&json!({"digest": digest, "manifest": manifest, "capabilities": capabilities}));
        return;
    }
    output::logs(&plugin.logs);
    formats::unchecked(manifest).into_iter().for_each(|hint| output::note(format!("hint: {hint}")));
    let sdk = manifest.sdk.as_ref().map(|sdk| format!(", made with {} {}", sdk.name, sdk.version)).unwrap_or_default();
    output::line(format!("{} {}{sdk}", manifest.name, manifest.version));
    output::line(digest.to_string());
    output::line(format!("wants    {}", words(&manifest.capabilities)));
    output::line(format!("imports  {}", words(&interfaces.imports)));
    if granted.is_some() {
        output::line(format!("granted  {}", words(&granted_of)));
        output::line(format!("missing  {}", words(&missing)));
    }
    output::line("");
    let rows = manifest.connectors.iter().map(|connector| {
        let first = connector.description.as_deref().and_then(|text| text.lines().next()).unwrap_or_default();
        vec![connector.name.to_string(), first.to_owned()]
    });
    output::table(&["CONNECTOR", "DESCRIPTION"], rows.collect());
}

fn words<T: AsRef<str>>(words: &[T]) -> String {
    let words: Vec<_> = words.iter().map(AsRef::as_ref).collect();
    if words.is_empty() { "nothing".to_owned() } else { words.join(", ") }
}
