//! Opening the store, and the transaction that every change goes through.

use std::fs::OpenOptions;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Sqlite, Transaction};

use crate::StoreError;
use crate::lock::FolderLock;

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!();

/// Readers beside the one writer that SQLite allows.
const CONNECTIONS: u32 = 4;
/// How long a writer waits for another; only batches of records and single changes ever write.
const BUSY: Duration = Duration::from_secs(10);

/// The durable state of a host. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    pub(crate) pool: SqlitePool,
    _lock: std::sync::Arc<FolderLock>,
}

impl Store {
    /// Opens the store in a data folder, makes it (folder mode 0700) if there is none, and brings its schema up to
    /// date. The flag says whether it is new.
    ///
    /// # Errors
    /// [`StoreError::InUse`] when another host runs on the folder, [`StoreError::Newer`] when a newer one did.
    pub async fn open(folder: &Path) -> Result<(Self, bool), StoreError> {
        let mut builder = std::fs::DirBuilder::new();
        let made = builder.recursive(true).mode(0o700).create(folder);
        made.map_err(|source| StoreError::File { path: folder.to_owned(), source })?;
        let lock = std::sync::Arc::new(FolderLock::take(folder)?);
        let path = folder.join("lockgate.db");
        let new = !path.exists();
        // SQLite gives its other files the mode of this one.
        let made = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path);
        made.map_err(|source| StoreError::File { path: path.clone(), source })?;
        let options = SqliteConnectOptions::new()
            .filename(&path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY);
        let pool = SqlitePoolOptions::new().max_connections(CONNECTIONS).connect_with(options).await?;
        match MIGRATIONS.run(&pool).await {
            Ok(()) => Ok((Self { pool, _lock: lock }, new)),
            Err(sqlx::migrate::MigrateError::VersionMissing(version)) => Err(StoreError::Newer(version)),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether the store answers.
    ///
    /// # Errors
    /// It does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        sqlx::query("SELECT 1").execute(&self.pool).await?;
        Ok(())
    }

    /// Closes the store after what is under way.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// Begins a change: takes the write lock at once, and raises the revision.
    pub(crate) async fn change(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        let mut change = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        sqlx::query("UPDATE revision SET number = number + 1").execute(&mut *change).await?;
        Ok(change)
    }
}

/// Turns a broken uniqueness into the error of its kind.
pub(crate) fn unique(what: &'static str) -> impl Fn(sqlx::Error) -> StoreError {
    move |error| match &error {
        sqlx::Error::Database(cause) if cause.is_unique_violation() => StoreError::Exists(what),
        _ => error.into(),
    }
}
