//! The running host: store, engine, and the catalog between them.

mod image_turns;
pub(crate) mod recorder;
pub(crate) mod renewals;

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use arc_swap::{ArcSwap, Guard};
use lockgate_domain::{Ceilings, GroupId, PublicUrl, Scope};
use lockgate_egress::Egress;
use lockgate_engine::{Engine, Occupancy};
use lockgate_protobuf::Descriptors;
use lockgate_script::{Program, Scripts};
use lockgate_store::Store;
use lockgate_telemetry::{TraceSettings, Tracer};
use tokio::sync::Mutex;

use crate::catalog::earlier_versions::EarlierVersions;
use crate::catalog::loaded_cache::LoadedCache;
use crate::catalog::manifest::ConnectorSchemas;
use crate::catalog::{CatalogBounds, LoadedPlugin, descriptors};
use crate::console::{ConsoleSettings, UsesBeingNoted};
use crate::host::image_turns::ImageTurns;
use crate::host::recorder::Recorder;
use crate::host::renewals::{Renewals, TokenCounts};
use crate::keys::Keys;
use crate::retention::Retention;
use crate::{Catalog, FlowError};

/// Everything that a call or a change needs. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Host(pub(crate) Arc<Inner>);

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) store: Store,
    pub(crate) engine: Engine,
    pub(crate) keys: Keys,
    pub(crate) egress: Egress,
    catalog: ArcSwap<Catalog>,
    /// Had by whoever changes the store and then the catalog, so that both change in the same order. The number is the
    /// revision of the store up to which the catalog has every change.
    pub(crate) change_lock: Arc<Mutex<i64>>,
    pub(crate) settings: HostSettings,
    pub(crate) recorder: Recorder,
    tracer: Tracer,
    pub(crate) loaded_plugins: LoadedCache<LoadedPlugin>,
    /// Of declarative connectors.
    pub(crate) loaded_schemas: LoadedCache<ConnectorSchemas>,
    /// Of gRPC messages.
    pub(crate) loaded_descriptors: LoadedCache<Descriptors>,
    pub(crate) scripts: Scripts,
    pub(crate) loaded_programs: LoadedCache<Program>,
    pub(crate) earlier: EarlierVersions,
    pub(crate) renewals: Renewals,
    pub(crate) console_uses: UsesBeingNoted,
    /// Had by whoever fetches the image of a group.
    pub(crate) images: ImageTurns,
    /// The scopes that have as many idempotency keys as are kept.
    pub(crate) many_keys: ArcSwap<HashSet<Scope>>,
    pub(crate) to_compile: AtomicUsize,
    draining: AtomicBool,
}

/// What a host is put together from.
#[derive(Debug)]
pub struct HostParts {
    /// What is durable.
    pub store: Store,
    /// What runs guests.
    pub engine: Engine,
    /// What seals and opens.
    pub keys: Keys,
    /// What sends requests of calls.
    pub egress: Egress,
}

/// What an operator can set of a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostSettings {
    /// Where people and other systems reach the host.
    pub public_url: Option<PublicUrl>,
    /// Whether the first admin's token works from other machines.
    pub allow_remote_admin: bool,
    /// Where traces of calls go.
    pub traces: Option<TraceSettings>,
    /// Calls of one token that run at one time.
    pub calls_per_token: u64,
    /// The largest values that limits can have.
    pub ceilings: Ceilings,
    /// Plugins whose code is in memory at one time; as many declarative connectors have their schemas
    /// there, and as many scripts their programs.
    pub loaded_plugins: usize,
    /// How long records are kept.
    pub retention: Retention,
    /// Whether records of failed calls keep what guests of `INTERNAL` groups logged.
    pub internal_logs: bool,
    /// How long people stay signed in to the console.
    pub console: ConsoleSettings,
}

impl Default for HostSettings {
    /// A token may fill four groups; a plugin in memory costs some 200 KB with its schemas.
    fn default() -> Self {
        Self {
            public_url: None,
            allow_remote_admin: false,
            traces: None,
            calls_per_token: 256,
            ceilings: Ceilings::default(),
            loaded_plugins: 1000,
            retention: Retention::default(),
            internal_logs: true,
            console: ConsoleSettings::default(),
        }
    }
}

