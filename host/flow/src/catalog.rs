//! What calls are resolved against: a snapshot in memory that is swapped whole on every change. A call keeps the entries
//! that it began with, so it runs one version throughout.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use lockgate_domain::{
    Caller, Capability, ConnectorManifest, ConnectorName, Digest, GroupReference, Limits, Origin, Scope, ScopeName,
    Slug, TokenId,
};
use lockgate_engine::{Engine, Plugin};
use lockgate_store::{Store, StoredGroup, StoredOrganization, StoredPlugin, StoredToken, StoredWorkspace};
use lockgate_vault::TokenHash;
use serde_json::{Map, Value};

use crate::FlowError;
use crate::manifest::{self, ConnectorSchemas};
use crate::places::{GroupPlaces, Places};
use crate::resident::{Residents, Slot};

/// One state of everything that can be resolved.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    tokens: HashMap<TokenHash, Caller>,
    token_places: HashMap<TokenId, Arc<Places>>,
    organizations: HashMap<Slug, Scope>,
    workspaces: HashMap<Slug, Scope>,
    groups: HashMap<Scope, Arc<BTreeMap<Slug, Arc<Group>>>>,
}

/// A group with its plugins.
#[derive(Debug)]
pub struct Group {
    /// As stored.
    pub stored: StoredGroup,
    /// In the order of loading.
    pub plugins: Vec<Arc<PluginEntry>>,
    /// Those of the current plugins, by name.
    pub connectors: BTreeMap<ConnectorName, Arc<Connector>>,
    /// What its guests can read.
    pub(crate) settings: Arc<Map<String, Value>>,
    /// Places of calls that run; shared with the group's next versions as long as their numbers are the same.
    pub(crate) places: Arc<GroupPlaces>,
    pub(crate) limits: Limits,
}

/// A plugin of a group. Its code and schemas are loaded when it is first called.
#[derive(Debug)]
pub struct PluginEntry {
    /// As stored.
    pub stored: StoredPlugin,
    /// Shared with the entries of the same bytes that come after a change of the group.
    pub(crate) slot: Arc<Slot>,
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
    /// The current version of its plugin.
    pub plugin: Arc<PluginEntry>,
    /// What a call may use.
    pub limits: Limits,
    /// Its place in the plugin's manifest.
    index: usize,
}

impl Connector {
    /// What the plugin says of it.
    pub fn manifest(&self) -> Option<&ConnectorManifest> {
        self.plugin.stored.manifest.connectors.get(self.index)
    }
}

