//! Looking at a store without opening it as a host does: nothing is made, migrated or locked.

use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::postgres::PgConnection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection};

use crate::migrations::{POSTGRES, SQLITE};
use crate::store::Place;
use crate::{DatabaseUrl, StoreError};

/// How long a database may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// The newest migration of a store.
const SCHEMA: &str = "SELECT max(version) FROM _sqlx_migrations";

/// The file of a store in a data folder.
pub(crate) fn file_in(folder: &Path) -> PathBuf {
    folder.join("lockgate.db")
}

/// Opens a file of SQLite for reading.
#[expect(clippy::disallowed_methods, reason = "the store's own database")]
pub(crate) async fn read_only(file: &Path) -> Result<SqliteConnection, StoreError> {
    let options = SqliteConnectOptions::new().filename(file).read_only(true).busy_timeout(PATIENCE);
    Ok(options.disable_statement_logging().connect().await?)
}

/// The schema of a store, or none where there is no store yet.
///
/// # Errors
/// [`StoreError::Newer`] for a store of a newer host; it can't be reached; it is no store.
pub async fn inspect(place: Place<'_>) -> Result<Option<i64>, StoreError> {
    let look = async {
        match place {
            Place::Folder(folder) if !file_in(folder).exists() => Ok(None),
            Place::Folder(folder) => schema_of(&file_in(folder)).await.map(Some),
            Place::Postgres(url, _) => on_postgres(url).await,
        }
    };
    tokio::time::timeout(PATIENCE, look).await.unwrap_or(Err(StoreError::Silent))
}

/// The schema of a file of SQLite.
pub(crate) async fn schema_of(file: &Path) -> Result<i64, StoreError> {
    let mut connection = read_only(file).await?;
    let schema: Option<i64> = sqlx::query_scalar(SCHEMA).fetch_one(&mut connection).await?;
    connection.close().await?;
    known(schema.unwrap_or_default(), &SQLITE)
}

#[expect(clippy::disallowed_methods, reason = "the store's own database")]
async fn on_postgres(url: &DatabaseUrl) -> Result<Option<i64>, StoreError> {
    let mut connection = PgConnection::connect(url.reveal()).await?;
    let there = "SELECT 1 FROM information_schema.tables WHERE table_name = '_sqlx_migrations'";
    let there: Option<i32> = sqlx::query_scalar(there).fetch_optional(&mut connection).await?;
    let schema: Option<i64> = match there {
        Some(_) => sqlx::query_scalar(SCHEMA).fetch_one(&mut connection).await?,
        None => None,
    };
    connection.close().await?;
    schema.map(|schema| known(schema, &POSTGRES)).transpose()
}

fn known(schema: i64, migrations: &sqlx::migrate::Migrator) -> Result<i64, StoreError> {
    let newest = migrations.iter().map(|migration| migration.version).max().unwrap_or_default();
    if schema > newest { Err(StoreError::Newer(schema)) } else { Ok(schema) }
}
