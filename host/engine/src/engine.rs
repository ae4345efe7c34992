//! The engine: its parts, and how a component becomes a plugin that can be called.

use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use lockgate_domain::{Digest, Limit, LimitHit, Limits, Scope};
use lockgate_vault::DerivedKey;
use tokio::sync::Semaphore;
use wasmtime::component::{Component, Linker};

use crate::cache::Cache;
use crate::capability::{self, FullPre as ConnectorPre};
use crate::compile::{CompileCommand, Compiler};
use crate::contract::Origin;
use crate::fair_permits::{FairPermits, PermitBounds};
use crate::idle::IdleInstances;
use crate::plugin::Loaded;
use crate::poll_history::PollHistory;
use crate::pool::{self, Pool};
use crate::settings::{self, PoolSize};
use crate::state::GuestState;
use crate::threads::{GuestThreads, QueueOwner};
use crate::ticker::Ticker;
use crate::{EngineError, LoadError, Plugin, ProtosError, Upload, contract};

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
pub struct Engine(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) wasmtime: wasmtime::Engine,
    linker: Linker<GuestState>,
    compiler: Compiler,
    cache: Cache,
    /// Who has how much of the instances and their memory.
    pub(crate) pool: Pool,
    /// One for each instance that may wait for another call: the rest of the pool is always there for fresh ones.
    pub(crate) idle_permits: Arc<Semaphore>,
    pub(crate) threads: GuestThreads,
    /// To have a component of the host's own do a piece of work.
    pub(crate) work_permits: FairPermits,
    pub(crate) ticker: Ticker,
}

