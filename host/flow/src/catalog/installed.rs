//! Installations in memory: what is in force for a group in a scope.

use std::collections::HashMap;
use std::sync::Arc;

use lockgate_domain::{GroupId, Installation, InstallationId, Scope};
use lockgate_store::StoredInstallation;

/// The installations of all scopes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Installed {
    by_scope: HashMap<(Scope, GroupId), Entry>,
}

#[derive(Debug, Clone)]
struct Entry {
    stored: Arc<StoredInstallation>,
    /// With what the organization sets.
    in_force: Arc<Installation>,
}

impl Installed {
    pub(crate) fn put(&mut self, stored: StoredInstallation) {
        let (scope, group) = (stored.scope, stored.group);
        let in_force = Arc::new(self.over_organization(&stored));
        self.by_scope.insert((scope, group), Entry { stored: Arc::new(stored), in_force });
        self.renew_below(&scope, &group);
    }

    pub(crate) fn remove(&mut self, id: &InstallationId) {
        let found = self.by_scope.iter().find(|(_, entry)| entry.stored.id == *id).map(|(key, _)| *key);
        if let Some((scope, group)) = found {
            self.by_scope.remove(&(scope, group));
            self.renew_below(&scope, &group);
        }
    }

    pub(crate) fn retain(&mut self, keep: impl Fn(&Scope, &GroupId) -> bool) {
        self.by_scope.retain(|(scope, group), _| keep(scope, group));
    }

    fn over_organization(&self, stored: &StoredInstallation) -> Installation {
        let above = Scope::Organization(stored.scope.organization());
        match self.by_scope.get(&(above, stored.group)).filter(|_| above != stored.scope) {
            Some(entry) => stored.definition.over(&entry.stored.definition),
            None => stored.definition.clone(),
        }
    }

    /// What workspaces set stands over what their organization has just set.
    fn renew_below(&mut self, above: &Scope, group: &GroupId) {
        let Scope::Organization(organization) = above else { return };
        let is_below =
            |(scope, own): &&(Scope, GroupId)| own == group && scope != above && scope.organization() == *organization;
        let below: Vec<_> = self.by_scope.keys().filter(is_below).copied().collect();
        for (scope, own) in below {
            let Some(stored) = self.by_scope.get(&(scope, own)).map(|entry| Arc::clone(&entry.stored)) else {
                continue;
            };
            let in_force = Arc::new(self.over_organization(&stored));
            self.by_scope.insert((scope, own), Entry { stored, in_force });
        }
    }

    pub(crate) fn stored(&self, scope: &Scope, group: &GroupId) -> Option<&Arc<StoredInstallation>> {
        self.by_scope.get(&(*scope, *group)).map(|entry| &entry.stored)
    }

    /// What a scope and its organization set together, if either sets anything.
    pub(crate) fn in_force(&self, scope: &Scope, group: &GroupId) -> Option<&Arc<Installation>> {
        let at = |scope: &Scope| self.by_scope.get(&(*scope, *group));
        let entry = at(scope).or_else(|| at(&Scope::Organization(scope.organization())))?;
        Some(&entry.in_force)
    }
}
