//! The descriptors of groups.

use lockgate_domain::{Digest, GroupId};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

use crate::audit::{self, Action, By};
use crate::change::{Change, Changed};
use crate::rows::now;
use crate::{Store, StoreError, StoredGroup};

/// Which descriptors a group has; their bytes are read when they are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredDescriptors {
    /// The group that they are kept with.
    pub group: GroupId,
    /// The digest of `protos` in the definition that they were made for.
    pub source: Digest,
    /// The digest of their bytes.
    pub digest: Digest,
}

/// Descriptors on their way into the store.
#[derive(Debug, Clone, Copy)]
pub struct NewDescriptors<'b> {
    /// The digest of the `protos` that they were made for.
    pub source: Digest,
    /// A `google.protobuf.FileDescriptorSet`.
    pub bytes: &'b [u8],
}

impl Change {
    /// Replaces the descriptors that a server told.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn refresh_descriptors(
        &mut self,
        group: &StoredGroup,
        new: NewDescriptors<'_>,
        by: By,
    ) -> Result<(), StoreError> {
        put(self.sql(), &group.id, new).await?;
        audit::write(self.sql(), by, Action::RefreshDescriptors, &group.scope, group.definition.slug.as_str()).await?;
        self.touched(Changed::Group(group.id));
        Ok(())
    }
}

impl Store {
    /// The bytes of a group's descriptors, if these are still the ones that it has.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn descriptors(&self, of: &StoredDescriptors) -> Result<Option<Vec<u8>>, StoreError> {
        let query = sqlx::query("SELECT bytes FROM descriptors WHERE group_id = $1 AND digest = $2");
        let query = query.bind(of.group.as_bytes().as_slice()).bind(of.digest.as_bytes().as_slice());
        Ok(query.fetch_optional(&self.pool).await?.map(|row| row.try_get("bytes")).transpose()?)
    }
}

/// Keeps descriptors, in place of those that the group has.
pub(crate) async fn put(
    sql: &mut AnyConnection,
    group: &GroupId,
    new: NewDescriptors<'_>,
) -> Result<StoredDescriptors, StoreError> {
    let digest = Digest::of(new.bytes);
    sqlx::query(
        "INSERT INTO descriptors (group_id, source, digest, bytes, updated_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (group_id) DO UPDATE SET source = excluded.source, digest = excluded.digest,
            bytes = excluded.bytes, updated_at = excluded.updated_at",
    )
    .bind(group.as_bytes().as_slice())
    .bind(new.source.as_bytes().as_slice())
    .bind(digest.as_bytes().as_slice())
    .bind(new.bytes)
    .bind(now())
    .execute(sql)
    .await?;
    Ok(StoredDescriptors { group: *group, source: new.source, digest })
}

/// Forgets descriptors of another source than the group has now.
pub(crate) async fn sweep(sql: &mut AnyConnection, group: &GroupId, source: Option<Digest>) -> Result<(), StoreError> {
    let source = source.map(|source| source.as_bytes().to_vec()).unwrap_or_default();
    let query = sqlx::query("DELETE FROM descriptors WHERE group_id = $1 AND source <> $2");
    query.bind(group.as_bytes().as_slice()).bind(source).execute(sql).await?;
    Ok(())
}

/// Which descriptors a row of a group has.
pub(crate) fn of_group(row: &AnyRow, group: GroupId) -> Result<Option<StoredDescriptors>, StoreError> {
    let digest = |name: &str| -> Result<Option<Digest>, StoreError> {
        let bytes = row.try_get::<Option<&[u8]>, _>(name)?;
        bytes.map(|bytes| Digest::from_slice(bytes).ok_or(StoreError::Corrupt("descriptors"))).transpose()
    };
    let found = digest("descriptors_source")?.zip(digest("descriptors_digest")?);
    Ok(found.map(|(source, digest)| StoredDescriptors { group, source, digest }))
}
