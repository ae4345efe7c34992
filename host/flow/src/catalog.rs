//! What calls are resolved against: a snapshot in memory that is swapped whole on every change. A call keeps the entries
//! that it began with, so it runs one version throughout.

pub(crate) mod concurrency;
pub(crate) mod connections;
mod connector;
pub(crate) mod definition;
pub(crate) mod descriptors;
pub(crate) mod diff;
pub(crate) mod earlier_versions;
pub(crate) mod egress_sessions;
mod group;
pub(crate) mod installed;
pub(crate) mod loaded_cache;
pub(crate) mod lookup;
pub(crate) mod manifest;
mod plugin;
mod reload;
pub(crate) mod scopes;
pub(crate) mod scripts;
pub(crate) mod tokens;
pub(crate) mod uses;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use lockgate_domain::{
    Ceilings, ConnectionId, GroupId, GroupReference, Installation, InstallationId, Origin, Scope, ScopeName, Slug,
    TokenId, WorkspaceId,
};
use lockgate_store::{StoredConnection, StoredInstallation, StoredScope, StoredTenant, StoredToken, UseGrant};

use self::concurrency::ConcurrencyLimit;
use self::connections::Connections;
pub use self::connector::{Connector, Source};
pub use self::definition::DefinitionEntry;
pub use self::group::Group;
use self::installed::Installed;
pub(crate) use self::plugin::LoadedPlugin;
pub use self::plugin::PluginEntry;
use self::scopes::Scopes;
use self::tokens::Tokens;
use self::uses::UseGrants;

/// What the operator lets tokens and groups have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CatalogBounds {
    /// Calls of one token that run at one time.
    pub(crate) calls_per_token: u64,
    /// The largest values of limits.
    pub(crate) ceilings: Ceilings,
}

/// One state of everything that can be resolved.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    tokens: Arc<Tokens>,
    scopes: Arc<Scopes>,
    groups: HashMap<Scope, Arc<BTreeMap<Slug, Arc<Group>>>>,
    connections: Arc<HashMap<GroupId, Arc<Connections>>>,
    installed: Arc<Installed>,
    use_grants: Arc<UseGrants>,
}

impl Catalog {
    pub(crate) fn put(&mut self, group: Arc<Group>) {
        if let Some(before) = self.connections.get(&group.stored.id).filter(|one| !one.is_for(&group.egress)) {
            let renewed = Arc::new(before.for_egress(&group.egress));
            Arc::make_mut(&mut self.connections).insert(group.stored.id, renewed);
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

    pub(crate) fn put_installation(&mut self, installation: StoredInstallation) {
        Arc::make_mut(&mut self.installed).put(installation);
    }

    pub(crate) fn remove_installation(&mut self, id: &InstallationId) {
        Arc::make_mut(&mut self.installed).remove(id);
    }

    /// Replaces what is granted of a group's `uses`.
    pub(crate) fn put_use_grants(&mut self, group: &GroupId, grants: Vec<UseGrant>) {
        Arc::make_mut(&mut self.use_grants).put(group, grants);
    }

    /// The connections of a group.
    pub(crate) fn connections(&self, group: &GroupId) -> Option<&Arc<Connections>> {
        self.connections.get(group)
    }

    /// What a scope itself sets for a group.
    pub(crate) fn installation(&self, scope: &Scope, group: &GroupId) -> Option<&Arc<StoredInstallation>> {
        self.installed.stored(scope, group)
    }

    /// The scopes that have settings for a group.
    pub(crate) fn installing_scopes(&self, group: &Group) -> Vec<Scope> {
        let within = self.scopes_within(&group.stored.scope).map(|stored| stored.scope);
        within.filter(|scope| self.installation(scope, &group.stored.id).is_some()).collect()
    }

    /// What is in force for a group in a scope; empty if neither the scope nor its organization sets anything.
    pub(crate) fn installed(&self, scope: &Scope, group: &GroupId) -> Arc<Installation> {
        self.installation_in_force(scope, group).cloned().unwrap_or_default()
    }

    /// The same, none if neither sets anything.
    pub(crate) fn installation_in_force(&self, scope: &Scope, group: &GroupId) -> Option<&Arc<Installation>> {
        self.installed.in_force(scope, group)
    }

    /// Removes a group with its connections and installations.
    pub(crate) fn remove(&mut self, id: &GroupId) {
        if let Some(group) = self.group_by_id(id).cloned() {
            let groups = Arc::make_mut(self.groups.entry(group.stored.scope).or_default());
            groups.remove(&group.stored.definition.slug);
        }
        Arc::make_mut(&mut self.connections).remove(id);
        Arc::make_mut(&mut self.installed).retain(|_, group| group != id);
        Arc::make_mut(&mut self.use_grants).remove(id);
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
        Arc::make_mut(&mut self.use_grants).retain(|scope| scopes.get(scope).is_some());
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

    /// How many calls a token may have at one time; none for a caller that is not of this host.
    pub(crate) fn token_concurrency(&self, token: &TokenId) -> Option<&ConcurrencyLimit> {
        self.tokens.get(token).map(|token| token.concurrency.as_ref())
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
