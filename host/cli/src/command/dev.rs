//! `lockgate dev`: watch, rebuild, run the last input again.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use anyhow::Context;
use notify::{RecursiveMode, Watcher};

use crate::command::local_group::{Given, GroupArguments};
use crate::command::{block_on, build, local, run};
use crate::output::{self, Output, Reported};
use crate::{exit, input};

/// Editors write a file in several steps.
const SETTLE: Duration = Duration::from_millis(150);

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Connector to run; the first one by default
    connector: Option<String>,
    /// JSON text or @file, which is read again before every run
    #[arg(long, default_value = "{}", value_name = "JSON")]
    input: String,
    /// Folder of the plugin
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
    let source = arguments.folder.join("src");
    let mut files = vec![arguments.folder.join("Cargo.toml")];
    files.extend(arguments.input.strip_prefix('@').map(PathBuf::from));
    files.extend(arguments.group.file());
    let files = files.iter().map(|file| canonical(file)).collect::<anyhow::Result<BTreeSet<_>>>()?;
    let (below, of) = (canonical(&source)?, files.clone());
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        let counts = |path: &PathBuf| path.starts_with(&below) || of.contains(path);
        if event.is_ok_and(|event| !event.kind.is_access() && event.paths.iter().any(counts)) {
            // The receiver ends with the program.
            let _ = changed.send(());
        }
    })?;
    // Editors replace a file by another one of its name, so its folder is watched.
    let folders: BTreeSet<_> = files.iter().filter_map(|file| file.parent()).collect();
    let folders = folders.into_iter().map(|folder| (folder.to_owned(), RecursiveMode::NonRecursive));
    for (path, mode) in folders.chain([(canonical(&source)?, RecursiveMode::Recursive)]) {
        watcher.watch(&path, mode).with_context(|| format!("can't watch `{}`", path.display()))?;
    }
    let given = arguments.group.given()?;
    loop {
        if let Err(error) = once(&arguments, given.as_ref()) {
            // Shown, and the next change gets its chance.
            let _ = exit::code(Err(error), Output::Text);
        }
        output::note("waiting for a change; Ctrl-C ends");
        changes.recv()?;
        while changes.recv_timeout(SETTLE) != Err(RecvTimeoutError::Timeout) {}
    }
}

/// The path as the watcher reports it.
fn canonical(path: &Path) -> anyhow::Result<PathBuf> {
    let found = path.canonicalize();
    found.with_context(|| format!("can't watch `{}`: is this the folder of a plugin?", path.display()))
}

fn once(arguments: &Arguments, given: Option<&Given<'_>>) -> anyhow::Result<()> {
    let built = build::build(&arguments.folder)?;
    let input = input::json_text(&arguments.input)?;
    let patch = local::patch(&arguments.limits)?;
    let limits = local::limits_of(&patch);
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
