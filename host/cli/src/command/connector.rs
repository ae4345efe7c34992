//! `lockgate connector`.

pub(super) mod grants;
mod test;

use lockgate_domain::ConnectorReference;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::client::{Client, Target, encoded};
use crate::command::{block_on, cell, enabled, history, short};
use crate::confirm::Consent;
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
    /// Make a declarative connector, from a file
    Create {
        /// Its group, such as `shop`
        group: String,
        /// The definition in YAML or JSON, or - for standard input; or a script, such as `price.ts`
        #[arg(long, short, value_name = "FILE")]
        file: String,
        /// The connection by which a database is asked for the schemas that the definition leaves out
        #[arg(long, value_name = "NAME")]
        connection: Option<String>,
        #[command(flatten)]
        target: Target,
    },
    /// List the connectors of a group
    List {
        /// Such as `shop` or `org:shop`
        group: String,
        #[command(flatten)]
        target: Target,
    },
    /// Show one connector with its schemas
    Show {
        /// Such as `shop/price`, or `shop/price@3` for a version of a declarative one
        connector: String,
        /// Only the definition of a declarative one, as `update` takes it
        #[arg(long)]
        definition: bool,
        #[command(flatten)]
        target: Target,
    },
    /// Save a new version of a declarative connector
    Update {
        /// Such as `shop/price`
        connector: String,
        /// Allow that callers of the current version may fail
        #[arg(long)]
        allow_removal: bool,
        /// The definition in YAML or JSON, or - for standard input; or a script, such as `price.ts`
        #[arg(long, short, value_name = "FILE")]
        file: String,
        /// As of `create`
        #[arg(long, value_name = "NAME")]
        connection: Option<String>,
        #[command(flatten)]
        target: Target,
    },
    /// Call a connector and show everything of the call; with a file, as it would be when it is saved
    Test(test::Arguments),
    /// Delete a declarative connector, with all its versions
    Delete {
        /// Such as `shop/price`
        connector: String,
        #[command(flatten)]
        consent: Consent,
        #[command(flatten)]
        target: Target,
    },
    /// List the versions of a declarative connector
    Versions {
        /// Such as `shop/price`
        connector: String,
        #[command(flatten)]
        target: Target,
    },
    /// List which versions of a declarative connector were current, the latest first
    History {
        /// Such as `shop/price`
        connector: String,
        #[command(flatten)]
        target: Target,
    },
    /// Mark a version of a declarative connector as bad, so that no rollback goes to it
    MarkBad {
        /// With its version, such as `shop/price@3`
        connector: String,
        /// Take the mark away
        #[arg(long)]
        undo: bool,
        #[command(flatten)]
        target: Target,
    },
    /// Compare two versions of a declarative connector
    Diff {
        /// Such as `shop/price`
        connector: String,
        /// The number of the one
        from: u32,
        /// The number of the other [default: the current one]
        to: Option<u32>,
        #[command(flatten)]
        target: Target,
    },
    /// Make the version current that was current before, or the one that is named
    Rollback {
        /// Such as `shop/price`
        connector: String,
        /// The number of a version [default: the one that was current before]
        #[arg(id = "number", value_name = "VERSION")]
        version: Option<u32>,
        #[command(flatten)]
        target: Target,
    },
}

