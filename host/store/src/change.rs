//! The transaction of a change, and what it tells the other hosts of the store.

use std::collections::BTreeSet;
use std::ops::{Deref, DerefMut};

use lockgate_domain::{ConnectionId, GroupId, InstallationId, TokenId, WorkspaceId};
use sqlx::{AnyConnection, Row};

use crate::rows::id;
use crate::store::Kind;
use crate::write::Write;
use crate::{Store, StoreError};

/// Changes that a host can have missed and still catch up one by one.
const KEPT: i64 = 10_000;
/// How often older ones are deleted, in changes.
const TRIM_EVERY: i64 = 100;
/// The advisory lock of PostgreSQL that hosts hold while they change something; any number that is ours.
const TURN: i64 = 0x6c6f_636b_6761_7465;
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

/// A transaction that changes what hosts keep in memory.
pub(crate) struct Change {
    transaction: Write,
    kind: Kind,
    revision: i64,
}

/// The right to change something, which one host of the store has at a time. Ends when it is dropped.
pub struct Exclusive {
    _transaction: Option<Write>,
}

impl std::fmt::Debug for Exclusive {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Exclusive")
    }
}

impl Store {
    /// Begins a change: raises the revision, whose row also puts changes of several hosts in one order.
    pub(crate) async fn change(&self) -> Result<Change, StoreError> {
        let mut transaction = self.begin().await?;
        let row = sqlx::query("UPDATE revision SET number = number + 1 RETURNING number");
        let revision = row.fetch_one(&mut *transaction).await?.try_get("number")?;
        Ok(Change { transaction, kind: self.kind, revision })
    }

    /// Waits until no other host changes anything. SQLite has no other host.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn exclusive(&self) -> Result<Exclusive, StoreError> {
        let transaction = match self.kind {
            Kind::Sqlite => None,
            Kind::Postgres => {
                let mut transaction = self.begin().await?;
                sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(TURN).execute(&mut *transaction).await?;
                Some(transaction)
            }
        };
        Ok(Exclusive { _transaction: transaction })
    }

    /// The number of the last change.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn revision(&self) -> Result<i64, StoreError> {
        Ok(sqlx::query_scalar("SELECT number FROM revision").fetch_one(&self.pool).await?)
    }

    /// What changed after a revision.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn changed_since(&self, revision: i64) -> Result<Since, StoreError> {
        if self.revision().await? == revision {
            return Ok(Since::Nothing);
        }
        let query = "SELECT revision, kind, object FROM changed WHERE revision > $1 ORDER BY revision";
        let rows = sqlx::query(query).bind(revision).fetch_all(&self.pool).await?;
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
    /// Says what the change concerns. Every change says so at least once.
    pub(crate) async fn touched(&mut self, changed: Changed) -> Result<(), StoreError> {
        let (kind, object): (&str, &[u8]) = match &changed {
            Changed::Scopes => ("scopes", &[]),
            Changed::Tenants(workspace) => ("tenants", workspace.as_bytes()),
            Changed::Token(token) => ("token", token.as_bytes()),
            Changed::Group(group) => ("group", group.as_bytes()),
            Changed::Installation(installation) => ("installation", installation.as_bytes()),
            Changed::Connection(connection) => ("connection", connection.as_bytes()),
            Changed::Keys => ("keys", &[]),
        };
        sqlx::query("INSERT INTO changed VALUES ($1, $2, $3)")
            .bind(self.revision)
            .bind(kind)
            .bind(object)
            .execute(&mut *self.transaction)
            .await?;
        Ok(())
    }

    pub(crate) async fn commit(mut self) -> Result<(), StoreError> {
        if self.revision % TRIM_EVERY == 0 {
            let trim = sqlx::query("DELETE FROM changed WHERE revision <= $1").bind(self.revision - KEPT);
            trim.execute(&mut *self.transaction).await?;
        }
        if self.kind == Kind::Postgres {
            sqlx::query("SELECT pg_notify($1, '')").bind(CHANNEL).execute(&mut *self.transaction).await?;
        }
        self.transaction.commit().await
    }
}

impl Deref for Change {
    type Target = AnyConnection;

    fn deref(&self) -> &AnyConnection {
        &self.transaction
    }
}

impl DerefMut for Change {
    fn deref_mut(&mut self) -> &mut AnyConnection {
        &mut self.transaction
    }
}
