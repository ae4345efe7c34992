//! `lockgate run`.

use std::path::Path;

use lockgate_domain::Limits;
use lockgate_flow::{LocalGroup, LocalRun};
use serde_json::json;

use crate::command::local_group::GroupArguments;
use crate::command::{block_on, local};
use crate::exit::Usage;
use crate::output::{self, Output, Reported};
use crate::{input, script_project};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The component and one of its connectors, or a script; with --group, a declarative connector needs no file
    #[arg(required = true, num_args = 1..=2, value_names = ["FILE", "CONNECTOR"])]
    what: Vec<String>,
    /// JSON text, @file, or - for standard input
    #[arg(long, default_value = "{}", value_name = "JSON")]
    input: String,
    #[command(flatten)]
    group: GroupArguments,
    /// A limit other than the default, as in a group's `limits`
    #[arg(long = "limit", value_name = "KEY=VALUE")]
    limits: Vec<String>,
    /// Also print what the call used
    #[arg(long)]
    usage: bool,
}

pub(crate) fn run(arguments: Arguments, format: Output) -> anyhow::Result<()> {
    let input = input::json_text(&arguments.input)?;
    let patch = local::patch(&arguments.limits)?;
    let limits = local::limits_of(&patch);
    let given = arguments.group.given()?;
    let run = block_on(async {
        let group = given.as_ref().map(|given| given.read(patch)).transpose()?;
        if let [file] = arguments.what.as_slice()
            && script_project::is_script(Path::new(file))
        {
            return script(Path::new(file), group, limits, input).await;
        }
        let run = match arguments.what.as_slice() {
            [file, connector] => {
                let plugin = local::load(Path::new(file), limits).await?;
                plugin.run(connector, input, group.as_ref()).await
            }
            [connector] => {
                let expected =
                    || Usage("expected FILE and CONNECTOR, or --group with one of its connectors".to_owned());
                group.ok_or_else(expected)?.run(&local::engine()?, connector, input).await
            }
            _ => return Err(Usage("expected FILE and CONNECTOR".to_owned()).into()),
        };
        run.map_err(|error| anyhow::Error::from(Reported::from(error.problem())))
    })?;
    print(run, arguments.usage, format)
}

/// Runs the script of a file, in a group or without one.
pub(crate) async fn script(
    path: &Path,
    group: Option<LocalGroup>,
    limits: Limits,
    input: String,
) -> anyhow::Result<LocalRun> {
    let expected = || Usage(format!("`{}` is no script: expected .ts, .js, .mts or .mjs", path.display()));
    let definition = input::script(path)?.ok_or_else(expected)?;
    let (group, limits) = match group {
        Some(group) => (group, None),
        None => (LocalGroup::empty().map_err(|error| Reported::from(error.problem()))?, Some(limits)),
    };
    let run = group.run_script(&local::engine()?, &definition, limits, input).await;
    run.map_err(|error| Reported::from(error.problem()).into())
}

/// Prints output, logs, exchanges and usage of a run.
pub(crate) fn print(run: LocalRun, usage: bool, format: Output) -> anyhow::Result<()> {
    let LocalRun { result, usage: used, logs, exchanges } = run;
    let text = result.map_err(Reported::from);
    let exchanges = exchanges.iter().map(|exchange| json!(exchange)).collect::<Vec<_>>();
    if format == Output::Json {
        // As text, since a tree of values would round numbers.
        let happened = [
            ("usage", serde_json::to_string(&used)?),
            ("logs", serde_json::to_string(&logs)?),
            ("exchanges", serde_json::to_string(&exchanges)?),
        ];
        // What led to a failure is what its reader wants to see.
        let text =
            text.map_err(|reported| reported.with("usage", &used).with("logs", &logs).with("exchanges", &exchanges))?;
        let happened = happened.map(|(name, text)| format!("\"{name}\":{text}")).join(",");
        output::indented(&format!("{{\"output\":{text},{happened}}}"));
        return Ok(());
    }
    output::exchanges(&exchanges);
    output::logs(&logs);
    output::json_text(&text?);
    if usage {
        let memory = used.peak_memory_bytes / 1024;
        output::note(format!("{} us CPU, {memory} KiB memory, {} host calls", used.cpu_us, used.host_calls));
    }
    Ok(())
}
