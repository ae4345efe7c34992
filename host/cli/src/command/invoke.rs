//! `lockgate invoke`.

use reqwest::Method;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::client::{Target, encoded};
use crate::command::{block_on, cell, short};
use crate::exit::Usage;
use crate::input;
use crate::output::{self, Output};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The connector, such as `shop/price`, or one version of it: `shop/price@3`
    connector: String,
    /// JSON text, @file, or - for standard input
    #[arg(long, default_value = "{}", value_name = "JSON")]
    input: String,
    #[command(flatten)]
    caller: CallerArguments,
    /// Wait at most so long, in milliseconds
    #[arg(long, value_name = "MS")]
    deadline_ms: Option<u64>,
    #[command(flatten)]
    target: Target,
}

/// The connection and tenant of a call.
#[derive(Debug, clap::Args)]
pub(crate) struct CallerArguments {
    /// Run with this connection: the scope's, or with --tenant the tenant's
    #[arg(long, value_name = "NAME")]
    connection: Option<String>,
    /// Run on behalf of this tenant; with its connection, if the group needs one
    #[arg(long, value_name = "TENANT")]
    pub(crate) tenant: Option<String>,
}

impl CallerArguments {
    /// The `connection` member of the request, if the arguments name one.
    pub(crate) fn choice(&self) -> Option<Value> {
        Some(match (self.connection.as_ref()?, &self.tenant) {
            (name, None) => json!({"fixed": name}),
            (name, Some(tenant)) => json!({"dynamic": {"tenant": tenant, "name": name}}),
        })
    }
}

#[derive(serde::Serialize)]
struct Body<'a> {
    input: &'a RawValue,
    #[serde(skip_serializing_if = "Option::is_none")]
    connection: Option<Value>,
}

#[derive(serde::Deserialize)]
struct Answer {
    output: Box<RawValue>,
    call: Value,
}

pub(crate) fn run(arguments: Arguments, format: Output) -> anyhow::Result<()> {
    let parsed = arguments.connector.parse::<lockgate_domain::ConnectorReference>();
    let reference = parsed.map_err(|error| Usage(error.to_string()))?;
    let input = RawValue::from_string(input::json_text(&arguments.input)?)?;
    let connection = arguments.caller.choice();
    let body = serde_json::to_vec(&Body { input: &input, connection })?;
    let client = arguments.target.client()?;
    let (group, connector) = (encoded(&reference.group.to_string()), encoded(&reference.versioned()));
    let mut request = client
        .scoped(Method::POST, &format!("/groups/{group}/connectors/{connector}/invoke"))
        .header("content-type", "application/json")
        .body(body);
    if let Some(tenant) = &arguments.caller.tenant {
        request = request.header("lockgate-tenant", tenant);
    }
    if let Some(ms) = arguments.deadline_ms {
        request = request.header("lockgate-deadline-ms", ms);
    }
    let text = block_on(async { anyhow::Ok(client.send(request).await?.text().await?) })?;
    if format == Output::Json {
        output::json_text(&text);
        return Ok(());
    }
    let Answer { output: result, call } = serde_json::from_str(&text)?;
    output::json_text(result.get());
    let (id, version) = (cell(&call, "/id"), cell(&call, "/version"));
    let ran = if version.is_empty() {
        format!("plugin {}", short(&cell(&call, "/plugin")))
    } else {
        format!("version {version}")
    };
    output::note(format!("call {id}: {} us, {ran}", cell(&call, "/duration_us")));
    Ok(())
}
