//! `lockgate group`.

mod apply;
mod uses;

use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Client, Target, encoded};
use crate::command::connector::grants;
use crate::command::{block_on, cell, enabled};
use crate::confirm::{Consent, counted};
use crate::exit::Usage;
use crate::input;
use crate::output::{self, Output};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Make a group, from a file or from arguments
    Create {
        /// Its slug, which never changes
        slug: Option<String>,
        /// `group.yaml`, or - for standard input
        #[arg(long, short, value_name = "FILE", conflicts_with_all = ["slug", "name", "internal"])]
        file: Option<String>,
        /// Name for people [default: the slug]
        #[arg(long)]
        name: Option<String>,
        /// It may reach private addresses that the operator grants
        #[arg(long)]
        internal: bool,
        #[command(flatten)]
        target: Target,
    },
    /// List groups
    List {
        /// Which groups: those of the scope, or also the organization's and the ready-made ones
        #[arg(long, value_enum, default_value_t = Visible::Own)]
        visible: Visible,
        #[command(flatten)]
        target: Target,
    },
    /// Show one group
    Show {
        /// Such as `shop`, `org:shop` or `community:github`
        group: String,
        #[command(flatten)]
        target: Target,
    },
    /// Make a group as a file says, or change it to that, after showing the difference
    Apply(apply::Arguments),
    /// Change values of a group
    Set {
        /// Such as `shop`
        group: String,
        /// Such as limits.cpu_ms=2000 or enabled=false; `KEY=null` removes
        #[arg(required = true, value_name = "KEY=VALUE")]
        assignments: Vec<String>,
        /// Allow that connectors are removed or take less than before
        #[arg(long)]
        allow_removal: bool,
        #[command(flatten)]
        target: Target,
    },
    /// List the connectors that the group's code may call, and whether that is granted
    Uses(uses::List),
    /// Let the group's code call connectors of its `uses`, as these are now
    Grant(uses::Grant),
    /// Take such a grant back
    Revoke(uses::Revoke),
    /// Delete a group with its plugins, connectors and connections
    Delete {
        /// Such as `shop`
        group: String,
        #[command(flatten)]
        consent: Consent,
        #[command(flatten)]
        target: Target,
    },
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Visible {
    Own,
    All,
}

pub(crate) fn run(arguments: Arguments, format: Output) -> anyhow::Result<()> {
    match arguments.action {
        Action::Create { slug, file, name, internal, target } => {
            let definition = match (file, slug) {
                (Some(file), _) => input::definition(&file)?,
                (None, Some(slug)) => json!({
                    "apiVersion": lockgate_domain::API_VERSION, "kind": lockgate_domain::KIND,
                    "name": name.as_ref().unwrap_or(&slug), "slug": slug,
                    "resource_type": if internal { "INTERNAL" } else { "EXTERNAL" },
                }),
                (None, None) => return Err(Usage("expected a slug, or `--file group.yaml`".to_owned()).into()),
            };
            let client = target.client()?;
            let group = block_on(client.json(client.scoped(Method::POST, "/groups").json(&definition)))?;
            said(&group, "made", format);
            grants::note_listed(&cell(&group, "/slug"), &definition);
        }
        Action::List { visible, target } => {
            let client = target.client()?;
            let path = match visible {
                Visible::Own => "/groups",
                Visible::All => "/groups?visible=all",
            };
            let groups = block_on(client.all(path))?;
            list(groups, format);
        }
        Action::Show { group, target } => {
            let client = target.client()?;
            output::json(&block_on(client.json(one(&client, Method::GET, &group)))?);
        }
        Action::Apply(arguments) => apply::run(arguments, format)?,
        Action::Set { group, assignments, allow_removal, target } => {
            let client = target.client()?;
            let patch = input::patch(&assignments)?;
            let request = one(&client, Method::PATCH, &group).query(&[("allow_removal", allow_removal)]);
            said(&block_on(client.json(request.json(&patch)))?, "changed", format);
            under_review(&client, &group)?;
        }
        Action::Uses(arguments) => uses::list(&arguments, format)?,
        Action::Grant(arguments) => uses::grant(&arguments, format)?,
        Action::Revoke(arguments) => uses::revoke(&arguments)?,
        Action::Delete { group, consent, target } => {
            let client = target.client()?;
            let dependents = client.json(client.scoped(Method::GET, &format!("{}/dependents", path(&group))));
            consent.ask(&format!("deleting group {group}"), &losses(&block_on(dependents)?))?;
            block_on(client.send(one(&client, Method::DELETE, &group)))?;
            output::note(format!("deleted group {group}"));
        }
    }
    Ok(())
}

