//! The engine: loads plugins and runs their connectors.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use bytes::Bytes;
use lockgate_domain::{Digest, GroupId, Limit, LimitHit, Limits, LogLine, Usage};
use lockgate_vault::DerivedKey;
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use wasmtime::component::{Component, Linker};

use crate::binding::Prepared;
use crate::cache::Cache;
use crate::capability::{self, FullPre as ConnectorPre};
use crate::compile::{CompileCommand, Compiler};
use crate::cpu::Meter;
use crate::idle::{IdleInstances, ReuseKey};
use crate::plugin::Loaded;
use crate::poll_history::PollHistory;
use crate::settings::{self, PoolSize};
use crate::state::{CallFacts, GuestState};
use crate::threads::{GuestThreads, Lost, Owner, Ticket};
use crate::ticker::Ticker;
use crate::{Ended, EngineError, LoadError, Plugin, Stop, contract};

/// How long a call waits for a free instance before it is told to come back.
const POOL_WAIT: Duration = Duration::from_secs(1);

/// How long after its deadline a call may still end by itself, and tell what it used and logged. One that waits for its
/// turn among other guests is given up then.
const GRACE: Duration = Duration::from_millis(3);

/// Bytes of a page, the unit in which WebAssembly counts its memory.
const WASM_PAGE: u64 = 64 * 1024;

/// What an engine is made from.
#[derive(Debug)]
pub struct EngineParts {
    /// The instances that can exist at one time.
    pub pool: PoolSize,
    /// How a component is compiled.
    pub compile: CompileCommand,
    /// Where compiled code is kept.
    pub cache_folder: PathBuf,
    /// What compiled code is authenticated with.
    pub cache_key: DerivedKey,
}

/// Loads plugins and runs their connectors. Cheap to clone.
#[derive(Clone)]
pub struct Engine(Arc<Inner>);

struct Inner {
    wasmtime: wasmtime::Engine,
    linker: Linker<GuestState>,
    compiler: Compiler,
    cache: Cache,
    instances: usize,
    places: Arc<Semaphore>,
    /// Places that instances may hold while they wait for another call: the rest is always there for fresh ones.
    idle_shares: Arc<Semaphore>,
    threads: GuestThreads,
    ticker: Ticker,
}

/// One call of a connector.
#[derive(Debug)]
pub struct Invocation {
    /// The plugin that has it.
    pub plugin: Plugin,
    /// Its name.
    pub connector: String,
    /// JSON text that matches its input schema.
    pub input: String,
    /// Who, where, for how long.
    pub facts: CallFacts,
}

/// What calls hold at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Occupancy {
    /// Instances that exist, those that wait to be reused included.
    pub instances: usize,
    /// Guests on the guest threads, running or waiting.
    pub tasks: usize,
}

/// What came of a call.
#[derive(Debug)]
pub struct Answer {
    /// The output, or how the call ended.
    pub result: Result<String, Ended>,
    /// What it used.
    pub usage: Usage,
    /// What it logged.
    pub logs: Vec<LogLine>,
}

impl Engine {
    /// Starts an engine: its pool, its guest threads, its clock.
    ///
    /// # Errors
    /// Threads can't be started, the cache folder can't be used, or wasmtime refuses this machine.
    pub fn start(parts: EngineParts) -> Result<Self, EngineError> {
        let wasmtime = wasmtime::Engine::new(&settings::pooled(parts.pool)).map_err(EngineError::Wasmtime)?;
        let mut linker = Linker::new(&wasmtime);
        capability::link(&mut linker).map_err(EngineError::Wasmtime)?;
        let instances = usize::try_from(parts.pool.instances).unwrap_or(usize::MAX);
        let inner = Inner {
            compiler: Compiler::new(parts.compile, parts.pool.short),
            cache: Cache::open(parts.cache_folder, parts.cache_key, &wasmtime)?,
            instances,
            places: Arc::new(Semaphore::new(instances)),
            idle_shares: Arc::new(Semaphore::new(instances / 4)),
            threads: GuestThreads::start()?,
            ticker: Ticker::start(&wasmtime).map_err(EngineError::Thread)?,
            linker,
            wasmtime,
        };
        Ok(Self(Arc::new(inner)))
    }

    /// Makes a component callable: compiled (or taken from the cache), checked and linked. `limits` bound its size and
    /// the compilation.
    ///
    /// # Errors
    /// [`LoadError`] says what is wrong with the component and what to do.
    pub async fn load(&self, bytes: Bytes, limits: &Limits) -> Result<Plugin, LoadError> {
        if bytes.len() as u64 > limits.component_bytes {
            let limit = LimitHit::new(Limit::Component, limits.component_bytes);
            return Err(LoadError::TooLarge { found: bytes.len(), limit });
        }
        contract::check_header(&bytes)?;
        let all = bytes.clone();
        let digest = blocking(move || Ok(Digest::of(&all))).await?;
        if let Some(plugin) = self.load_compiled(&digest, limits).await? {
            return Ok(plugin);
        }
        let code = self.0.compiler.compile(&bytes, limits).await?;
        let (engine, limits) = (self.clone(), *limits);
        blocking(move || {
            let component = engine.0.cache.put(&engine.0.wasmtime, &digest, &code)?;
            engine.link(digest, component, &limits)
        })
        .await
    }

