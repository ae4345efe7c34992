//! Declarative connectors: each save is a version that never changes, and one of them is current.

use std::collections::BTreeSet;

use lockgate_domain::{ConnectorDefinition, ConnectorName, GroupId};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe, Row};

use crate::audit::{self, Action, By};
use crate::change::{Change, Changed};
use crate::history::{self, Became, Switch, Versioned};
use crate::rows::{flag, id, name, now};
use crate::{Reader, Store, StoreError, StoredGroup};

/// A connector with its current version.
#[derive(Debug, Clone)]
pub struct StoredConnector {
    /// Its group.
    pub group: GroupId,
    /// The current version.
    pub definition: ConnectorDefinition,
    /// The number of that version.
    pub number: i64,
    /// Raised by every change; the ETag.
    pub version: i64,
    /// Milliseconds since 1970.
    pub created_at: i64,
    /// Milliseconds since 1970.
    pub updated_at: i64,
}

/// One version of a connector. Only its mark changes.
#[derive(Debug, Clone)]
pub struct StoredVersion {
    /// From 1, in the order of saving.
    pub number: i64,
    /// What was saved.
    pub definition: ConnectorDefinition,
    /// The token that saved it.
    pub token: By,
    /// Milliseconds since 1970.
    pub created_at: i64,
    /// Whether no rollback may go to it.
    pub bad: bool,
}

/// What a change does to the connectors of a group.
#[derive(Debug, Default)]
pub struct ConnectorEdits<'a> {
    /// Become current versions.
    pub saved: Vec<&'a ConnectorDefinition>,
    /// Are deleted with all their versions.
    pub removed: Vec<&'a ConnectorName>,
}

impl ConnectorEdits<'_> {
    /// Whether nothing happens.
    pub fn is_empty(&self) -> bool {
        self.saved.is_empty() && self.removed.is_empty()
    }
}

const CURRENT: &str = "SELECT c.group_id, c.name, c.current, c.version, c.created_at, c.updated_at, v.definition
    FROM connectors c JOIN connector_versions v
    ON v.group_id = c.group_id AND v.name = c.name AND v.number = c.current";

impl Change {
    /// Saves and deletes connectors of a group. Gives the group as it is then.
    ///
    /// # Errors
    /// [`StoreError::Missing`]: the group was deleted meanwhile.
    pub async fn edit_connectors(
        &mut self,
        group: &StoredGroup,
        edits: &ConnectorEdits<'_>,
        by: By,
    ) -> Result<StoredGroup, StoreError> {
        let at = now();
        let renewed = touch(self.sql(), group, at).await?;
        edit(self.sql(), group, edits, by, at).await?;
        self.touched(Changed::Group(group.id));
        Ok(renewed)
    }

    /// Makes a version of a connector the current one.
    ///
    /// # Errors
    /// [`StoreError::Missing`].
    pub async fn switch_connector(
        &mut self,
        group: &StoredGroup,
        connector: &ConnectorName,
        number: i64,
        switch: Switch,
        by: By,
    ) -> Result<StoredGroup, StoreError> {
        let at = now();
        let renewed = touch(self.sql(), group, at).await?;
        let switched = sqlx::query(
            "UPDATE connectors SET current = $1, version = version + 1, updated_at = $2
             WHERE group_id = $3 AND name = $4 AND EXISTS (SELECT 1 FROM connector_versions v
             WHERE v.group_id = connectors.group_id AND v.name = connectors.name AND v.number = $5)",
        )
        .bind(number)
        .bind(at)
        .bind(group.id.as_bytes().as_slice())
        .bind(connector.as_str())
        .bind(number)
        .execute(self.sql())
        .await?;
        if switched.rows_affected() == 0 {
            return Err(StoreError::Missing("the version"));
        }
        let version = number.to_string();
        history::became(self.sql(), group.id, Versioned::Connector(connector), switch.to(&version), by).await?;
        let subject = format!("{}/{connector}@{number}", group.definition.slug);
        audit::write(self.sql(), by, Action::SwitchConnector, &group.scope, &subject).await?;
        self.touched(Changed::Group(group.id));
        Ok(renewed)
    }

