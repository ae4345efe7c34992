//! `lockgate connector`.

use reqwest::Method;
use serde_json::Value;

use crate::arguments::Output;
use crate::client::{Target, encoded};
use crate::command::{block_on, cell, short};
use crate::exit::Usage;
use crate::output;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// List the connectors of a group
    List {
        /// Such as `shop` or `org:shop`
        group: String,
        #[command(flatten)]
        target: Target,
    },
    /// Show one connector with its schemas
    Show {
        /// Such as `shop/price`
        connector: String,
        #[command(flatten)]
        target: Target,
    },
}

pub(crate) fn run(arguments: Arguments, format: Output) -> anyhow::Result<()> {
    match arguments.action {
        Action::List { group, target } => {
            let client = target.client()?;
            let found = block_on(client.all(&format!("/groups/{}/connectors", encoded(&group))))?;
            if format == Output::Json {
                output::json(&Value::Array(found));
                return Ok(());
            }
            let rows = found.iter().map(|connector| {
                let description = cell(connector, "/description");
                vec![
                    format!("{group}/{}", cell(connector, "/name")),
                    cell(connector, "/type"),
                    short(&cell(connector, "/plugin/digest")),
                    description.lines().next().unwrap_or_default().to_owned(),
                ]
            });
            output::table(&["CONNECTOR", "TYPE", "PLUGIN", "DESCRIPTION"], rows.collect());
        }
        Action::Show { connector, target } => {
            let parsed = connector.parse::<lockgate_domain::ConnectorReference>();
            let reference = parsed.map_err(|error| Usage(error.to_string()))?;
            let client = target.client()?;
            let (group, name) = (encoded(&reference.group.to_string()), &reference.connector);
            let request = client.scoped(Method::GET, &format!("/groups/{group}/connectors/{name}"));
            output::json(&block_on(client.json(request))?);
        }
    }
    Ok(())
}
