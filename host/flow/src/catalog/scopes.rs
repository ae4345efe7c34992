//! Organizations, workspaces and their tenants in memory.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use lockgate_domain::{Caller, DEFAULT_SCOPE, Role, Scope, ScopeName, Slug, TenantName, Tenants, WorkspaceId};
use lockgate_store::{StoredScope, StoredTenant};

/// The scopes of the host.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scopes {
    organizations: HashMap<Slug, Scope>,
    workspaces: HashMap<Slug, Scope>,
    stored: HashMap<Scope, Arc<StoredScope>>,
    tenants: HashMap<WorkspaceId, Arc<Declared>>,
}

/// The tenants of one workspace.
#[derive(Debug, Default)]
struct Declared {
    enabled: BTreeMap<TenantName, bool>,
    stored: BTreeMap<TenantName, StoredTenant>,
}

impl Scopes {
    pub(crate) fn put(&mut self, scopes: Vec<StoredScope>) {
        let tenants = std::mem::take(&mut self.tenants);
        *self = Self::default();
        for stored in scopes {
            match stored.scope {
                Scope::Organization(_) => self.organizations.insert(stored.slug.clone(), stored.scope),
                Scope::Workspace(_, id) => {
                    self.tenants.extend(tenants.get(&id).map(|declared| (id, Arc::clone(declared))));
                    self.workspaces.insert(stored.slug.clone(), stored.scope)
                }
            };
            self.stored.insert(stored.scope, Arc::new(stored));
        }
    }

    pub(crate) fn put_tenants(&mut self, workspace: &WorkspaceId, tenants: Vec<StoredTenant>) {
        let enabled = tenants.iter().map(|tenant| (tenant.name.clone(), tenant.enabled)).collect();
        let stored = tenants.into_iter().map(|tenant| (tenant.name.clone(), tenant)).collect();
        self.tenants.insert(*workspace, Arc::new(Declared { enabled, stored }));
    }

    pub(crate) fn named(&self, name: &ScopeName) -> Option<Scope> {
        match name {
            ScopeName::Organization(slug) => self.organizations.get(slug).copied(),
            ScopeName::Workspace(slug) => self.workspaces.get(slug).copied(),
        }
    }

    pub(crate) fn get(&self, scope: &Scope) -> Option<&Arc<StoredScope>> {
        self.stored.get(scope)
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Arc<StoredScope>> {
        self.stored.values()
    }

    /// Whether a scope and its organization are switched on.
    pub(crate) fn is_enabled(&self, scope: &Scope) -> bool {
        let on = |scope: &Scope| self.stored.get(scope).is_some_and(|stored| stored.enabled);
        on(scope) && on(&Scope::Organization(scope.organization()))
    }

    /// Which tenants calls of a scope may name.
    pub(crate) fn tenants(&self, scope: &Scope) -> Tenants<'_> {
        let Scope::Workspace(_, workspace) = scope else { return Tenants::ANY };
        let declared_only = self.stored.get(scope).is_some_and(|stored| stored.known_tenants_only);
        let declared = self.tenants.get(workspace).map_or(Tenants::ANY.declared, |declared| &declared.enabled);
        Tenants { declared, declared_only }
    }

    /// The tenants that a scope has declared.
    pub(crate) fn declared(&self, scope: &Scope) -> impl Iterator<Item = &StoredTenant> {
        let workspace = match scope {
            Scope::Organization(_) => None,
            Scope::Workspace(_, workspace) => self.tenants.get(workspace),
        };
        workspace.into_iter().flat_map(|declared| declared.stored.values())
    }

    pub(crate) fn tenant(&self, scope: &Scope, name: &TenantName) -> Option<&StoredTenant> {
        let Scope::Workspace(_, workspace) = scope else { return None };
        self.tenants.get(workspace)?.stored.get(name)
    }
}

/// Whether a caller owns the host: an admin of the organization of the first start, with a token that is not limited.
pub(crate) fn is_owner(scopes: &Scopes, caller: &Caller) -> bool {
    let default = scopes.get(&caller.scope).is_some_and(|scope| scope.slug.as_str() == DEFAULT_SCOPE);
    let organization = matches!(caller.scope, Scope::Organization(_));
    default && organization && caller.role == Role::Admin && !caller.restrictions.is_limited()
}
