//! Opening the store, and the transaction that every change goes through. One set of statements serves both databases:
//! they use what SQLite and PostgreSQL have in common.

use std::fmt::Write;
use std::fs::OpenOptions;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::{AnyPool, ConnectOptions, Executor};
use tokio::sync::Mutex;

use crate::inspect::file_in;
use crate::lock::FolderLock;
use crate::migrations::{POSTGRES, SQLITE};
use crate::write::{LastCommit, Writers};
use crate::{DatabaseUrl, StoreError};

/// Readers beside the one writer that SQLite allows.
const SQLITE_CONNECTIONS: u32 = 4;
/// Connections to PostgreSQL: calls need none, so this is for changes, lists and batches of records.
const POSTGRES_CONNECTIONS: u32 = 8;
/// How long a connection may take before the store counts as unavailable.
const PATIENCE: Duration = Duration::from_secs(5);
/// What makes a committed transaction of SQLite survive a loss of power, and how much it caches: the catalog is in memory
/// anyway, and the system keeps the pages of the file.
const PRAGMAS: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; \
                       PRAGMA busy_timeout = 10000; PRAGMA cache_size = -512";

/// Where the store is.
#[derive(Debug, Clone, Copy)]
pub enum Place<'p> {
    /// A file of SQLite in a data folder.
    Folder(&'p Path),
    /// A database of PostgreSQL, and the data folder of a host that uses it.
    Postgres(&'p DatabaseUrl, &'p Path),
}

/// The durable state of a host. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    pub(crate) pool: AnyPool,
    pub(crate) kind: Kind,
    pub(crate) writers: Writers,
    pub(crate) last_commit: Arc<LastCommit>,
    /// Had by whoever tries whether the store takes changes.
    pub(crate) attempt: Arc<Mutex<()>>,
    /// Of a database that other hosts may use too.
    pub(crate) url: Option<Arc<DatabaseUrl>>,
    _lock: Arc<FolderLock>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Sqlite,
    Postgres,
}

impl Store {
    /// Opens the store, makes it if there is none (a data folder with mode 0700), and brings its schema up to date. The
    /// flag says whether it is new.
    ///
    /// # Errors
    /// [`StoreError::InUse`] when another host runs on the folder, [`StoreError::Newer`] when a newer one did.
    pub async fn open(place: Place<'_>) -> Result<(Self, bool), StoreError> {
        sqlx::any::install_default_drivers();
        match place {
            Place::Folder(folder) => Self::sqlite(folder).await,
            Place::Postgres(url, folder) => Self::postgres(url, folder).await,
        }
    }

    #[expect(clippy::disallowed_methods, reason = "the store's own database")]
    async fn sqlite(folder: &Path) -> Result<(Self, bool), StoreError> {
        let lock = own(folder)?;
        let folder = folder.canonicalize().map_err(|source| StoreError::File { path: folder.to_owned(), source })?;
        let path = file_in(&folder);
        let new = !path.exists();
        // SQLite gives its other files the mode of this one.
        let made = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path);
        made.map_err(|source| StoreError::File { path: path.clone(), source })?;
        let pool = AnyPoolOptions::new()
            .max_connections(SQLITE_CONNECTIONS)
            .acquire_timeout(PATIENCE)
            .after_connect(|connection, _| Box::pin(async move { connection.execute(PRAGMAS).await.map(drop) }))
            .connect_with(quiet(&sqlite_url(&path))?)
            .await?;
        let store = Self::of(pool, Kind::Sqlite, None, lock);
        store.migrate(&SQLITE).await?;
        Ok((store, new))
    }

    #[expect(clippy::disallowed_methods, reason = "the store's own database")]
    async fn postgres(url: &DatabaseUrl, folder: &Path) -> Result<(Self, bool), StoreError> {
        let lock = own(folder)?;
        let pool = AnyPoolOptions::new().max_connections(POSTGRES_CONNECTIONS).acquire_timeout(PATIENCE);
        let pool = pool.connect_with(quiet(url.reveal())?).await?;
        let url = Some(Arc::new(url.clone()));
        let store = Self::of(pool, Kind::Postgres, url, lock);
        let there = sqlx::query("SELECT 1 FROM information_schema.tables WHERE table_name = 'revision'");
        let new = there.fetch_optional(&store.pool).await?.is_none();
        store.migrate(&POSTGRES).await?;
        Ok((store, new))
    }

    fn of(pool: AnyPool, kind: Kind, url: Option<Arc<DatabaseUrl>>, lock: Arc<FolderLock>) -> Self {
        let (writers, last_commit, attempt) = (Writers::default(), Arc::default(), Arc::default());
        Self { pool, kind, writers, last_commit, attempt, url, _lock: lock }
    }

    async fn migrate(&self, migrations: &Migrator) -> Result<(), StoreError> {
        match migrations.run(&self.pool).await {
            Ok(()) => Ok(()),
            Err(MigrateError::VersionMissing(version)) => Err(StoreError::Newer(version)),
            Err(error) => Err(error.into()),
        }
    }

    /// Closes the store after what is under way.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

/// Makes the folder if it is not there, and takes it for this process.
fn own(folder: &Path) -> Result<Arc<FolderLock>, StoreError> {
    let mut builder = std::fs::DirBuilder::new();
    let made = builder.recursive(true).mode(0o700).create(folder);
    made.map_err(|source| StoreError::File { path: folder.to_owned(), source })?;
    Ok(Arc::new(FolderLock::take(folder)?))
}

/// Statements are in no log: their values may be anybody's.
fn quiet(url: &str) -> Result<AnyConnectOptions, StoreError> {
    Ok(AnyConnectOptions::from_str(url)?.disable_statement_logging())
}

/// A path as a URL, with everything escaped that means something in one.
fn sqlite_url(path: &Path) -> String {
    let mut url = String::from("sqlite://");
    for byte in path.as_os_str().as_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' => url.push(char::from(*byte)),
            // Writing to a string can't fail.
            _ => drop(write!(url, "%{byte:02X}")),
        }
    }
    url + "?mode=rwc"
}

/// Turns a broken uniqueness into the error of its kind.
pub(crate) fn unique(what: impl Into<String>) -> impl FnOnce(sqlx::Error) -> StoreError {
    move |error| match &error {
        sqlx::Error::Database(cause) if cause.is_unique_violation() => StoreError::Exists(what.into()),
        _ => error.into(),
    }
}
