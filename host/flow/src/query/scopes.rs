//! Organizations, workspaces and their tenants.

use std::sync::Arc;

use lockgate_domain::{Caller, Scope};
use lockgate_store::{StoredScope, StoredTenant};

use crate::FlowError;
use crate::catalog::scopes::is_owner;
use crate::query::Queries;

impl Queries<'_> {
    /// The scopes in which a caller has rights, sorted by slug; all organizations for the host's owner.
    pub fn scopes_of(self, caller: &Caller, organizations: bool) -> Vec<Arc<StoredScope>> {
        let catalog = self.0.catalog();
        let owner = is_owner(catalog.scopes(), caller);
        let seen = catalog.scopes().all().filter(|stored| match stored.scope {
            Scope::Organization(_) => organizations && (owner || caller.scope.contains(&stored.scope)),
            Scope::Workspace(..) => !organizations && caller.scope.contains(&stored.scope),
        });
        let mut seen: Vec<_> = seen.cloned().collect();
        seen.sort_unstable_by(|one, other| one.slug.cmp(&other.slug));
        seen
    }

    /// Whether a caller owns the host.
    pub fn is_owner(self, caller: &Caller) -> bool {
        is_owner(self.0.catalog().scopes(), caller)
    }

    /// A scope as stored.
    ///
    /// # Errors
    /// [`FlowError::NotFound`].
    pub fn scope(self, scope: &Scope) -> Result<Arc<StoredScope>, FlowError> {
        self.0.catalog().find_scope(scope, None)
    }

    /// Whether a scope takes changes.
    ///
    /// # Errors
    /// [`FlowError::Denied`]: it is switched off, or its organization.
    pub fn takes_changes(self, scope: &Scope) -> Result<(), FlowError> {
        self.0.catalog().takes_changes(scope)
    }

    /// The declared tenants of a workspace that exist for a caller.
    pub fn tenants(self, scope: &Scope, caller: &Caller) -> Vec<StoredTenant> {
        let catalog = self.0.catalog();
        let declared = catalog.scopes().declared(scope);
        declared.filter(|tenant| caller.restrictions.has_tenant(&tenant.name)).cloned().collect()
    }

    /// A declared tenant.
    ///
    /// # Errors
    /// [`FlowError::NotFound`].
    pub fn tenant(self, scope: &Scope, name: &str, caller: &Caller) -> Result<StoredTenant, FlowError> {
        self.0.catalog().find_tenant(scope, name, None, caller)
    }
}