impl PluginEntry {
    pub(crate) async fn ready(
        self: &Arc<Self>,
        engine: &Engine,
        store: &Store,
        residents: &Residents,
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

impl Group {
    /// Puts a group together. Entries of `before` that are still the same keep their loaded code.
    pub(crate) fn new(stored: StoredGroup, plugins: Vec<StoredPlugin>, before: Option<&Group>) -> Arc<Self> {
        let known = |digest: &Digest| before?.plugins.iter().find(|entry| entry.stored.digest == *digest);
        let plugins: Vec<_> = plugins
            .into_iter()
            .map(|plugin| match known(&plugin.digest) {
                Some(entry) if entry.stored.current == plugin.current && entry.stored.sequence == plugin.sequence => {
                    Arc::clone(entry)
                }
                Some(entry) => Arc::new(PluginEntry { stored: plugin, slot: Arc::clone(&entry.slot) }),
                None => Arc::new(PluginEntry { stored: plugin, slot: Arc::default() }),
            })
            .collect();
        let mut connectors = BTreeMap::new();
        for plugin in plugins.iter().filter(|plugin| plugin.stored.current) {
            for (index, manifest) in plugin.stored.manifest.connectors.iter().enumerate() {
                let limits = Limits::of(&stored.definition.limits, &manifest.name);
                let connector = Connector { name: manifest.name.clone(), plugin: Arc::clone(plugin), limits, index };
                connectors.insert(manifest.name.clone(), Arc::new(connector));
            }
        }
        let limits = Limits::of_group(&stored.definition.limits);
        let same = |before: &Limits| {
            (before.calls_in_flight, before.tenant_calls_in_flight)
                == (limits.calls_in_flight, limits.tenant_calls_in_flight)
        };
        let places = match before {
            Some(before) if same(&before.limits) => Arc::clone(&before.places),
            _ => Arc::new(GroupPlaces::new(&limits)),
        };
        let settings = Arc::new(stored.definition.settings.clone());
        Arc::new(Self { settings, stored, plugins, connectors, places, limits })
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

impl Catalog {
    /// Reads everything; each token has places for `calls_per_token`.
    pub(crate) async fn read(store: &Store, calls_per_token: u64) -> Result<Self, FlowError> {
        let mut catalog = Self::default();
        for StoredOrganization { id, slug } in store.organizations().await? {
            catalog.organizations.insert(slug, Scope::Organization(id));
        }
        for StoredWorkspace { id, organization, slug } in store.workspaces().await? {
            catalog.workspaces.insert(slug, Scope::Workspace(organization, id));
        }
        for StoredToken { caller, hash, .. } in store.tokens().await? {
            catalog.token_places.insert(caller.token, Arc::new(Places::of_token(calls_per_token)));
            catalog.tokens.insert(hash, caller);
        }
        let mut plugins: HashMap<_, Vec<_>> = HashMap::new();
        for plugin in store.plugins().await? {
            plugins.entry(plugin.group).or_default().push(plugin);
        }
        for group in store.groups().await? {
            let own = plugins.remove(&group.id).unwrap_or_default();
            catalog.put(Group::new(group, own, None));
        }
        Ok(catalog)
    }

    pub(crate) fn put(&mut self, group: Arc<Group>) {
        let groups = Arc::make_mut(self.groups.entry(group.stored.scope).or_default());
        groups.insert(group.stored.definition.slug.clone(), group);
    }

    pub(crate) fn remove(&mut self, group: &Group) {
        let groups = Arc::make_mut(self.groups.entry(group.stored.scope).or_default());
        groups.remove(&group.stored.definition.slug);
    }

    /// Who shows this token.
    pub fn caller(&self, token: &TokenHash) -> Option<Caller> {
        self.tokens.get(token).copied()
    }

    /// The places of a token's calls.
    pub(crate) fn places(&self, token: &TokenId) -> Option<&Arc<Places>> {
        self.token_places.get(token)
    }

    /// The scope of that name.
    pub fn scope(&self, name: &ScopeName) -> Option<Scope> {
        match name {
            ScopeName::Organization(slug) => self.organizations.get(slug).copied(),
            ScopeName::Workspace(slug) => self.workspaces.get(slug).copied(),
        }
    }

    /// The groups that live in a scope, by slug.
    pub fn groups(&self, scope: &Scope) -> impl Iterator<Item = &Arc<Group>> {
        self.groups.get(scope).into_iter().flat_map(|groups| groups.values())
    }

    /// All groups.
    pub(crate) fn all_groups(&self) -> impl Iterator<Item = &Arc<Group>> {
        self.groups.values().flat_map(|groups| groups.values())
    }

    /// The group that a reference names, seen from a scope.
    pub fn group(&self, scope: &Scope, reference: &GroupReference) -> Option<&Arc<Group>> {
        let home = match reference.origin {
            Origin::Own => *scope,
            Origin::Organization => Scope::Organization(scope.organization()),
            // No packages are installed beside this version of the host.
            Origin::Community => return None,
        };
        self.groups.get(&home)?.get(&reference.slug)
    }

    /// Connectors that can be called, over all groups.
    pub fn count_connectors(&self) -> usize {
        self.all_groups().map(|group| group.connectors.len()).sum()
    }

    /// Groups over all scopes.
    pub fn count_groups(&self) -> usize {
        self.groups.values().map(|groups| groups.len()).sum()
    }
}

impl Catalog {
    /// The organizations in which a caller has rights, sorted.
    pub fn organizations_of(&self, caller: &Caller) -> Vec<String> {
        seen(&self.organizations, caller)
    }

    /// The workspaces in which a caller has rights, sorted.
    pub fn workspaces_of(&self, caller: &Caller) -> Vec<String> {
        seen(&self.workspaces, caller)
    }
}

fn seen(scopes: &HashMap<Slug, Scope>, caller: &Caller) -> Vec<String> {
    let seen = scopes.iter().filter(|(_, scope)| caller.scope.contains(scope));
    let mut seen: Vec<_> = seen.map(|(slug, _)| slug.to_string()).collect();
    seen.sort_unstable();
    seen
}