fn one(client: &Client, method: Method, group: &str) -> reqwest::RequestBuilder {
    client.scoped(method, &path(group))
}

fn path(group: &str) -> String {
    format!("/groups/{}", encoded(group))
}

/// What goes with a group, a line for each.
fn losses(dependents: &Value) -> Vec<String> {
    let list = |name: &str| dependents.get(name).and_then(Value::as_array).into_iter().flatten();
    let number = |value: &Value, name: &str| value.get(name).and_then(Value::as_u64).unwrap_or_default();
    let connections = list("connections").map(|of| {
        let whose = [("tenant", "/tenant"), ("workspace", "/workspace")];
        let whose = whose.map(|(kind, part)| (kind, cell(of, part)));
        let whose: Vec<_> = whose.iter().filter(|(_, name)| !name.is_empty()).collect();
        let whose: Vec<_> = whose.iter().map(|(kind, name)| format!(" of {kind} {name}")).collect();
        let whose = if whose.is_empty() { " of the organization".to_owned() } else { whose.concat() };
        format!("{}{whose}, with their secrets", counted(number(of, "count"), "connection"))
    });
    let installations = list("installations").map(|workspace| match workspace.as_str() {
        Some(workspace) => format!("the settings of workspace {workspace}"),
        None => "the settings of the organization".to_owned(),
    });
    let named = |list: &str, noun: &str| {
        let names = dependents.get(list).and_then(Value::as_array).into_iter().flatten();
        let lines = names.map(|name| format!("{noun} {}", name.as_str().unwrap_or_default()));
        lines.collect::<Vec<_>>()
    };
    let callers = list("callers").map(|of| {
        let calls = counted(number(of, "calls"), "call");
        format!("what token {} uses: {calls} in the last 7 days", cell(of, "/token"))
    });
    let parts = [named("plugins", "plugin"), named("connectors", "connector")].concat();
    connections.chain(installations).chain(parts).chain(callers).collect()
}

/// Says how many connections of the scope wait for an admin.
fn under_review(client: &Client, group: &str) -> anyhow::Result<()> {
    let (all, query) = (format!("{}/connections", path(group)), [("state", "needs_review".to_owned())]);
    let count = u64::try_from(block_on(client.all_with(&all, &query))?.len()).unwrap_or(u64::MAX);
    if count > 0 {
        let connections = counted(count, "connection");
        output::note(format!("{connections} under review: see `lockgate connection accept {group} --all`"));
    }
    Ok(())
}

fn said(group: &Value, verb: &str, format: Output) {
    if format == Output::Json {
        output::json(group);
    } else {
        output::line(format!("{verb} group {} (version {})", cell(group, "/slug"), cell(group, "/version")));
    }
}

fn list(groups: Vec<Value>, format: Output) {
    if format == Output::Json {
        return output::json(&Value::Array(groups));
    }
    let rows = groups.iter().map(|group| {
        let connectors = group.get("connector_names").and_then(Value::as_array).map_or(0, Vec::len);
        vec![
            cell(group, "/ref"),
            cell(group, "/name"),
            cell(group, "/resource_type"),
            connectors.to_string(),
            enabled(group),
        ]
    });
    output::table(&["GROUP", "NAME", "TYPE", "CONNECTORS", "ENABLED"], rows.collect());
}
