//! The running host: store, engine, and the catalog between them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arc_swap::{ArcSwap, Guard};
use lockgate_engine::Engine;
use lockgate_store::Store;
use tokio::sync::Mutex;

use crate::record::Recorder;
use crate::{Catalog, FlowError, Group};

/// Everything that a call or a change needs. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Host(pub(crate) Arc<Inner>);

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) store: Store,
    pub(crate) engine: Engine,
    catalog: ArcSwap<Catalog>,
    /// Held by whoever changes the store and then the catalog, so that both change in the same order.
    pub(crate) changes: Mutex<()>,
    pub(crate) recorder: Recorder,
    draining: AtomicBool,
}

impl Host {
    /// Reads the catalog and begins to record calls.
    ///
    /// # Errors
    /// The store can't be read.
    pub async fn start(store: Store, engine: Engine) -> Result<Self, FlowError> {
        let catalog = Catalog::read(&store).await?;
        let recorder = Recorder::start(store.clone());
        let inner = Inner {
            store,
            engine,
            catalog: ArcSwap::from_pointee(catalog),
            changes: Mutex::new(()),
            recorder,
            draining: AtomicBool::new(false),
        };
        Ok(Self(Arc::new(inner)))
    }

    /// What calls are resolved against now.
    pub fn catalog(&self) -> Guard<Arc<Catalog>> {
        self.0.catalog.load()
    }

    /// Swaps the catalog. The caller holds `changes`.
    pub(crate) fn swap(&self, change: impl FnOnce(&mut Catalog)) {
        let mut catalog = Catalog::clone(&self.0.catalog.load());
        change(&mut catalog);
        self.0.catalog.store(Arc::new(catalog));
    }

    /// Reads a group's plugins again after a change, and swaps it in.
    pub(crate) async fn renew(
        &self,
        group: &Group,
        stored: lockgate_store::StoredGroup,
    ) -> Result<Arc<Group>, FlowError> {
        let plugins = self.0.store.plugins_of(&stored.id).await?;
        let renewed = Group::new(stored, plugins, Some(group));
        self.swap(|catalog| catalog.put(Arc::clone(&renewed)));
        Ok(renewed)
    }

    /// Takes no new calls from now on.
    pub fn drain(&self) {
        self.0.draining.store(true, Ordering::Relaxed);
    }

    /// Whether the host is shutting down.
    pub fn is_draining(&self) -> bool {
        self.0.draining.load(Ordering::Relaxed)
    }

    /// Whether the host can do its work.
    ///
    /// # Errors
    /// The store does not answer, or the host is shutting down.
    pub async fn ready(&self) -> Result<(), FlowError> {
        if self.is_draining() {
            return Err(FlowError::Draining);
        }
        Ok(self.0.store.ping().await?)
    }

    /// Records of calls that were dropped since the start, because the store could not keep up.
    pub fn records_dropped(&self) -> u64 {
        self.0.recorder.dropped()
    }

    /// Writes what is still queued, and closes the store.
    pub async fn close(&self) {
        self.0.recorder.flush().await;
        self.0.store.close().await;
    }
}
