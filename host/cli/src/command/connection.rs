//! `lockgate connection`.

mod accept;

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::client::{Client, Target, encoded};
use crate::command::{block_on, cell};
use crate::confirm::Consent;
use crate::exit::Usage;
use crate::output::{self, Output};
use crate::values::Values;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Make a connection
    Create {
        /// The group, such as `shop` or `org:shop`
        group: String,
        /// Its name, unique for its owner in the group
        #[arg(default_value = "main")]
        name: String,
        /// The tenant that it belongs to
        #[arg(long, value_name = "TENANT")]
        tenant: Option<String>,
        /// Take it when a call of its owner names none
        #[arg(long)]
        default: bool,
        #[command(flatten)]
        values: Values,
        #[command(flatten)]
        target: Target,
    },
    /// List connections, of one group or of all
    List {
        /// The group
        group: Option<String>,
        /// pending, active, expired, needs_reauth, needs_review or disabled
        #[arg(long)]
        state: Option<String>,
        #[command(flatten)]
        target: Target,
    },
    /// Show one connection; secrets are masked
    Show(One),
    /// Change a connection: its name, its switch, its values
    Set {
        #[command(flatten)]
        one: One,
        /// A new name
        #[arg(long)]
        rename: Option<String>,
        /// Whether calls may use it
        #[arg(long, value_name = "true|false")]
        enabled: Option<bool>,
        /// Whether it is taken when a call of its owner names none
        #[arg(long, value_name = "true|false")]
        default: Option<bool>,
        #[command(flatten)]
        values: Values,
    },
    /// Delete a connection with its values
    Delete {
        #[command(flatten)]
        one: One,
        #[command(flatten)]
        consent: Consent,
    },
    /// Make a page on which a person gives it new values
    Reconnect(One),
    /// Renew its tokens now
    Refresh(One),
    /// Ask the outside system whether it works
    Verify(One),
    /// Show what became wider or different under it, and accept that
    Accept(accept::Arguments),
}

#[derive(Debug, clap::Args)]
struct One {
    /// The group, such as `shop` or `org:shop`
    group: String,
    /// Its name or id
    connection: String,
    #[command(flatten)]
    target: Target,
}

pub(crate) fn run(arguments: Arguments, format: Output) -> anyhow::Result<()> {
    match arguments.action {
        Action::Create { group, name, tenant, default, values, target } => {
            let client = target.client()?;
            refuse_typed_secrets(&client, &group, &values)?;
            let mut body = json!({"name": name, "default": default});
            if let Some(members) = body.as_object_mut() {
                members.extend(tenant.map(|tenant| ("tenant".to_owned(), tenant.into())));
                if let Some((fields, credentials)) = values.read()? {
                    members.extend([("fields".to_owned(), fields), ("credentials".to_owned(), credentials)]);
                }
            }
            let request = client.scoped(Method::POST, &format!("/groups/{}/connections", encoded(&group)));
            let made = block_on(client.json(request.json(&body)))?;
            said(&made, format);
            said_authorize(&made, format);
            if cell(&made, "/state") == "pending" && cell(&made, "/authorize_url").is_empty() {
                let name = cell(&made, "/name");
                output::note(format!(
                    "a person has to agree first: `lockgate connection reconnect {group} {name}` prints where"
                ));
            }
        }
        Action::List { group, state, target } => list(group.as_deref(), state, &target, format)?,
        Action::Show(one) => {
            let client = one.target.client()?;
            output::json(&block_on(client.json(one.request(&client, Method::GET, "")))?);
        }
        Action::Set { one, rename, enabled, default, values } => {
            let client = one.target.client()?;
            refuse_typed_secrets(&client, &one.group, &values)?;
            let given = values.read()?;
            let patch = json!({"name": rename, "enabled": enabled, "default": default});
            let says = rename.is_some() || enabled.is_some() || default.is_some();
            if given.is_none() && !says {
                let text = "expected what to change: --rename, --enabled, --default, --field or --secret";
                return Err(Usage(text.to_owned()).into());
            }
            let mut changed = Value::Null;
            if let Some((fields, credentials)) = given {
                let request = one.request(&client, Method::PUT, "/credentials");
                let body = json!({"fields": fields, "credentials": credentials});
                changed = block_on(client.json(request.json(&body)))?;
            }
            if says {
                changed = block_on(client.json(one.request(&client, Method::PATCH, "").json(&patch)))?;
            }
            said(&changed, format);
        }
        Action::Delete { one, consent } => {
            let client = one.target.client()?;
            let shown = block_on(client.json(one.request(&client, Method::GET, "")))?;
            let values = (cell(&shown, "/state") != "pending").then(|| "its values, with its secrets".to_owned());
            consent.ask(&format!("deleting connection {}", one.connection), values.as_slice())?;
            block_on(client.send(one.request(&client, Method::DELETE, "")))?;
            output::note(format!("deleted connection {}", one.connection));
        }
        Action::Reconnect(one) => {
            let client = one.target.client()?;
            let made = block_on(client.json(one.request(&client, Method::POST, "/reconnect")))?;
            if !cell(&made, "/authorize_url").is_empty() {
                said_authorize(&made, Output::Text);
                return Ok(());
            }
            let text = cell(&made, "/url");
            output::note(format!("open this page until {}:", cell(&made, "/expires_at")));
            output::line(if text.is_empty() { cell(&made, "/path") } else { text });
        }
        Action::Refresh(one) => {
            let client = one.target.client()?;
            let shown = block_on(client.json(one.request(&client, Method::POST, "/refresh")))?;
            said(&shown, format);
        }
        Action::Verify(one) => {
            let client = one.target.client()?;
            let shown = block_on(client.json(one.request(&client, Method::POST, "/verify")))?;
            if format == Output::Json {
                output::json(&shown);
            } else {
                output::line(format!("connection {}: {}", one.connection, cell(&shown, "/result")));
                for tried in shown.get("destinations").and_then(Value::as_array).into_iter().flatten() {
                    let [name, place, result] = ["/name", "/place", "/result"].map(|pointer| cell(tried, pointer));
                    let named = if name.is_empty() { place } else { format!("{name} ({place})") };
                    let why = ["/code", "/detail"].map(|pointer| cell(tried, pointer)).join(" ");
                    output::line(format!("  {named}: {}", [result, why].join(" ").trim_end()));
                }
            }
            if shown.get("status").is_some() {
                anyhow::bail!("the outside system answered {}", cell(&shown, "/status"));
            }
            if cell(&shown, "/result") == "failed" {
                anyhow::bail!("a destination of the connection can't be used");
            }
        }
        Action::Accept(arguments) => accept::run(&arguments, format)?,
    }
    Ok(())
}

