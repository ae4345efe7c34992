//! `lockgate run`.

use std::path::PathBuf;

use lockgate_flow::LocalRun;
use serde_json::{Value, json};

use crate::arguments::Output;
use crate::command::{block_on, local};
use crate::input;
use crate::output::{self, Reported};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The component
    file: PathBuf,
    /// Which of its connectors
    connector: String,
    /// JSON text, @file, or - for standard input
    #[arg(long, default_value = "{}", value_name = "JSON")]
    input: String,
    /// A limit other than the default, as in a group's `limits`
    #[arg(long = "limit", value_name = "KEY=VALUE")]
    limits: Vec<String>,
    /// Also print what the call used
    #[arg(long)]
    usage: bool,
}

pub(crate) fn run(arguments: Arguments, format: Output) -> anyhow::Result<()> {
    let input = input::json_text(&arguments.input)?;
    let limits = local::limits(&arguments.limits)?;
    let run = block_on(async {
        let plugin = local::load(&arguments.file, limits).await?;
        let run = plugin.run(&arguments.connector, input).await;
        run.map_err(|error| anyhow::Error::from(Reported::from(error.problem())))
    })?;
    print(run, arguments.usage, format)
}

/// Prints output, logs and usage of a run.
pub(crate) fn print(run: LocalRun, usage: bool, format: Output) -> anyhow::Result<()> {
    let LocalRun { result, usage: used, logs } = run;
    let text = result.map_err(|error| Reported::from(error.problem()));
    if format == Output::Json {
        let text = text?;
        output::json(&json!({"output": serde_json::from_str::<Value>(&text)?, "usage": used, "logs": logs}));
        return Ok(());
    }
    output::logs(&logs);
    output::json_text(&text?);
    if usage {
        let memory = used.peak_memory_bytes / 1024;
        output::note(format!("{} us CPU, {memory} KiB memory, {} host calls", used.cpu_us, used.host_calls));
    }
    Ok(())
}
