//! `lockgate dev`: watch, build a plugin again, run the last input again.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use anyhow::Context;
use notify::{RecursiveMode, Watcher};

use crate::command::local_group::{Given, GroupArguments};
use crate::command::{block_on, build, local, run};
use crate::output::{self, Output, Reported};
use crate::{exit, input, script_project};

/// Editors write a file in several steps.
const SETTLE: Duration = Duration::from_millis(150);

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Connector to run, by default the plugin's first one; or a script, by default the folder's only one
    connector: Option<String>,
    /// JSON text or @file, which is read again before every run
    #[arg(long, default_value = "{}", value_name = "JSON")]
    input: String,
    /// Folder of the plugin or the script
    #[arg(long, default_value = ".")]
    folder: PathBuf,
    #[command(flatten)]
    group: GroupArguments,
    /// A limit other than the default, as in a group's `limits`
    #[arg(long = "limit", value_name = "KEY=VALUE")]
    limits: Vec<String>,
}

pub(crate) fn run(arguments: Arguments) -> anyhow::Result<()> {
    let (changed, changes) = channel();
    let script = script(&arguments)?;
    let source = script.is_none().then(|| canonical(&arguments.folder.join("src"))).transpose()?;
    let mut files = vec![script.clone().unwrap_or_else(|| arguments.folder.join("Cargo.toml"))];
    files.extend(arguments.input.strip_prefix('@').map(PathBuf::from));
    files.extend(arguments.group.file());
    let files = files.iter().map(|file| canonical(file)).collect::<anyhow::Result<BTreeSet<_>>>()?;
    let (below, of) = (source.clone(), files.clone());
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        let is_source = |path: &PathBuf| below.as_ref().is_some_and(|below| path.starts_with(below));
        let counts = |path: &PathBuf| is_source(path) || of.contains(path);
        if event.is_ok_and(|event| !event.kind.is_access() && event.paths.iter().any(counts)) {
            // The receiver ends with the program.
            let _ = changed.send(());
        }
    })?;
    // Editors replace a file by another one of its name, so its folder is watched.
    let folders: BTreeSet<_> = files.iter().filter_map(|file| file.parent()).collect();
    let folders = folders.into_iter().map(|folder| (folder.to_owned(), RecursiveMode::NonRecursive));
    for (path, mode) in folders.chain(source.map(|source| (source, RecursiveMode::Recursive))) {
        watcher.watch(&path, mode).with_context(|| format!("can't watch `{}`", path.display()))?;
    }
    let given = arguments.group.given()?;
    loop {
        if let Err(error) = once(&arguments, script.as_deref(), given.as_ref()) {
            // Shown, and the next change gets its chance.
            let _ = exit::code(Err(error), Output::Text);
        }
        output::note("waiting for a change; Ctrl-C ends");
        changes.recv()?;
        while changes.recv_timeout(SETTLE) != Err(RecvTimeoutError::Timeout) {}
    }
}

/// The script to run: the one that is named, or the only one of a folder that is no plugin.
fn script(arguments: &Arguments) -> anyhow::Result<Option<PathBuf>> {
    match &arguments.connector {
        Some(name) if script_project::is_script(Path::new(name)) => Ok(Some(arguments.folder.join(name))),
        Some(_) => Ok(None),
        None => script_project::only_script(&arguments.folder),
    }
}

/// The path as the watcher reports it.
fn canonical(path: &Path) -> anyhow::Result<PathBuf> {
    let found = path.canonicalize();
    found.with_context(|| format!("can't watch `{}`: is this the folder of a plugin or a script?", path.display()))
}

fn once(arguments: &Arguments, script: Option<&Path>, given: Option<&Given<'_>>) -> anyhow::Result<()> {
    let input = input::json_text(&arguments.input)?;
    let patch = local::patch(&arguments.limits)?;
    let limits = local::limits_of(&patch);
    if let Some(script) = script {
        let result = block_on(async {
            let group = given.map(|given| given.read(patch)).transpose()?;
            run::script(script, group, limits, input).await
        })?;
        return run::print(result, true, Output::Text);
    }
    let built = build::build(&arguments.folder)?;
    let result = block_on(async {
        let group = given.map(|given| given.read(patch)).transpose()?;
        let plugin = local::load(&built.path, limits).await?;
        let first = plugin.manifest().connectors.first().map(|connector| connector.name.to_string());
        let connector = arguments.connector.clone().or(first).unwrap_or_default();
        let run = plugin.run(&connector, input, group.as_ref()).await;
        run.map_err(|error| anyhow::Error::from(Reported::from(error.problem())))
    })?;
    run::print(result, true, Output::Text)
}
