//! `lockgate backup` and `lockgate restore`.

use std::path::{Path, PathBuf};

use lockgate_store::Copied;
use serde_json::json;

use crate::command::block_on;
use crate::configuration::{Configuration, Overrides};
use crate::exit::Usage;
use crate::output::{self, Output};
use crate::{data_folder, environment, locate};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// File to write; there must be none
    #[arg(value_name = "FILE")]
    to: PathBuf,
    /// Data folder of the host, which may serve meanwhile [default: that of the running host, or ./lockgate-data]
    #[arg(long, env = environment::DATA_DIR, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Configuration file of the host, which names its data folder
    #[arg(long, env = environment::CONFIG, value_name = "FILE")]
    config: Option<PathBuf>,
    /// A host on PostgreSQL: refused with the commands that do it
    #[arg(long, env = environment::DATABASE_URL, hide_env_values = true, value_name = "URL")]
    database_url: Option<String>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Restore {
    /// File that `lockgate backup` wrote
    #[arg(value_name = "FILE")]
    from: PathBuf,
    /// Data folder to make; what exists must be empty
    #[arg(long, value_name = "DIR")]
    data_dir: PathBuf,
}

pub(crate) fn run(arguments: Arguments, format: Output) -> anyhow::Result<()> {
    let named = arguments.data_dir.is_some() || arguments.config.is_some() || arguments.database_url.is_some();
    let running = if named { None } else { locate::running()? };
    let configuration = Configuration::read(Overrides {
        data_dir: arguments.data_dir.or(running),
        config: arguments.config,
        database_url: arguments.database_url,
        ..Overrides::default()
    })?;
    if let Some(url) = &configuration.database_url {
        let text = format!(
            "the host keeps everything in {url}, and PostgreSQL has its own tools: \
             `pg_dump --format=custom --file={to} \"$LOCKGATE_DATABASE_URL\"` makes a consistent copy while hosts serve, \
             and `pg_restore --no-owner --dbname=URL-OF-AN-EMPTY-DATABASE {to}` restores it",
            to = arguments.to.display()
        );
        return Err(Usage(text).into());
    }
    let copied = block_on(async { Ok(lockgate_store::backup(&configuration.data_dir, &arguments.to).await?) })?;
    report(&copied, &arguments.to, format);
    if format == Output::Text {
        let key = configuration.data_dir.join(data_folder::MASTER_KEY);
        output::note(format!("the keys are not in it: keep a copy of {} in another place", key.display()));
    }
    Ok(())
}

pub(crate) fn restore(arguments: Restore, format: Output) -> anyhow::Result<()> {
    let copied = block_on(async { Ok(lockgate_store::restore(&arguments.from, &arguments.data_dir).await?) })?;
    report(&copied, &arguments.data_dir.join(data_folder::DATABASE), format);
    if format == Output::Text {
        let key = arguments.data_dir.join(data_folder::MASTER_KEY);
        output::note(format!("put the keys of that host to {} (mode 0600) before you start one", key.display()));
    }
    Ok(())
}

fn report(copied: &Copied, to: &Path, format: Output) {
    let Copied { bytes, schema, revision } = copied;
    if format == Output::Json {
        output::json(&json!({"path": to, "bytes": bytes, "schema": schema, "revision": revision}));
    } else {
        output::line(format!("{}: {bytes} bytes, schema {schema}, change {revision}, checked", to.display()));
    }
}
