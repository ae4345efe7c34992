//! `lockgate connector test`: runs a connector once and prints its requests, its log, its output and its usage.

use lockgate_domain::LogLine;
use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use super::{address, parsed};
use crate::client::Target;
use crate::command::invoke::CallerArguments;
use crate::command::{block_on, cell};
use crate::exit::Failed;
use crate::input;
use crate::output::{self, Output, Reported};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Such as `shop/price`
    connector: String,
    /// JSON text, @file, or - for standard input
    #[arg(long, default_value = "{}", value_name = "JSON")]
    input: String,
    /// Try this definition in place of the one that is saved; nothing is saved
    #[arg(long, short, value_name = "FILE")]
    file: Option<String>,
    #[command(flatten)]
    caller: CallerArguments,
    #[command(flatten)]
    target: Target,
}

#[derive(Serialize)]
struct Body<'a> {
    input: &'a RawValue,
    #[serde(skip_serializing_if = "Option::is_none")]
    connection: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    connector: Option<&'a Value>,
}

/// What is shown of the answer. Values of connectors stay texts, so that their numbers keep every digit.
#[derive(Deserialize)]
struct Shown<'a> {
    #[serde(borrow)]
    output: Option<&'a RawValue>,
    #[serde(borrow)]
    problem: Option<&'a RawValue>,
    duration_us: u64,
    usage: Value,
    logs: Vec<LogLine>,
    exchanges: Vec<Value>,
    /// Calls of other connectors that it made.
    #[serde(default)]
    calls: Vec<Inner>,
    #[serde(default)]
    calls_dropped: u64,
}

/// A call that the code of the tested one made.
#[derive(Deserialize)]
struct Inner {
    name: String,
    connector: String,
    outcome: String,
    #[serde(default)]
    detail: Option<String>,
    duration_us: u64,
    #[serde(default)]
    logs: Vec<LogLine>,
    #[serde(default)]
    exchanges: Vec<Value>,
    #[serde(default)]
    calls: Vec<Inner>,
}

pub(super) fn run(arguments: Arguments, format: Output) -> anyhow::Result<()> {
    let reference = parsed(&arguments.connector)?;
    let input: Box<RawValue> = RawValue::from_string(input::json_text(&arguments.input)?)?;
    let connection = arguments.caller.choice();
    let definition = arguments.file.as_deref();
    let definition = definition.map(|file| input::connector_named(file, reference.connector.as_str())).transpose()?;
    let client = arguments.target.client()?;
    let group = definition.as_ref().map(|_| reference.group.to_string());
    let body = Body { input: &input, connection, group, connector: definition.as_ref() };
    let path = match &definition {
        Some(_) => "/tests/run".to_owned(),
        None => format!("{}/test", address(&reference, "")),
    };
    let request = client.scoped(Method::POST, &path).header("content-type", "application/json");
    let mut request = request.body(serde_json::to_vec(&body)?);
    if let Some(tenant) = &arguments.caller.tenant {
        request = request.header("lockgate-tenant", tenant);
    }
    show(&block_on(async { anyhow::Ok(client.send(request).await?.text().await?) })?, format)
}

fn show(text: &str, format: Output) -> anyhow::Result<()> {
    let shown: Shown<'_> = serde_json::from_str(text)?;
    let problem = shown.problem.and_then(|problem| Reported::of_answer(problem.get()));
    if format == Output::Json {
        output::indented(text);
        // It is printed already; what is left is the exit code.
        return match problem {
            Some(_) => Err(Failed.into()),
            None => Ok(()),
        };
    }
    output::exchanges(&shown.exchanges);
    shown.calls.iter().for_each(inner);
    if shown.calls_dropped > 0 {
        output::note(format!("{} further calls of other connectors are not shown", shown.calls_dropped));
    }
    output::logs(&shown.logs);
    if let Some(problem) = problem {
        return Err(problem.into());
    }
    output::json_text(shown.output.map(RawValue::get).unwrap_or_default());
    let usage = |name: &str| cell(&shown.usage, &format!("/{name}"));
    output::note(format!(
        "{} us, {} us CPU, {} KiB memory, {} host calls",
        shown.duration_us,
        usage("cpu_us"),
        usage("peak_memory_bytes").parse::<u64>().unwrap_or_default() / 1024,
        usage("host_calls"),
    ));
    Ok(())
}

/// A call of another connector, with what it sent and the calls that it made in turn.
fn inner(call: &Inner) {
    output::note(format!("> call {} ({})", call.name, call.connector));
    output::exchanges(&call.exchanges);
    call.calls.iter().for_each(inner);
    output::logs(&call.logs);
    let detail = call.detail.as_ref().map(|detail| format!(": {detail}")).unwrap_or_default();
    output::note(format!("< {} {} after {} ms{detail}", call.name, call.outcome, call.duration_us / 1000));
}
