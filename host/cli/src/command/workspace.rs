//! `lockgate workspace`.

use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Target, encoded};
use crate::command::{block_on, cell, enabled};
use crate::confirm::{Consent, counted};
use crate::input;
use crate::output::{self, Output};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Make a workspace in an organization (`--organization`, `default` without it)
    Create {
        /// Its slug, which never changes
        slug: String,
        /// Name for people [default: the slug]
        #[arg(long)]
        name: Option<String>,
        /// Calls may name declared tenants only
        #[arg(long)]
        known_tenants_only: bool,
        #[command(flatten)]
        target: Target,
    },
    /// List workspaces
    List {
        #[command(flatten)]
        target: Target,
    },
    /// Show one workspace
    Show {
        /// Its slug
        slug: String,
        #[command(flatten)]
        target: Target,
    },
    /// Change values of a workspace
    Set {
        /// Its slug
        slug: String,
        /// Such as enabled=false or known_tenants_only=true
        #[arg(required = true, value_name = "KEY=VALUE")]
        assignments: Vec<String>,
        #[command(flatten)]
        target: Target,
    },
    /// Delete a workspace that holds no group, with its tokens and tenants
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
    let one = |slug: &str| format!("/v1/workspaces/{}", encoded(slug));
    match arguments.action {
        Action::Create { slug, name, known_tenants_only, target } => {
            let client = target.client()?;
            let organization = target.organization();
            let body = json!({
                "slug": slug, "name": name, "organization": organization, "known_tenants_only": known_tenants_only,
            });
            let made = block_on(client.json(client.request(Method::POST, "/v1/workspaces").json(&body)))?;
            if format == Output::Json {
                output::json(&made);
            } else {
                output::line(format!("made workspace {slug} in organization {organization}"));
            }
        }
        Action::List { target } => {
            let client = target.client()?;
            let found = block_on(client.all_at("/v1/workspaces"))?;
            if format == Output::Json {
                output::json(&Value::Array(found));
                return Ok(());
            }
            let rows = found.iter().map(|one| {
                let tenants = if cell(one, "/known_tenants_only") == "true" { "known only" } else { "any" };
                let [slug, above, name] = ["/slug", "/organization", "/name"].map(|pointer| cell(one, pointer));
                vec![slug, above, name, tenants.to_owned(), enabled(one)]
            });
            output::table(&["WORKSPACE", "ORGANIZATION", "NAME", "TENANTS", "ENABLED"], rows.collect());
        }
        Action::Show { slug, target } => {
            let client = target.client()?;
            output::json(&block_on(client.json(client.request(Method::GET, &one(&slug))))?);
        }
        Action::Set { slug, assignments, target } => {
            let client = target.client()?;
            let request = client.request(Method::PATCH, &one(&slug)).json(&input::patch(&assignments)?);
            let changed = block_on(client.json(request))?;
            output::changed(&changed, &format!("workspace {slug}"), format);
        }
        Action::Delete { slug, consent, target } => {
            let client = target.client()?;
            // An admin of the organization sees all of it; what it can't show is not there.
            let count = |what: &str| block_on(client.all_at(&format!("{}/{what}", one(&slug)))).map(|all| all.len());
            let mut losses = Vec::new();
            for (what, noun) in [("tokens", "token"), ("tenants", "declared tenant"), ("connections", "connection")] {
                let count = u64::try_from(count(what)?).unwrap_or(u64::MAX);
                losses.extend((count > 0).then(|| counted(count, noun)));
            }
            consent.ask(&format!("deleting workspace {slug}"), &losses)?;
            block_on(client.send(client.request(Method::DELETE, &one(&slug))))?;
            output::note(format!("deleted workspace {slug}"));
        }
    }
    Ok(())
}
