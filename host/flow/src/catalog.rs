//! What calls are resolved against: a snapshot in memory that is swapped whole on every change. A call keeps the entries
//! that it began with, so it runs one version throughout.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use lockgate_domain::{
    Capability, ConnectionId, ConnectorManifest, ConnectorName, Digest, EgressDefinition, GroupId, GroupReference,
    Installation, InstallationId, Limits, LimitsPatch, Origin, Owner, PackageDefinition, Scope, ScopeName, Slug,
    TenantName, TokenId, WorkspaceId,
};
use lockgate_engine::{Engine, Plugin};
use lockgate_store::{
    Store, StoredConnection, StoredConnector, StoredGroup, StoredInstallation, StoredPlugin, StoredScope, StoredTenant,
    StoredToken,
};
use serde_json::{Map, Value};

use crate::FlowError;
use crate::community::Package;
use crate::connections::Connections;
use crate::definition::DefinitionEntry;
use crate::installed::Installed;
use crate::manifest::{self, ConnectorSchemas};
use crate::places::{GroupPlaces, Places};
use crate::reaches::Reaches;
use crate::resident::{Residents, Slot};
use crate::scopes::Scopes;
use crate::tokens::Tokens;

/// One state of everything that can be resolved.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    tokens: Arc<Tokens>,
    scopes: Arc<Scopes>,
    groups: HashMap<Scope, Arc<BTreeMap<Slug, Arc<Group>>>>,
    connections: Arc<HashMap<GroupId, Arc<Connections>>>,
    installed: Arc<Installed>,
}

/// A group with its plugins and connectors.
#[derive(Debug)]
pub struct Group {
    /// As stored.
    pub stored: StoredGroup,
    /// In the order of loading.
    pub plugins: Vec<Arc<PluginEntry>>,
    /// Those of the current plugins and those without code, by name.
    pub connectors: BTreeMap<ConnectorName, Arc<Connector>>,
    /// Where it may go and as whom.
    pub egress: Arc<EgressDefinition>,
    /// What calls without a connection may reach.
    pub(crate) reaches: Arc<Reaches>,
    /// What its guests can read.
    pub(crate) settings: Arc<Map<String, Value>>,
    /// Where a ready-made group comes from.
    pub package: Option<PackageDefinition>,
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
    pub(crate) slot: Arc<Slot<Ready>>,
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
        residents: &Residents<Ready>,
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
    /// Puts a group together. Entries of `before` that are still the same keep what they have loaded.
    pub(crate) fn new(
        stored: StoredGroup,
        plugins: Vec<StoredPlugin>,
        defined: Vec<StoredConnector>,
        before: Option<&Group>,
    ) -> Arc<Self> {
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
        for connector in defined {
            let same = before.and_then(|before| before.connectors.get(&connector.definition.name)?.definition());
            let entry = DefinitionEntry::new(connector, same);
            let connector = Connector::defined(entry, &stored.definition.limits);
            connectors.insert(connector.name.clone(), connector);
        }
        for plugin in plugins.iter().filter(|plugin| plugin.stored.current) {
            for (index, manifest) in plugin.stored.manifest.connectors.iter().enumerate() {
                let limits = Limits::of(&stored.definition.limits, &manifest.name);
                let source = Source::Plugin { plugin: Arc::clone(plugin), index };
                let connector = Connector { name: manifest.name.clone(), limits, source };
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
        let egress = egress(&stored, before);
        let reaches = match before {
            Some(before) if Arc::ptr_eq(&before.egress, &egress) && before.stored.id == stored.id => {
                Arc::clone(&before.reaches)
            }
            Some(_) | None => Arc::default(),
        };
        Arc::new(Self { egress, reaches, settings, stored, plugins, connectors, package: None, places, limits })
    }

    /// Puts a ready-made group together.
    pub(crate) fn packaged(package: &Package, before: Option<&Group>) -> Arc<Self> {
        let mut group = Self::new(package.stored(), Vec::new(), package.stored_connectors(), before);
        if let Some(own) = Arc::get_mut(&mut group) {
            own.package = Some(package.definition.clone());
        }
        group
    }

    /// The connectors without code.
    pub fn definitions(&self) -> impl Iterator<Item = &Arc<DefinitionEntry>> {
        self.connectors.values().filter_map(|connector| connector.definition())
    }

    /// The connector of that name, current version.
    pub(crate) fn connector(&self, reference: &GroupReference, name: &str) -> Result<Arc<Connector>, FlowError> {
        let found = self.connectors.get(name).cloned();
        found.ok_or_else(|| FlowError::NotFound(format!("connector `{}` of group `{reference}`", name.escape_debug())))
    }

    /// A connector of any loaded version of a plugin.
    pub(crate) fn function(&self, name: &str, digest: &Digest) -> Option<Arc<Connector>> {
        let plugin = Arc::clone(self.plugin(digest)?);
        let index = plugin.stored.manifest.connectors.iter().position(|own| own.name.as_str() == name)?;
        let name = plugin.stored.manifest.connectors.get(index)?.name.clone();
        let limits = Limits::of(&self.stored.definition.limits, &name);
        Some(Arc::new(Connector { name, limits, source: Source::Plugin { plugin, index } }))
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
        // Kept by a version with other rules. Nothing leaves until somebody has looked.
        tracing::error!(group = %stored.id, ?violations, "the group's definition breaks rules: it goes nowhere");
        EgressDefinition::nowhere(stored.definition.resource_type)
    });
    match before {
        Some(before) if *before.egress == read => Arc::clone(&before.egress),
        Some(_) | None => Arc::new(read),
    }
}

impl Catalog {
    /// Reads everything; each token has places for `calls`. What is still the same as `before` keeps what it has loaded.
    pub(crate) async fn read(store: &Store, calls: u64, before: Option<&Catalog>) -> Result<Self, FlowError> {
        let (mut tokens, mut scopes) = (Tokens::default(), Scopes::default());
        scopes.put(store.scopes().await?);
        let mut tenants: HashMap<_, Vec<_>> = HashMap::new();
        for tenant in store.tenants(None).await? {
            tenants.entry(tenant.workspace).or_default().push(tenant);
        }
        tenants.into_iter().for_each(|(workspace, own)| scopes.put_tenants(&workspace, own));
        for token in store.tokens().await? {
            let same = before.and_then(|before| before.tokens.get(&token.caller.token));
            tokens.put(token, same.map(Arc::as_ref), calls);
        }
        let mut catalog = Self { tokens: Arc::new(tokens), scopes: Arc::new(scopes), ..Self::default() };
        let ready_made = before.and_then(|before| before.groups.get(&Scope::COMMUNITY));
        catalog.groups.extend(ready_made.map(|groups| (Scope::COMMUNITY, Arc::clone(groups))));
        let mut plugins: HashMap<_, Vec<_>> = HashMap::new();
        for plugin in store.plugins().await? {
            plugins.entry(plugin.group).or_default().push(plugin);
        }
        let mut connectors: HashMap<_, Vec<_>> = HashMap::new();
        for connector in store.connectors().await? {
            connectors.entry(connector.group).or_default().push(connector);
        }
        let known: HashMap<_, _> =
            before.into_iter().flat_map(Self::all_groups).map(|one| (one.stored.id, one)).collect();
        for group in store.groups().await? {
            let own = plugins.remove(&group.id).unwrap_or_default();
            let defined = connectors.remove(&group.id).unwrap_or_default();
            let same = known.get(&group.id).map(|same| same.as_ref());
            catalog.put(Group::new(group, own, defined, same));
        }
        let mut connections: HashMap<_, Vec<_>> = HashMap::new();
        for connection in store.connections().await? {
            connections.entry(connection.group).or_default().push(connection);
        }
        connections.into_iter().for_each(|(group, own)| catalog.put_connections(&group, own));
        store.installations().await?.into_iter().for_each(|one| catalog.put_installation(one));
        Ok(catalog)
    }

