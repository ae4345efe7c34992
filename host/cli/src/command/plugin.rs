//! `lockgate plugin`.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Client, Target, encoded};
use crate::command::{block_on, cell, history, load, short};
use crate::exit::Usage;
use crate::output::{self, Output};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// List the versions of a group's plugins
    List {
        /// Such as `shop` or `org:shop`
        group: String,
        #[command(flatten)]
        target: Target,
    },
    /// Show one version with its manifest
    Show {
        /// Such as `shop`
        group: String,
        /// Digest, or its first digits
        digest: String,
        #[command(flatten)]
        target: Target,
    },
    /// Make the version current that was current before, or the one that is named
    Rollback {
        /// Such as `shop`
        group: String,
        /// Digest, or its first digits [default: the version that was current before]
        digest: Option<String>,
        /// Name of the plugin, when the group has several
        #[arg(long, value_name = "NAME")]
        plugin: Option<String>,
        #[command(flatten)]
        target: Target,
    },
    /// List which versions were current, the latest first
    History {
        /// Such as `shop` or `org:shop`
        group: String,
        /// Only of this plugin
        #[arg(long, value_name = "NAME")]
        plugin: Option<String>,
        #[command(flatten)]
        target: Target,
    },
    /// Mark a version as bad, so that no rollback goes to it
    MarkBad {
        /// Such as `shop`
        group: String,
        /// Digest, or its first digits
        digest: String,
        /// Take the mark away
        #[arg(long)]
        undo: bool,
        #[command(flatten)]
        target: Target,
    },
    /// Make a loaded version current
    Activate {
        /// Such as `shop`
        group: String,
        /// Digest, or its first digits
        digest: String,
        /// Grant what the plugin wants beyond what the group grants (operators)
        #[arg(long)]
        grant: bool,
        /// Allow that connectors are removed or take less than before
        #[arg(long)]
        allow_removal: bool,
        #[command(flatten)]
        target: Target,
    },
    /// Delete a version
    Delete {
        /// Such as `shop`
        group: String,
        /// Digest, or its first digits
        digest: String,
        /// Also the current one, which takes its connectors away
        #[arg(long)]
        allow_removal: bool,
        #[command(flatten)]
        target: Target,
    },
}

pub(crate) fn run(arguments: Arguments, format: Output) -> anyhow::Result<()> {
    match arguments.action {
        Action::List { group, target } => {
            let client = target.client()?;
            list(block_on(versions(&client, &group))?, format);
        }
        Action::Show { group, digest, target } => {
            let client = target.client()?;
            let shown = block_on(async {
                let digest = find(&versions(&client, &group).await?, &digest)?;
                client.json(client.scoped(Method::GET, &one(&group, &digest))).await
            })?;
            output::json(&shown);
        }
        Action::Rollback { group, digest, plugin, target } => {
            let client = target.client()?;
            let report = block_on(async {
                let versions = versions(&client, &group).await?;
                let request = match digest {
                    Some(digest) => {
                        let digest = find(&versions, &digest)?;
                        client.scoped(Method::PUT, &format!("{}/current", one(&group, &digest)))
                    }
                    None => {
                        let body = json!({"plugin": plugin_name(&versions, plugin)?});
                        client.scoped(Method::POST, &format!("{}/rollback", all(&group))).json(&body)
                    }
                };
                client.json(request).await
            })?;
            load::print(&report, &group, format);
        }
        Action::History { group, plugin, target } => {
            let query: Vec<_> = plugin.map(|plugin| ("plugin", plugin)).into_iter().collect();
            let found = block_on(target.client()?.all_with(&format!("{}/history", all(&group)), &query))?;
            history::print(found, format);
        }
        Action::MarkBad { group, digest, undo, target } => {
            let client = target.client()?;
            let digest = block_on(async {
                let digest = find(&versions(&client, &group).await?, &digest)?;
                let request = client.scoped(Method::PATCH, &one(&group, &digest)).json(&json!({"bad": !undo}));
                client.send(request).await?;
                anyhow::Ok(digest)
            })?;
            output::note(format!("marked plugin {digest} of group {group} as {}", history::mark(!undo)));
        }
        Action::Activate { group, digest, grant, allow_removal, target } => {
            let client = target.client()?;
            let report = block_on(async {
                let digest = find(&versions(&client, &group).await?, &digest)?;
                let request = client.scoped(Method::PUT, &format!("{}/current", one(&group, &digest)));
                client.json(request.query(&[("grant", grant), ("allow_removal", allow_removal)])).await
            })?;
            load::print(&report, &group, format);
        }
        Action::Delete { group, digest, allow_removal, target } => {
            let client = target.client()?;
            let digest = block_on(async {
                let digest = find(&versions(&client, &group).await?, &digest)?;
                let request = client.scoped(Method::DELETE, &one(&group, &digest));
                client.send(request.query(&[("allow_removal", allow_removal)])).await?;
                anyhow::Ok(digest)
            })?;
            output::note(format!("deleted plugin {digest} of group {group}"));
        }
    }
    Ok(())
}

fn one(group: &str, digest: &str) -> String {
    format!("{}/{digest}", all(group))
}

fn all(group: &str) -> String {
    format!("/groups/{}/plugins", encoded(group))
}

/// The versions of a group's plugins, in the order of loading.
async fn versions(client: &Client, group: &str) -> anyhow::Result<Vec<Value>> {
    client.all(&all(group)).await
}

/// Finds the one version whose digest begins with these digits.
fn find(versions: &[Value], digest: &str) -> anyhow::Result<String> {
    let wanted = digest.strip_prefix("sha256:").unwrap_or(digest).to_lowercase();
    let digests = versions.iter().map(|version| cell(version, "/digest"));
    let fitting: Vec<_> = digests.filter(|own| own.trim_start_matches("sha256:").starts_with(&wanted)).collect();
    match fitting.as_slice() {
        [one] => Ok(one.clone()),
        [] => anyhow::bail!("no plugin of this group has a digest that begins with `{wanted}`"),
        several => Err(Usage(format!("`{wanted}` fits {} plugins: give more digits", several.len())).into()),
    }
}

/// The name of the only plugin, or the one that is given.
fn plugin_name(versions: &[Value], plugin: Option<String>) -> anyhow::Result<String> {
    let names: BTreeSet<_> = versions.iter().map(|version| cell(version, "/name")).collect();
    match (plugin, names.first(), names.len()) {
        (Some(plugin), ..) => Ok(plugin),
        (None, Some(only), 1) => Ok(only.clone()),
        (None, None, _) => anyhow::bail!("the group has no plugin"),
        (None, Some(_), _) => {
            Err(Usage("the group has several plugins: say which with `--plugin NAME`".to_owned()).into())
        }
    }
}

fn list(versions: Vec<Value>, format: Output) {
    if format == Output::Json {
        return output::json(&Value::Array(versions));
    }
    let rows = versions.iter().map(|version| {
        let current = history::state(version);
        let connectors = version.get("connectors").and_then(Value::as_array).map_or(0, Vec::len);
        vec![
            current,
            cell(version, "/name"),
            cell(version, "/version"),
            short(&cell(version, "/digest")),
            connectors.to_string(),
            cell(version, "/loaded_at"),
        ]
    });
    output::table(&["CURRENT", "PLUGIN", "VERSION", "DIGEST", "CONNECTORS", "LOADED"], rows.collect());
}
