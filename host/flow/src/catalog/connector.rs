//! What can be called: a connector in one version, and the plugin or definition that it is made of.

use std::sync::Arc;

use lockgate_domain::{Ceilings, ConnectorManifest, ConnectorName, Limits, LimitsPatch, VersionId};

use super::{DefinitionEntry, PluginEntry};

/// A connector that can be called, in one version.
#[derive(Debug)]
pub struct Connector {
    /// Its name in the group.
    pub name: ConnectorName,
    /// What a call may use, before the limits of an installation.
    pub limits: Limits,
    /// What it is made of.
    pub source: Source,
}

/// What a connector is made of, and so what it is changed with: its plugin, or its own definition. This is not its type:
/// a definition says itself what a call of it runs, which may be code.
#[derive(Debug, Clone)]
pub enum Source {
    /// A function of a plugin.
    Plugin {
        /// The version that runs.
        plugin: Arc<PluginEntry>,
        /// Its index in the connectors of the plugin's manifest.
        index: usize,
    },
    /// A definition of its own.
    Definition(Arc<DefinitionEntry>),
}

impl Connector {
    /// A connector with a definition of its own, in a group with these limits.
    pub(crate) fn defined(entry: Arc<DefinitionEntry>, group: &LimitsPatch, ceilings: &Ceilings) -> Arc<Self> {
        let definition = &entry.stored.definition;
        let limits = ceilings.hold(Limits::of_definition(group, &definition.name, &definition.limits));
        Arc::new(Self { name: definition.name.clone(), limits, source: Source::Definition(entry) })
    }

    /// The function at an index of a plugin's manifest, in a group with these limits; none if there is none.
    pub(crate) fn function(
        plugin: &Arc<PluginEntry>,
        index: usize,
        group: &LimitsPatch,
        ceilings: &Ceilings,
    ) -> Option<Arc<Self>> {
        let name = plugin.stored.manifest.connectors.get(index)?.name.clone();
        let limits = ceilings.hold(Limits::of(group, &name));
        Some(Arc::new(Self { name, limits, source: Source::Plugin { plugin: Arc::clone(plugin), index } }))
    }

    /// What the plugin says of it, if it is a plugin's.
    pub fn manifest(&self) -> Option<&ConnectorManifest> {
        match &self.source {
            Source::Plugin { plugin, index } => plugin.stored.manifest.connectors.get(*index),
            Source::Definition(_) => None,
        }
    }

    /// Its own definition, if it has one.
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

    /// Whether it can be called.
    pub fn is_enabled(&self) -> bool {
        match &self.source {
            Source::Plugin { .. } => true,
            Source::Definition(entry) => entry.stored.definition.enabled,
        }
    }

    /// Whether its author says that repeating a call has no further effect.
    pub(crate) fn is_repeatable(&self) -> bool {
        let hints = match &self.source {
            Source::Plugin { .. } => self.manifest().map(|manifest| &manifest.hints),
            Source::Definition(entry) => Some(&entry.stored.definition.hints),
        };
        hints.is_some_and(|hints| hints.idempotent == Some(true) || hints.read_only == Some(true))
    }

    /// Which version it is.
    pub fn version(&self) -> VersionId {
        match &self.source {
            Source::Plugin { plugin, .. } => VersionId { code: Some(plugin.stored.digest), number: None },
            Source::Definition(entry) => {
                VersionId { code: entry.stored.definition.action.code(), number: Some(entry.stored.number) }
            }
        }
    }
}
