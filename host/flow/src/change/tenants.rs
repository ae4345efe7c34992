//! The tenants that a workspace declares: end customers, named as callers name them.

use lockgate_domain::{Caller, Scope, TenantName};
use lockgate_store::StoredTenant;

use crate::FlowError;
use crate::change::unit_of_work::{Changes, UnitOfWork, bounded};

impl Changes<'_> {
    /// [`UnitOfWork::create_tenant`] by itself.
    ///
    /// # Errors
    /// As for that step, or the store does not answer.
    pub async fn create_tenant(self, scope: &Scope, name: TenantName, by: &Caller) -> Result<StoredTenant, FlowError> {
        let mut unit = self.begin(by).await?;
        let made = bounded(unit.create_tenant(scope, name)).await;
        unit.end(made).await
    }

    /// [`UnitOfWork::update_tenant`] by itself.
    ///
    /// # Errors
    /// As for that step, or the store does not answer.
    pub async fn update_tenant(
        self,
        scope: &Scope,
        name: &str,
        expected: Option<i64>,
        enabled: bool,
        by: &Caller,
    ) -> Result<StoredTenant, FlowError> {
        let mut unit = self.begin(by).await?;
        let changed = bounded(unit.update_tenant(scope, name, expected, enabled)).await;
        unit.end(changed).await
    }

    /// [`UnitOfWork::delete_tenant`] by itself.
    ///
    /// # Errors
    /// As for that step, or the store does not answer.
    pub async fn delete_tenant(
        self,
        scope: &Scope,
        name: &str,
        expected: Option<i64>,
        by: &Caller,
    ) -> Result<(), FlowError> {
        let mut unit = self.begin(by).await?;
        let deleted = bounded(unit.delete_tenant(scope, name, expected)).await;
        unit.end(deleted).await
    }
}

impl UnitOfWork {
    /// Declares a tenant.
    ///
    /// # Errors
    /// It is there already, or the caller's token is limited to others.
    pub async fn create_tenant(&mut self, scope: &Scope, name: TenantName) -> Result<StoredTenant, FlowError> {
        of_all_groups(&self.caller)?;
        if !self.caller.restrictions.has_tenant(&name) {
            return Err(FlowError::Limited);
        }
        let Scope::Workspace(organization, workspace) = *scope else {
            return Err(FlowError::NotFound("tenants of an organization".to_owned()));
        };
        let by = self.by();
        let tenant = self.write().create_tenant(organization, workspace, name, by).await?;
        self.written().await?;
        Ok(tenant)
    }

    /// Switches a tenant on or off.
    ///
    /// # Errors
    /// [`FlowError::NotFound`], [`FlowError::Changed`].
    pub async fn update_tenant(
        &mut self,
        scope: &Scope,
        name: &str,
        expected: Option<i64>,
        enabled: bool,
    ) -> Result<StoredTenant, FlowError> {
        of_all_groups(&self.caller)?;
        let mut tenant = self.catalog().find_tenant(scope, name, expected, &self.caller)?;
        tenant.enabled = enabled;
        let by = self.by();
        let tenant = self.write().update_tenant(scope.organization(), &tenant, by).await?;
        self.written().await?;
        Ok(tenant)
    }

    /// Deletes a tenant with its connections. Calls may still name it, unless the workspace takes known tenants only.
    ///
    /// # Errors
    /// [`FlowError::NotFound`], [`FlowError::Changed`].
    pub async fn delete_tenant(&mut self, scope: &Scope, name: &str, expected: Option<i64>) -> Result<(), FlowError> {
        of_all_groups(&self.caller)?;
        let tenant = self.catalog().find_tenant(scope, name, expected, &self.caller)?;
        let by = self.by();
        self.write().delete_tenant(scope.organization(), &tenant, by).await?;
        self.written().await
    }
}

/// A tenant is known to all groups of its workspace.
fn of_all_groups(by: &Caller) -> Result<(), FlowError> {
    if by.restrictions.groups.is_some() { Err(FlowError::Limited) } else { Ok(()) }
}