    /// The same for a component whose compiled code is in the cache; `None` if it is not.
    ///
    /// # Errors
    /// As for [`Self::load`].
    pub async fn load_compiled(&self, digest: &Digest, limits: &Limits) -> Result<Option<Plugin>, LoadError> {
        let (engine, digest, limits) = (self.clone(), *digest, *limits);
        blocking(move || match engine.0.cache.get(&engine.0.wasmtime, &digest)? {
            Some(component) => engine.link(digest, component, &limits).map(Some),
            None => Ok(None),
        })
        .await
    }

    /// Whether the cache has a component's code for this engine.
    pub fn is_compiled(&self, digest: &Digest) -> bool {
        self.0.cache.has(digest)
    }

    /// Work of the host's own that a stranger's data can make long: it is done on the slow lane, in turns with the guests
    /// of other groups, and never on a thread that serves connections.
    ///
    /// # Errors
    /// [`EngineError::Lost`]: the work panicked.
    pub async fn compute<T: Send + 'static>(
        &self,
        group: Option<GroupId>,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, EngineError> {
        let owner = group.map_or(Owner::Describe, Owner::Group);
        self.0.threads.compute(owner, work).await.map_err(|lost| EngineError::Lost(format!("{lost:?}")))
    }

    /// The same in this process: without the compile child and its limits, and past the cache. For components that come
    /// by the thousand, as fuzzing makes them.
    ///
    /// # Errors
    /// As [`Engine::load`].
    pub fn load_in_process(&self, bytes: &[u8], limits: &Limits) -> Result<Plugin, LoadError> {
        contract::check_header(bytes)?;
        let component = Component::new(&self.0.wasmtime, bytes);
        let component =
            component.map_err(|error| LoadError::Compile(format!("the component is not valid: {error:#}")))?;
        self.link(Digest::of(bytes), component, limits)
    }

    fn link(&self, digest: Digest, component: Component, limits: &Limits) -> Result<Plugin, LoadError> {
        let inner = &self.0;
        contract::check(&inner.wasmtime, &component)?;
        if let Some(needs) = component.resources_required() {
            let initial = needs.max_initial_memory_size.unwrap_or(0).saturating_mul(WASM_PAGE);
            if initial > limits.memory_bytes {
                let limit = LimitHit::new(Limit::Memory, limits.memory_bytes);
                return Err(LoadError::Memory { found: initial, limit });
            }
        }
        let interfaces = contract::interfaces_of(&inner.wasmtime, &component);
        let pre = inner.linker.instantiate_pre(&component).and_then(ConnectorPre::new);
        let pre = pre
            .map_err(|error| LoadError::UnknownImport(format!("the component does not fit the contract: {error:#}")))?;
        Ok(Plugin(Arc::new(Loaded {
            digest,
            pre,
            interfaces,
            idle: IdleInstances::default(),
            poll_history: PollHistory::default(),
        })))
    }

    /// Asks a plugin for its manifest, as JSON text, in an instance of its own and under `limits`.
    ///
    /// # Errors
    /// `describe` did not return.
    pub async fn describe(&self, plugin: &Plugin, limits: Limits) -> Result<(String, Vec<LogLine>), LoadError> {
        let (engine, own, meter) = (self.clone(), plugin.clone(), Meter::new());
        let beat = self.0.ticker.beat();
        let deadline = Instant::now() + Duration::from_millis(limits.deadline_ms);
        let ticket = Ticket::new(Owner::Describe, &limits, &meter);
        let describe = async move {
            let _beat = beat;
            let prepared = engine.prepare(&own, &limits, deadline, meter).await?;
            let (manifest, logs) = prepared.describe().await;
            manifest.map(|manifest| (manifest, logs))
        };
        let run = self.0.threads.run(&plugin.0.poll_history, ticket, deadline + GRACE, within(deadline, describe));
        let described = run.await.unwrap_or_else(|lost| Err(lost.into()));
        described.map_err(|ended| match ended {
            Ended::OutputTooLarge | Ended::HandedTooMuch => LoadError::ManifestTooLarge(limits.output_bytes),
            ended => LoadError::Describe(Box::new(ended.problem(&limits))),
        })
    }

