//! Installations: what a scope sets for a group that it sees.

use lockgate_domain::{GroupId, Installation, InstallationId, Scope};
use lockgate_vault::Vault;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe, Row};

use crate::audit::{self, Action, By};
use crate::change::{Change, Changed};
use crate::rows::{id, now, scope, scope_ids};
use crate::sealed::{self, Sealed};
use crate::store::unique;
use crate::{Reader, StoreError};

/// An installation as stored, without its secrets.
#[derive(Debug, Clone)]
pub struct StoredInstallation {
    /// Its id.
    pub id: InstallationId,
    /// Whose it is.
    pub scope: Scope,
    /// For which group.
    pub group: GroupId,
    /// What it sets.
    pub definition: Installation,
    /// Raised by every change; the ETag. 0 for one that is not stored yet.
    pub version: i64,
    /// Milliseconds since 1970.
    pub created_at: i64,
    /// Milliseconds since 1970.
    pub updated_at: i64,
}

const COLUMNS: &str =
    "SELECT id, organization, workspace, group_id, definition, version, created_at, updated_at FROM installations";
const VALUES: &str = "installation_values";

impl StoredInstallation {
    /// One that sets nothing.
    pub fn new(scope: Scope, group: GroupId) -> Self {
        let at = now();
        let (id, definition) = (InstallationId::new(), Installation::default());
        Self { id, scope, group, definition, version: 0, created_at: at, updated_at: at }
    }
}

impl Change {
    /// Keeps an installation that still has the version it was read with, and replaces its sealed values.
    ///
    /// # Errors
    /// [`StoreError::Changed`], [`StoreError::Missing`].
    pub async fn put_installation(
        &mut self,
        installation: &StoredInstallation,
        vault: &Vault,
        values: &[Sealed],
        subject: &str,
        by: By,
    ) -> Result<(), StoreError> {
        let definition = serde_json::to_string(&installation.definition);
        let definition = definition.map_err(|_| StoreError::Corrupt("installation"))?;
        let (own, organization, workspace) = scope_ids(&installation.scope);
        if installation.version == 0 {
            let text = "INSERT INTO installations (id, organization, workspace, scope, group_id, definition, version,
                        created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, 1, $7, $8)";
            sqlx::query(text)
                .bind(installation.id.as_bytes().as_slice())
                .bind(organization)
                .bind(workspace)
                .bind(own)
                .bind(installation.group.as_bytes().as_slice())
                .bind(definition)
                .bind(installation.created_at)
                .bind(installation.updated_at)
                .execute(self.sql())
                .await
                .map_err(unique("an installation of this group"))?;
        } else {
            expect_version(self.sql(), installation).await?;
            let text = "UPDATE installations SET definition = $1, version = version + 1, updated_at = $2 WHERE id = $3";
            let query = sqlx::query(text).bind(definition).bind(now());
            query.bind(installation.id.as_bytes().as_slice()).execute(self.sql()).await?;
        }
        sealed::replace(self.sql(), VALUES, installation.id.as_bytes(), vault, values).await?;
        audit::write(self.sql(), by, Action::UpdateInstallation, &installation.scope, subject).await?;
        self.touched(Changed::Installation(installation.id));
        Ok(())
    }
}

impl Reader<'_> {
    /// All installations.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn installations(&mut self) -> Result<Vec<StoredInstallation>, StoreError> {
        sqlx::query(COLUMNS).fetch_all(self.sql()).await?.iter().map(read).collect()
    }

    /// One installation, if it is still there.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn installation(
        &mut self,
        installation: &InstallationId,
    ) -> Result<Option<StoredInstallation>, StoreError> {
        let query = AssertSqlSafe(format!("{COLUMNS} WHERE id = $1"));
        let row = sqlx::query(query).bind(installation.as_bytes().as_slice()).fetch_optional(self.sql()).await?;
        row.as_ref().map(read).transpose()
    }

    /// The sealed values of an installation that still has this version.
    ///
    /// # Errors
    /// [`StoreError::Changed`], [`StoreError::Missing`].
    pub async fn installation_values(&mut self, installation: &StoredInstallation) -> Result<Vec<Sealed>, StoreError> {
        if installation.version == 0 {
            return Ok(Vec::new());
        }
        let values = sealed::read(self.sql(), VALUES, installation.id.as_bytes()).await?;
        // Afterwards: values of a later version never pass for those of this one.
        expect_version(self.sql(), installation).await?;
        Ok(values)
    }
}

async fn expect_version(sql: &mut AnyConnection, installation: &StoredInstallation) -> Result<(), StoreError> {
    let query = sqlx::query("SELECT version FROM installations WHERE id = $1");
    let row = query.bind(installation.id.as_bytes().as_slice()).fetch_optional(sql).await?;
    let found = row.ok_or(StoreError::Missing("the installation"))?.try_get("version")?;
    let expected = installation.version;
    if found == expected { Ok(()) } else { Err(StoreError::Changed { expected, found }) }
}

fn read(row: &AnyRow) -> Result<StoredInstallation, StoreError> {
    let definition = serde_json::from_str(row.try_get("definition")?);
    Ok(StoredInstallation {
        id: id(row, "id", InstallationId::from_slice)?,
        scope: scope(row)?,
        group: id(row, "group_id", GroupId::from_slice)?,
        definition: definition.map_err(|_| StoreError::Corrupt("installation"))?,
        version: row.try_get("version")?,
        created_at: row.try_get("created_at")?,
        updated_at: row.try_get("updated_at")?,
    })
}
