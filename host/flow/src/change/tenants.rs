//! The tenants that a workspace declares: end customers, named as callers name them.

use lockgate_domain::{Caller, Scope, TenantName};
use lockgate_store::{Changed, StoredTenant};

use crate::{FlowError, Host};

impl Host {
    /// The declared tenants of a workspace that exist for a caller.
    pub fn tenants(&self, scope: &Scope, caller: &Caller) -> Vec<StoredTenant> {
        let catalog = self.catalog();
        let declared = catalog.scopes().declared(scope);
        declared.filter(|tenant| caller.restrictions.has_tenant(&tenant.name)).cloned().collect()
    }

    /// A declared tenant.
    ///
    /// # Errors
    /// [`FlowError::NotFound`].
    pub fn tenant(&self, scope: &Scope, name: &str, caller: &Caller) -> Result<StoredTenant, FlowError> {
        let missing = || FlowError::NotFound(format!("tenant `{}`", name.escape_debug()));
        let name: TenantName = name.parse().map_err(|_| missing())?;
        let found = self.catalog().scopes().tenant(scope, &name).cloned();
        found.filter(|_| caller.restrictions.has_tenant(&name)).ok_or_else(missing)
    }

    /// Declares a tenant.
    ///
    /// # Errors
    /// It is there already, or the caller's token is limited to others.
    pub async fn create_tenant(&self, scope: &Scope, name: TenantName, by: &Caller) -> Result<StoredTenant, FlowError> {
        of_all_groups(by)?;
        if !by.restrictions.has_tenant(&name) {
            return Err(FlowError::Limited);
        }
        let Scope::Workspace(organization, workspace) = *scope else {
            return Err(FlowError::NotFound("tenants of an organization".to_owned()));
        };
        let _turn = self.turn().await?;
        let tenant = self.0.store.create_tenant(organization, workspace, name, Some(by.token)).await?;
        self.apply(&Changed::Tenants(workspace)).await?;
        Ok(tenant)
    }

    /// Switches a tenant on or off.
    ///
    /// # Errors
    /// [`FlowError::NotFound`], [`FlowError::Changed`].
    pub async fn update_tenant(
        &self,
        scope: &Scope,
        name: &str,
        expected: Option<i64>,
        enabled: bool,
        by: &Caller,
    ) -> Result<StoredTenant, FlowError> {
        of_all_groups(by)?;
        let _turn = self.turn().await?;
        let mut tenant = self.tenant_at(scope, name, expected, by)?;
        tenant.enabled = enabled;
        let tenant = self.0.store.update_tenant(scope.organization(), &tenant, Some(by.token)).await?;
        self.apply(&Changed::Tenants(tenant.workspace)).await?;
        Ok(tenant)
    }

    /// Deletes a tenant with its connections. Calls may still name it, unless the workspace takes known tenants only.
    ///
    /// # Errors
    /// [`FlowError::NotFound`], [`FlowError::Changed`].
    pub async fn delete_tenant(
        &self,
        scope: &Scope,
        name: &str,
        expected: Option<i64>,
        by: &Caller,
    ) -> Result<(), FlowError> {
        of_all_groups(by)?;
        let _turn = self.turn().await?;
        let tenant = self.tenant_at(scope, name, expected, by)?;
        self.0.store.delete_tenant(scope.organization(), &tenant, Some(by.token)).await?;
        self.apply(&Changed::Tenants(tenant.workspace)).await?;
        self.swap(|catalog| catalog.remove_connections_of(scope, &tenant.name));
        Ok(())
    }

    fn tenant_at(
        &self,
        scope: &Scope,
        name: &str,
        expected: Option<i64>,
        by: &Caller,
    ) -> Result<StoredTenant, FlowError> {
        let tenant = self.tenant(scope, name, by)?;
        match expected {
            Some(version) if version != tenant.version => Err(FlowError::Changed),
            _ => Ok(tenant),
        }
    }
}

/// A tenant is known to all groups of its workspace.
fn of_all_groups(by: &Caller) -> Result<(), FlowError> {
    if by.restrictions.groups.is_some() { Err(FlowError::Limited) } else { Ok(()) }
}
