//! A component without a host: what `lockgate run`, `lockgate dev` and `lockgate check` load.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use lockgate_domain::{Ceilings, ConnectorName, GroupId, Limits, LogLine, Manifest};
use lockgate_engine::{Engine, Plugin, QueueOwner};
use lockgate_store::StoredPlugin;

use crate::author::environment::LocalFunction;
use crate::author::run::LocalRun;
use crate::catalog::manifest::{CheckedManifest, ConnectorSchemas, describing};
use crate::clock::now;
use crate::{Connector, FlowError, LocalGroup, PluginEntry};

/// A component that was loaded from a file.
#[derive(Debug)]
pub struct LocalPlugin {
    engine: Engine,
    plugin: Plugin,
    entry: Arc<PluginEntry>,
    schemas: HashMap<ConnectorName, Arc<ConnectorSchemas>>,
    limits: Limits,
    /// What it logged in `describe`.
    pub logs: Vec<LogLine>,
}

impl LocalPlugin {
    /// Compiles, describes and checks a component.
    ///
    /// # Errors
    /// As for loading into a group.
    pub async fn load(engine: Engine, bytes: Bytes, limits: Limits) -> Result<Self, FlowError> {
        let plugin = engine.load(bytes, &limits, None).await?;
        let (text, logs) = engine.describe(&plugin, describing(limits), None).await?;
        let checked = engine.compute(QueueOwner::Host, move || CheckedManifest::parse(&text)).await??;
        let imports = plugin.interfaces().imports.clone();
        let CheckedManifest { manifest, schemas, .. } = checked.importing(&imports);
        let stored = StoredPlugin {
            group: GroupId::new(),
            digest: plugin.digest(),
            name: manifest.name.clone(),
            manifest,
            imports,
            current: true,
            bad: false,
            sequence: 0,
            loaded_at: now(),
        };
        let entry = Arc::new(PluginEntry { stored, cache: Arc::default() });
        Ok(Self { engine, plugin, entry, schemas, limits, logs })
    }

    /// What it says of itself.
    pub fn manifest(&self) -> &Manifest {
        &self.entry.stored.manifest
    }

    /// The component.
    pub fn plugin(&self) -> &Plugin {
        &self.plugin
    }

    /// Runs one connector, in a group if there is one.
    ///
    /// # Errors
    /// [`FlowError::NotFound`] when there is no such connector; what else goes wrong is the result of the run.
    pub async fn run(&self, connector: &str, input: String, group: Option<&LocalGroup>) -> Result<LocalRun, FlowError> {
        let connectors = &self.manifest().connectors;
        let missing = || {
            let names = connectors.iter().map(|connector| connector.name.as_str()).collect::<Vec<_>>().join(", ");
            FlowError::NotFound(format!("connector `{connector}` (the plugin has: {names})"))
        };
        let index = connectors.iter().position(|own| own.name.as_str() == connector).ok_or_else(missing)?;
        let empty;
        let (group, own_limits) = match group {
            Some(group) => (group, None),
            None => {
                empty = LocalGroup::empty()?;
                (&empty, Some(self.limits))
            }
        };
        let ceilings = Ceilings::default();
        let connector = Connector::function(&self.entry, index, &group.definition().limits, &ceilings);
        let connector = connector.ok_or_else(missing)?;
        let schemas = self.schemas.get(&connector.name).cloned().ok_or_else(missing)?;
        let limits = own_limits.unwrap_or_else(|| group.limits_of(&connector));
        let function = LocalFunction { plugin: self.plugin.clone(), schemas };
        Ok(group.call(&self.engine, Some(function), connector, limits, input).await)
    }
}
