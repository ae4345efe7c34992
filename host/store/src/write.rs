//! A transaction that writes. SQLite has one writer at a time and wakes those who wait for it in no order, so they queue
//! here: a change waits for what came before it, and never for batch after batch of records.
//!
//! The statements are our own and not those of sqlx's `Transaction`: that one counts on every rollback to succeed, and
//! leaves a connection in the pool that can begin no transaction when the database has rolled back by itself, as SQLite
//! does when the disk is full.

use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex as Lock, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use sqlx::pool::PoolConnection;
use sqlx::{Any, AnyConnection, AssertSqlSafe, Executor};
use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::store::Kind;
use crate::{Store, StoreError};

/// How long a writer waits for those before it. A batch of records takes some ten milliseconds.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a rollback may take before its connection is closed.
const ROLLBACK: Duration = Duration::from_secs(5);
/// How long a commit says that the store takes changes.
const RECENT: Duration = Duration::from_secs(5);
/// How long an attempt to write may take before the store counts as one that takes no changes.
const ATTEMPT: Duration = Duration::from_secs(5);
/// A session of PostgreSQL that does nothing within a transaction for so long is ended, and a statement that takes so long:
/// else a host that hangs while it has the change lock would hold up the changes of all hosts.
const POSTGRES_BEGIN: &str =
    "BEGIN; SET LOCAL idle_in_transaction_session_timeout = '60s'; SET LOCAL statement_timeout = '60s'";

/// Who writes to SQLite now, and who waits, first come first served.
pub(crate) type Writers = Arc<Mutex<()>>;

/// When something was last committed; none after a transaction that did not end well.
#[derive(Debug, Default)]
pub(crate) struct LastCommit(Lock<Option<Instant>>);

impl LastCommit {
    fn set(&self, to: Option<Instant>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = to;
    }

    fn is_recent(&self) -> bool {
        let last = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        last.is_some_and(|at| at.elapsed() < RECENT)
    }
}

/// A transaction that is open until it is committed or rolled back. Dropped before that, it closes its connection, which
/// rolls back.
pub(crate) struct Write {
    // Before the guard, which ends after the transaction.
    connection: PoolConnection<Any>,
    open: bool,
    last_commit: Arc<LastCommit>,
    _writer: Option<OwnedMutexGuard<()>>,
}

impl Store {
    /// Begins a transaction that writes. SQLite takes its write lock at once, so that no reader has to become a writer.
    pub(crate) async fn begin(&self) -> Result<Write, StoreError> {
        let (begin, writer) = match self.kind {
            Kind::Sqlite => {
                let writer = tokio::time::timeout(PATIENCE, Arc::clone(&self.writers).lock_owned()).await;
                ("BEGIN IMMEDIATE", Some(writer.map_err(|_| StoreError::Silent)?))
            }
            Kind::Postgres => (POSTGRES_BEGIN, None),
        };
        // Open before it is begun: nobody knows what has happened of a statement that is cut off.
        let (connection, last_commit) = (self.pool.acquire().await?, Arc::clone(&self.last_commit));
        let mut write = Write { connection, open: true, last_commit, _writer: writer };
        write.connection.execute(begin).await?;
        Ok(write)
    }

    /// Whether the store takes changes: something was committed in the last seconds, or an empty change can be.
    ///
    /// # Errors
    /// It does not: its disk is full, it is read-only, or it does not answer.
    pub async fn check_writable(&self) -> Result<(), StoreError> {
        // Many who ask at one time make one attempt.
        let _alone = self.attempt.lock().await;
        if self.last_commit.is_recent() {
            return Ok(());
        }
        let attempt = async {
            let mut write = self.begin().await?;
            match write.execute(AssertSqlSafe(self.kind.change())).await {
                Ok(_) => write.commit().await,
                Err(error) => {
                    write.rollback().await;
                    Err(error.into())
                }
            }
        };
        tokio::time::timeout(ATTEMPT, attempt).await.map_err(|_| StoreError::Silent)?
    }
}

impl Kind {
    /// A statement that changes nothing for anybody. SQLite writes no page that stays as it was, so it gets a number that
    /// nobody reads.
    fn change(self) -> String {
        match self {
            Self::Sqlite => {
                let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.subsec_nanos());
                format!("PRAGMA user_version = {now}")
            }
            Self::Postgres => "UPDATE revision SET number = number".to_owned(),
        }
    }
}

impl Write {
    pub(crate) async fn commit(mut self) -> Result<(), StoreError> {
        self.connection.execute("COMMIT").await?;
        self.open = false;
        self.last_commit.set(Some(Instant::now()));
        Ok(())
    }

    /// Rolls back and gives the connection back. One on which that fails is closed.
    pub(crate) async fn rollback(mut self) {
        if let Ok(Ok(_)) = tokio::time::timeout(ROLLBACK, self.connection.execute("ROLLBACK")).await {
            self.open = false;
        }
    }
}

impl Drop for Write {
    fn drop(&mut self) {
        if self.open {
            self.last_commit.set(None);
            self.connection.close_on_drop();
        }
    }
}

impl Deref for Write {
    type Target = AnyConnection;

    fn deref(&self) -> &AnyConnection {
        &self.connection
    }
}

impl DerefMut for Write {
    fn deref_mut(&mut self) -> &mut AnyConnection {
        &mut self.connection
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Place;

    #[tokio::test]
    async fn a_transaction_that_the_database_ended_leaves_no_broken_connection() {
        let folder = tempfile::tempdir().unwrap();
        let (store, _) = Store::open(Place::Folder(folder.path())).await.unwrap();
        for _ in 0..8 {
            let mut write = store.begin().await.unwrap();
            // As SQLite does when the disk is full.
            write.execute("ROLLBACK").await.unwrap();
            write.rollback().await;
            let mut write = store.begin().await.unwrap();
            write.execute("ROLLBACK").await.unwrap();
            assert!(write.commit().await.is_err());
        }
        store.begin().await.unwrap().commit().await.unwrap();
    }

    #[tokio::test]
    async fn what_is_dropped_is_rolled_back() {
        let folder = tempfile::tempdir().unwrap();
        let (store, _) = Store::open(Place::Folder(folder.path())).await.unwrap();
        let raise = "UPDATE revision SET number = number + 1";
        store.begin().await.unwrap().execute(raise).await.unwrap();
        let mut rolled_back = store.begin().await.unwrap();
        rolled_back.execute(raise).await.unwrap();
        rolled_back.rollback().await;
        assert_eq!(store.reader().await.unwrap().revision().await.unwrap(), 0);
        let mut committed = store.begin().await.unwrap();
        committed.execute(raise).await.unwrap();
        committed.commit().await.unwrap();
        assert_eq!(store.reader().await.unwrap().revision().await.unwrap(), 1);
    }
}
