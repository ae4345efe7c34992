//! The engine: loads plugins and runs their connectors.

use std::path::PathBuf;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use lockgate_domain::{Digest, Limit, LimitHit, Limits, LogLine, Usage};
use lockgate_vault::DerivedKey;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use wasmtime::component::{Component, Linker};

use crate::binding::Prepared;
use crate::cache::Cache;
use crate::capability::{self, ConnectorPre};
use crate::compile::{CompileCommand, Compiler};
use crate::idle::{IdleInstances, ReuseKey};
use crate::plugin::Loaded;
use crate::settings::{self, PoolSize};
use crate::state::{CallFacts, GuestState};
use crate::threads::{GuestThreads, Habit};
use crate::ticker::Ticker;
use crate::{Ended, EngineError, LoadError, Plugin, Stop, contract};

/// How long a call waits for a free instance before it is told to come back.
const POOL_WAIT: Duration = Duration::from_secs(1);

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
    places: Arc<Semaphore>,
    /// Places that instances may hold while they wait for another call: the rest is always there for fresh ones.
    idle_shares: Arc<Semaphore>,
    threads: GuestThreads,
    _ticker: Ticker,
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
        let inner = Inner {
            compiler: Compiler::new(parts.compile, parts.pool.short),
            cache: Cache::open(parts.cache_folder, parts.cache_key, &wasmtime)?,
            places: Arc::new(Semaphore::new(usize::try_from(parts.pool.instances).unwrap_or(usize::MAX))),
            idle_shares: Arc::new(Semaphore::new(usize::try_from(parts.pool.instances / 4).unwrap_or(0))),
            threads: GuestThreads::start()?,
            _ticker: Ticker::start(&wasmtime).map_err(EngineError::Thread)?,
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
    pub async fn load(&self, bytes: &[u8], limits: &Limits) -> Result<Plugin, LoadError> {
        let inner = &self.0;
        if bytes.len() as u64 > limits.component_bytes {
            let limit = LimitHit::new(Limit::Component, limits.component_bytes);
            return Err(LoadError::TooLarge { found: bytes.len(), limit });
        }
        contract::check_header(bytes)?;
        let digest = Digest::of(bytes);
        let component = match inner.cache.get(&inner.wasmtime, &digest)? {
            Some(component) => component,
            None => {
                let code = inner.compiler.compile(bytes, limits).await?;
                inner.cache.put(&inner.wasmtime, &digest, &code)?
            }
        };
        self.link(digest, component, limits)
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
                return Err(LoadError::NeedsTooMuch(format!(
                    "the component starts with {initial} bytes of memory: {limit}"
                )));
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
            habit: Habit::default(),
        })))
    }

    /// Asks a plugin for its manifest, as JSON text, in an instance of its own and under `limits`.
    ///
    /// # Errors
    /// `describe` did not return.
    pub async fn describe(&self, plugin: &Plugin, limits: Limits) -> Result<(String, Vec<LogLine>), LoadError> {
        let (engine, own) = (self.clone(), plugin.clone());
        let deadline = Instant::now() + Duration::from_millis(limits.deadline_ms);
        let describe = async move {
            let prepared = engine.prepare(&own, &limits, deadline).await?;
            let (manifest, logs) = prepared.describe().await;
            manifest.map(|manifest| (manifest, logs))
        };
        let described = self.0.threads.run(&plugin.0.habit, within(deadline, describe)).await;
        let described = described.unwrap_or_else(|| Err(Ended::ContractBroken("the guest's task was lost".to_owned())));
        described.map_err(|ended| LoadError::Describe(Box::new(ended.problem(&limits))))
    }

    /// Runs a connector. The future can be dropped at any time, which ends the guest.
    pub async fn invoke(&self, invocation: Invocation) -> Answer {
        let (engine, plugin) = (self.clone(), invocation.plugin.clone());
        let answer = self.0.threads.run(&plugin.0.habit, async move { engine.run(invocation).await }).await;
        answer.unwrap_or_else(|| Answer::ended(Ended::ContractBroken("the guest's task was lost".to_owned())))
    }

    async fn run(&self, invocation: Invocation) -> Answer {
        let Invocation { plugin, connector, input, facts } = invocation;
        let (deadline, limits) = (facts.deadline, facts.limits);
        let reuse = (limits.calls_per_instance > 1).then(|| ReuseKey::of(&facts));
        let waiting = reuse.as_ref().and_then(|key| plugin.0.idle.take(key));
        let prepared = match waiting {
            Some(idle) => Ok(idle.bind(facts)),
            None => self.prepare(&plugin, &limits, deadline).await.map(|fresh| fresh.bind(facts)),
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

    async fn prepare(&self, plugin: &Plugin, limits: &Limits, deadline: Instant) -> Result<Prepared, Ended> {
        let place = self.place().await?;
        Prepared::new(&self.0.wasmtime, place, plugin, limits, deadline).await
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

    /// Forgets the compiled code of a plugin that is deleted.
    pub fn forget(&self, digest: &Digest) {
        self.0.cache.remove(digest);
    }
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
