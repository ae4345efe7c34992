//! Groups.

use lockgate_domain::{Digest, GroupDefinition, GroupId, Protos, Scope};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe, Row};

use crate::audit::{self, Action, By};
use crate::change::{Change, Changed};
use crate::connectors::{self, ConnectorEdits};
use crate::descriptors::{self, NewDescriptors, StoredDescriptors};
use crate::rows::{id, now, scope, scope_ids};
use crate::store::unique;
use crate::{Reader, StoreError};

/// A group as stored.
#[derive(Debug, Clone)]
pub struct StoredGroup {
    /// Its id.
    pub id: GroupId,
    /// The scope that holds it.
    pub scope: Scope,
    /// What people wrote.
    pub definition: GroupDefinition,
    /// Raised by every change; the ETag.
    pub version: i64,
    /// Milliseconds since 1970.
    pub created_at: i64,
    /// Milliseconds since 1970.
    pub updated_at: i64,
    /// The descriptors that it has, of whatever `protos`.
    pub descriptors: Option<StoredDescriptors>,
}

const COLUMNS: &str =
    "SELECT id, organization, workspace, definition, version, created_at, groups.updated_at AS updated_at,
    descriptors.source AS descriptors_source, descriptors.digest AS descriptors_digest
    FROM groups LEFT JOIN descriptors ON group_id = id";

impl Change {
    /// Keeps a new group with its connectors.
    ///
    /// # Errors
    /// [`StoreError::Exists`]: its slug or name is taken in its scope.
    pub async fn create_group(
        &mut self,
        scope: Scope,
        definition: &GroupDefinition,
        edits: &ConnectorEdits<'_>,
        descriptors: Option<NewDescriptors<'_>>,
        by: By,
    ) -> Result<StoredGroup, StoreError> {
        let (id, at) = (GroupId::new(), now());
        let (own, organization, workspace) = scope_ids(&scope);
        sqlx::query("INSERT INTO groups VALUES ($1, $2, $3, $4, $5, $6, $7, 1, $8, $9)")
            .bind(id.as_bytes().as_slice())
            .bind(organization)
            .bind(workspace)
            .bind(own)
            .bind(definition.slug.as_str())
            .bind(&definition.name)
            .bind(text(definition)?)
            .bind(at)
            .bind(at)
            .execute(self.sql())
            .await
            .map_err(unique(format!(
                "a group with the slug `{}` or the name `{}`",
                definition.slug, definition.name
            )))?;
        audit::write(self.sql(), by, Action::CreateGroup, &scope, definition.slug.as_str()).await?;
        let definition = definition.clone();
        let mut group =
            StoredGroup { id, scope, definition, version: 1, created_at: at, updated_at: at, descriptors: None };
        if let Some(new) = descriptors {
            group.descriptors = Some(descriptors::put(self.sql(), &id, new).await?);
        }
        connectors::edit(self.sql(), &group, edits, by, at).await?;
        self.touched(Changed::Group(id));
        Ok(group)
    }

    /// Replaces the definition of a group that still has the version `group` was read with, and edits its connectors.
    ///
    /// # Errors
    /// [`StoreError::Changed`], [`StoreError::Missing`], [`StoreError::Exists`] for its name.
    pub async fn update_group(
        &mut self,
        group: &StoredGroup,
        definition: &GroupDefinition,
        edits: &ConnectorEdits<'_>,
        descriptors: Option<NewDescriptors<'_>>,
        by: By,
    ) -> Result<StoredGroup, StoreError> {
        expect_version(self.sql(), group).await?;
        let at = now();
        sqlx::query(
            "UPDATE groups SET name = $1, definition = $2, version = version + 1, updated_at = $3 WHERE id = $4",
        )
        .bind(&definition.name)
        .bind(text(definition)?)
        .bind(at)
        .bind(group.id.as_bytes().as_slice())
        .execute(self.sql())
        .await
        .map_err(unique("a group with this name"))?;
        audit::write(self.sql(), by, Action::UpdateGroup, &group.scope, definition.slug.as_str()).await?;
        connectors::edit(self.sql(), group, edits, by, at).await?;
        let source = definition.protos.as_ref().map(Protos::digest);
        let mut own = group.descriptors.filter(|own| Some(own.source) == source);
        descriptors::sweep(self.sql(), &group.id, source).await?;
        if let Some(new) = descriptors {
            own = Some(descriptors::put(self.sql(), &group.id, new).await?);
        }
        self.touched(Changed::Group(group.id));
        let (definition, version) = (definition.clone(), group.version + 1);
        Ok(StoredGroup { definition, version, updated_at: at, descriptors: own, ..group.clone() })
    }

    /// Deletes a group with its plugins, connectors, connections and installations. Gives those whose bytes are gone, since
    /// no other group has them.
    ///
    /// # Errors
    /// [`StoreError::Changed`], [`StoreError::Missing`].
    pub async fn delete_group(&mut self, group: &StoredGroup, by: By) -> Result<Vec<Digest>, StoreError> {
        expect_version(self.sql(), group).await?;
        sqlx::query("DELETE FROM groups WHERE id = $1")
            .bind(group.id.as_bytes().as_slice())
            .execute(self.sql())
            .await?;
        crate::connections::delete_of_group(self.sql(), &group.id).await?;
        crate::uses::delete_of_group(self.sql(), &group.id).await?;
        crate::idempotency::delete_of_group(self.sql(), &group.id).await?;
        let swept = crate::plugins::sweep(self.sql()).await?;
        audit::write(self.sql(), by, Action::DeleteGroup, &group.scope, group.definition.slug.as_str()).await?;
        self.touched(Changed::Group(group.id));
        Ok(swept)
    }
}

impl Reader<'_> {
    /// All groups.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn groups(&mut self) -> Result<Vec<StoredGroup>, StoreError> {
        sqlx::query(COLUMNS).fetch_all(self.sql()).await?.iter().map(read).collect()
    }

    /// One group, if it is still there.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn group(&mut self, group: &GroupId) -> Result<Option<StoredGroup>, StoreError> {
        let query = AssertSqlSafe(format!("{COLUMNS} WHERE id = $1"));
        let row = sqlx::query(query).bind(group.as_bytes().as_slice()).fetch_optional(self.sql()).await?;
        row.as_ref().map(read).transpose()
    }
}

async fn expect_version(sql: &mut AnyConnection, group: &StoredGroup) -> Result<(), StoreError> {
    let row = sqlx::query("SELECT version FROM groups WHERE id = $1").bind(group.id.as_bytes().as_slice());
    let row = row.fetch_optional(sql).await?.ok_or(StoreError::Missing("the group"))?;
    let found = row.try_get("version")?;
    if found == group.version { Ok(()) } else { Err(StoreError::Changed { expected: group.version, found }) }
}

fn text(definition: &GroupDefinition) -> Result<String, StoreError> {
    serde_json::to_string(definition).map_err(|_| StoreError::Corrupt("definition"))
}

fn read(row: &AnyRow) -> Result<StoredGroup, StoreError> {
    let definition = serde_json::from_str(row.try_get("definition")?).map_err(|_| StoreError::Corrupt("definition"))?;
    let own = id(row, "id", GroupId::from_slice)?;
    Ok(StoredGroup {
        descriptors: descriptors::of_group(row, own)?,
        id: own,
        scope: scope(row)?,
        definition,
        version: row.try_get("version")?,
        created_at: row.try_get("created_at")?,
        updated_at: row.try_get("updated_at")?,
    })
}
