//! What was current when: of each plugin and of each declarative connector a row for every version that became current.
//!
//! A row names the one before it, so the rows form a stack: a new version is put on top, and a rollback goes to what is
//! below the current one, and from there further down.

use lockgate_domain::{ConnectorName, GroupId, PluginName, TokenId};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe, Row};

use crate::audit::By;
use crate::rows::now;
use crate::{Reader, Store, StoreError};

/// What has versions, one of which is current.
#[derive(Debug, Clone, Copy)]
pub enum Versioned<'a> {
    /// The plugins of a group with one name. A version is its digest.
    Plugin(&'a PluginName),
    /// A declarative connector. A version is its number.
    Connector(&'a ConnectorName),
}

impl<'a> Versioned<'a> {
    fn key(self) -> (&'static str, &'a str) {
        match self {
            Self::Plugin(name) => ("plugin", name.as_str()),
            Self::Connector(name) => ("connector", name.as_str()),
        }
    }
}

/// Why a version becomes current that was stored before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Switch {
    /// Somebody named it.
    Named,
    /// It was current before: the row of the history in which it was.
    Back(i64),
}

impl Switch {
    pub(crate) fn to(self, version: &str) -> Became<'_> {
        match self {
            Self::Named => Became::Switched(version),
            Self::Back(row) => Became::RolledBack(version, row),
        }
    }
}

/// What became of the current version.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Became<'a> {
    Loaded(&'a str),
    Saved(&'a str),
    Switched(&'a str),
    /// With the row of the history in which it was current.
    RolledBack(&'a str, i64),
    /// None is current, and the last one is still there.
    Retired,
    /// None is current; those before are still there.
    Deleted,
    /// None is current, and no rollback goes further back, since numbers begin again.
    AllDeleted,
}

/// A version that was current.
#[derive(Debug, Clone)]
pub struct HistoryEntry {
    /// Its place in the history; later ones have greater numbers.
    pub sequence: i64,
    /// The plugin or connector.
    pub name: String,
    /// Digest or number; none where the current version was retired or deleted.
    pub version: Option<String>,
    /// `load`, `save`, `switch`, `rollback`, `retire` or `delete`.
    pub action: String,
    /// Who did it; none for the host itself, and for what an earlier program did.
    pub token: By,
    /// Milliseconds since 1970.
    pub at: i64,
}

const COLUMNS: &str = "SELECT sequence, name, version, action, token, at FROM history";

impl Reader<'_> {
    /// The versions that were current before the current one, the last one first.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn current_before(
        &mut self,
        group: &GroupId,
        versioned: Versioned<'_>,
    ) -> Result<Vec<HistoryEntry>, StoreError> {
        let (kind, name) = versioned.key();
        let query = "WITH RECURSIVE stack (place, back, depth) AS (
                SELECT sequence, back, 0 FROM history WHERE sequence =
                    (SELECT max(sequence) FROM history WHERE group_id = $1 AND kind = $2 AND name = $3)
                UNION ALL SELECT h.sequence, h.back, s.depth + 1 FROM history h JOIN stack s ON h.sequence = s.back)
            SELECT sequence, name, version, action, token, at FROM history JOIN stack ON place = sequence
            WHERE depth > 0 AND version IS NOT NULL ORDER BY depth";
        let query = sqlx::query(query).bind(group.as_bytes().as_slice()).bind(kind).bind(name);
        query.fetch_all(self.sql()).await?.iter().map(read).collect()
    }
}

impl Store {
    /// What was current before a place in the history, the latest first: of one connector, or of all plugins of a group
    /// or those of one name.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn history(
        &self,
        group: &GroupId,
        kind_and_name: (&str, Option<&str>),
        before: i64,
        limit: i64,
    ) -> Result<Vec<HistoryEntry>, StoreError> {
        let (kind, name) = kind_and_name;
        let named = if name.is_some() { "AND name = $5" } else { "" };
        let query = format!(
            "{COLUMNS} WHERE group_id = $1 AND kind = $2 AND sequence < $3 {named} ORDER BY sequence DESC LIMIT $4"
        );
        let query = sqlx::query(AssertSqlSafe(query)).bind(group.as_bytes().as_slice()).bind(kind);
        let mut query = query.bind(before).bind(limit);
        if let Some(name) = name {
            query = query.bind(name);
        }
        query.fetch_all(&self.pool).await?.iter().map(read).collect()
    }
}

/// Writes a row on top of the rows of what has the versions.
pub(crate) async fn became(
    sql: &mut AnyConnection,
    group: GroupId,
    versioned: Versioned<'_>,
    became: Became<'_>,
    by: By,
) -> Result<(), StoreError> {
    let (kind, name) = versioned.key();
    let (version, action, from) = match became {
        Became::Loaded(version) => (Some(version), "load", None),
        Became::Saved(version) => (Some(version), "save", None),
        Became::Switched(version) => (Some(version), "switch", None),
        Became::RolledBack(version, row) => (Some(version), "rollback", Some(row)),
        Became::Retired => (None, "retire", None),
        Became::Deleted | Became::AllDeleted => (None, "delete", None),
    };
    let back = match (became, from) {
        (Became::AllDeleted, _) => None,
        (_, Some(row)) => {
            let query = sqlx::query("SELECT back FROM history WHERE sequence = $1").bind(row);
            query.fetch_optional(&mut *sql).await?.map(|row| row.try_get("back")).transpose()?.flatten()
        }
        (_, None) => below(sql, group, (kind, name)).await?,
    };
    sqlx::query(
        "INSERT INTO history (group_id, kind, name, version, action, token, at, back)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(group.as_bytes().as_slice())
    .bind(kind)
    .bind(name)
    .bind(version)
    .bind(action)
    .bind(by.as_ref().map(|token| token.as_bytes().as_slice()))
    .bind(now())
    .bind(back)
    .execute(sql)
    .await?;
    Ok(())
}

/// The row that a new one is put on: the last one, or what that has below it if it has no version.
async fn below(sql: &mut AnyConnection, group: GroupId, (kind, name): (&str, &str)) -> Result<Option<i64>, StoreError> {
    let query = "SELECT CASE WHEN version IS NULL THEN back ELSE sequence END AS below FROM history
        WHERE group_id = $1 AND kind = $2 AND name = $3 ORDER BY sequence DESC LIMIT 1";
    let query = sqlx::query(query).bind(group.as_bytes().as_slice()).bind(kind).bind(name);
    Ok(query.fetch_optional(sql).await?.map(|row| row.try_get("below")).transpose()?.flatten())
}

fn read(row: &AnyRow) -> Result<HistoryEntry, StoreError> {
    let token = row.try_get::<Option<&[u8]>, _>("token")?;
    Ok(HistoryEntry {
        sequence: row.try_get("sequence")?,
        name: row.try_get("name")?,
        version: row.try_get("version")?,
        action: row.try_get("action")?,
        token: token.map(|bytes| TokenId::from_slice(bytes).ok_or(StoreError::Corrupt("token"))).transpose()?,
        at: row.try_get("at")?,
    })
}
