//! `lockgate organization`.

use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Target, encoded};
use crate::command::{block_on, cell, enabled};
use crate::confirm::Consent;
use crate::input;
use crate::output::{self, Output};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Make an organization; prints the token of its first admin once (owner of the host)
    Create {
        /// Its slug, which never changes
        slug: String,
        /// Name for people [default: the slug]
        #[arg(long)]
        name: Option<String>,
        #[command(flatten)]
        target: Target,
    },
    /// List organizations
    List {
        #[command(flatten)]
        target: Target,
    },
    /// Show one organization
    Show {
        /// Its slug
        slug: String,
        #[command(flatten)]
        target: Target,
    },
    /// Change values of an organization
    Set {
        /// Its slug
        slug: String,
        /// Such as enabled=false or name=Acme
        #[arg(required = true, value_name = "KEY=VALUE")]
        assignments: Vec<String>,
        #[command(flatten)]
        target: Target,
    },
    /// Delete an organization that holds no workspace and no group (owner of the host)
    Delete {
        /// Its slug
        slug: String,
        #[command(flatten)]
        consent: Consent,
        #[command(flatten)]
        target: Target,
    },
}

pub(crate) fn run(arguments: Arguments, format: Output) -> anyhow::Result<()> {
    let one = |slug: &str| format!("/v1/organizations/{}", encoded(slug));
    match arguments.action {
        Action::Create { slug, name, target } => {
            let client = target.client()?;
            let body = json!({"slug": slug, "name": name});
            let made = block_on(client.json(client.request(Method::POST, "/v1/organizations").json(&body)))?;
            if format == Output::Json {
                output::json(&made);
            } else {
                output::line(format!("made organization {slug}"));
                output::note("the token of its first admin, shown once:");
                output::line(cell(&made, "/admin_token"));
            }
        }
        Action::List { target } => {
            let client = target.client()?;
            let found = block_on(client.all_at("/v1/organizations"))?;
            if format == Output::Json {
                output::json(&Value::Array(found));
                return Ok(());
            }
            let rows = found.iter().map(|one| vec![cell(one, "/slug"), cell(one, "/name"), enabled(one)]);
            output::table(&["ORGANIZATION", "NAME", "ENABLED"], rows.collect());
        }
        Action::Show { slug, target } => {
            let client = target.client()?;
            output::json(&block_on(client.json(client.request(Method::GET, &one(&slug))))?);
        }
        Action::Set { slug, assignments, target } => {
            let client = target.client()?;
            let request = client.request(Method::PATCH, &one(&slug)).json(&input::patch(&assignments)?);
            let changed = block_on(client.json(request))?;
            output::changed(&changed, &format!("organization {slug}"), format);
        }
        Action::Delete { slug, consent, target } => {
            let client = target.client()?;
            block_on(client.send(client.request(Method::GET, &one(&slug))))?;
            // The owner of the host sees nothing of what is in it.
            let losses = ["its tokens, and connections with their secrets".to_owned()];
            consent.ask(&format!("deleting organization {slug}"), &losses)?;
            block_on(client.send(client.request(Method::DELETE, &one(&slug))))?;
            output::note(format!("deleted organization {slug}"));
        }
    }
    Ok(())
}
