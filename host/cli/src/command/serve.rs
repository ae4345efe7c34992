//! `lockgate serve`.

use std::path::PathBuf;
use std::time::Instant;

use anyhow::Context;
use lockgate_egress::{Egress, EgressSettings};
use lockgate_engine::{CompileCommand, Engine, EngineParts, PoolSize};
use lockgate_flow::{Host, HostParts, Keys};
use lockgate_store::{Place, Store};
use lockgate_vault::AccessToken;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

use crate::configuration::{Configuration, Overrides};
use crate::{command, community, data_folder, environment, exit::Usage, locate, output};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Folder of everything that the host keeps [default: ./lockgate-data]
    #[arg(long, env = environment::DATA_DIR, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// PostgreSQL database to keep everything in, instead of a file in the data folder. Others can read arguments: prefer
    /// the environment or the configuration file for a URL with a password
    #[arg(long, env = environment::DATABASE_URL, hide_env_values = true, value_name = "URL")]
    database_url: Option<String>,
    /// Address to listen on; port 0 is any free one [default: 127.0.0.1:7747]
    #[arg(long, env = environment::LISTEN, value_name = "ADDR")]
    listen: Option<String>,
    /// Configuration file (TOML)
    #[arg(long, env = environment::CONFIG, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Folder of ready-made groups, besides `community` beside the program and in the working directory; may be repeated
    #[arg(long, env = environment::COMMUNITY_DIR, value_name = "DIR", value_delimiter = ':')]
    community_dir: Vec<PathBuf>,
    /// A proxy before the host adds TLS, so it may listen beyond this machine
    #[arg(long)]
    behind_proxy: bool,
    /// What is logged: a level, or a filter such as `info,lockgate::guest=debug`
    #[arg(long, env = environment::LOG, value_name = "FILTER")]
    log: Option<String>,
    /// Validate the configuration and end
    #[arg(long)]
    check: bool,
}

pub(crate) fn run(arguments: Arguments) -> anyhow::Result<()> {
    let overrides = Overrides {
        data_dir: arguments.data_dir,
        database_url: arguments.database_url,
        listen: arguments.listen,
        community_dirs: arguments.community_dir,
        behind_proxy: arguments.behind_proxy,
        log: arguments.log,
    };
    let configuration = Configuration::read(arguments.config.as_deref(), overrides)?;
    let filter = EnvFilter::try_new(&configuration.log);
    let filter = filter.map_err(|error| Usage(format!("`log = {}`: {error}", configuration.log)))?;
    if arguments.check {
        output::line(format!("the configuration is valid: {configuration:?}"));
        return Ok(());
    }
    tracing_subscriber::fmt().json().flatten_event(true).with_env_filter(filter).with_writer(std::io::stderr).init();
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(serve(configuration))
}

async fn serve(configuration: Configuration) -> anyhow::Result<()> {
    let began = Instant::now();
    raise_open_files();
    // Whatever is made below is for this user alone, also in a folder that was there before.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    let folder = &configuration.data_dir;
    let new = match &configuration.database_url {
        Some(_) => !folder.exists(),
        None => !folder.join("lockgate.db").exists(),
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
        pool: PoolSize::fitting(configuration.instances),
        compile: CompileCommand::this_program(command::COMPILE_CHILD),
        cache_folder: folder.join(data_folder::CACHE),
        cache_key: opened.cache,
    })?;
    let listener = TcpListener::bind(configuration.listen).await;
    let listener = listener.with_context(|| {
        format!(
            "can't listen on {}: is another host running? (`--listen 127.0.0.1:0` takes a free port)",
            configuration.listen
        )
    })?;
    let address = listener.local_addr()?;
    let egress = Egress::new(EgressSettings { own: vec![address], ..configuration.egress })?;
    let host = Host::start(HostParts { store, engine, keys: opened.keys, egress }, configuration.host).await?;
    community::follow(&host, community::folders(&configuration.community_dirs)?).await?;
    let written = data_folder::write(folder, data_folder::ADDRESS, &address.to_string());
    written.with_context(|| format!("can't write `{}`", folder.join(data_folder::ADDRESS).display()))?;
    if let Err(error) = locate::announce(folder) {
        tracing::warn!(%error, "client commands will not find this host by themselves");
    }
    output::note(format!("listening on http://{address}"));
    tracing::info!(%address, version = env!("CARGO_PKG_VERSION"), start_ms = began.elapsed().as_millis(), "host started");

    let finished = lockgate_server::serve(listener, host.clone(), stop()?, configuration.drain).await;
    if !finished {
        tracing::warn!("calls were still running after the drain time");
    }
    host.close().await;
    tracing::info!("host stopped");
    Ok(())
}

/// Connections and loaded plugins take an open file each, and the usual limit of 1,024 is one that every process may raise.
fn raise_open_files() {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, ..limit };
    if let Err(error) = setrlimit(Resource::Nofile, raised) {
        tracing::warn!(%error, open_files = limit.current, "the limit of open files could not be raised");
    }
}

/// Completes at SIGTERM or SIGINT.
fn stop() -> anyhow::Result<impl Future<Output = ()>> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        let name = tokio::select! {
            _ = terminate.recv() => "SIGTERM",
            _ = interrupt.recv() => "SIGINT",
        };
        tracing::info!(signal = name, "draining");
    })
}