    /// Marks a version of a connector as bad, or as good again. Hosts keep nothing of it in memory.
    ///
    /// # Errors
    /// [`StoreError::Missing`].
    pub async fn mark_connector(
        &mut self,
        group: &StoredGroup,
        connector: &ConnectorName,
        number: i64,
        bad: bool,
        by: By,
    ) -> Result<(), StoreError> {
        let marked =
            sqlx::query("UPDATE connector_versions SET bad = $1 WHERE group_id = $2 AND name = $3 AND number = $4");
        let marked = marked.bind(i64::from(bad)).bind(group.id.as_bytes().as_slice()).bind(connector.as_str());
        if marked.bind(number).execute(self.sql()).await?.rows_affected() == 0 {
            return Err(StoreError::Missing("the version"));
        }
        let subject = format!("{}/{connector}@{number}", group.definition.slug);
        audit::write(self.sql(), by, Action::MarkConnector, &group.scope, &subject).await
    }
}

impl Reader<'_> {
    /// The connectors of all groups, with their current versions.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn connectors(&mut self) -> Result<Vec<StoredConnector>, StoreError> {
        sqlx::query(CURRENT).fetch_all(self.sql()).await?.iter().map(read).collect()
    }

    /// Those of one group.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn connectors_of(&mut self, group: &GroupId) -> Result<Vec<StoredConnector>, StoreError> {
        let query = AssertSqlSafe(format!("{CURRENT} WHERE c.group_id = $1"));
        let rows = sqlx::query(query).bind(group.as_bytes().as_slice()).fetch_all(self.sql());
        rows.await?.iter().map(read).collect()
    }

    /// The numbers of a connector's versions to which a rollback may go.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn good_versions(
        &mut self,
        group: &GroupId,
        connector: &ConnectorName,
    ) -> Result<BTreeSet<i64>, StoreError> {
        let query = "SELECT number FROM connector_versions WHERE group_id = $1 AND name = $2 AND bad = 0";
        let query = sqlx::query(query).bind(group.as_bytes().as_slice()).bind(connector.as_str());
        query.fetch_all(self.sql()).await?.iter().map(|row| Ok(row.try_get("number")?)).collect()
    }
}

impl Store {
    /// One version of a connector, if there is one.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn connector_version(
        &self,
        group: &GroupId,
        connector: &ConnectorName,
        number: i64,
    ) -> Result<Option<StoredVersion>, StoreError> {
        let query = "SELECT number, definition, token, created_at, bad FROM connector_versions
            WHERE group_id = $1 AND name = $2 AND number = $3";
        let query = sqlx::query(query).bind(group.as_bytes().as_slice()).bind(connector.as_str()).bind(number);
        query.fetch_optional(&self.pool).await?.as_ref().map(version).transpose()
    }

    /// Versions of a connector before a number, the latest first.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn connector_versions(
        &self,
        group: &GroupId,
        connector: &ConnectorName,
        before: i64,
        limit: i64,
    ) -> Result<Vec<StoredVersion>, StoreError> {
        let query = "SELECT number, definition, token, created_at, bad FROM connector_versions
            WHERE group_id = $1 AND name = $2 AND number < $3 ORDER BY number DESC LIMIT $4";
        let query = sqlx::query(query).bind(group.as_bytes().as_slice()).bind(connector.as_str());
        query.bind(before).bind(limit).fetch_all(&self.pool).await?.iter().map(version).collect()
    }
}

/// The connectors are a part of what a group shows, so its version is raised with them.
async fn touch(sql: &mut AnyConnection, group: &StoredGroup, at: i64) -> Result<StoredGroup, StoreError> {
    let row = sqlx::query("UPDATE groups SET version = version + 1, updated_at = $1 WHERE id = $2 RETURNING version")
        .bind(at)
        .bind(group.id.as_bytes().as_slice())
        .fetch_optional(sql)
        .await?;
    let version = row.ok_or(StoreError::Missing("the group"))?.try_get("version")?;
    Ok(StoredGroup { version, updated_at: at, ..group.clone() })
}

