//! A plugin of a group in memory, and what a call needs of it.

use std::collections::HashMap;
use std::sync::Arc;

use lockgate_domain::{ConnectorName, Limits, Scope};
use lockgate_engine::{Engine, Plugin};
use lockgate_store::{Store, StoredPlugin};

use crate::FlowError;
use crate::catalog::loaded_cache::{CacheEntry, LoadedCache};
use crate::catalog::manifest::{self, ConnectorSchemas};

/// A plugin of a group. Its code and schemas are loaded when it is first called.
#[derive(Debug)]
pub struct PluginEntry {
    /// As stored.
    pub stored: StoredPlugin,
    /// Shared with the entries of the same bytes that come after a change of the group.
    pub(crate) cache: Arc<CacheEntry<LoadedPlugin>>,
}

/// A plugin that is in memory: its code, and the schemas of its connectors.
#[derive(Debug)]
pub(crate) struct LoadedPlugin {
    pub(crate) plugin: Plugin,
    pub(crate) schemas: HashMap<ConnectorName, Arc<ConnectorSchemas>>,
}

impl PluginEntry {
    /// Loads the plugin, unless another call has done so meanwhile. The code is compiled, as the work of a scope, if it is
    /// not in the host's cache on disk.
    pub(crate) async fn load(
        self: &Arc<Self>,
        engine: &Engine,
        store: &Store,
        loaded: &LoadedCache<LoadedPlugin>,
        limits: &Limits,
        scope: Scope,
    ) -> Result<Arc<LoadedPlugin>, FlowError> {
        let _loading = self.cache.loading.lock().await;
        if let Some(ready) = loaded.get(&self.cache) {
            return Ok(ready);
        }
        let digest = &self.stored.digest;
        let plugin = match engine.load_compiled(digest, limits).await? {
            Some(plugin) => plugin,
            None => engine.load(store.component(digest).await?.into(), limits, Some(scope)).await?,
        };
        let own = Arc::clone(self);
        let schemas = engine.compute(self.stored.group, move || manifest::schemas(&own.stored.manifest)).await??;
        Ok(loaded.put(&self.cache, LoadedPlugin { plugin, schemas }))
    }
}
