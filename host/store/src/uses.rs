//! Grants of groups' `uses`.

use lockgate_domain::{ConnectorName, Digest, GroupId, Scope, TokenId};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe, Row};

use crate::audit::{self, Action, By};
use crate::change::{Change, Changed};
use crate::rows::{digest, id, name, now, scope, scope_ids};
use crate::{Reader, StoreError};

/// A grant as stored: it holds in its scope, and in the workspaces of an organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UseGrant {
    /// Where it holds.
    pub scope: Scope,
    /// Whose code may call.
    pub group: GroupId,
    /// The entry, by its name.
    pub name: ConnectorName,
    /// The digest of the entry that was granted.
    pub entry: Digest,
    /// The group that the entry named.
    pub target: GroupId,
    /// Who granted it; none for the host itself.
    pub token: By,
    /// Milliseconds since 1970.
    pub granted_at: i64,
}

const COLUMNS: &str =
    "SELECT organization, workspace, group_id, name, entry, target, token, granted_at FROM use_grants";

impl Change {
    /// Grants an entry of a group's `uses` in a scope, in place of what was granted under its name.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn grant_use(
        &mut self,
        (at, group): (&Scope, &GroupId),
        entry: (&ConnectorName, &Digest, &GroupId),
        subject: &str,
        by: By,
    ) -> Result<(), StoreError> {
        let (own, organization, workspace) = scope_ids(at);
        let (name, digest, target) = entry;
        sqlx::query(
            "INSERT INTO use_grants (scope, organization, workspace, group_id, name, entry, target, token, granted_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (scope, group_id, name) DO UPDATE SET
             entry = excluded.entry, target = excluded.target, token = excluded.token,
             granted_at = excluded.granted_at",
        )
        .bind(own)
        .bind(organization)
        .bind(workspace)
        .bind(group.as_bytes().as_slice())
        .bind(name.as_str())
        .bind(digest.as_bytes().as_slice())
        .bind(target.as_bytes().as_slice())
        .bind(by.as_ref().map(|token| token.as_bytes().as_slice()))
        .bind(now())
        .execute(self.sql())
        .await?;
        audit::write(self.sql(), by, Action::GrantUse, at, subject).await?;
        self.touched(Changed::Uses(*group));
        Ok(())
    }

    /// Takes a grant back.
    ///
    /// # Errors
    /// [`StoreError::Missing`].
    pub async fn revoke_use(
        &mut self,
        (at, group): (&Scope, &GroupId),
        name: &ConnectorName,
        subject: &str,
        by: By,
    ) -> Result<(), StoreError> {
        let query = sqlx::query("DELETE FROM use_grants WHERE scope = $1 AND group_id = $2 AND name = $3");
        let query = query.bind(scope_ids(at).0).bind(group.as_bytes().as_slice()).bind(name.as_str());
        if query.execute(self.sql()).await?.rows_affected() == 0 {
            return Err(StoreError::Missing("the grant"));
        }
        audit::write(self.sql(), by, Action::RevokeUse, at, subject).await?;
        self.touched(Changed::Uses(*group));
        Ok(())
    }
}

impl Reader<'_> {
    /// All grants, or those of one group.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn use_grants(&mut self, of: Option<&GroupId>) -> Result<Vec<UseGrant>, StoreError> {
        let rows = match of {
            None => sqlx::query(COLUMNS).fetch_all(self.sql()).await?,
            Some(group) => {
                let query = AssertSqlSafe(format!("{COLUMNS} WHERE group_id = $1"));
                sqlx::query(query).bind(group.as_bytes().as_slice()).fetch_all(self.sql()).await?
            }
        };
        rows.iter().map(read).collect()
    }
}

/// Deletes the grants of a group that is deleted.
pub(crate) async fn delete_of_group(sql: &mut AnyConnection, group: &GroupId) -> Result<(), StoreError> {
    let query = sqlx::query("DELETE FROM use_grants WHERE group_id = $1").bind(group.as_bytes().as_slice());
    query.execute(sql).await?;
    Ok(())
}

fn read(row: &AnyRow) -> Result<UseGrant, StoreError> {
    let token = row.try_get::<Option<&[u8]>, _>("token")?;
    Ok(UseGrant {
        scope: scope(row)?,
        group: id(row, "group_id", GroupId::from_slice)?,
        name: name(row, "name")?,
        entry: digest(row, "entry")?,
        target: id(row, "target", GroupId::from_slice)?,
        token: token.map(|bytes| TokenId::from_slice(bytes).ok_or(StoreError::Corrupt("token"))).transpose()?,
        granted_at: row.try_get("granted_at")?,
    })
}
