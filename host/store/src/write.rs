//! A transaction that writes. SQLite has one writer at a time and wakes those who wait for it in no order, so they take
//! turns here: a change waits for what came before it, and never for batch after batch of records.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::Duration;

use sqlx::{Any, AnyConnection, Transaction};
use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::store::Kind;
use crate::{Store, StoreError};

/// How long a writer waits for its turn. A batch of records takes some ten milliseconds of it.
const PATIENCE: Duration = Duration::from_secs(10);

/// Who writes to SQLite now, and who waits, first come first served.
pub(crate) type Writers = Arc<Mutex<()>>;

/// Rolls back when it is dropped.
pub(crate) struct Write {
    // Before the turn, which ends after the transaction.
    transaction: Transaction<'static, Any>,
    _turn: Option<OwnedMutexGuard<()>>,
}

impl Store {
    /// Begins a transaction that writes. SQLite takes its write lock at once, so that no reader has to become a writer.
    pub(crate) async fn begin(&self) -> Result<Write, StoreError> {
        match self.kind {
            Kind::Sqlite => {
                let turn = tokio::time::timeout(PATIENCE, Arc::clone(&self.writers).lock_owned()).await;
                let turn = turn.map_err(|_| StoreError::Silent)?;
                Ok(Write { transaction: self.pool.begin_with("BEGIN IMMEDIATE").await?, _turn: Some(turn) })
            }
            Kind::Postgres => Ok(Write { transaction: self.pool.begin().await?, _turn: None }),
        }
    }
}

impl Write {
    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        Ok(self.transaction.commit().await?)
    }
}

impl Deref for Write {
    type Target = AnyConnection;

    fn deref(&self) -> &AnyConnection {
        &self.transaction
    }
}

impl DerefMut for Write {
    fn deref_mut(&mut self) -> &mut AnyConnection {
        &mut self.transaction
    }
}