pub(crate) fn run(arguments: Arguments, format: Output) -> anyhow::Result<()> {
    match arguments.action {
        Action::Create { group, file, connection, target } => {
            let definition = input::connector(&file)?;
            let client = target.client()?;
            let request = with(client.scoped(Method::POST, &of_group(&group)), connection).json(&definition);
            let made = block_on(client.json(request))?;
            said(&format!("{group}/{}", cell(&made, "/name")), &made, "made", format);
            grants::note(&client, &group, &definition);
        }
        Action::List { group, target } => {
            let client = target.client()?;
            list(&group, block_on(client.all(&of_group(&group)))?, format);
        }
        Action::Show { connector, definition, target } => {
            let reference = parsed(&connector)?;
            let client = target.client()?;
            let shown = match reference.version {
                None => block_on(client.json(one(&client, Method::GET, &reference, "")))?,
                Some(version) => {
                    block_on(client.json(one(&client, Method::GET, &reference, &format!("/versions/{version}"))))?
                }
            };
            let wanted = shown.get("definition").filter(|_| definition);
            if definition && wanted.is_none() {
                return Err(Usage(format!("`{connector}` belongs to a plugin: it has no definition")).into());
            }
            output::json(wanted.unwrap_or(&shown));
        }
        Action::Update { connector, allow_removal, file, connection, target } => {
            let reference = parsed(&connector)?;
            let definition = input::connector_named(&file, reference.connector.as_str())?;
            let client = target.client()?;
            let request = one(&client, Method::PUT, &reference, "").query(&[("allow_removal", allow_removal)]);
            let saved = block_on(client.json(with(request, connection).json(&definition)))?;
            said(&connector, &saved, "saved", format);
            grants::note(&client, &reference.group.to_string(), &definition);
        }
        Action::Test(arguments) => test::run(arguments, format)?,
        Action::Delete { connector, consent, target } => {
            let reference = parsed(&connector)?;
            let client = target.client()?;
            let found = block_on(all_versions(&client, &reference))?;
            let losses: Vec<_> = found.iter().map(|version| format!("version {}", cell(version, "/number"))).collect();
            consent.ask(&format!("deleting connector {connector}"), &losses)?;
            block_on(client.send(one(&client, Method::DELETE, &reference, "")))?;
            output::note(format!("deleted connector {connector}"));
        }
        Action::Versions { connector, target } => {
            let client = target.client()?;
            versions(block_on(all_versions(&client, &parsed(&connector)?))?, format);
        }
        Action::History { connector, target } => {
            let reference = parsed(&connector)?;
            history::print(block_on(target.client()?.all(&address(&reference, "/history")))?, format);
        }
        Action::MarkBad { connector, undo, target } => {
            let reference = parsed(&connector)?;
            let Some(version) = &reference.version else {
                return Err(Usage(format!("`{connector}`: expected a version, such as `{connector}@3`")).into());
            };
            let client = target.client()?;
            let request = one(&client, Method::PATCH, &reference, &format!("/versions/{version}"));
            block_on(client.send(request.json(&json!({"bad": !undo}))))?;
            output::note(format!("marked connector {connector} as {}", history::mark(!undo)));
        }
        Action::Diff { connector, from, to, target } => {
            let reference = parsed(&connector)?;
            let client = target.client()?;
            let found = block_on(async {
                let to = match to {
                    Some(to) => to.to_string(),
                    None => cell(&client.json(one(&client, Method::GET, &reference, "")).await?, "/version"),
                };
                client.json(one(&client, Method::GET, &reference, &format!("/versions/{from}/diff/{to}"))).await
            })?;
            diff(&found, format);
        }
        Action::Rollback { connector, version, target } => {
            let reference = parsed(&connector)?;
            let client = target.client()?;
            let request = match version {
                Some(version) => one(&client, Method::PUT, &reference, "/current").json(&json!({"version": version})),
                None => one(&client, Method::POST, &reference, "/rollback"),
            };
            let switched = block_on(client.json(request))?;
            said(&connector, &switched, "switched", format);
        }
    }
    Ok(())
}

/// Names the connection by which a database is asked.
fn with(request: RequestBuilder, connection: Option<String>) -> RequestBuilder {
    match connection {
        Some(name) => request.query(&[("connection", name)]),
        None => request,
    }
}

fn parsed(connector: &str) -> anyhow::Result<ConnectorReference> {
    connector.parse().map_err(|error: lockgate_domain::InvalidReference| Usage(error.to_string()).into())
}

fn of_group(group: &str) -> String {
    format!("/groups/{}/connectors", encoded(group))
}

/// The address of a connector, or one below it.
fn address(reference: &ConnectorReference, rest: &str) -> String {
    format!("{}/{}{rest}", of_group(&reference.group.to_string()), reference.connector)
}

fn one(client: &Client, method: Method, reference: &ConnectorReference, rest: &str) -> RequestBuilder {
    client.scoped(method, &address(reference, rest))
}

async fn all_versions(client: &Client, reference: &ConnectorReference) -> anyhow::Result<Vec<Value>> {
    client.all(&address(reference, "/versions")).await
}

fn said(connector: &str, shown: &Value, verb: &str, format: Output) {
    if format == Output::Json {
        output::json(shown);
    } else {
        output::line(format!("{verb} connector {connector}: version {} is current", cell(shown, "/version")));
    }
}

fn list(group: &str, found: Vec<Value>, format: Output) {
    if format == Output::Json {
        return output::json(&Value::Array(found));
    }
    let rows = found.iter().map(|connector| {
        let description = cell(connector, "/description");
        let plugin = short(&cell(connector, "/plugin/digest"));
        vec![
            format!("{group}/{}", cell(connector, "/name")),
            cell(connector, "/type"),
            if plugin.is_empty() { cell(connector, "/version") } else { plugin },
            enabled(connector),
            description.lines().next().unwrap_or_default().to_owned(),
        ]
    });
    output::table(&["CONNECTOR", "TYPE", "VERSION", "ENABLED", "DESCRIPTION"], rows.collect());
}

fn versions(found: Vec<Value>, format: Output) {
    if format == Output::Json {
        return output::json(&Value::Array(found));
    }
    let rows = found.iter().map(|version| {
        vec![history::state(version), cell(version, "/number"), cell(version, "/created_at"), cell(version, "/token")]
    });
    output::table(&["CURRENT", "VERSION", "SAVED", "TOKEN"], rows.collect());
}

fn diff(found: &Value, format: Output) {
    if format == Output::Json {
        return output::json(found);
    }
    let list = |name: &str| found.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let side = |change: &Value, name: &str| match change.get(name) {
        None | Some(Value::Null) => String::new(),
        Some(value) => value.to_string(),
    };
    let rows: Vec<_> = list("changes")
        .iter()
        .map(|change| vec![cell(change, "/pointer"), side(change, "from"), side(change, "to")])
        .collect();
    if rows.is_empty() {
        return output::line("no difference");
    }
    output::table(&["PLACE", &cell(found, "/from"), &cell(found, "/to")], rows);
    for one in list("breaks") {
        output::line(format!("breaks callers at {}: {}", cell(&one, "/pointer"), cell(&one, "/detail")));
    }
}
