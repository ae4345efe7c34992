//! `lockgate installation`.

use lockgate_domain::merge_patch;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::client::{Client, Target, encoded};
use crate::command::block_on;
use crate::exit::Usage;
use crate::output::{self, Output};
use crate::{input, secret};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Show what the scope sets for a group, and what is in force; secrets are masked
    Show {
        /// Such as `shop` or `org:shop`
        group: String,
        #[command(flatten)]
        target: Target,
    },
    /// Change what the scope sets for a group
    Set {
        /// Such as `shop` or `org:shop`
        group: String,
        /// Such as enabled=false, limits.cpu_ms=2000, values.subdomain=acme or `return_urls=["https://…"]`; `KEY=null`
        /// removes
        #[arg(value_name = "KEY=VALUE")]
        assignments: Vec<String>,
        /// An OAuth client's value: NAME=env:VARIABLE, NAME=@file, or NAME alone to be asked; such as
        /// main.client_secret=env:SECRET
        #[arg(long = "secret", value_name = "NAME=FROM")]
        secrets: Vec<String>,
        #[command(flatten)]
        target: Target,
    },
}

pub(crate) fn run(arguments: Arguments, format: Output) -> anyhow::Result<()> {
    match arguments.action {
        Action::Show { group, target } => {
            let client = target.client()?;
            output::json(&block_on(client.json(one(&client, Method::GET, &group)))?);
        }
        Action::Set { group, assignments, secrets, target } => {
            if assignments.is_empty() && secrets.is_empty() {
                return Err(Usage("expected KEY=VALUE or --secret".to_owned()).into());
            }
            let client = target.client()?;
            let patch = input::patch(&assignments)?;
            let mut own = Vec::new();
            for argument in &secrets {
                let (name, value) = secret::named(argument)?;
                let expected =
                    || Usage(format!("`--secret {name}=…`: expected CREDENTIAL.client_id or .client_secret"));
                let (credential, member) = name.split_once('.').ok_or_else(expected)?;
                own.push((credential.to_owned(), member.to_owned(), value));
            }
            let changed = block_on(async { set(&client, &group, &patch, own).await })?;
            output::changed(&changed, &format!("installation of {group}"), format);
        }
    }
    Ok(())
}

/// Reads the settings, changes them, and writes them back unless they changed in between.
async fn set(
    client: &Client,
    group: &str,
    patch: &Value,
    secrets: Vec<(String, String, String)>,
) -> anyhow::Result<Value> {
    let mut set = client.json(one(client, Method::GET, group)).await?;
    let version = set.get("version").map(ToString::to_string).unwrap_or_default();
    if let Some(members) = set.as_object_mut() {
        let own = ["enabled", "limits", "values", "oauth", "return_urls"];
        members.retain(|key, _| own.contains(&key.as_str()));
    }
    merge_patch(&mut set, patch);
    for (credential, member, value) in secrets {
        merge_patch(&mut set, &json!({"oauth": {credential: {member: value}}}));
    }
    let request = one(client, Method::PUT, group).header("if-match", format!("\"{version}\""));
    client.json(request.json(&set)).await
}

fn one(client: &Client, method: Method, group: &str) -> RequestBuilder {
    client.scoped(method, &format!("/groups/{}/installation", encoded(group)))
}
