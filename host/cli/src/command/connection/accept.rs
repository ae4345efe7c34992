//! `lockgate connection accept`: one connection, or all of a group, after a change of the group.

use std::collections::BTreeMap;

use lockgate_domain::Digest;
use reqwest::Method;
use serde_json::{Value, json};

use super::said;
use crate::client::{Client, Target, encoded};
use crate::command::{block_on, cell};
use crate::confirm::counted;
use crate::exit::Usage;
use crate::output::{self, Output};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The group, such as `shop` or `org:shop`
    group: String,
    /// Its name or id
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    connection: Option<String>,
    /// All connections of the group that are under review
    #[arg(long)]
    all: bool,
    /// Accept without being asked; with the digest that was shown, only that
    #[arg(long, value_name = "DIGEST", num_args = 0..=1, default_missing_value = "")]
    yes: Option<String>,
    #[command(flatten)]
    target: Target,
}

/// Prints the difference, and accepts exactly that.
pub(super) fn run(arguments: &Arguments, format: Output) -> anyhow::Result<()> {
    let client = arguments.target.client()?;
    let all = format!("/groups/{}/connections", encoded(&arguments.group));
    let found = match &arguments.connection {
        Some(one) => vec![block_on(client.json(client.scoped(Method::GET, &format!("{all}/{}", encoded(one)))))?],
        None => block_on(client.all_with(&all, &[("state", "needs_review".to_owned())]))?,
    };
    let found: Vec<_> = found.into_iter().filter(|one| one.pointer("/review/digest").is_some()).collect();
    if found.is_empty() {
        let what = match &arguments.connection {
            Some(one) => format!("connection {one}"),
            None => format!("group {}", arguments.group),
        };
        output::note(format!("nothing is to be accepted for {what}"));
        return Ok(());
    }
    print(&found);
    agreed(arguments.yes.as_deref(), &digest(&found))?;
    found.iter().try_for_each(|one| accept(&client, &all, one, format))
}

/// Prints each difference once, with the number of connections that it concerns if there are several.
fn print(found: &[Value]) {
    let mut changes: BTreeMap<(bool, String), u64> = BTreeMap::new();
    for change in found.iter().filter_map(|one| one.pointer("/review/changes")?.as_array()).flatten() {
        let wider = change.get("wider") == Some(&Value::Bool(true));
        *changes.entry((!wider, cell(change, "/text"))).or_default() += 1;
    }
    for ((narrower, text), count) in changes {
        let mark = if narrower { " " } else { "!" };
        let count = if found.len() > 1 { format!(" ({})", counted(count, "connection")) } else { String::new() };
        output::note(format!("{mark} {text}{count}"));
    }
}

/// What stands for everything that was shown: the digest of the only connection, or one of all of theirs.
fn digest(found: &[Value]) -> String {
    match found {
        [one] => cell(one, "/review/digest"),
        several => {
            let lines: Vec<_> =
                several.iter().map(|one| format!("{} {}", cell(one, "/id"), cell(one, "/review/digest"))).collect();
            Digest::of(lines.join("\n").as_bytes()).to_string()
        }
    }
}

fn agreed(yes: Option<&str>, digest: &str) -> anyhow::Result<()> {
    match yes {
        Some(seen) if seen.is_empty() || seen == digest => Ok(()),
        Some(_) => Err(Usage(format!("the group changed again: the difference above is {digest}")).into()),
        None => {
            output::note(format!("to accept this: --yes={digest}"));
            Err(Usage("nothing was accepted".to_owned()).into())
        }
    }
}

fn accept(client: &Client, all: &str, one: &Value, format: Output) -> anyhow::Result<()> {
    let request = client.scoped(Method::POST, &format!("{all}/{}/accept", cell(one, "/id")));
    let digest = json!({"digest": cell(one, "/review/digest")});
    said(&block_on(client.json(request.json(&digest)))?, format);
    Ok(())
}
