//! `lockgate grpc`: what a group's gRPC servers have, and what their methods take and give.

use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Target, encoded};
use crate::command::invoke::CallerArguments;
use crate::command::{block_on, cell};
use crate::output::{self, Output};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// List services and their methods
    List {
        /// The group, such as `shop`
        group: String,
        #[command(flatten)]
        place: Place,
    },
    /// Show what a method takes and gives
    Describe {
        /// The group, such as `shop`
        group: String,
        /// The method, such as `shop.v1.Orders/Create`
        method: String,
        #[command(flatten)]
        place: Place,
    },
    /// Ask the server for its descriptors anew, and show what they change
    Refresh {
        /// The group, such as `shop`
        group: String,
        /// Only show it
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        place: Place,
    },
}

#[derive(Debug, clap::Args)]
struct Place {
    /// The server, by the name of its destination; needed where the group has several
    #[arg(long, value_name = "NAME")]
    destination: Option<String>,
    #[command(flatten)]
    caller: CallerArguments,
    #[command(flatten)]
    target: Target,
}

pub(crate) fn run(arguments: Arguments, format: Output) -> anyhow::Result<()> {
    match arguments.action {
        Action::List { group, place } => {
            let found = place.ask(&group, "services", json!({}))?;
            if format == Output::Json {
                output::json(&found);
                return Ok(());
            }
            let rows = members(&found, "services").iter().flat_map(|service| {
                let name = cell(service, "/name");
                let row = move |method: &Value| {
                    let side = |message: &str, streams: &str| {
                        let stream = if cell(method, streams) == "true" { "stream " } else { "" };
                        format!("{stream}{}", cell(method, message))
                    };
                    let method_name = cell(method, "/name");
                    let (request, response) =
                        (side("/request", "/client_streaming"), side("/response", "/server_streaming"));
                    vec![format!("{name}/{method_name}"), request, response]
                };
                members(service, "methods").iter().map(row).collect::<Vec<_>>()
            });
            output::table(&["METHOD", "REQUEST", "RESPONSE"], rows.collect());
        }
        Action::Describe { group, method, place } => {
            let found = place.ask(&group, "describe", json!({"method": method}))?;
            if format == Output::Json {
                output::json(&found);
                return Ok(());
            }
            let description = cell(&found, "/method/description");
            if !description.is_empty() {
                output::line(description);
            }
            for (name, title) in [("input_schema", "input"), ("output_schema", "output")] {
                output::line(format!("{title}:"));
                output::json(found.get(name).unwrap_or(&Value::Null));
            }
        }
        Action::Refresh { group, dry_run, place } => {
            let found = place.ask(&group, "refresh", json!({"dry_run": dry_run}))?;
            if format == Output::Json {
                output::json(&found);
                return Ok(());
            }
            let mut changes = 0;
            for (name, sign) in [("added", "+"), ("removed", "-"), ("changed", "~")] {
                for line in members(&found, name).iter().filter_map(Value::as_str) {
                    changes += 1;
                    output::line(format!("{sign} {line}"));
                }
            }
            output::line(match (changes, dry_run) {
                (0, _) => "nothing changed".to_owned(),
                (_, true) => "not kept: repeat without --dry-run".to_owned(),
                (_, false) => "kept".to_owned(),
            });
        }
    }
    Ok(())
}

impl Place {
    fn ask(&self, group: &str, what: &str, mut body: Value) -> anyhow::Result<Value> {
        if let Some(members) = body.as_object_mut() {
            members.extend(self.caller.choice().map(|choice| ("connection".to_owned(), choice)));
            members.extend(self.destination.clone().map(|name| ("destination".to_owned(), name.into())));
        }
        let client = self.target.client()?;
        let path = format!("/groups/{}/grpc/{what}", encoded(group));
        block_on(client.json(client.scoped(Method::POST, &path).json(&body)))
    }
}

fn members<'v>(value: &'v Value, name: &str) -> &'v [Value] {
    value.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}
