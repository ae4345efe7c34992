//! Reading single values of a row in our own types.

use lockgate_domain::{Digest, OrganizationId, Scope, WorkspaceId};
use sqlx::Row;
use sqlx::any::AnyRow;

use crate::StoreError;

/// Now, as the store keeps times.
pub(crate) fn now() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

pub(crate) fn id<T>(row: &AnyRow, column: &'static str, make: fn(&[u8]) -> Option<T>) -> Result<T, StoreError> {
    make(row.try_get::<&[u8], _>(column)?).ok_or(StoreError::Corrupt(column))
}

/// Flags are 0 and 1 in every database.
pub(crate) fn flag(row: &AnyRow, column: &'static str) -> Result<bool, StoreError> {
    Ok(row.try_get::<i64, _>(column)? != 0)
}

pub(crate) fn digest(row: &AnyRow, column: &'static str) -> Result<Digest, StoreError> {
    Digest::from_slice(row.try_get::<&[u8], _>(column)?).ok_or(StoreError::Corrupt(column))
}

pub(crate) fn name<T: std::str::FromStr>(row: &AnyRow, column: &'static str) -> Result<T, StoreError> {
    row.try_get::<&str, _>(column)?.parse().map_err(|_| StoreError::Corrupt(column))
}

pub(crate) fn scope(row: &AnyRow) -> Result<Scope, StoreError> {
    let organization = id(row, "organization", OrganizationId::from_slice)?;
    match row.try_get::<Option<&[u8]>, _>("workspace")? {
        None => Ok(Scope::Organization(organization)),
        Some(bytes) => {
            let workspace = WorkspaceId::from_slice(bytes).ok_or(StoreError::Corrupt("workspace"))?;
            Ok(Scope::Workspace(organization, workspace))
        }
    }
}

/// The id of the scope itself, and that of the workspace if it is one.
pub(crate) fn scope_ids(scope: &Scope) -> (&[u8], &[u8], Option<&[u8]>) {
    match scope {
        Scope::Organization(organization) => (organization.as_bytes(), organization.as_bytes(), None),
        Scope::Workspace(organization, workspace) => {
            (workspace.as_bytes(), organization.as_bytes(), Some(workspace.as_bytes()))
        }
    }
}