impl One {
    fn request(&self, client: &Client, method: Method, behind: &str) -> RequestBuilder {
        let (group, connection) = (encoded(&self.group), encoded(&self.connection));
        client.scoped(method, &format!("/groups/{group}/connections/{connection}{behind}"))
    }
}

/// Looks at the fields of the group before a value is sent.
fn refuse_typed_secrets(client: &Client, group: &str, values: &Values) -> anyhow::Result<()> {
    if !values.has_fields() {
        return Ok(());
    }
    let group = client.json(client.scoped(Method::GET, &format!("/groups/{}", encoded(group))));
    values.refuse_typed_secrets(&block_on(group)?)
}

fn said(connection: &Value, format: Output) {
    if format == Output::Json {
        return output::json(connection);
    }
    let [name, state, version] = ["/name", "/state", "/version"].map(|pointer| cell(connection, pointer));
    output::line(format!("connection {name} is {state} (version {version})"));
}

/// Where a person agrees, if the connection waits for that.
fn said_authorize(connection: &Value, format: Output) {
    let url = cell(connection, "/authorize_url");
    if format != Output::Json && !url.is_empty() {
        output::note("open this address in a browser within 10 minutes, and agree there:");
        output::line(url);
    }
}

/// Why its tokens are not renewed, if that is so: a code that has a page.
fn reason(connection: &Value) -> String {
    let mut tokens = connection.get("tokens").and_then(Value::as_object).into_iter().flat_map(serde_json::Map::values);
    tokens.find_map(|own| Some(format!(" ({})", own.pointer("/failure/code")?.as_str()?))).unwrap_or_default()
}

fn list(group: Option<&str>, state: Option<String>, target: &Target, format: Output) -> anyhow::Result<()> {
    let client = target.client()?;
    let path = group.map_or("/connections".to_owned(), |group| format!("/groups/{}/connections", encoded(group)));
    let query: Vec<_> = state.into_iter().map(|state| ("state", state)).collect();
    let found = block_on(client.all_with(&path, &query))?;
    if format == Output::Json {
        output::json(&Value::Array(found));
        return Ok(());
    }
    let rows = found.iter().map(|one| {
        let of = group.map_or_else(|| cell(one, "/group"), str::to_owned);
        let [name, tenant, state, expires] =
            ["/name", "/tenant", "/state", "/expires_at"].map(|pointer| cell(one, pointer));
        let default = if one.get("default") == Some(&Value::Bool(true)) { "yes" } else { "" };
        vec![of, name, tenant, format!("{state}{}", reason(one)), default.to_owned(), expires, cell(one, "/id")]
    });
    output::table(&["GROUP", "NAME", "TENANT", "STATE", "DEFAULT", "EXPIRES", "ID"], rows.collect());
    Ok(())
}