impl HostSettings {
    /// What the catalog is read with.
    pub(crate) fn bounds(&self) -> CatalogBounds {
        CatalogBounds { calls_per_token: self.calls_per_token, ceilings: self.ceilings }
    }
}

/// What the host uses and has still to do at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HostUsage {
    /// Instances and guests.
    pub engine: Occupancy,
    /// Plugins whose code is loaded.
    pub plugins: usize,
    /// Current plugins whose code is not compiled for this engine yet.
    pub plugins_to_compile: usize,
    /// Records of calls that were dropped since the start, because the store could not keep up.
    pub records_dropped: u64,
    /// Renewals of tokens.
    pub tokens: TokenCounts,
}

impl Host {
    /// A host that does nothing yet: `start.rs` begins its work.
    pub(crate) async fn assemble(parts: HostParts, settings: HostSettings) -> Result<Self, FlowError> {
        let HostParts { store, engine, keys, egress } = parts;
        egress.leaves_work_to(Arc::new(engine.clone()));
        // Before everything else: what changes meanwhile is read again.
        let mut reader = store.reader().await?;
        let revision = reader.revision().await?;
        let catalog = Catalog::read(&mut reader, &settings.bounds(), None).await?;
        drop(reader);
        let recorder = Recorder::start(store.clone(), settings.retention);
        let tracer = settings.traces.clone().map(Tracer::start).transpose()?;
        let tracer = tracer.unwrap_or_default();
        let scripts = Scripts::new(engine.clone());
        let inner = Inner {
            store,
            engine,
            keys,
            egress,
            catalog: ArcSwap::from_pointee(catalog),
            change_lock: Arc::new(Mutex::new(revision)),
            recorder,
            tracer,
            loaded_plugins: LoadedCache::new(settings.loaded_plugins),
            loaded_schemas: LoadedCache::new(settings.loaded_plugins),
            loaded_descriptors: LoadedCache::new(descriptors::LOADED),
            scripts,
            loaded_programs: LoadedCache::new(settings.loaded_plugins),
            earlier: EarlierVersions::default(),
            renewals: Renewals::new()?,
            console_uses: UsesBeingNoted::default(),
            images: ImageTurns::default(),
            many_keys: ArcSwap::default(),
            settings,
            to_compile: AtomicUsize::new(0),
            draining: AtomicBool::new(false),
        };
        Ok(Self(Arc::new(inner)))
    }

    /// Where people and other systems reach this host, if the operator has said so.
    pub fn public_url(&self) -> Option<&PublicUrl> {
        self.0.settings.public_url.as_ref()
    }

    /// What calls are resolved against now.
    pub(crate) fn catalog(&self) -> Guard<Arc<Catalog>> {
        self.0.catalog.load()
    }

    /// Lets calls see another catalog. The caller has the change lock.
    pub(crate) fn put_catalog(&self, catalog: Catalog) {
        self.0.catalog.store(Arc::new(catalog));
    }

    /// Takes no new calls from now on.
    pub fn drain(&self) {
        self.0.draining.store(true, Ordering::Relaxed);
    }

    /// Whether the host is shutting down.
    pub fn is_draining(&self) -> bool {
        self.0.draining.load(Ordering::Relaxed)
    }

    /// Whether the host can do its work: take calls, and changes, of which the revocation of a token is one.
    ///
    /// # Errors
    /// The store takes no changes, or the host is shutting down.
    pub async fn ready(&self) -> Result<(), FlowError> {
        if self.is_draining() {
            return Err(FlowError::Draining);
        }
        Ok(self.0.store.check_writable().await?)
    }

    /// Does work for a group that untrusted data can make long, apart from the threads that serve connections.
    ///
    /// # Errors
    /// The work panicked.
    pub async fn compute<T: Send + 'static>(
        &self,
        group: GroupId,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, FlowError> {
        Ok(self.0.engine.compute(group, work).await?)
    }

    /// What begins the traces of calls.
    pub fn tracer(&self) -> &Tracer {
        &self.0.tracer
    }

    /// What the host uses now.
    pub fn usage(&self) -> HostUsage {
        HostUsage {
            engine: self.0.engine.occupancy(),
            plugins: self.0.loaded_plugins.count(),
            plugins_to_compile: self.0.to_compile.load(Ordering::Relaxed),
            records_dropped: self.0.recorder.dropped(),
            tokens: self.0.renewals.counts(),
        }
    }
}
