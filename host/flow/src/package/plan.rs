//! What an import or an application of a folder changes. It is read off the state before and after the change itself, so that
//! it can't say something else than what happens.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use lockgate_domain::{Capability, ConnectorName, CredentialName, Digest, Installation, PluginName, Protos, Slug};
use serde::Serialize;
use serde_json::Value;

use super::needs::Needs;
use crate::catalog::Source;
use crate::catalog::connections::Connection;
use crate::catalog::diff::breaks;
use crate::package_error::NameConflict;
use crate::query::connectors::compare;
use crate::query::group_diff::{ReviewNeeded, review};
use crate::{Catalog, Connector, ConnectorChanges, Group, ValueChange};

/// Bytes of a value that a plan repeats: longer ones are only said to be different.
const SHOWN_MAX: usize = 1024;

/// What happens to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PlannedAction {
    /// It is made.
    Create,
    /// It is changed.
    Update,
    /// It is as it should be.
    None,
    /// It is deleted.
    Delete,
    /// Something else has its name, and nobody has said what to do.
    Conflict,
}

/// What an import or an application of a folder changes.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Plan {
    /// Whether nothing was changed: a plan was asked for.
    pub dry_run: bool,
    /// Whether there is something to change.
    pub changes: bool,
    /// Each group.
    pub groups: Vec<GroupPlan>,
    /// What the scope sets for groups.
    pub installations: Vec<InstallationPlan>,
}

/// What happens to a group.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct GroupPlan {
    /// Where it is written; null for one that is written nowhere.
    pub file: Option<String>,
    /// Its slug in the scope.
    pub slug: Slug,
    /// Its name for people.
    pub name: String,
    /// What happens to it.
    pub action: PlannedAction,
    /// The slug in the package, if it gets another one.
    pub renamed_from: Option<Slug>,
    /// What has its slug or name already.
    pub conflicts: Vec<NameConflict>,
    /// Places of the definition, with what they have before and after; absent is `null`.
    pub changes: Vec<ValueChange>,
    /// Its connectors of all types.
    pub connectors: ConnectorChanges,
    /// Its plugins.
    pub plugins: PluginChanges,
    /// What its plugins may import.
    pub capabilities: SetChange,
    /// Where its requests may go, and with which credential.
    pub destinations: SetChange,
    /// What an admin has to accept before these connections work again.
    pub review: ReviewNeeded,
    /// What is deleted with it.
    pub loses: Losses,
    /// The names of the secrets that a connection and an installation need.
    pub needs: Needs,
}

/// Members of a set that come and go.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[schemars(inline)]
pub struct SetChange {
    /// New ones.
    pub added: BTreeSet<String>,
    /// Those that are gone.
    pub removed: BTreeSet<String>,
}

/// Plugins that come and go.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[schemars(inline)]
pub struct PluginChanges {
    /// Those that become current.
    pub current: Vec<PlannedPlugin>,
    /// Those that no version is current of any more.
    pub removed: Vec<PluginName>,
}

/// A version of a plugin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[schemars(inline)]
pub struct PlannedPlugin {
    /// Its name.
    pub name: PluginName,
    /// The author's version.
    pub version: String,
    /// Of its bytes.
    pub digest: Digest,
}

/// What is deleted with a group.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[schemars(inline)]
pub struct Losses {
    /// Connections, with their secrets.
    pub connections: usize,
    /// Settings of scopes.
    pub installations: usize,
}

/// What happens to what a scope sets for a group.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct InstallationPlan {
    /// Where it is written; null for one that is written nowhere.
    pub file: Option<String>,
    /// The group, as the scope names it.
    pub group: String,
    /// What happens.
    pub action: PlannedAction,
    /// Places of it, with what they have before and after; absent is `null`.
    pub changes: Vec<ValueChange>,
    /// OAuth clients that are deleted, with their secrets.
    pub removed_clients: Vec<CredentialName>,
    /// Credentials whose OAuth client has no id here yet: `oauth.NAME` of the installation.
    pub missing_clients: Vec<CredentialName>,
}

impl Plan {
    /// A plan of these objects.
    pub(super) fn of(dry_run: bool, groups: Vec<GroupPlan>, installations: Vec<InstallationPlan>) -> Self {
        let actions = groups.iter().map(|group| group.action);
        let mut actions = actions.chain(installations.iter().map(|one| one.action));
        let changes = actions.any(|action| action != PlannedAction::None);
        Self { dry_run, changes, groups, installations }
    }

