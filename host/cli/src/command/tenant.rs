//! `lockgate tenant`.

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::client::{Client, Target, encoded};
use crate::command::{block_on, cell, enabled};
use crate::output::{self, Output};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Declare a tenant of the workspace
    Create(One),
    /// List the declared tenants of the workspace
    List {
        #[command(flatten)]
        target: Target,
    },
    /// Refuse calls for a tenant
    Disable(One),
    /// Allow calls for a tenant again
    Enable(One),
    /// Delete a tenant
    Delete(One),
}

#[derive(Debug, clap::Args)]
struct One {
    /// Its name, as calls say it
    tenant: String,
    #[command(flatten)]
    target: Target,
}

pub(crate) fn run(arguments: Arguments, format: Output) -> anyhow::Result<()> {
    match arguments.action {
        Action::Create(One { tenant, target }) => {
            let client = target.client()?;
            let request = client.scoped(Method::POST, "/tenants").json(&json!({"name": tenant}));
            let made = block_on(client.json(request))?;
            output::changed(&made, &format!("tenant {tenant}"), format);
        }
        Action::List { target } => {
            let client = target.client()?;
            let found = block_on(client.all("/tenants"))?;
            if format == Output::Json {
                output::json(&Value::Array(found));
                return Ok(());
            }
            let rows = found.iter().map(|one| vec![cell(one, "/name"), enabled(one), cell(one, "/created_at")]);
            output::table(&["TENANT", "ENABLED", "MADE"], rows.collect());
        }
        Action::Disable(tenant) => switch(&tenant, false, format)?,
        Action::Enable(tenant) => switch(&tenant, true, format)?,
        Action::Delete(One { tenant, target }) => {
            let client = target.client()?;
            block_on(client.send(one(&client, Method::DELETE, &tenant)))?;
            output::note(format!("deleted tenant {tenant}"));
        }
    }
    Ok(())
}

fn switch(which: &One, enabled: bool, format: Output) -> anyhow::Result<()> {
    let client = which.target.client()?;
    let request = one(&client, Method::PATCH, &which.tenant).json(&json!({"enabled": enabled}));
    let changed = block_on(client.json(request))?;
    output::changed(&changed, &format!("tenant {}", which.tenant), format);
    Ok(())
}

fn one(client: &Client, method: Method, tenant: &str) -> RequestBuilder {
    client.scoped(method, &format!("/tenants/{}", encoded(tenant)))
}
