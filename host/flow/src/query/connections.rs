//! Connections that a scope holds.

use std::sync::Arc;

use lockgate_domain::{Caller, GroupReference, Scope};

use crate::query::Queries;
use crate::{Connection, FlowError, Group};

impl Queries<'_> {
    /// The connections of a group that a scope holds, in the order of making.
    ///
    /// # Errors
    /// [`FlowError::NotFound`] for the group.
    pub fn connections(
        self,
        scope: &Scope,
        reference: &GroupReference,
        caller: &Caller,
    ) -> Result<Vec<Arc<Connection>>, FlowError> {
        let catalog = self.0.catalog();
        let group = catalog.find_group(scope, reference)?;
        Ok(catalog.find_connections(scope, &group, caller).cloned().collect())
    }

    /// All connections that a scope holds, with the groups that it sees.
    pub fn all_connections(self, scope: &Scope, caller: &Caller) -> Vec<(GroupReference, Arc<Connection>)> {
        let catalog = self.0.catalog();
        let mut found = Vec::new();
        for (reference, group) in catalog.visible(scope).filter(|(reference, _)| caller.reaches(scope, reference)) {
            let own = catalog.find_connections(scope, group, caller);
            found.extend(own.map(|one| (reference.clone(), Arc::clone(one))));
        }
        found.sort_unstable_by_key(|(_, one)| one.stored.id);
        found
    }

    /// A connection that a scope holds, by its id, or by its name if no other owner has one of that name.
    ///
    /// # Errors
    /// [`FlowError::NotFound`], [`FlowError::SeveralConnections`].
    pub fn connection(
        self,
        scope: &Scope,
        reference: &GroupReference,
        text: &str,
        caller: &Caller,
    ) -> Result<(Arc<Group>, Arc<Connection>), FlowError> {
        self.0.catalog().find_connection(scope, (reference, text), None, caller)
    }
}