    /// Connectors that go or take less, over groups that stay.
    pub(super) fn narrowed(&self) -> (Vec<ConnectorName>, Vec<crate::SchemaBreak>) {
        let stay = || self.groups.iter().filter(|group| group.action == PlannedAction::Update);
        let removed = stay().flat_map(|group| group.connectors.removed.iter().cloned());
        let breaks = stay().flat_map(|group| group.connectors.breaks.iter().cloned());
        (removed.collect(), breaks.collect())
    }
}

impl GroupPlan {
    /// What is different between two states of a group.
    pub(super) fn between(
        file: Option<String>,
        (before, known): (Option<&Group>, &Catalog),
        after: Option<&Group>,
    ) -> Option<Self> {
        let shown = after.or(before)?;
        let mut plan = Self::new(file, shown);
        let definition = |group: &Group| serde_json::to_value(&group.stored.definition).unwrap_or_default();
        if let (Some(before), Some(after)) = (before, after) {
            compare(&definition(before), &definition(after), "", &mut plan.changes);
            plan.changes.extend(descriptors(before, after));
            plan.changes.iter_mut().for_each(shorten);
            plan.review = review(worked(known, before), &after.egress);
        }
        plan.connectors = connectors(before, after);
        plan.plugins = plugins(before, after);
        let names = |group: Option<&Group>| -> BTreeSet<String> {
            let all = group.into_iter().flat_map(|group| &group.stored.definition.capabilities);
            all.map(Capability::to_string).collect()
        };
        plan.capabilities = SetChange::between(&names(before), &names(after));
        let places = |group: Option<&Group>| -> BTreeSet<String> {
            group.into_iter().flat_map(|group| group.egress.destinations.iter().map(ToString::to_string)).collect()
        };
        plan.destinations = SetChange::between(&places(before), &places(after));
        plan.action = match (before, after) {
            (None, _) => PlannedAction::Create,
            (Some(before), None) => {
                let connections = known.connections(&before.stored.id).map_or(0, |all| all.iter().count());
                plan.loses = Losses { connections, installations: known.installing_scopes(before).len() };
                plan.needs = Needs::default();
                PlannedAction::Delete
            }
            (Some(before), Some(after))
                if before.stored.version == after.stored.version && same_plugins(before, after) =>
            {
                PlannedAction::None
            }
            (Some(_), Some(_)) => PlannedAction::Update,
        };
        Some(plan)
    }

    /// A group with nothing to say of it yet.
    fn new(file: Option<String>, group: &Group) -> Self {
        let definition = &group.stored.definition;
        Self { file, needs: Needs::of(&group.egress), ..Self::named(definition.slug.clone(), definition.name.clone()) }
    }

    /// A group of which only the names are known.
    pub(super) fn named(slug: Slug, name: String) -> Self {
        Self {
            file: None,
            slug,
            name,
            action: PlannedAction::None,
            renamed_from: None,
            conflicts: Vec::new(),
            changes: Vec::new(),
            connectors: ConnectorChanges::default(),
            plugins: PluginChanges::default(),
            capabilities: SetChange::default(),
            destinations: SetChange::default(),
            review: ReviewNeeded::default(),
            loses: Losses::default(),
            needs: Needs::default(),
        }
    }
}

impl SetChange {
    fn between(before: &BTreeSet<String>, after: &BTreeSet<String>) -> Self {
        let minus = |one: &BTreeSet<String>, other| one.difference(other).cloned().collect();
        Self { added: minus(after, before), removed: minus(before, after) }
    }
}

impl InstallationPlan {
    /// What is taken back, of an installation that is written nowhere.
    pub(super) fn removed(group: String, before: &Installation) -> Self {
        let removed_clients = before.oauth.keys().cloned().collect();
        let between = (Some(before), &Installation::default());
        let plan = Self::between(None, group, between, removed_clients, &Needs::default());
        Self { action: PlannedAction::Delete, ..plan }
    }

    /// What is different between two states of an installation.
    pub(super) fn between(
        file: Option<String>,
        group: String,
        (before, after): (Option<&Installation>, &Installation),
        removed_clients: Vec<CredentialName>,
        needs: &Needs,
    ) -> Self {
        let json = |one: &Installation| {
            let mut value = serde_json::to_value(one).unwrap_or_default();
            // What the host notes of a client is nothing that anybody writes.
            for client in
                value.get_mut("oauth").and_then(Value::as_object_mut).into_iter().flat_map(|all| all.values_mut())
            {
                client.as_object_mut().and_then(|members| members.remove("token_urls"));
            }
            value
        };
        let mut changes = Vec::new();
        compare(&json(before.unwrap_or(&Installation::default())), &json(after), "", &mut changes);
        changes.iter_mut().for_each(shorten);
        let has_client = |name: &&CredentialName| !after.oauth.get(*name).is_some_and(|client| client.client_id);
        let missing_clients = needs.oauth_clients.iter().filter(has_client).cloned().collect();
        let action = match before {
            _ if changes.is_empty() => PlannedAction::None,
            None => PlannedAction::Create,
            Some(_) => PlannedAction::Update,
        };
        Self { file, group, action, changes, removed_clients, missing_clients }
    }
}

