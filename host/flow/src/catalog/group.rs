//! A group as calls meet it: put together from what is stored, and kept as far as a change leaves it the same.

use std::collections::BTreeMap;
use std::sync::Arc;

use lockgate_domain::{
    Capability, Ceilings, ConnectorName, Digest, EgressDefinition, GroupReference, Limits, PackageDefinition, Use,
};
use lockgate_store::{StoredConnector, StoredGroup, StoredPlugin};
use serde_json::{Map, Value};

use super::concurrency::GroupConcurrency;
use super::descriptors::DescriptorsEntry;
use super::egress_sessions::EgressSessions;
use super::uses;
use super::{Connector, DefinitionEntry, PluginEntry};
use crate::FlowError;

/// A group with its plugins and connectors.
#[derive(Debug)]
pub struct Group {
    /// As stored.
    pub stored: StoredGroup,
    /// In the order of loading.
    pub plugins: Vec<Arc<PluginEntry>>,
    /// Those of the current plugins and those with a definition of their own, by name.
    pub connectors: BTreeMap<ConnectorName, Arc<Connector>>,
    /// Where it may go, and with which credentials.
    pub egress: Arc<EgressDefinition>,
    /// The sessions of calls without a connection.
    pub(crate) egress_sessions: Arc<EgressSessions>,
    /// The descriptors of its gRPC messages.
    pub(crate) descriptors: Arc<DescriptorsEntry>,
    /// What its code may call, once that is granted.
    pub uses: Arc<[Use]>,
    /// What its guests can read.
    pub(crate) settings: Arc<Map<String, Value>>,
    /// Where a ready-made group comes from.
    pub package: Option<PackageDefinition>,
    /// Counts the calls that run; shared with the group's next versions as long as their numbers are the same.
    pub(crate) concurrency: Arc<GroupConcurrency>,
    pub(crate) limits: Limits,
    /// What its limits can be at most on this host.
    pub(crate) ceilings: Ceilings,
}

impl Group {
    /// Puts a group together. Entries of `before` that are still the same keep what they have loaded.
    pub(crate) fn new(
        stored: StoredGroup,
        plugins: Vec<StoredPlugin>,
        defined: Vec<StoredConnector>,
        before: Option<&Group>,
        ceilings: &Ceilings,
    ) -> Arc<Self> {
        let known = |digest: &Digest| before?.plugins.iter().find(|entry| entry.stored.digest == *digest);
        let plugins: Vec<_> = plugins
            .into_iter()
            .map(|plugin| match known(&plugin.digest) {
                Some(entry)
                    if (entry.stored.current, entry.stored.bad, entry.stored.sequence)
                        == (plugin.current, plugin.bad, plugin.sequence) =>
                {
                    Arc::clone(entry)
                }
                Some(entry) => Arc::new(PluginEntry { stored: plugin, cache: Arc::clone(&entry.cache) }),
                None => Arc::new(PluginEntry { stored: plugin, cache: Arc::default() }),
            })
            .collect();
        let mut connectors = BTreeMap::new();
        for connector in defined {
            let same = before.and_then(|before| before.connectors.get(&connector.definition.name)?.definition());
            let entry = DefinitionEntry::new(connector, same);
            let connector = Connector::defined(entry, &stored.definition.limits, ceilings);
            connectors.insert(connector.name.clone(), connector);
        }
        for plugin in plugins.iter().filter(|plugin| plugin.stored.current) {
            let indexes = 0..plugin.stored.manifest.connectors.len();
            let limits = &stored.definition.limits;
            let functions = indexes.filter_map(|index| Connector::function(plugin, index, limits, ceilings));
            connectors.extend(functions.map(|function| (function.name.clone(), function)));
        }
        let limits = ceilings.hold(Limits::of_group(&stored.definition.limits));
        let same = |before: &Limits| {
            (before.calls_in_flight, before.tenant_calls_in_flight)
                == (limits.calls_in_flight, limits.tenant_calls_in_flight)
        };
        let concurrency = match before {
            Some(before) if same(&before.limits) => Arc::clone(&before.concurrency),
            _ => Arc::new(GroupConcurrency::new(&limits)),
        };
        let settings = Arc::new(stored.definition.settings.clone());
        let egress = egress(&stored, before);
        let uses = uses::entries(&stored);
        let descriptors = DescriptorsEntry::new(&stored, before.map(|before| &before.descriptors));
        let egress_sessions = match before {
            Some(before) if Arc::ptr_eq(&before.egress, &egress) && before.stored.id == stored.id => {
                Arc::clone(&before.egress_sessions)
            }
            Some(_) | None => Arc::default(),
        };
        Arc::new(Self {
            stored,
            plugins,
            connectors,
            egress,
            egress_sessions,
            descriptors,
            uses,
            settings,
            package: None,
            concurrency,
            limits,
            ceilings: *ceilings,
        })
    }

    /// The limits in force for what concerns no single connector, such as loading a plugin.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The connectors with a definition of their own.
    pub fn definitions(&self) -> impl Iterator<Item = &Arc<DefinitionEntry>> {
        self.connectors.values().filter_map(|connector| connector.definition())
    }

    /// Names of connectors that it has or had: of every loaded version of its plugins, and of its definitions.
    pub(crate) fn connector_names(&self) -> impl Iterator<Item = &ConnectorName> {
        let of_plugins = self.plugins.iter().flat_map(|plugin| &plugin.stored.manifest.connectors);
        self.connectors.keys().chain(of_plugins.map(|connector| &connector.name))
    }

    /// The connector of that name, current version.
    pub(crate) fn connector(&self, reference: &GroupReference, name: &str) -> Result<Arc<Connector>, FlowError> {
        let found = self.connectors.get(name).cloned();
        found.ok_or_else(|| FlowError::NotFound(format!("connector `{}` of group `{reference}`", name.escape_debug())))
    }

    /// A connector of any loaded version of a plugin.
    pub(crate) fn function(&self, name: &str, digest: &Digest) -> Option<Arc<Connector>> {
        let plugin = self.plugin(digest)?;
        let index = plugin.stored.manifest.connectors.iter().position(|own| own.name.as_str() == name)?;
        Connector::function(plugin, index, &self.stored.definition.limits, &self.ceilings)
    }

    /// The plugin of that digest.
    pub fn plugin(&self, digest: &Digest) -> Option<&Arc<PluginEntry>> {
        self.plugins.iter().find(|entry| entry.stored.digest == *digest)
    }

    /// Of the wanted capabilities, those that the group does not grant.
    pub(crate) fn missing(&self, wanted: &[String]) -> Vec<String> {
        let granted = &self.stored.definition.capabilities;
        let is_granted =
            |name: &String| Capability::named(name).is_some_and(|capability| granted.contains(&capability));
        wanted.iter().filter(|name| !is_granted(name)).cloned().collect()
    }
}

/// The same value as before where nothing of it changed, so that what was made from it can be kept.
fn egress(stored: &StoredGroup, before: Option<&Group>) -> Arc<EgressDefinition> {
    let read = stored.definition.egress().unwrap_or_else(|violations| {
        // Saved by a version of the host with other rules. Nothing is sent until an operator has corrected it.
        tracing::error!(group = %stored.id, ?violations, "group definition is invalid: all outbound requests are denied");
        EgressDefinition::nowhere(stored.definition.resource_type)
    });
    match before {
        Some(before) if *before.egress == read => Arc::clone(&before.egress),
        Some(_) | None => Arc::new(read),
    }
}
