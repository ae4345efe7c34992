//! Organizations and workspaces.

use lockgate_domain::{OrganizationId, Slug, WorkspaceId};

use crate::rows::{id, name, now};
use crate::{Store, StoreError};

/// An organization as stored.
#[derive(Debug, Clone)]
pub struct StoredOrganization {
    /// Its id.
    pub id: OrganizationId,
    /// Its name in addresses.
    pub slug: Slug,
}

/// A workspace as stored.
#[derive(Debug, Clone)]
pub struct StoredWorkspace {
    /// Its id.
    pub id: WorkspaceId,
    /// The organization that it belongs to.
    pub organization: OrganizationId,
    /// Its name in addresses.
    pub slug: Slug,
}

impl Store {
    /// Makes an organization and one workspace in it.
    ///
    /// # Errors
    /// A slug is taken.
    pub async fn create_scopes(
        &self,
        organization: &StoredOrganization,
        workspace: &StoredWorkspace,
    ) -> Result<(), StoreError> {
        let mut change = self.change().await?;
        sqlx::query("INSERT INTO organizations VALUES ($1, $2, $3)")
            .bind(organization.id.as_bytes().as_slice())
            .bind(organization.slug.as_str())
            .bind(now())
            .execute(&mut *change)
            .await
            .map_err(crate::store::unique("the organization"))?;
        sqlx::query("INSERT INTO workspaces VALUES ($1, $2, $3, $4)")
            .bind(workspace.id.as_bytes().as_slice())
            .bind(workspace.organization.as_bytes().as_slice())
            .bind(workspace.slug.as_str())
            .bind(now())
            .execute(&mut *change)
            .await
            .map_err(crate::store::unique("the workspace"))?;
        Ok(change.commit().await?)
    }

    /// All organizations.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn organizations(&self) -> Result<Vec<StoredOrganization>, StoreError> {
        let rows = sqlx::query("SELECT id, slug FROM organizations ORDER BY id").fetch_all(&self.pool).await?;
        rows.iter()
            .map(|row| {
                Ok(StoredOrganization { id: id(row, "id", OrganizationId::from_slice)?, slug: name(row, "slug")? })
            })
            .collect()
    }

    /// All workspaces.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn workspaces(&self) -> Result<Vec<StoredWorkspace>, StoreError> {
        let rows =
            sqlx::query("SELECT id, organization, slug FROM workspaces ORDER BY id").fetch_all(&self.pool).await?;
        rows.iter()
            .map(|row| {
                Ok(StoredWorkspace {
                    id: id(row, "id", WorkspaceId::from_slice)?,
                    organization: id(row, "organization", OrganizationId::from_slice)?,
                    slug: name(row, "slug")?,
                })
            })
            .collect()
    }
}