    pub(crate) fn put(&mut self, group: Arc<Group>) {
        if let Some(before) = self.connections.get(&group.stored.id).filter(|one| !one.is_for(&group.egress)) {
            let judged = Arc::new(before.judged(&group.egress));
            Arc::make_mut(&mut self.connections).insert(group.stored.id, judged);
        }
        let groups = Arc::make_mut(self.groups.entry(group.stored.scope).or_default());
        groups.insert(group.stored.definition.slug.clone(), group);
    }

    /// Takes over connections of a group. Those of a group that is not there can't be used.
    pub(crate) fn put_connections(&mut self, group: &GroupId, connections: Vec<StoredConnection>) {
        let Some(egress) = self.group_by_id(group).map(|group| Arc::clone(&group.egress)) else { return };
        let before = self.connections.get(group).cloned();
        let before = before.unwrap_or_else(|| Arc::new(Connections::new(egress)));
        Arc::make_mut(&mut self.connections).insert(*group, Arc::new(before.changed(connections, &[])));
    }

    pub(crate) fn remove_connection(&mut self, id: &ConnectionId) {
        let all = Arc::make_mut(&mut self.connections);
        for own in all.values_mut().filter(|own| own.get(id).is_some()) {
            *own = Arc::new(own.changed(Vec::new(), &[*id]));
        }
    }

    pub(crate) fn remove_connections_of(&mut self, scope: &Scope, tenant: &TenantName) {
        for own in Arc::make_mut(&mut self.connections).values_mut() {
            let owner = Owner::Tenant(*scope, tenant.clone());
            let gone: Vec<_> = own.iter().filter(|one| one.stored.owner == owner).map(|one| one.stored.id).collect();
            if !gone.is_empty() {
                *own = Arc::new(own.changed(Vec::new(), &gone));
            }
        }
    }

    pub(crate) fn put_installation(&mut self, installation: StoredInstallation) {
        Arc::make_mut(&mut self.installed).put(installation);
    }

    pub(crate) fn remove_installation(&mut self, id: &InstallationId) {
        Arc::make_mut(&mut self.installed).remove(id);
    }