/// Saves and deletes inside of another change.
pub(crate) async fn edit(
    sql: &mut AnyConnection,
    group: &StoredGroup,
    edits: &ConnectorEdits<'_>,
    by: By,
    at: i64,
) -> Result<(), StoreError> {
    let own = group.id.as_bytes().as_slice();
    for name in &edits.removed {
        let deleted = sqlx::query("DELETE FROM connectors WHERE group_id = $1 AND name = $2")
            .bind(own)
            .bind(name.as_str())
            .execute(&mut *sql)
            .await?;
        if deleted.rows_affected() == 0 {
            return Err(StoreError::Missing("the connector"));
        }
        history::became(&mut *sql, group.id, Versioned::Connector(name), Became::AllDeleted, by).await?;
        let subject = format!("{}/{name}", group.definition.slug);
        audit::write(sql, by, Action::DeleteConnector, &group.scope, &subject).await?;
    }
    for definition in &edits.saved {
        let row = sqlx::query(
            "INSERT INTO connectors (group_id, name, current, latest, version, created_at, updated_at)
             VALUES ($1, $2, 1, 1, 1, $3, $4)
             ON CONFLICT (group_id, name) DO UPDATE SET latest = connectors.latest + 1,
             current = connectors.latest + 1, version = connectors.version + 1, updated_at = excluded.updated_at
             RETURNING current",
        )
        .bind(own)
        .bind(definition.name.as_str())
        .bind(at)
        .bind(at)
        .fetch_one(&mut *sql)
        .await?;
        let number: i64 = row.try_get("current")?;
        sqlx::query(
            "INSERT INTO connector_versions (group_id, name, number, definition, token, created_at)
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(own)
        .bind(definition.name.as_str())
        .bind(number)
        .bind(definition.written.text())
        .bind(by.as_ref().map(|token| token.as_bytes().as_slice()))
        .bind(at)
        .execute(&mut *sql)
        .await?;
        let (versioned, version) = (Versioned::Connector(&definition.name), number.to_string());
        history::became(&mut *sql, group.id, versioned, Became::Saved(&version), by).await?;
        let subject = format!("{}/{}@{number}", group.definition.slug, definition.name);
        audit::write(sql, by, Action::SaveConnector, &group.scope, &subject).await?;
    }
    Ok(())
}

fn definition(row: &AnyRow) -> Result<ConnectorDefinition, StoreError> {
    let written = serde_json::from_str(row.try_get("definition")?).map_err(|_| StoreError::Corrupt("definition"))?;
    ConnectorDefinition::read(&written, "").map_err(|_| StoreError::Corrupt("definition of a connector"))
}

fn read(row: &AnyRow) -> Result<StoredConnector, StoreError> {
    let definition = definition(row)?;
    let named: ConnectorName = name(row, "name")?;
    if named != definition.name {
        return Err(StoreError::Corrupt("name of a connector"));
    }
    Ok(StoredConnector {
        group: id(row, "group_id", GroupId::from_slice)?,
        definition,
        number: row.try_get("current")?,
        version: row.try_get("version")?,
        created_at: row.try_get("created_at")?,
        updated_at: row.try_get("updated_at")?,
    })
}

fn version(row: &AnyRow) -> Result<StoredVersion, StoreError> {
    let token = row.try_get::<Option<&[u8]>, _>("token")?;
    let token = token.map(|bytes| lockgate_domain::TokenId::from_slice(bytes).ok_or(StoreError::Corrupt("token")));
    Ok(StoredVersion {
        number: row.try_get("number")?,
        definition: definition(row)?,
        token: token.transpose()?,
        created_at: row.try_get("created_at")?,
        bad: flag(row, "bad")?,
    })
}