/// What a server told by reflection is no part of the definition, and is compared beside it.
fn descriptors(before: &Group, after: &Group) -> Option<ValueChange> {
    let told = |group: &Group| match group.stored.definition.protos() {
        Ok(Some(Protos::Reflection { .. })) => group.stored.descriptors.map(|own| Value::from(own.digest.to_string())),
        Ok(Some(Protos::Files(_) | Protos::Set(_)) | None) | Err(_) => None,
    };
    let (from, to) = (told(before), told(after));
    (from != to).then(|| ValueChange { pointer: "/protos/descriptors".to_owned(), from, to })
}

/// The connections of a group that work now.
fn worked<'c>(catalog: &'c Catalog, group: &Group) -> impl Iterator<Item = &'c Arc<Connection>> {
    let all = catalog.connections(&group.stored.id).into_iter().flat_map(|all| all.iter());
    all.filter(|one| !one.review)
}

fn same_plugins(before: &Group, after: &Group) -> bool {
    let current = |group: &Group| -> BTreeSet<Digest> {
        group.plugins.iter().filter(|plugin| plugin.stored.current).map(|plugin| plugin.stored.digest).collect()
    };
    current(before) == current(after)
}

fn plugins(before: Option<&Group>, after: Option<&Group>) -> PluginChanges {
    let current = |group: Option<&Group>| -> BTreeMap<PluginName, PlannedPlugin> {
        let all = group.into_iter().flat_map(|group| group.plugins.iter().filter(|plugin| plugin.stored.current));
        let planned = all.map(|plugin| PlannedPlugin {
            name: plugin.stored.name.clone(),
            version: plugin.stored.manifest.version.clone(),
            digest: plugin.stored.digest,
        });
        planned.map(|plugin| (plugin.name.clone(), plugin)).collect()
    };
    let (before, after) = (current(before), current(after));
    let removed = before.keys().filter(|name| !after.contains_key(*name)).cloned().collect();
    let current = after.into_values().filter(|plugin| before.get(&plugin.name) != Some(plugin)).collect();
    PluginChanges { current, removed }
}

fn connectors(before: Option<&Group>, after: Option<&Group>) -> ConnectorChanges {
    let none = BTreeMap::new();
    let own = |group: Option<&Group>| group.map_or_else(|| none.clone(), |group| group.connectors.clone());
    let (old, new): (BTreeMap<ConnectorName, Arc<Connector>>, _) = (own(before), own(after));
    let mut changes = ConnectorChanges::default();
    for (name, connector) in &new {
        match old.get(name) {
            None => changes.added.push(name.clone()),
            Some(before) if !same(before, connector) => {
                changes.changed.push(name.clone());
                if let (Some(before), Some(after)) = (schemas(before), schemas(connector)) {
                    changes.breaks.extend(breaks(name, &before, &after));
                }
            }
            Some(_) => {}
        }
    }
    changes.removed = old.into_keys().filter(|name| !new.contains_key(name)).collect();
    changes
}

/// Whether callers meet the same connector.
fn same(before: &Connector, after: &Connector) -> bool {
    match (&before.source, &after.source) {
        (Source::Definition(one), Source::Definition(other)) => one.stored.definition == other.stored.definition,
        (Source::Plugin { plugin: one, .. }, Source::Plugin { plugin: other, .. }) => {
            one.stored.digest == other.stored.digest
        }
        (Source::Definition(_), Source::Plugin { .. }) | (Source::Plugin { .. }, Source::Definition(_)) => false,
    }
}

fn schemas(connector: &Connector) -> Option<(Value, Value)> {
    Some(match &connector.source {
        Source::Definition(entry) => {
            let definition = &entry.stored.definition;
            (definition.input_schema.value(), definition.output_schema.value())
        }
        Source::Plugin { .. } => {
            let manifest = connector.manifest()?;
            (manifest.input_schema.value(), manifest.output_schema.value())
        }
    })
}

/// Puts the size of a long value in its place.
fn shorten(change: &mut ValueChange) {
    for side in [&mut change.from, &mut change.to].into_iter().flatten() {
        let length = side.to_string().len();
        if length > SHOWN_MAX {
            *side = Value::String(format!("… ({length} bytes)"));
        }
    }
}
