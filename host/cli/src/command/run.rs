//! `lockgate run`.

use std::net::SocketAddr;
use std::path::Path;

use lockgate_domain::{CredentialName, Limits, LimitsPatch, MethodName};
use lockgate_egress::{Egress, EgressSettings};
use lockgate_flow::{LocalGroup, LocalRun, LocalValues};
use serde_json::{Value, json};

use crate::command::{block_on, local};
use crate::exit::Usage;
use crate::input;
use crate::output::{self, Output, Reported};
use crate::values::Values;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The component and one of its connectors; with --group, a declarative connector needs no component
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

/// The group that the call is made in.
#[derive(Debug, clap::Args)]
struct GroupArguments {
    /// Its file: where the call may go, and declarative connectors
    #[arg(long, value_name = "FILE")]
    group: Option<String>,
    #[command(flatten)]
    values: Values,
    /// An address of this machine that the call may reach; no private address is reached otherwise
    #[arg(long, value_name = "ADDR:PORT", requires = "group")]
    reachable: Vec<SocketAddr>,
}

pub(crate) fn run(arguments: Arguments, format: Output) -> anyhow::Result<()> {
    let input = input::json_text(&arguments.input)?;
    let patch = local::patch(&arguments.limits)?;
    let limits = Limits::of_group(&patch);
    let run = block_on(async {
        let group = arguments.group.read(patch)?;
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

impl GroupArguments {
    /// The group, if there is a file. Its connections live in the runtime of the caller.
    fn read(&self, limits: LimitsPatch) -> anyhow::Result<Option<LocalGroup>> {
        let Some(file) = &self.group else {
            return match self.values.is_empty() {
                true => Ok(None),
                false => {
                    Err(Usage("--method, --field and --secret give values to a group: add --group".to_owned()).into())
                }
            };
        };
        let written = input::document(file)?;
        self.values.refuse_typed_secrets(&written)?;
        let reachable = self.reachable.iter().copied().collect();
        let egress = Egress::new(EgressSettings { reachable, ..EgressSettings::default() })?;
        let group = LocalGroup::new(written, limits, &local_values(&self.values)?, egress);
        Ok(Some(group.map_err(|error| Reported::from(error.problem()))?))
    }
}

fn local_values(given: &Values) -> anyhow::Result<LocalValues> {
    let mut values = LocalValues::default();
    let Some((fields, credentials)) = given.read()? else { return Ok(values) };
    if let Value::Object(fields) = fields {
        values.fields = fields;
    }
    let Value::Object(credentials) = credentials else { return Ok(values) };
    for (name, mut of) in credentials {
        let credential =
            name.parse::<CredentialName>().map_err(|error| Usage(format!("credential `{name}`: {error}")))?;
        if let Some(method) = of.get("method").and_then(Value::as_str) {
            let parsed = method.parse::<MethodName>();
            let method = parsed.map_err(|error| Usage(format!("`--method {name}={method}`: {error}")))?;
            values.methods.insert(credential.clone(), method);
        }
        if let Some(Value::Object(own)) = of.get_mut("values").map(Value::take) {
            values.credentials.insert(credential, own);
        }
    }
    Ok(values)
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
