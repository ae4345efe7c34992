//! A change: one transaction for everything that is changed together, and what it announces to the other hosts of the store.

use std::collections::BTreeSet;

use lockgate_domain::{ConnectionId, GroupId, InstallationId, TokenId, WorkspaceId};
use sqlx::{AnyConnection, Row};

use crate::rows::id;
use crate::store::Kind;
use crate::write::Write;
use crate::{Reader, Store, StoreError};

/// Changes that a host can have missed and still catch up one by one.
const KEPT: i64 = 10_000;
/// How often older ones are deleted, in changes.
const TRIM_EVERY: i64 = 100;
/// The advisory lock of PostgreSQL that a host has while it changes something; any number that is ours.
const CHANGE_LOCK: i64 = 0x6c6f_636b_6761_7465;
/// The channel of PostgreSQL on which a commit is announced.
pub(crate) const CHANNEL: &str = "lockgate_changed";

/// What a change concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Changed {
    /// Organizations and workspaces.
    Scopes,
    /// The tenants of a workspace.
    Tenants(WorkspaceId),
    /// A token.
    Token(TokenId),
    /// A group with its plugins.
    Group(GroupId),
    /// An installation.
    Installation(InstallationId),
    /// A connection.
    Connection(ConnectionId),
    /// What is granted of a group's `uses`.
    Uses(GroupId),
    /// Which key the sealed values are wrapped by.
    Keys,
}

/// What happened since a revision.
#[derive(Debug, PartialEq, Eq)]
pub enum Since {
    /// Nothing.
    Nothing,
    /// Changes of these, up to a revision.
    These(BTreeSet<Changed>, i64),
    /// More than is remembered.
    TooMuch,
}

/// A transaction that changes what hosts keep in memory. No other change of the store is under way meanwhile, on any of
/// its hosts. Each aggregate has its own statements in it, all of which hold once it is committed, or none. Dropped before
/// that, it changes nothing.
pub struct Change {
    write: Write,
    kind: Kind,
    touched: BTreeSet<Changed>,
    /// Those of them that the caller has not read again yet.
    not_reloaded: BTreeSet<Changed>,
}

impl std::fmt::Debug for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Change").field("touched", &self.touched).finish_non_exhaustive()
    }
}

impl Store {
    /// Waits until nobody else changes anything, and begins a change. SQLite has one writer, and PostgreSQL a lock that
    /// its hosts take.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn begin_change(&self) -> Result<Change, StoreError> {
        let mut write = self.begin().await?;
        if self.kind == Kind::Postgres {
            sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(CHANGE_LOCK).execute(&mut *write).await?;
        }
        Ok(Change { write, kind: self.kind, touched: BTreeSet::new(), not_reloaded: BTreeSet::new() })
    }
}

impl Reader<'_> {
    /// The number of the last change.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn revision(&mut self) -> Result<i64, StoreError> {
        Ok(sqlx::query_scalar("SELECT number FROM revision").fetch_one(self.sql()).await?)
    }

    /// What changed after a revision.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn changed_since(&mut self, revision: i64) -> Result<Since, StoreError> {
        if self.revision().await? == revision {
            return Ok(Since::Nothing);
        }
        let query = "SELECT revision, kind, object FROM changed WHERE revision > $1 ORDER BY revision";
        let rows = sqlx::query(query).bind(revision).fetch_all(self.sql()).await?;
        let (mut changed, mut last) = (BTreeSet::new(), revision);
        for row in &rows {
            let number: i64 = row.try_get("revision")?;
            // Every change leaves a row, so a gap is what was trimmed.
            if number > last + 1 {
                return Ok(Since::TooMuch);
            }
            last = number;
            changed.insert(match row.try_get("kind")? {
                "scopes" => Changed::Scopes,
                "tenants" => Changed::Tenants(id(row, "object", WorkspaceId::from_slice)?),
                "token" => Changed::Token(id(row, "object", TokenId::from_slice)?),
                "group" => Changed::Group(id(row, "object", GroupId::from_slice)?),
                "installation" => Changed::Installation(id(row, "object", InstallationId::from_slice)?),
                "connection" => Changed::Connection(id(row, "object", ConnectionId::from_slice)?),
                "uses" => Changed::Uses(id(row, "object", GroupId::from_slice)?),
                "keys" => Changed::Keys,
                // Of a newer host, while the hosts are upgraded one by one.
                _ => return Ok(Since::TooMuch),
            });
        }
        // A store that went back, as when it was restored, has no rows after what this host saw.
        if rows.is_empty() { Ok(Since::TooMuch) } else { Ok(Since::These(changed, last)) }
    }
}

impl Change {
    /// Reads what is stored, with what this change has written.
    pub fn reader(&mut self) -> Reader<'_> {
        Reader::of_change(&mut self.write)
    }

    /// What was written since the last time that this was asked.
    pub fn take_touched(&mut self) -> BTreeSet<Changed> {
        std::mem::take(&mut self.not_reloaded)
    }

    pub(crate) fn sql(&mut self) -> &mut AnyConnection {
        &mut self.write
    }

    /// Says what the change concerns, so that hosts read it again.
    pub(crate) fn touched(&mut self, changed: Changed) {
        self.touched.insert(changed);
        self.not_reloaded.insert(changed);
    }

    /// Makes the change durable, and announces it to other hosts. Gives its revision, if it has changed anything that they
    /// keep in memory.
    ///
    /// # Errors
    /// The store does not answer. Nothing is changed then, unless the connection was lost before the answer came.
    pub async fn commit(mut self) -> Result<Option<i64>, StoreError> {
        let revision = if self.touched.is_empty() { None } else { Some(self.raise_revision().await?) };
        self.write.commit().await?;
        Ok(revision)
    }

    /// Takes everything back. The same as a drop, which costs a connection.
    pub async fn rollback(self) {
        self.write.rollback().await;
    }

    async fn raise_revision(&mut self) -> Result<i64, StoreError> {
        let row = sqlx::query("UPDATE revision SET number = number + 1 RETURNING number");
        let revision: i64 = row.fetch_one(&mut *self.write).await?.try_get("number")?;
        for changed in &self.touched {
            let (kind, object): (&str, &[u8]) = match changed {
                Changed::Scopes => ("scopes", &[]),
                Changed::Tenants(workspace) => ("tenants", workspace.as_bytes()),
                Changed::Token(token) => ("token", token.as_bytes()),
                Changed::Group(group) => ("group", group.as_bytes()),
                Changed::Installation(installation) => ("installation", installation.as_bytes()),
                Changed::Connection(connection) => ("connection", connection.as_bytes()),
                Changed::Uses(group) => ("uses", group.as_bytes()),
                Changed::Keys => ("keys", &[]),
            };
            let insert = sqlx::query("INSERT INTO changed VALUES ($1, $2, $3)").bind(revision).bind(kind).bind(object);
            insert.execute(&mut *self.write).await?;
        }
        if revision % TRIM_EVERY == 0 {
            let trim = sqlx::query("DELETE FROM changed WHERE revision <= $1").bind(revision - KEPT);
            trim.execute(&mut *self.write).await?;
        }
        if self.kind == Kind::Postgres {
            sqlx::query("SELECT pg_notify($1, '')").bind(CHANNEL).execute(&mut *self.write).await?;
        }
        Ok(revision)
    }
}
