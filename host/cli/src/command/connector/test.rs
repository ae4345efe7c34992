//! `lockgate connector test`: runs a connector once and prints its requests, its log, its output and its usage.

use lockgate_domain::LogLine;
use reqwest::Method;
use serde_json::value::RawValue;
use serde_json::{Value, json};

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

pub(super) fn run(arguments: Arguments, format: Output) -> anyhow::Result<()> {
    let reference = parsed(&arguments.connector)?;
    let input: Box<RawValue> = RawValue::from_string(input::json_text(&arguments.input)?)?;
    let connection = arguments.caller.choice();
    let definition = arguments.file.as_deref().map(input::document).transpose()?;
    let client = arguments.target.client()?;
    let mut body = json!({"input": input});
    if let Some(members) = body.as_object_mut() {
        members.extend(connection.map(|connection| ("connection".to_owned(), connection)));
        if let Some(definition) = &definition {
            members.insert("group".to_owned(), reference.group.to_string().into());
            members.insert("connector".to_owned(), definition.clone());
        }
    }
    let path = match &definition {
        Some(_) => "/tests/run".to_owned(),
        None => format!("{}/test", address(&reference, "")),
    };
    let mut request = client.scoped(Method::POST, &path).json(&body);
    if let Some(tenant) = &arguments.caller.tenant {
        request = request.header("lockgate-tenant", tenant);
    }
    show(block_on(client.json(request))?, format)
}

fn show(shown: Value, format: Output) -> anyhow::Result<()> {
    let problem = shown.get("problem").cloned().and_then(Reported::of_answer);
    if format == Output::Json {
        output::json(&shown);
        // It is printed already; what is left is the exit code.
        return match problem {
            Some(_) => Err(Failed.into()),
            None => Ok(()),
        };
    }
    let list = |name: &str| shown.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    output::exchanges(&list("exchanges"));
    let logs: Vec<LogLine> = serde_json::from_value(Value::Array(list("logs"))).unwrap_or_default();
    output::logs(&logs);
    if let Some(problem) = problem {
        return Err(problem.into());
    }
    output::json_text(&shown.get("output").map(Value::to_string).unwrap_or_default());
    let usage = |name: &str| cell(&shown, &format!("/usage/{name}"));
    output::note(format!(
        "{} us, {} us CPU, {} KiB memory, {} host calls",
        cell(&shown, "/duration_us"),
        usage("cpu_us"),
        usage("peak_memory_bytes").parse::<u64>().unwrap_or_default() / 1024,
        usage("host_calls"),
    ));
    Ok(())
}
