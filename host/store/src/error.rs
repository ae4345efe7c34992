//! What can go wrong with the store.

use std::path::PathBuf;

/// Why the store could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The name is in use.
    #[error("{0} exists already")]
    Exists(String),
    /// The object is not there any more.
    #[error("{0} does not exist")]
    Missing(&'static str),
    /// The object changed since it was read.
    #[error("version {found} was expected to be {expected}")]
    Changed {
        /// What the caller read.
        expected: i64,
        /// What is stored.
        found: i64,
    },
    /// A scope that is to be deleted still holds something.
    #[error("it still has {count} {what}: delete them first")]
    NotEmpty {
        /// What it holds.
        what: &'static str,
        /// How many.
        count: i64,
    },
    /// Another process uses the data folder.
    #[error("{0} is in use by another host: each host needs a data folder of its own")]
    InUse(PathBuf),
    /// What is to be written has no room.
    #[error("{path}: expected nothing there, and found {found}")]
    Occupied {
        /// Where.
        path: PathBuf,
        /// What is there.
        found: String,
    },
    /// A file is not a whole store.
    #[error("{path} is not a whole store of Lockgate: {why}")]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// A newer version of the host has changed the schema.
    #[error("the store was written by a newer version of Lockgate (schema {0}): run that version or a later one")]
    Newer(i64),
    /// The database takes too long.
    #[error("the database does not answer")]
    Silent,
    /// A part of a change failed, so the others must not be kept either.
    #[error("a step of the change failed: nothing of it is kept")]
    Unfinished,
    /// A stored value is not what this host writes.
    #[error("stored {0} can't be read")]
    Corrupt(&'static str),
    /// This host's key ring is not the one of the stored values.
    #[error("sealed values: {0}")]
    Vault(#[from] lockgate_vault::VaultError),
    /// A file operation failed.
    #[error("{path}: {source}")]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The database failed.
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
    /// A migration failed.
    #[error("migration: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
}
