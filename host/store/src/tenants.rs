//! Tenants that a workspace has declared.

use lockgate_domain::{OrganizationId, Scope, TenantName, WorkspaceId};
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};

use crate::audit::{self, Action, By};
use crate::change::{Change, Changed};
use crate::rows::{flag, id, name, now};
use crate::store::unique;
use crate::{Reader, StoreError};

/// A tenant as stored.
#[derive(Debug, Clone)]
pub struct StoredTenant {
    /// Whose.
    pub workspace: WorkspaceId,
    /// What callers name it.
    pub name: TenantName,
    /// Whether calls may name it.
    pub enabled: bool,
    /// Raised by every change; the ETag.
    pub version: i64,
    /// Milliseconds since 1970.
    pub created_at: i64,
    /// Milliseconds since 1970.
    pub updated_at: i64,
}

const COLUMNS: &str = "SELECT workspace, name, enabled, version, created_at, updated_at FROM tenants";

impl Change {
    /// Keeps a new tenant.
    ///
    /// # Errors
    /// [`StoreError::Exists`]: it is there already.
    pub async fn create_tenant(
        &mut self,
        organization: OrganizationId,
        workspace: WorkspaceId,
        tenant: TenantName,
        by: By,
    ) -> Result<StoredTenant, StoreError> {
        let at = now();
        sqlx::query("INSERT INTO tenants VALUES ($1, $2, 1, 1, $3, $4)")
            .bind(workspace.as_bytes().as_slice())
            .bind(tenant.as_str())
            .bind(at)
            .bind(at)
            .execute(self.sql())
            .await
            .map_err(unique("a tenant with this name"))?;
        let scope = Scope::Workspace(organization, workspace);
        audit::write(self.sql(), by, Action::CreateTenant, &scope, tenant.as_str()).await?;
        self.touched(Changed::Tenants(workspace));
        Ok(StoredTenant { workspace, name: tenant, enabled: true, version: 1, created_at: at, updated_at: at })
    }

    /// Switches a tenant on or off that still has the version it was read with.
    ///
    /// # Errors
    /// [`StoreError::Changed`].
    pub async fn update_tenant(
        &mut self,
        organization: OrganizationId,
        tenant: &StoredTenant,
        by: By,
    ) -> Result<StoredTenant, StoreError> {
        let at = now();
        let text = "UPDATE tenants SET enabled = $1, version = version + 1, updated_at = $2
                    WHERE workspace = $3 AND name = $4 AND version = $5";
        let updated = sqlx::query(text)
            .bind(i64::from(tenant.enabled))
            .bind(at)
            .bind(tenant.workspace.as_bytes().as_slice())
            .bind(tenant.name.as_str())
            .bind(tenant.version)
            .execute(self.sql())
            .await?;
        if updated.rows_affected() == 0 {
            return Err(StoreError::Changed { expected: tenant.version, found: 0 });
        }
        let scope = Scope::Workspace(organization, tenant.workspace);
        audit::write(self.sql(), by, Action::UpdateTenant, &scope, tenant.name.as_str()).await?;
        self.touched(Changed::Tenants(tenant.workspace));
        Ok(StoredTenant { version: tenant.version + 1, updated_at: at, ..tenant.clone() })
    }

    /// Deletes a tenant with its connections.
    ///
    /// # Errors
    /// [`StoreError::Missing`].
    pub async fn delete_tenant(
        &mut self,
        organization: OrganizationId,
        tenant: &StoredTenant,
        by: By,
    ) -> Result<(), StoreError> {
        let deleted = sqlx::query("DELETE FROM tenants WHERE workspace = $1 AND name = $2")
            .bind(tenant.workspace.as_bytes().as_slice())
            .bind(tenant.name.as_str())
            .execute(self.sql())
            .await?;
        if deleted.rows_affected() == 0 {
            return Err(StoreError::Missing("the tenant"));
        }
        let scope = Scope::Workspace(organization, tenant.workspace);
        crate::connections::delete_of_tenant(self, &scope, &tenant.name).await?;
        audit::write(self.sql(), by, Action::DeleteTenant, &scope, tenant.name.as_str()).await?;
        self.touched(Changed::Tenants(tenant.workspace));
        Ok(())
    }
}

impl Reader<'_> {
    /// All tenants, or those of one workspace.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn tenants(&mut self, workspace: Option<WorkspaceId>) -> Result<Vec<StoredTenant>, StoreError> {
        let rows = match &workspace {
            None => sqlx::query(COLUMNS).fetch_all(self.sql()).await?,
            Some(workspace) => {
                let query = AssertSqlSafe(format!("{COLUMNS} WHERE workspace = $1"));
                sqlx::query(query).bind(workspace.as_bytes().as_slice()).fetch_all(self.sql()).await?
            }
        };
        rows.iter().map(read).collect()
    }
}

fn read(row: &AnyRow) -> Result<StoredTenant, StoreError> {
    Ok(StoredTenant {
        workspace: id(row, "workspace", WorkspaceId::from_slice)?,
        name: name(row, "name")?,
        enabled: flag(row, "enabled")?,
        version: row.try_get("version")?,
        created_at: row.try_get("created_at")?,
        updated_at: row.try_get("updated_at")?,
    })
}
