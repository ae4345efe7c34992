//! `lockgate dev`: watch, rebuild, run the last input again.

use std::path::PathBuf;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use anyhow::Context;
use notify::{RecursiveMode, Watcher};

use crate::command::{block_on, build, local, run};
use crate::output::Reported;
use crate::output::{self, Output};
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
    /// A limit other than the default, as in a group's `limits`
    #[arg(long = "limit", value_name = "KEY=VALUE")]
    limits: Vec<String>,
}

pub(crate) fn run(arguments: Arguments) -> anyhow::Result<()> {
    let (changed, changes) = channel();
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        if event.is_ok_and(|event| !event.kind.is_access()) {
            // The receiver ends with the program.
            let _ = changed.send(());
        }
    })?;
    let mut watched = vec![arguments.folder.join("src"), arguments.folder.join("Cargo.toml")];
    watched.extend(arguments.input.strip_prefix('@').map(PathBuf::from));
    for path in &watched {
        let watching = watcher.watch(path, RecursiveMode::Recursive);
        watching.with_context(|| format!("can't watch `{}`: is this the folder of a plugin?", path.display()))?;
    }
    loop {
        if let Err(error) = once(&arguments) {
            // Shown, and the next change gets its chance.
            let _ = exit::code(Err(error), Output::Text);
        }
        output::note("waiting for a change; Ctrl-C ends");
        changes.recv()?;
        while changes.recv_timeout(SETTLE) != Err(RecvTimeoutError::Timeout) {}
    }
}

fn once(arguments: &Arguments) -> anyhow::Result<()> {
    let built = build::build(&arguments.folder)?;
    let input = input::json_text(&arguments.input)?;
    let limits = local::limits(&arguments.limits)?;
    let result = block_on(async {
        let plugin = local::load(&built.path, limits).await?;
        let first = plugin.manifest().connectors.first().map(|connector| connector.name.to_string());
        let connector = arguments.connector.clone().or(first).unwrap_or_default();
        plugin.run(&connector, input, None).await.map_err(|error| anyhow::Error::from(Reported::from(error.problem())))
    })?;
    run::print(result, true, Output::Text)
}
