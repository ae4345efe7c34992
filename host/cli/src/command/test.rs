//! `lockgate test`: runs the examples of connectors without a host, and compares what comes of them.

use std::path::{Path, PathBuf};

use lockgate_domain::LimitsPatch;
use lockgate_flow::{LocalGroup, LocalPlugin, LocalRun};
use serde_json::{Value, json};

use crate::command::local_group::{Given, GroupArguments};
use crate::command::{block_on, build, local};
use crate::exit::{Failed, Usage};
use crate::output::{self, Output, Reported};
use crate::{input, script_project};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// A script, a component, or the folder of one; with --group, the connectors of its file
    path: Option<PathBuf>,
    #[command(flatten)]
    group: GroupArguments,
    /// A limit other than the default, as in a group's `limits`
    #[arg(long = "limit", value_name = "KEY=VALUE")]
    limits: Vec<String>,
}

/// What examples are of.
enum Subject {
    /// The definition of a script.
    Script(Value),
    Component(PathBuf),
    /// A definition among the group's connectors.
    Listed(Value),
}

/// An example and what came of it.
struct Tested {
    connector: String,
    title: String,
    /// What is wrong, if anything is.
    wrong: Option<String>,
}

pub(crate) fn run(arguments: Arguments, format: Output) -> anyhow::Result<()> {
    let given = arguments.group.given()?;
    let subjects = subjects(&arguments, given.as_ref())?;
    let patch = local::patch(&arguments.limits)?;
    let tested = block_on(async {
        let mut tested = Vec::new();
        for subject in &subjects {
            tested.extend(test(subject, given.as_ref(), patch.clone()).await?);
        }
        anyhow::Ok(tested)
    })?;
    if tested.is_empty() {
        let text = format!(
            "there are no examples: write them into `NAME.{}` beside a script, into `examples` of a definition, or beside \
             a plugin's connector",
            script_project::EXAMPLES
        );
        return Err(Usage(text).into());
    }
    print(&tested, format);
    if tested.iter().any(|one| one.wrong.is_some()) { Err(Failed.into()) } else { Ok(()) }
}

fn subjects(arguments: &Arguments, given: Option<&Given<'_>>) -> anyhow::Result<Vec<Subject>> {
    if let (None, Some(given)) = (&arguments.path, given) {
        let written = given.written()?;
        let listed = written.get("connectors").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let listed: Vec<_> = listed.iter().filter(|own| own.get("examples").is_some()).cloned().collect();
        if !listed.is_empty() {
            return Ok(listed.into_iter().map(Subject::Listed).collect());
        }
    }
    let path = arguments.path.as_deref().unwrap_or(Path::new("."));
    if path.is_dir() {
        return match script_project::scripts(path)?.as_slice() {
            [] => Ok(vec![Subject::Component(build::build(path)?.path)]),
            scripts => scripts.iter().map(|path| script(path)).collect(),
        };
    }
    match path.extension() {
        Some(ending) if ending == "wasm" => Ok(vec![Subject::Component(path.to_owned())]),
        Some(_) | None => Ok(vec![script(path)?]),
    }
}

fn script(path: &Path) -> anyhow::Result<Subject> {
    let expected = || Usage(format!("`{}` is no script: expected .ts, .js, .mts or .mjs", path.display()));
    Ok(Subject::Script(input::script(path)?.ok_or_else(expected)?))
}

async fn test(subject: &Subject, given: Option<&Given<'_>>, patch: LimitsPatch) -> anyhow::Result<Vec<Tested>> {
    let limits = local::limits_of(&patch);
    let group = given.map(|given| given.read(patch)).transpose()?;
    let mut tested = Vec::new();
    match subject {
        Subject::Script(definition) => {
            let (local, limits) = match group {
                Some(group) => (group, None),
                None => (LocalGroup::empty().map_err(|error| Reported::from(error.problem()))?, Some(limits)),
            };
            let engine = local::engine()?;
            for example in examples(definition) {
                let run = local.run_script(&engine, definition, limits, example.input.clone()).await;
                tested.push(example.tested(run.map_err(|error| Reported::from(error.problem()))?)?);
            }
        }
        Subject::Listed(definition) => {
            let group = group.ok_or_else(|| Usage("expected --group".to_owned()))?;
            let engine = local::engine()?;
            for example in examples(definition) {
                let run = group.run(&engine, &example.connector, example.input.clone()).await;
                tested.push(example.tested(run.map_err(|error| Reported::from(error.problem()))?)?);
            }
        }
        Subject::Component(path) => {
            let plugin = local::load(path, limits).await?;
            for example in of_plugin(&plugin) {
                let run = plugin.run(&example.connector, example.input.clone(), group.as_ref()).await;
                tested.push(example.tested(run.map_err(|error| Reported::from(error.problem()))?)?);
            }
        }
    }
    Ok(tested)
}

/// An example that can be run.
struct Example {
    connector: String,
    title: String,
    input: String,
    output: Option<Value>,
}

/// Those of a definition. What has another form is refused by who reads the definition.
fn examples(definition: &Value) -> Vec<Example> {
    let connector = definition.get("name").and_then(Value::as_str).unwrap_or_default();
    let list = definition.get("examples").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let example = |(index, own): (usize, &Value)| Example {
        connector: connector.to_owned(),
        title: title(own.get("title").and_then(Value::as_str), index),
        input: own.get("input").unwrap_or(&Value::Null).to_string(),
        output: own.get("output").cloned(),
    };
    list.iter().enumerate().map(example).collect()
}

fn of_plugin(plugin: &LocalPlugin) -> Vec<Example> {
    let all = plugin.manifest().connectors.iter().flat_map(|connector| {
        connector.examples.iter().enumerate().map(|(index, own)| Example {
            connector: connector.name.to_string(),
            title: title(own.title.as_deref(), index),
            input: own.input.text().to_owned(),
            output: own.output.as_ref().map(|output| output.value()),
        })
    });
    all.collect()
}

fn title(given: Option<&str>, index: usize) -> String {
    given.map_or_else(|| format!("example {}", index + 1), str::to_owned)
}

impl Example {
    fn tested(self, run: LocalRun) -> anyhow::Result<Tested> {
        let wrong = match (run.result, self.output) {
            (Err(problem), _) => Some(format!("{}: {}", problem.code, problem.detail)),
            (Ok(found), Some(expected)) => {
                let found: Value = serde_json::from_str(&found)?;
                (found != expected).then(|| format!("expected {expected}, found {found}"))
            }
            (Ok(_), None) => None,
        };
        Ok(Tested { connector: self.connector, title: self.title, wrong })
    }
}

fn print(tested: &[Tested], format: Output) {
    if format == Output::Json {
        let shown = |one: &Tested| json!({"connector": one.connector, "title": one.title, "wrong": one.wrong});
        return output::json(&Value::Array(tested.iter().map(shown).collect()));
    }
    for Tested { connector, title, wrong } in tested {
        match wrong {
            None => output::line(format!("ok      {connector}: {title}")),
            Some(wrong) => output::line(format!("failed  {connector}: {title}: {wrong}")),
        }
    }
    let failed = tested.iter().filter(|one| one.wrong.is_some()).count();
    output::note(format!("{} passed, {failed} failed", tested.len() - failed));
}
