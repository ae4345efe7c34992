//! What can be called: a connector, and the plugin or definition that it is made of.

use std::collections::HashMap;
use std::sync::Arc;

use lockgate_domain::{ConnectorManifest, ConnectorName, Digest, Limits, LimitsPatch};
use lockgate_engine::{Engine, Plugin};
use lockgate_store::{Store, StoredPlugin};

use crate::FlowError;
use crate::catalog::definition::DefinitionEntry;
use crate::catalog::loaded_cache::{CacheEntry, LoadedCache};
use crate::catalog::manifest::{self, ConnectorSchemas};

/// A plugin of a group. Its code and schemas are loaded when it is first called.
#[derive(Debug)]
pub struct PluginEntry {
    /// As stored.
    pub stored: StoredPlugin,
    /// Shared with the entries of the same bytes that come after a change of the group.
    pub(crate) slot: Arc<CacheEntry<Ready>>,
}

/// What a call needs of a plugin.
#[derive(Debug)]
pub(crate) struct Ready {
    pub(crate) plugin: Plugin,
    pub(crate) schemas: HashMap<ConnectorName, ConnectorSchemas>,
}

/// A connector that can be called.
#[derive(Debug)]
pub struct Connector {
    /// Its name in the group.
    pub name: ConnectorName,
    /// What a call may use.
    pub limits: Limits,
    /// What it is made of.
    pub source: Source,
}

/// What a connector is made of.
#[derive(Debug, Clone)]
pub enum Source {
    /// A function of a plugin.
    Plugin {
        /// The version that runs.
        plugin: Arc<PluginEntry>,
        /// Its place in the plugin's manifest.
        index: usize,
    },
    /// A definition, without code.
    Definition(Arc<DefinitionEntry>),
}

impl Connector {
    /// A connector without code in a group with these limits.
    pub(crate) fn defined(entry: Arc<DefinitionEntry>, group: &LimitsPatch) -> Arc<Self> {
        let definition = &entry.stored.definition;
        let limits = Limits::of_definition(group, &definition.name, &definition.limits);
        Arc::new(Self { name: definition.name.clone(), limits, source: Source::Definition(entry) })
    }

    /// What the plugin says of it, if it has one.
    pub fn manifest(&self) -> Option<&ConnectorManifest> {
        match &self.source {
            Source::Plugin { plugin, index } => plugin.stored.manifest.connectors.get(*index),
            Source::Definition(_) => None,
        }
    }

    /// Its definition, if it has no code.
    pub fn definition(&self) -> Option<&Arc<DefinitionEntry>> {
        match &self.source {
            Source::Plugin { .. } => None,
            Source::Definition(entry) => Some(entry),
        }
    }

    /// What it does, in its author's words.
    pub fn description(&self) -> Option<&str> {
        match &self.source {
            Source::Plugin { .. } => self.manifest()?.description.as_deref(),
            Source::Definition(entry) => entry.stored.definition.description.as_deref(),
        }
    }

    /// The digest of its code, if it has any.
    pub(crate) fn digest(&self) -> Option<Digest> {
        match &self.source {
            Source::Plugin { plugin, .. } => Some(plugin.stored.digest),
            Source::Definition(_) => None,
        }
    }

    /// The number of its version, if it has no code.
    pub(crate) fn number(&self) -> Option<i64> {
        self.definition().map(|entry| entry.stored.number)
    }
}

impl PluginEntry {
    pub(crate) async fn ready(
        self: &Arc<Self>,
        engine: &Engine,
        store: &Store,
        residents: &LoadedCache<Ready>,
        limits: &Limits,
    ) -> Result<Arc<Ready>, FlowError> {
        let _turn = self.slot.loading.lock().await;
        if let Some(ready) = residents.get(&self.slot) {
            return Ok(ready);
        }
        let digest = &self.stored.digest;
        let plugin = match engine.load_compiled(digest, limits).await? {
            Some(plugin) => plugin,
            None => engine.load(store.component(digest).await?.into(), limits).await?,
        };
        let own = Arc::clone(self);
        let schemas =
            engine.compute(Some(self.stored.group), move || manifest::schemas(&own.stored.manifest)).await??;
        Ok(residents.put(&self.slot, Ready { plugin, schemas }))
    }
}