    /// The connections of a group.
    pub(crate) fn connections(&self, group: &GroupId) -> Option<&Arc<Connections>> {
        self.connections.get(group)
    }

    /// What a scope itself sets for a group.
    pub(crate) fn installation(&self, scope: &Scope, group: &GroupId) -> Option<&Arc<StoredInstallation>> {
        self.installed.stored(scope, group)
    }

    /// What is in force for a group in a scope.
    pub(crate) fn installed(&self, scope: &Scope, group: &GroupId) -> Arc<Installation> {
        self.installed.in_force(scope, group)
    }

    pub(crate) fn remove(&mut self, group: &Group) {
        let groups = Arc::make_mut(self.groups.entry(group.stored.scope).or_default());
        groups.remove(&group.stored.definition.slug);
        Arc::make_mut(&mut self.connections).remove(&group.stored.id);
        Arc::make_mut(&mut self.installed).retain(|_, own| *own != group.stored.id);
    }

    pub(crate) fn put_token(&mut self, token: StoredToken, calls: u64) {
        Arc::make_mut(&mut self.tokens).put(token, None, calls);
    }

    pub(crate) fn remove_token(&mut self, token: &TokenId) {
        Arc::make_mut(&mut self.tokens).remove(token);
    }

    /// Tokens of scopes that are gone go with them.
    pub(crate) fn put_scopes(&mut self, scopes: Vec<StoredScope>) {
        Arc::make_mut(&mut self.scopes).put(scopes);
        let scopes = Arc::clone(&self.scopes);
        Arc::make_mut(&mut self.tokens).retain(|scope| scopes.get(scope).is_some());
        self.groups.retain(|scope, _| *scope == Scope::COMMUNITY || scopes.get(scope).is_some());
        Arc::make_mut(&mut self.installed).retain(|scope, _| scopes.get(scope).is_some());
        for own in Arc::make_mut(&mut self.connections).values_mut() {
            let gone = own.iter().filter(|one| scopes.get(&one.stored.owner.scope()).is_none());
            let gone: Vec<_> = gone.map(|one| one.stored.id).collect();
            if !gone.is_empty() {
                *own = Arc::new(own.changed(Vec::new(), &gone));
            }
        }
    }

    /// Replaces the ready-made groups.
    pub(crate) fn put_community(&mut self, groups: Vec<Arc<Group>>) {
        self.groups.remove(&Scope::COMMUNITY);
        groups.into_iter().for_each(|group| self.put(group));
    }

    pub(crate) fn put_tenants(&mut self, workspace: &WorkspaceId, tenants: Vec<StoredTenant>) {
        Arc::make_mut(&mut self.scopes).put_tenants(workspace, tenants);
    }

    pub(crate) fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    pub(crate) fn scopes(&self) -> &Scopes {
        &self.scopes
    }

    /// The places of a token's calls.
    pub(crate) fn places(&self, token: &TokenId) -> Option<&Arc<Places>> {
        self.tokens.get(token).map(|token| &token.places)
    }

    /// The scope of that name.
    pub fn scope(&self, name: &ScopeName) -> Option<Scope> {
        self.scopes.named(name)
    }

    /// A scope and those in it.
    pub fn scopes_within(&self, scope: &Scope) -> impl Iterator<Item = &Arc<StoredScope>> {
        self.scopes.all().filter(move |stored| scope.contains(&stored.scope))
    }

    /// The groups that live in a scope, by slug.
    pub fn groups(&self, scope: &Scope) -> impl Iterator<Item = &Arc<Group>> {
        self.groups.get(scope).into_iter().flat_map(|groups| groups.values())
    }

    /// All groups.
    pub(crate) fn all_groups(&self) -> impl Iterator<Item = &Arc<Group>> {
        self.groups.values().flat_map(|groups| groups.values())
    }

    /// The groups that a scope sees, with how they are named there: its own, those of its organization, and the
    /// ready-made ones.
    pub fn visible(&self, scope: &Scope) -> impl Iterator<Item = (GroupReference, &Arc<Group>)> {
        let above = Some(Scope::Organization(scope.organization())).filter(|above| above != scope);
        let homes =
            [(Origin::Own, Some(*scope)), (Origin::Organization, above), (Origin::Community, Some(Scope::COMMUNITY))];
        let homes = homes.into_iter().filter_map(|(origin, home)| Some((origin, self.groups.get(&home?)?)));
        homes.flat_map(|(origin, groups)| {
            groups.iter().map(move |(slug, group)| (GroupReference { origin, slug: slug.clone() }, group))
        })
    }

    pub(crate) fn group_by_id(&self, id: &GroupId) -> Option<&Arc<Group>> {
        self.all_groups().find(|group| group.stored.id == *id)
    }

    /// The group that a reference names, seen from a scope.
    pub fn group(&self, scope: &Scope, reference: &GroupReference) -> Option<&Arc<Group>> {
        let home = match reference.origin {
            Origin::Own => *scope,
            Origin::Organization => Scope::Organization(scope.organization()),
            Origin::Community => Scope::COMMUNITY,
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
