//! Organizations and workspaces.

use lockgate_domain::{OrganizationId, Scope, Slug, WorkspaceId};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe, Row};

use crate::audit::{self, Action, By};
use crate::change::{Change, Changed};
use crate::rows::{flag, id, name, now, scope_ids};
use crate::store::unique;
use crate::{Reader, StoreError};

/// An organization or workspace as stored.
#[derive(Debug, Clone)]
pub struct StoredScope {
    /// What it is.
    pub scope: Scope,
    /// Its name in addresses; never changes.
    pub slug: Slug,
    /// For people.
    pub name: String,
    /// Whether it takes calls and changes.
    pub enabled: bool,
    /// Whether calls may name declared tenants only. Workspaces have this.
    pub known_tenants_only: bool,
    /// Raised by every change; the ETag.
    pub version: i64,
    /// Milliseconds since 1970.
    pub created_at: i64,
    /// Milliseconds since 1970.
    pub updated_at: i64,
}

impl StoredScope {
    /// A new scope, named like its slug.
    pub fn new(scope: Scope, slug: Slug) -> Self {
        let (name, at) = (slug.to_string(), now());
        Self { scope, slug, name, enabled: true, known_tenants_only: false, version: 1, created_at: at, updated_at: at }
    }

    /// Where changes of it are audited: in the organization of a workspace, in itself for an organization.
    fn audited_in(&self) -> Scope {
        Scope::Organization(self.scope.organization())
    }
}

fn table(scope: &Scope) -> &'static str {
    match scope {
        Scope::Organization(_) => "organizations",
        Scope::Workspace(..) => "workspaces",
    }
}

/// The action on an organization, and on a workspace.
fn either(scope: &Scope, organization: Action, workspace: Action) -> Action {
    match scope {
        Scope::Organization(_) => organization,
        Scope::Workspace(..) => workspace,
    }
}

impl Change {
    /// Keeps new scopes, in this order. `audited` is the scope in whose audit log that stands, if it is another than their
    /// organization.
    ///
    /// # Errors
    /// [`StoreError::Exists`]: a slug is taken.
    pub async fn create_scopes(
        &mut self,
        scopes: &[StoredScope],
        audited: Option<Scope>,
        by: By,
    ) -> Result<(), StoreError> {
        for new in scopes {
            insert(self.sql(), new).await?;
            let action = either(&new.scope, Action::CreateOrganization, Action::CreateWorkspace);
            let log_scope = audited.unwrap_or(new.audited_in());
            audit::write(self.sql(), by, action, &log_scope, new.slug.as_str()).await?;
        }
        self.touched(Changed::Scopes);
        Ok(())
    }

    /// Replaces what can be changed of a scope that still has the version it was read with.
    ///
    /// # Errors
    /// [`StoreError::Changed`], [`StoreError::Missing`].
    pub async fn update_scope(&mut self, scope: &StoredScope, by: By) -> Result<StoredScope, StoreError> {
        expect_version(self.sql(), scope).await?;
        let at = now();
        let known = match scope.scope {
            Scope::Organization(_) => "",
            Scope::Workspace(..) => ", known_tenants_only = $5",
        };
        let text = format!(
            "UPDATE {} SET name = $1, enabled = $2, version = version + 1, updated_at = $3{known} WHERE id = $4",
            table(&scope.scope)
        );
        let mut query = sqlx::query(AssertSqlSafe(text))
            .bind(&scope.name)
            .bind(i64::from(scope.enabled))
            .bind(at)
            .bind(scope_ids(&scope.scope).0);
        if matches!(scope.scope, Scope::Workspace(..)) {
            query = query.bind(i64::from(scope.known_tenants_only));
        }
        query.execute(self.sql()).await?;
        let action = either(&scope.scope, Action::UpdateOrganization, Action::UpdateWorkspace);
        audit::write(self.sql(), by, action, &scope.scope, scope.slug.as_str()).await?;
        self.touched(Changed::Scopes);
        Ok(StoredScope { version: scope.version + 1, updated_at: at, ..scope.clone() })
    }

