//! Groups, their plugins, and what scopes set for them.

use std::sync::Arc;

use lockgate_domain::{Digest, GroupReference, Scope};
use lockgate_store::HistoryEntry;

use crate::catalog::lookup::FoundInstallation;
use crate::query::Queries;
use crate::{FlowError, Group, PluginEntry};

impl Queries<'_> {
    /// The group that a reference names, seen from a scope.
    ///
    /// # Errors
    /// [`FlowError::NotFound`].
    pub fn group(self, scope: &Scope, reference: &GroupReference) -> Result<Arc<Group>, FlowError> {
        self.0.catalog().find_group(scope, reference)
    }

    /// A plugin of a group.
    ///
    /// # Errors
    /// [`FlowError::NotFound`].
    pub fn plugin(
        self,
        scope: &Scope,
        reference: &GroupReference,
        digest: &Digest,
    ) -> Result<Arc<PluginEntry>, FlowError> {
        self.0.catalog().find_plugin(scope, reference, digest)
    }

    /// What was current of a group's plugins, or of those of one name, before a place in the history, the latest first.
    ///
    /// # Errors
    /// [`FlowError::NotFound`] for the group, or the store does not answer.
    pub async fn plugin_history(
        self,
        scope: &Scope,
        reference: &GroupReference,
        plugin: Option<&str>,
        before: i64,
        limit: i64,
    ) -> Result<Vec<HistoryEntry>, FlowError> {
        let group = self.group(scope, reference)?;
        Ok(self.0.0.store.history(&group.stored.id, ("plugin", plugin), before, limit).await?)
    }

    /// What a scope sets for a group, and what is in force there. One that sets nothing has version 0.
    ///
    /// # Errors
    /// [`FlowError::NotFound`] for the group.
    pub fn installation(self, scope: &Scope, reference: &GroupReference) -> Result<FoundInstallation, FlowError> {
        self.0.catalog().find_installation(scope, reference)
    }
}