    /// Runs a connector. The future can be dropped at any time, which ends the guest.
    pub async fn invoke(&self, invocation: Invocation) -> Answer {
        let (engine, plugin, meter) = (self.clone(), invocation.plugin.clone(), Meter::new());
        let owner = Owner::Group(invocation.facts.permit.group());
        let ticket = Ticket::new(owner, &invocation.facts.limits, &meter);
        let until = invocation.facts.deadline + GRACE;
        // Taken here, where connections are served: the threads of guests have a runtime of their own.
        let io = invocation.facts.outbound.as_ref().and_then(|_| Handle::try_current().ok());
        let run = {
            let (beat, meter) = (self.0.ticker.beat(), Arc::clone(&meter));
            async move {
                let _beat = beat;
                engine.run(invocation, io, meter).await
            }
        };
        match self.0.threads.run(&plugin.0.poll_history, ticket, until, run).await {
            Ok(answer) => answer,
            Err(lost) => {
                let usage = Usage { cpu_us: micros(meter.spent()), ..Usage::default() };
                Answer { result: Err(lost.into()), usage, logs: Vec::new() }
            }
        }
    }

    async fn run(&self, invocation: Invocation, io: Option<Handle>, meter: Arc<Meter>) -> Answer {
        let Invocation { plugin, connector, input, facts } = invocation;
        let (deadline, limits) = (facts.deadline, facts.limits);
        let reuse = (limits.calls_per_instance > 1).then(|| ReuseKey::of(&facts));
        let waiting = reuse.as_ref().and_then(|key| plugin.0.idle.take(key));
        let prepared = match waiting {
            Some(idle) => Ok(idle.bind(facts, io, meter)),
            None => self.prepare(&plugin, &limits, deadline, meter).await.map(|fresh| fresh.bind(facts, io)),
        };
        let mut running = match prepared {
            Ok(running) => running,
            Err(ended) => return Answer::ended(ended),
        };
        let result = within(deadline, running.invoke(&connector, &input)).await;
        let clean = matches!(result, Ok(_) | Err(Ended::Failed(_)));
        let (usage, logs, idle) = running.finish(clean);
        if let (Some(key), Some(idle)) = (reuse, idle) {
            plugin.0.idle.put(key, idle, &self.0.idle_shares);
        }
        Answer { result, usage, logs }
    }

    async fn prepare(
        &self,
        plugin: &Plugin,
        limits: &Limits,
        deadline: Instant,
        meter: Arc<Meter>,
    ) -> Result<Prepared, Ended> {
        let place = self.place().await?;
        Prepared::new(&self.0.wasmtime, place, plugin, limits, deadline, meter).await
    }

    /// Waits a moment for a place in the pool.
    async fn place(&self) -> Result<OwnedSemaphorePermit, Ended> {
        let places = Arc::clone(&self.0.places);
        if let Ok(place) = Arc::clone(&places).try_acquire_owned() {
            return Ok(place);
        }
        match tokio::time::timeout(POOL_WAIT, places.acquire_owned()).await {
            Ok(Ok(place)) => Ok(place),
            Ok(Err(_)) | Err(_) => Err(Ended::PoolExhausted),
        }
    }

    /// What calls hold now.
    pub fn occupancy(&self) -> Occupancy {
        let used = self.0.instances.saturating_sub(self.0.places.available_permits());
        Occupancy { instances: used, tasks: self.0.threads.tasks() }
    }

    /// Forgets compiled code that only another engine could use, and that of every component but these.
    pub fn keep_only(&self, digests: &HashSet<Digest>) {
        self.0.cache.keep_only(digests);
    }

    /// Forgets the compiled code of a plugin that is deleted.
    pub fn forget(&self, digest: &Digest) {
        self.0.cache.remove(digest);
    }
}

/// Work on files and long texts, apart from the threads that serve connections.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, LoadError> + Send + 'static,
) -> Result<T, LoadError> {
    let lost = |error: tokio::task::JoinError| LoadError::Engine(EngineError::Lost(error.to_string()));
    tokio::task::spawn_blocking(work).await.map_err(lost)?
}

/// Ends a future at the call's deadline. A guest that computes is ended by its tick; this is for one that waits.
async fn within<T>(deadline: Instant, future: impl Future<Output = Result<T, Ended>>) -> Result<T, Ended> {
    let mut future = std::pin::pin!(future);
    // Most guests return without waiting, and need no timer.
    if let Poll::Ready(result) = std::future::poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx))).await {
        return result;
    }
    match tokio::time::timeout_at(deadline.into(), future).await {
        Ok(result) => result,
        Err(_) => Err(Ended::Stopped(Stop::Deadline)),
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

impl From<Lost> for Ended {
    fn from(lost: Lost) -> Self {
        match lost {
            Lost::Late => Self::Stopped(Stop::Deadline),
            Lost::Panicked => Self::HostFailed,
        }
    }
}

impl Answer {
    fn ended(ended: Ended) -> Self {
        Self { result: Err(ended), usage: Usage::default(), logs: Vec::new() }
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").finish_non_exhaustive()
    }
}
