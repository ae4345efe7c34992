//! A copy of a store of SQLite while its host serves, and the way back. Keys are no part of it: they lie beside the store,
//! and whoever has one of the two has nothing.

use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use sqlx::Connection;

use crate::StoreError;
use crate::inspect::{file_in, read_only, schema_of};

/// What a copy is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Copied {
    /// Its size.
    pub bytes: u64,
    /// The schema of its tables.
    pub schema: i64,
    /// The number of the last change in it.
    pub revision: i64,
}

/// Copies the store of a data folder, whether its host serves or not: one moment of it, with every change that was
/// acknowledged before. The file appears under its name when it is whole, checked and on disk.
///
/// # Errors
/// [`StoreError::Occupied`] when there is such a file, [`StoreError::Damaged`] when the store is not whole.
pub async fn backup(folder: &Path, to: &Path) -> Result<Copied, StoreError> {
    let from = file_in(folder);
    if !from.exists() {
        return Err(StoreError::Missing("the store (`lockgate.db`) of this data folder"));
    }
    if to.exists() {
        return Err(StoreError::Occupied { path: to.to_owned(), found: "a file".to_owned() });
    }
    let part = part_of(to);
    // Left by a backup that was cut off. Made here, so that it is its owner's alone from the first byte.
    remove(&part)?;
    new_file(&part)?;
    let copied = match copy(&from, &part).await {
        Ok(()) => check(&part).await,
        Err(error) => Err(error),
    };
    match copied {
        Ok(copied) => keep(&part, to).map(|()| copied),
        Err(error) => {
            remove(&part)?;
            Err(error)
        }
    }
}

/// One transaction that only reads: the host's changes go on meanwhile.
async fn copy(from: &Path, to: &Path) -> Result<(), StoreError> {
    let name = to.to_str().ok_or_else(|| StoreError::File {
        path: to.to_owned(),
        source: io::Error::new(io::ErrorKind::InvalidFilename, "expected a name in UTF-8"),
    })?;
    let mut connection = read_only(from).await?;
    sqlx::query("VACUUM INTO $1").bind(name).execute(&mut connection).await?;
    Ok(connection.close().await?)
}

/// Makes a data folder with the store of a backup.
///
/// # Errors
/// [`StoreError::Occupied`] when the folder holds anything, [`StoreError::Damaged`] when the backup is not whole,
/// [`StoreError::Newer`] when a newer host wrote it.
pub async fn restore(from: &Path, folder: &Path) -> Result<Copied, StoreError> {
    let failed = |source| StoreError::File { path: from.to_owned(), source };
    let mut source = File::open(from).map_err(failed)?;
    let copy = check(from).await?;
    let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(|source| StoreError::File { path: folder.to_owned(), source })?;
    let to = file_in(folder);
    let part = part_of(&to);
    // Left by a restore that was cut off.
    remove(&part)?;
    let found = fs::read_dir(folder).map_err(|source| StoreError::File { path: folder.to_owned(), source })?;
    if let Some(found) = found.flatten().next() {
        let found = format!("`{}`", found.file_name().display());
        return Err(StoreError::Occupied { path: folder.to_owned(), found });
    }
    let mut target = new_file(&part)?;
    io::copy(&mut source, &mut target).map_err(|source| StoreError::File { path: part.clone(), source })?;
    keep(&part, &to)?;
    Ok(copy)
}

/// Whether a file is a whole store that this version reads.
async fn check(file: &Path) -> Result<Copied, StoreError> {
    let damaged = |why: String| StoreError::Damaged { path: file.to_owned(), why };
    // A page that can't be read ends a question as well as the connection.
    let unreadable = |error: sqlx::Error| damaged(error.to_string());
    let schema = match schema_of(file).await {
        Ok(0) => return Err(damaged("it holds no schema".to_owned())),
        Ok(schema) => schema,
        Err(StoreError::Database(error)) => return Err(unreadable(error)),
        Err(error) => return Err(error),
    };
    let mut connection = read_only(file).await?;
    let found: Vec<String> =
        sqlx::query_scalar("PRAGMA integrity_check(10)").fetch_all(&mut connection).await.map_err(unreadable)?;
    if found != ["ok"] {
        return Err(damaged(found.join("; ")));
    }
    let dangling = sqlx::query("PRAGMA foreign_key_check").fetch_all(&mut connection).await.map_err(unreadable)?;
    if !dangling.is_empty() {
        return Err(damaged(format!("{} rows refer to rows that are not there", dangling.len())));
    }
    let revision =
        sqlx::query_scalar("SELECT number FROM revision").fetch_one(&mut connection).await.map_err(unreadable)?;
    connection.close().await?;
    let bytes = fs::metadata(file).map_err(|source| StoreError::File { path: file.to_owned(), source })?.len();
    Ok(Copied { bytes, schema, revision })
}

/// Where a file is written until it is whole.
fn part_of(file: &Path) -> PathBuf {
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    file.with_file_name(name)
}

fn remove(file: &Path) -> Result<(), StoreError> {
    match fs::remove_file(file) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            Err(StoreError::File { path: file.to_owned(), source })
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

fn new_file(path: &Path) -> Result<File, StoreError> {
    let made = File::options().write(true).create_new(true).mode(0o600).open(path);
    made.map_err(|source| StoreError::File { path: path.to_owned(), source })
}

/// Brings a file to disk, and then under its name.
fn keep(part: &Path, to: &Path) -> Result<(), StoreError> {
    let keep = || -> io::Result<()> {
        File::open(part)?.sync_all()?;
        fs::rename(part, to)?;
        let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder)?.sync_all()
    };
    keep().map_err(|source| StoreError::File { path: to.to_owned(), source })
}
