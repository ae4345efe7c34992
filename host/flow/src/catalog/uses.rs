//! What the code of groups may call of other connectors: the entries of their `uses`, and which of them are granted.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use lockgate_domain::{Capability, ConnectorName, GroupId, GroupReference, Origin, Scope, Use};
use lockgate_store::{StoredGroup, UseGrant};
use serde::Serialize;

use super::{Catalog, Connector, Group, Source};

/// The package of the interface by which a plugin calls connectors.
const PACKAGE: &str = "lockgate:connectors/";

/// Grants of all groups.
#[derive(Debug, Clone, Default)]
pub(crate) struct UseGrants(HashMap<GroupId, Arc<[UseGrant]>>);

/// Whether an entry may be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum UseState {
    /// An operator has granted exactly this entry.
    Granted,
    /// Nobody has granted anything under its name.
    Waiting,
    /// What was granted under its name is another entry, or was of another group.
    Changed,
}

impl UseState {
    /// The word in answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Granted => "granted",
            Self::Waiting => "waiting",
            Self::Changed => "changed",
        }
    }
}

/// An entry as calls of a scope meet it.
#[derive(Debug, Clone)]
pub struct FoundUse {
    /// What is written.
    pub entry: Use,
    /// The group that it names, if there is one.
    pub target: Option<Arc<Group>>,
    /// Whether it may be called.
    pub state: UseState,
    /// The grant that holds; else one under its name.
    pub grant: Option<UseGrant>,
}

impl UseGrants {
    pub(crate) fn put(&mut self, group: &GroupId, grants: Vec<UseGrant>) {
        match grants.is_empty() {
            true => drop(self.0.remove(group)),
            false => drop(self.0.insert(*group, grants.into())),
        }
    }

    pub(crate) fn remove(&mut self, group: &GroupId) {
        self.0.remove(group);
    }

    /// Forgets the grants of scopes that are gone.
    pub(crate) fn retain(&mut self, keep: impl Fn(&Scope) -> bool) {
        for grants in self.0.values_mut() {
            if !grants.iter().all(|grant| keep(&grant.scope)) {
                *grants = grants.iter().filter(|grant| keep(&grant.scope)).cloned().collect();
            }
        }
    }

    pub(crate) fn of(&self, group: &GroupId) -> &[UseGrant] {
        self.0.get(group).map(AsRef::as_ref).unwrap_or_default()
    }

    pub(crate) fn from_rows(rows: Vec<UseGrant>) -> Self {
        let mut all: HashMap<GroupId, Vec<UseGrant>> = HashMap::new();
        rows.into_iter().for_each(|grant| all.entry(grant.group).or_default().push(grant));
        Self(all.into_iter().map(|(group, grants)| (group, grants.into())).collect())
    }
}

/// The entries of a stored group.
pub(super) fn entries(stored: &StoredGroup) -> Arc<[Use]> {
    let read = stored.definition.uses().unwrap_or_else(|violations| {
        // Saved by a version of the host with other rules. Its code calls nothing until an operator has corrected it.
        tracing::error!(group = %stored.id, ?violations, "the group's `uses` is invalid: its code can call no connector");
        Vec::new()
    });
    read.into()
}

impl Connector {
    /// Whether it has code that can call connectors.
    pub(crate) fn has_calling_code(&self) -> bool {
        match &self.source {
            Source::Plugin { plugin, .. } => plugin.stored.imports.iter().any(|import| import.starts_with(PACKAGE)),
            Source::Definition(entry) => entry.stored.definition.action.code().is_some(),
        }
    }
}

impl Group {
    /// Whether a connector of the group may call connectors, as far as the group decides that.
    fn calls_from(&self, connector: &ConnectorName) -> bool {
        let granted = self.stored.definition.capabilities.contains(&Capability::Connectors);
        granted && self.connectors.get(connector).is_some_and(|own| own.has_calling_code())
    }
}

impl Catalog {
    /// The entry of that name, as calls in a scope meet it.
    pub(crate) fn find_use(&self, scope: &Scope, group: &Group, name: &str) -> Option<FoundUse> {
        let entry = group.uses.iter().find(|entry| entry.name.as_str() == name)?;
        Some(self.found_use(group, entry, |grant| grant.scope.contains(scope)))
    }

    /// All entries of a group, as calls in a scope meet them.
    pub(crate) fn uses<'c>(&'c self, scope: &'c Scope, group: &'c Group) -> impl Iterator<Item = FoundUse> + 'c {
        group.uses.iter().map(move |entry| self.found_use(group, entry, |grant| grant.scope.contains(scope)))
    }

    fn found_use(&self, group: &Group, entry: &Use, holds: impl Fn(&UseGrant) -> bool) -> FoundUse {
        let target = self.use_target(group, entry).cloned();
        let digest = entry.digest();
        let is_live = |grant: &&UseGrant| {
            grant.entry == digest && target.as_ref().is_some_and(|target| target.stored.id == grant.target)
        };
        let named = |grant: &&UseGrant| grant.name == entry.name && holds(grant);
        let grants = self.use_grants.of(&group.stored.id);
        let live = grants.iter().filter(named).find(is_live);
        let any = live.or_else(|| grants.iter().find(named));
        let state = match (live, any) {
            (Some(_), _) => UseState::Granted,
            (None, Some(_)) => UseState::Changed,
            (None, None) => UseState::Waiting,
        };
        FoundUse { entry: entry.clone(), target, state, grant: any.cloned() }
    }

    /// The group that an entry names. Its reference is read where the group lives, so it means the same one in every scope
    /// that calls the group.
    fn use_target(&self, group: &Group, entry: &Use) -> Option<&Arc<Group>> {
        let (home, wanted) = (group.stored.scope, &entry.connector.group);
        // What comes with the host has no organization.
        let is_none = home == Scope::COMMUNITY && wanted.origin == Origin::Organization;
        self.group(&home, wanted).filter(|_| !is_none)
    }

    /// How a group is named in a scope that sees it.
    pub(crate) fn reference_in(&self, scope: &Scope, group: &Group) -> Option<GroupReference> {
        let own = group.stored.scope;
        let origin = if own == *scope {
            Origin::Own
        } else if own == Scope::COMMUNITY {
            Origin::Community
        } else if own == Scope::Organization(scope.organization()) {
            Origin::Organization
        } else {
            return None;
        };
        Some(GroupReference { origin, slug: group.stored.definition.slug.clone() })
    }

    /// How code of a group could come back to itself by an entry: the connectors on the way. Grants of the scope count, of
    /// what is above it and of what is below, so that no scope gets a cycle by a grant of another.
    pub(crate) fn cycle(&self, scope: &Scope, group: &Group, target: &Arc<Group>, entry: &Use) -> Option<Vec<String>> {
        let holds = |grant: &UseGrant| grant.scope.contains(scope) || scope.contains(&grant.scope);
        let mut seen = HashSet::new();
        let mut open = vec![(Arc::clone(target), entry.connector.connector.clone(), Vec::new())];
        while let Some((at, connector, mut path)) = open.pop() {
            path.push(format!("{}/{connector}", at.stored.definition.slug));
            if !at.calls_from(&connector) || !seen.insert((at.stored.id, connector)) {
                continue;
            }
            if at.stored.id == group.stored.id {
                return Some(path);
            }
            for entry in at.uses.iter() {
                let found = self.found_use(&at, entry, holds);
                if let (Some(next), UseState::Granted) = (found.target, found.state) {
                    open.push((next, found.entry.connector.connector, path.clone()));
                }
            }
        }
        None
    }
}