/// What calls occupy at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Occupancy {
    /// Instances that exist, those that wait to be reused included.
    pub instances: usize,
    /// Guests on the queues of the guest threads, running or waiting.
    pub tasks: usize,
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
            pool: Pool::new(instances, parts.pool.memory),
            idle_permits: Arc::new(Semaphore::new(instances / 4)),
            threads: GuestThreads::start()?,
            work_permits: FairPermits::new(work_permits()),
            ticker: Ticker::start(&wasmtime).map_err(EngineError::Thread)?,
            linker,
            wasmtime,
        };
        Ok(Self(Arc::new(inner)))
    }

    /// Begins to receive a component.
    ///
    /// # Errors
    /// The cache folder can't be used.
    pub async fn upload(&self) -> Result<Upload, EngineError> {
        Upload::begin(self.0.cache.unfinished()).await
    }

    /// Makes a component callable: compiled (or taken from the cache), checked and linked. `limits` bound its size and
    /// the compilation, which is fair between the scopes for which components are loaded; `None` is for the host itself.
    ///
    /// # Errors
    /// [`LoadError`] says what is wrong with the component and what to do.
    pub async fn load(&self, bytes: Bytes, limits: &Limits, scope: Option<Scope>) -> Result<Plugin, LoadError> {
        self.load_of(Origin::Plugin, bytes, limits, scope).await
    }

    /// The same for a component that is part of the host.
    ///
    /// # Errors
    /// As for [`Self::load`].
    pub async fn load_own(&self, bytes: Bytes, limits: &Limits) -> Result<Plugin, LoadError> {
        self.load_of(Origin::Host, bytes, limits, None).await
    }

    async fn load_of(
        &self,
        origin: Origin,
        bytes: Bytes,
        limits: &Limits,
        scope: Option<Scope>,
    ) -> Result<Plugin, LoadError> {
        if bytes.len() as u64 > limits.component_bytes {
            let limit = LimitHit::new(Limit::Component, limits.component_bytes);
            return Err(LoadError::TooLarge { found: bytes.len(), limit });
        }
        contract::check_header(&bytes)?;
        let all = bytes.clone();
        let digest = blocking(move || Ok(Digest::of(&all))).await?;
        if let Some(plugin) = self.load_compiled_of(origin, &digest, limits).await? {
            return Ok(plugin);
        }
        let code = self.0.compiler.compile(&bytes, limits, scope).await?;
        let (engine, limits) = (self.clone(), *limits);
        blocking(move || {
            let component = engine.0.cache.put(&engine.0.wasmtime, &digest, &code)?;
            engine.link(origin, digest, component, &limits)
        })
        .await
    }

    /// The same for a component whose compiled code is in the cache; `None` if it is not.
    ///
    /// # Errors
    /// As for [`Self::load`].
    pub async fn load_compiled(&self, digest: &Digest, limits: &Limits) -> Result<Option<Plugin>, LoadError> {
        self.load_compiled_of(Origin::Plugin, digest, limits).await
    }

    async fn load_compiled_of(
        &self,
        origin: Origin,
        digest: &Digest,
        limits: &Limits,
    ) -> Result<Option<Plugin>, LoadError> {
        let (engine, digest, limits) = (self.clone(), *digest, *limits);
        blocking(move || match engine.0.cache.get(&engine.0.wasmtime, &digest)? {
            Some(component) => engine.link(origin, digest, component, &limits).map(Some),
            None => Ok(None),
        })
        .await
    }

    /// Compiles `.proto` texts, by the paths that imports name them by, into a descriptor set with all imports and comments.
    /// It is fair between the scopes as [`Self::load`] is.
    ///
    /// # Errors
    /// What is wrong with the texts, or they take more than any texts of their size should.
    pub async fn compile_protos(
        &self,
        files: &BTreeMap<String, String>,
        scope: Option<Scope>,
    ) -> Result<Bytes, ProtosError> {
        self.0.compiler.compile_protos(files, scope).await.map(Bytes::from)
    }

    /// Whether the cache has a component's code for this engine.
    pub fn is_compiled(&self, digest: &Digest) -> bool {
        self.0.cache.has(digest)
    }

    /// Work of the host's own that untrusted data can make long: it is done on the slow queue, which is fair between
    /// its owners, and never on a thread that serves connections.
    ///
    /// # Errors
    /// [`EngineError::Lost`]: the work panicked.
    pub async fn compute<T: Send + 'static>(
        &self,
        owner: impl Into<QueueOwner>,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, EngineError> {
        self.0.threads.compute(owner.into(), work).await.map_err(|lost| EngineError::Lost(format!("{lost:?}")))
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
        self.link(Origin::Plugin, Digest::of(bytes), component, limits)
    }

    fn link(&self, origin: Origin, digest: Digest, component: Component, limits: &Limits) -> Result<Plugin, LoadError> {
        let inner = &self.0;
        contract::check(&inner.wasmtime, &component, origin)?;
        if let Some(needs) = component.resources_required() {
            let initial = needs.max_initial_memory_size.unwrap_or(0).saturating_mul(WASM_PAGE);
            if initial > limits.memory_bytes {
                let limit = LimitHit::new(Limit::Memory, limits.memory_bytes);
                return Err(LoadError::Memory { found: initial, limit });
            }
        }
        let (takes, most) = (pool::weight(&component), inner.pool.most_for_one());
        if usize::try_from(takes).is_ok_and(|takes| takes > most) {
            let text = format!(
                "the component takes the place of {takes} instances by its memories and tables, and a group can have {most}: \
                 raise `instances` in the host's configuration"
            );
            return Err(LoadError::NeedsTooMuch(text));
        }
        let interfaces = contract::interfaces_of(&inner.wasmtime, &component);
        let pre = inner.linker.instantiate_pre(&component).and_then(ConnectorPre::new);
        let pre = pre
            .map_err(|error| LoadError::UnknownImport(format!("the component does not fit the contract: {error:#}")))?;
        Ok(Plugin(Arc::new(Loaded {
            digest,
            pre,
            interfaces,
            takes,
            idle: IdleInstances::default(),
            poll_history: PollHistory::default(),
        })))
    }

    /// What calls occupy now.
    pub fn occupancy(&self) -> Occupancy {
        Occupancy { instances: self.0.pool.instances(), tasks: self.0.threads.tasks() }
    }

    /// Deletes compiled code that only another engine could use, and that of every component but these.
    pub fn keep_only(&self, digests: &HashSet<Digest>) {
        self.0.cache.keep_only(digests);
    }

    /// What [`Self::keep`] kept under a key, by this host or one before it with the same key ring, and unchanged.
    pub async fn kept(&self, key: Digest) -> Option<Vec<u8>> {
        let engine = self.clone();
        tokio::task::spawn_blocking(move || engine.0.cache.kept(&key)).await.ok().flatten()
    }

    /// Keeps what the host made and can make again, in the folder of compiled code.
    ///
    /// # Errors
    /// The cache folder can't be used.
    pub async fn keep(&self, key: Digest, bytes: Vec<u8>) -> Result<(), EngineError> {
        let engine = self.clone();
        let kept = tokio::task::spawn_blocking(move || engine.0.cache.keep(&key, &bytes));
        kept.await.map_err(|error| EngineError::Lost(error.to_string()))?
    }

    /// Deletes what is kept under other keys than these.
    pub fn keep_only_made(&self, keys: &HashSet<Digest>) {
        self.0.cache.keep_only_made(keys);
    }

    /// Deletes the compiled code of a plugin that is deleted.
    pub fn forget(&self, digest: &Digest) {
        self.0.cache.remove(digest);
    }
}

/// How much is worked at one time for scopes. Each piece computes and may take all of its memory, so more of them at one time
/// than cores would end none of them sooner. An organization leaves one permit to others.
fn work_permits() -> PermitBounds {
    let all = std::thread::available_parallelism().map_or(1, usize::from).max(2);
    PermitBounds { all, of_one: all - 1, holder: |scope| Scope::Organization(scope.organization()) }
}

/// Work on files and long texts, apart from the threads that serve connections.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, LoadError> + Send + 'static,
) -> Result<T, LoadError> {
    let lost = |error: tokio::task::JoinError| LoadError::Engine(EngineError::Lost(error.to_string()));
    tokio::task::spawn_blocking(work).await.map_err(lost)?
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").finish_non_exhaustive()
    }
}
