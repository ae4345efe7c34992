//! `lockgate group uses`, `grant` and `revoke`: which connectors a group's code may call.

use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Client, Target, encoded};
use crate::command::{block_on, cell};
use crate::exit::Usage;
use crate::output::{self, Output};

#[derive(Debug, clap::Args)]
pub(super) struct List {
    /// Such as `shop`
    group: String,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, clap::Args)]
pub(super) struct Grant {
    /// Such as `shop`
    group: String,
    /// Names of entries of `uses`
    #[arg(required_unless_present = "all", conflicts_with = "all", value_name = "NAME")]
    names: Vec<String>,
    /// Every entry that is not granted
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, clap::Args)]
pub(super) struct Revoke {
    /// Such as `shop`
    group: String,
    /// Name of the entry
    name: String,
    #[command(flatten)]
    target: Target,
}

pub(super) fn list(arguments: &List, format: Output) -> anyhow::Result<()> {
    let client = arguments.target.client()?;
    print(&found(&client, &arguments.group)?, format);
    Ok(())
}

/// Grants what it has read, and nothing that came later.
pub(super) fn grant(arguments: &Grant, format: Output) -> anyhow::Result<()> {
    let client = arguments.target.client()?;
    let all = found(&client, &arguments.group)?;
    let wanted: Vec<_> = match arguments.all {
        true => all.iter().filter(|entry| cell(entry, "/state") != "granted").collect(),
        false => arguments.names.iter().map(|name| named(&all, name)).collect::<Result<_, _>>()?,
    };
    if wanted.is_empty() {
        output::note(format!("nothing waits for a grant in group {}", arguments.group));
    }
    let (mut granted, mut refused) = (Vec::new(), Vec::new());
    for entry in wanted {
        let name = cell(entry, "/name");
        let path = format!("{}/{}/grant", path(&arguments.group), encoded(&name));
        let seen = json!({"digest": cell(entry, "/digest")});
        match block_on(client.json(client.scoped(Method::PUT, &path).json(&seen))) {
            Ok(entry) => granted.push(entry),
            // One that leads nowhere keeps no other from its grant.
            Err(error) if arguments.all => refused.push(format!("{name}: {error}")),
            Err(error) => return Err(error),
        }
    }
    print(&granted, format);
    match refused.is_empty() {
        true => Ok(()),
        false => anyhow::bail!("not granted: {}", refused.join("; ")),
    }
}

pub(super) fn revoke(arguments: &Revoke) -> anyhow::Result<()> {
    let client = arguments.target.client()?;
    let path = format!("{}/{}/grant", path(&arguments.group), encoded(&arguments.name));
    block_on(client.send(client.scoped(Method::DELETE, &path)))?;
    output::note(format!("group {} may no longer call {}", arguments.group, arguments.name));
    Ok(())
}

fn path(group: &str) -> String {
    format!("{}/uses", super::path(group))
}

fn found(client: &Client, group: &str) -> anyhow::Result<Vec<Value>> {
    let mut list = block_on(client.json(client.scoped(Method::GET, &path(group))))?;
    Ok(list.pointer_mut("/items").and_then(Value::as_array_mut).map(std::mem::take).unwrap_or_default())
}

fn named<'a>(all: &'a [Value], name: &str) -> anyhow::Result<&'a Value> {
    all.iter().find(|entry| cell(entry, "/name") == name).ok_or_else(|| {
        let known: Vec<_> = all.iter().map(|entry| cell(entry, "/name")).collect();
        Usage(format!("`uses` has no entry `{name}`: it has {}", known.join(", "))).into()
    })
}

fn print(entries: &[Value], format: Output) {
    if format == Output::Json {
        return output::json(&Value::Array(entries.to_vec()));
    }
    if entries.is_empty() {
        return;
    }
    let row = |entry: &Value| {
        let [name, connector, state] = ["/name", "/connector", "/state"].map(|at| cell(entry, at));
        let there = entry.get("group").is_some_and(|group| !group.is_null());
        let state = if there { state } else { format!("{state}, no such group") };
        vec![name, connector, connection(entry), state]
    };
    output::table(&["NAME", "CONNECTOR", "CONNECTION", "STATE"], entries.iter().map(row).collect());
}

/// As `group.yaml` has it.
fn connection(entry: &Value) -> String {
    let connection = entry.get("connection").unwrap_or(&Value::Null);
    match (connection.get("fixed"), connection.get("dynamic")) {
        (Some(_), _) => format!("fixed {}", cell(connection, "/fixed")),
        (None, Some(_)) => format!("dynamic {}", cell(connection, "/dynamic/name")).trim_end().to_owned(),
        (None, None) => cell(entry, "/connection"),
    }
}
