//! `lockgate serve`.

mod check;
mod console;
mod listeners;
mod log;
mod signals;

use std::time::Instant;

use anyhow::Context;
use lockgate_egress::{Egress, EgressSettings};
use lockgate_engine::{CompileCommand, Engine, EngineParts, PoolSize};
use lockgate_flow::{Host, HostParts, Keys};
use lockgate_server::Room;
use lockgate_store::{Place, Store};
use lockgate_vault::AccessToken;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tracing_subscriber::EnvFilter;

use crate::configuration::{Configuration, Overrides};
use crate::console::CONSOLE;
use crate::output::Output;
use crate::{command, community, data_folder, exit::Usage, locate, output};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    overrides: Overrides,
    /// Validate the configuration, look at what it names, and end
    #[arg(long)]
    check: bool,
}

pub(crate) fn run(arguments: Arguments, format: Output) -> anyhow::Result<()> {
    let configuration = Configuration::read(arguments.overrides)?;
    let filter = log_filter(&configuration.log)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    if arguments.check {
        return runtime.block_on(check::run(&configuration, format));
    }
    tracing_subscriber::fmt().json().flatten_event(true).with_env_filter(filter).with_writer(log::writer).init();
    runtime.block_on(serve(configuration))
}

/// A filter of `tracing`. It would take any word for a target, and with `inof` log everything of a target of that name, and
/// nothing else.
fn log_filter(text: &str) -> Result<EnvFilter, Usage> {
    let is_level = |word: &str| word.parse::<tracing::level_filters::LevelFilter>().is_ok();
    let bare =
        text.split(',').map(str::trim).find(|one| !one.is_empty() && !one.contains(['=', '[']) && !is_level(one));
    if let Some(word) = bare {
        let expected = "expected error, warn, info, debug, trace or off, or TARGET=LEVEL";
        return Err(Usage(format!("`log = {text}`: `{word}` is no level: {expected}")));
    }
    EnvFilter::try_new(text).map_err(|error| Usage(format!("`log = {text}`: {error}")))
}

async fn serve(configuration: Configuration) -> anyhow::Result<()> {
    let began = Instant::now();
    let connections = connections(configuration.connections, raise_open_files());
    // Whatever is made below is for this user alone, also in a folder that was there before.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    let folder = &configuration.data_dir;
    // Before anything is made: a certificate that can't be read is the most likely mistake.
    let tls = listeners::tls(&configuration.listener)?;
    let new = match &configuration.database_url {
        Some(_) => !folder.exists(),
        None => !folder.join(data_folder::DATABASE).exists(),
    };
    let place = configuration.database_url.as_ref().map_or(Place::Folder(folder), |url| Place::Postgres(url, folder));
    let (store, new_store) = Store::open(place).await?;
    if new {
        output::note(format!("made a new data folder: {}", folder.canonicalize()?.display()));
    }
    if let (Some(url), true) = (&configuration.database_url, new_store) {
        output::note(format!("made a new store: {url}"));
    }
    let opened = Keys::open(&store, configuration.keys.source(folder)).await?;
    if opened.new && !new {
        output::note("made a new master key beside an existing store: compiled code is made anew");
    }
    let keep = |admin: &AccessToken| {
        data_folder::write(folder, data_folder::ADMIN_TOKEN, admin.reveal())?;
        output::note(format!("admin token, shown once (kept in DATA/admin-token): {}", admin.reveal()));
        Ok(())
    };
    lockgate_flow::bootstrap(&store, keep).await?;
    let engine = Engine::start(EngineParts {
        pool: PoolSize::fitting(configuration.instances).with_memory(configuration.guest_memory_bytes),
        compile: CompileCommand::this_program(command::COMPILE_CHILD),
        cache_folder: folder.join(data_folder::CACHE),
        cache_key: opened.cache,
    })?;
    let listeners = listeners::open(&configuration.listener, tls.clone()).await?;
    let egress = Egress::new(EgressSettings { own: vec![listeners.address, listeners.local], ..configuration.egress })?;
    let parts = HostParts { store, engine, keys: opened.keys, egress };
    let host = Host::start(parts, configuration.host.clone()).await?;
    community::follow(&host, community::folders(&configuration.community_dirs)?).await?;
    let address = listeners.address.to_string();
    let written = data_folder::write(folder, data_folder::ADDRESS, &listeners.local.to_string());
    written.with_context(|| format!("can't write `{}`", folder.join(data_folder::ADDRESS).display()))?;
    if let Err(error) = locate::announce(folder) {
        tracing::warn!(%error, "client commands will not find this host by themselves");
    }
    let scheme = if tls.is_some() { "https" } else { "http" };
    output::note(format!("listening on {scheme}://{address}"));
    console::announce(&host, folder, listeners.local).await;
    tracing::info!(%address, version = env!("CARGO_PKG_VERSION"), start_ms = began.elapsed().as_millis(), "host started");
    signals::hang_up(tls)?;

    let room = Room { connections, bodies: configuration.bodies };
    let (stop, drain) = (signals::stop()?, configuration.drain);
    let finished = lockgate_server::serve(listeners.open, room, host.clone(), CONSOLE, stop, drain).await;
    if !finished {
        tracing::warn!("calls were still running after the drain time");
    }
    host.close().await;
    tracing::info!("host stopped");
    Ok(())
}

/// Connections and loaded plugins take an open file each, and the usual limit of 1,024 is one that every process may
/// raise. Gives how many it can have, if there is a limit.
fn raise_open_files() -> Option<u64> {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, ..limit };
    if let Err(error) = setrlimit(Resource::Nofile, raised) {
        tracing::warn!(%error, open_files = limit.current, "the limit of open files could not be raised");
        return limit.current;
    }
    limit.maximum
}

/// As many connections as are wanted, or as many as leave half of the open files to everything else: plugins, the store,
/// requests to upstreams.
fn connections(wanted: usize, open_files: Option<u64>) -> usize {
    let most = open_files.map_or(usize::MAX, |files| usize::try_from(files / 2).unwrap_or(usize::MAX));
    if most < wanted {
        tracing::warn!(wanted, most, "open files are limited: fewer connections at one time");
    }
    wanted.min(most)
}