    /// Deletes a scope that holds no group and no workspace, with its tokens and tenants.
    ///
    /// # Errors
    /// [`StoreError::NotEmpty`], [`StoreError::Changed`], [`StoreError::Missing`].
    pub async fn delete_scope(
        &mut self,
        scope: &StoredScope,
        audited: Option<Scope>,
        by: By,
    ) -> Result<(), StoreError> {
        expect_version(self.sql(), scope).await?;
        let own = scope_ids(&scope.scope).0;
        let mut counts = vec![("SELECT count(*) FROM groups WHERE scope = $1", "groups")];
        if matches!(scope.scope, Scope::Organization(_)) {
            counts.push(("SELECT count(*) FROM workspaces WHERE organization = $1", "workspaces"));
        }
        for (count, what) in counts {
            let count: i64 = sqlx::query_scalar(count).bind(own).fetch_one(self.sql()).await?;
            if count > 0 {
                return Err(StoreError::NotEmpty { what, count });
            }
        }
        let tokens = match scope.scope {
            Scope::Organization(_) => "DELETE FROM tokens WHERE organization = $1",
            Scope::Workspace(..) => "DELETE FROM tokens WHERE workspace = $1",
        };
        sqlx::query(tokens).bind(own).execute(self.sql()).await?;
        let delete = format!("DELETE FROM {} WHERE id = $1", table(&scope.scope));
        sqlx::query(AssertSqlSafe(delete)).bind(own).execute(self.sql()).await?;
        let action = either(&scope.scope, Action::DeleteOrganization, Action::DeleteWorkspace);
        let log_scope = audited.unwrap_or(scope.audited_in());
        audit::write(self.sql(), by, action, &log_scope, scope.slug.as_str()).await?;
        self.touched(Changed::Scopes);
        Ok(())
    }
}

impl Reader<'_> {
    /// All organizations, then all workspaces, each in the order of making.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn scopes(&mut self) -> Result<Vec<StoredScope>, StoreError> {
        let columns = "id, slug, name, enabled, version, created_at, updated_at";
        let organizations = format!("SELECT {columns} FROM organizations ORDER BY id");
        let workspaces = format!("SELECT {columns}, organization, known_tenants_only FROM workspaces ORDER BY id");
        let mut found = Vec::new();
        for row in &sqlx::query(AssertSqlSafe(organizations)).fetch_all(self.sql()).await? {
            let scope = Scope::Organization(id(row, "id", OrganizationId::from_slice)?);
            found.push(read(row, scope, false)?);
        }
        for row in &sqlx::query(AssertSqlSafe(workspaces)).fetch_all(self.sql()).await? {
            let organization = id(row, "organization", OrganizationId::from_slice)?;
            let scope = Scope::Workspace(organization, id(row, "id", WorkspaceId::from_slice)?);
            found.push(read(row, scope, flag(row, "known_tenants_only")?)?);
        }
        Ok(found)
    }
}

async fn insert(sql: &mut AnyConnection, new: &StoredScope) -> Result<(), StoreError> {
    let (own, organization, workspace) = scope_ids(&new.scope);
    let columns = "id, slug, name, enabled, version, created_at, updated_at";
    let text = match workspace {
        None => format!("INSERT INTO organizations ({columns}) VALUES ($1, $2, $3, $4, $5, $6, $7)"),
        Some(_) => format!(
            "INSERT INTO workspaces ({columns}, organization, known_tenants_only)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
        ),
    };
    let mut query = sqlx::query(AssertSqlSafe(text))
        .bind(own)
        .bind(new.slug.as_str())
        .bind(&new.name)
        .bind(i64::from(new.enabled))
        .bind(new.version)
        .bind(new.created_at)
        .bind(new.updated_at);
    if workspace.is_some() {
        query = query.bind(organization).bind(i64::from(new.known_tenants_only));
    }
    let what = either_text(&new.scope);
    query.execute(sql).await.map_err(unique(what))?;
    Ok(())
}

fn either_text(scope: &Scope) -> &'static str {
    match scope {
        Scope::Organization(_) => "an organization with this slug",
        Scope::Workspace(..) => "a workspace with this slug",
    }
}

async fn expect_version(sql: &mut AnyConnection, scope: &StoredScope) -> Result<(), StoreError> {
    let text = format!("SELECT version FROM {} WHERE id = $1", table(&scope.scope));
    let row = sqlx::query(AssertSqlSafe(text)).bind(scope_ids(&scope.scope).0).fetch_optional(sql).await?;
    let found = row.ok_or(StoreError::Missing("the scope"))?.try_get("version")?;
    if found == scope.version { Ok(()) } else { Err(StoreError::Changed { expected: scope.version, found }) }
}

fn read(row: &AnyRow, scope: Scope, known_tenants_only: bool) -> Result<StoredScope, StoreError> {
    Ok(StoredScope {
        scope,
        slug: name(row, "slug")?,
        name: row.try_get("name")?,
        enabled: flag(row, "enabled")?,
        known_tenants_only,
        version: row.try_get("version")?,
        created_at: row.try_get("created_at")?,
        updated_at: row.try_get("updated_at")?,
    })
}
