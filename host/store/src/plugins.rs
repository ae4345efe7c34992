//! Plugins of groups, and the bytes of their components.

use lockgate_domain::{Digest, GroupDefinition, GroupId, Manifest, PluginName};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

use crate::audit::{self, Action, By};
use crate::change::{Change, Changed};
use crate::history::{self, Became, Switch, Versioned};
use crate::rows::{digest, flag, id, name, now};
use crate::{Reader, Store, StoreError, StoredGroup};

/// A plugin as stored.
#[derive(Debug, Clone)]
pub struct StoredPlugin {
    /// Its group.
    pub group: GroupId,
    /// Its bytes' digest.
    pub digest: Digest,
    /// Its name, which it shares with the other versions of the plugin in the group.
    pub name: PluginName,
    /// What it says of itself.
    pub manifest: Manifest,
    /// The interfaces that its component imports.
    pub imports: Vec<String>,
    /// Whether callers get this version of the plugin.
    pub current: bool,
    /// Whether no rollback may go to it.
    pub bad: bool,
    /// Order of loading in the whole store.
    pub sequence: i64,
    /// Milliseconds since 1970.
    pub loaded_at: i64,
}

/// A plugin that was checked and is to be kept.
#[derive(Debug)]
pub struct NewPlugin<'a> {
    /// Its bytes' digest.
    pub digest: Digest,
    /// Its bytes.
    pub bytes: &'a [u8],
    /// What it says of itself.
    pub manifest: &'a Manifest,
    /// The interfaces that its component imports.
    pub imports: &'a [String],
    /// Whether it becomes current.
    pub current: bool,
    /// The group's definition with what was granted to it meanwhile.
    pub granted: Option<&'a GroupDefinition>,
}

const COLUMNS: &str =
    "SELECT sequence, group_id, digest, name, manifest, imports, current, bad, loaded_at FROM plugins";

impl Change {
    /// Keeps a plugin. One that the group has already moves to the end of the order of loading, and stays bad if it was
    /// marked so. Gives the group as it is then.
    ///
    /// # Errors
    /// [`StoreError::Missing`]: the group was deleted meanwhile.
    pub async fn add_plugin(
        &mut self,
        group: &StoredGroup,
        plugin: NewPlugin<'_>,
        by: By,
    ) -> Result<StoredGroup, StoreError> {
        let at = now();
        let (own, bytes) = (group.id.as_bytes().as_slice(), plugin.digest.as_bytes().as_slice());
        let there = sqlx::query("SELECT 1 FROM groups WHERE id = $1").bind(own).fetch_optional(self.sql()).await?;
        there.ok_or(StoreError::Missing("the group"))?;
        sqlx::query("INSERT INTO components VALUES ($1, $2) ON CONFLICT DO NOTHING")
            .bind(bytes)
            .bind(plugin.bytes)
            .execute(self.sql())
            .await?;
        let was = sqlx::query("DELETE FROM plugins WHERE group_id = $1 AND digest = $2 RETURNING current, bad");
        let was = was.bind(own).bind(bytes).fetch_optional(self.sql()).await?;
        let (was_current, bad) = match &was {
            Some(row) => (flag(row, "current")?, flag(row, "bad")?),
            None => (false, false),
        };
        if plugin.current && !was_current {
            retire(self.sql(), group.id, &plugin.manifest.name).await?;
            let (versioned, digest) = (Versioned::Plugin(&plugin.manifest.name), plugin.digest.to_string());
            history::became(self.sql(), group.id, versioned, Became::Loaded(&digest), by).await?;
        }
        let json = |text: Result<String, serde_json::Error>| text.map_err(|_| StoreError::Corrupt("manifest"));
        sqlx::query(
            "INSERT INTO plugins (group_id, digest, name, manifest, imports, current, bad, loaded_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(own)
        .bind(bytes)
        .bind(plugin.manifest.name.as_str())
        .bind(json(serde_json::to_string(plugin.manifest))?)
        .bind(json(serde_json::to_string(plugin.imports))?)
        .bind(i64::from(plugin.current || was_current))
        .bind(i64::from(bad))
        .bind(at)
        .execute(self.sql())
        .await?;
        let mut stored = group.clone();
        if let Some(definition) = plugin.granted {
            (stored.definition, stored.version, stored.updated_at) = (definition.clone(), group.version + 1, at);
            sqlx::query("UPDATE groups SET definition = $1, version = version + 1, updated_at = $2 WHERE id = $3")
                .bind(json(serde_json::to_string(definition))?)
                .bind(at)
                .bind(own)
                .execute(self.sql())
                .await?;
        }
        let subject = format!("{}/{}", group.definition.slug, plugin.digest);
        audit::write(self.sql(), by, Action::LoadPlugin, &group.scope, &subject).await?;
        self.touched(Changed::Group(group.id));
        Ok(stored)
    }

    /// Makes a loaded version of a plugin the current one.
    ///
    /// # Errors
    /// [`StoreError::Missing`].
    pub async fn switch_plugin(
        &mut self,
        group: &StoredGroup,
        to: &StoredPlugin,
        switch: Switch,
        by: By,
    ) -> Result<(), StoreError> {
        retire(self.sql(), group.id, &to.name).await?;
        let switched = sqlx::query("UPDATE plugins SET current = 1 WHERE group_id = $1 AND digest = $2")
            .bind(group.id.as_bytes().as_slice())
            .bind(to.digest.as_bytes().as_slice())
            .execute(self.sql())
            .await?;
        if switched.rows_affected() == 0 {
            return Err(StoreError::Missing("the plugin"));
        }
        if !to.current {
            let digest = to.digest.to_string();
            history::became(self.sql(), group.id, Versioned::Plugin(&to.name), switch.to(&digest), by).await?;
        }
        let subject = format!("{}/{}", group.definition.slug, to.digest);
        audit::write(self.sql(), by, Action::SwitchPlugin, &group.scope, &subject).await?;
        self.touched(Changed::Group(group.id));
        Ok(())
    }

    /// Marks a plugin as bad, or as good again.
    ///
    /// # Errors
    /// [`StoreError::Missing`].
    pub async fn mark_plugin(
        &mut self,
        group: &StoredGroup,
        plugin: &Digest,
        bad: bool,
        by: By,
    ) -> Result<(), StoreError> {
        let marked = sqlx::query("UPDATE plugins SET bad = $1 WHERE group_id = $2 AND digest = $3")
            .bind(i64::from(bad))
            .bind(group.id.as_bytes().as_slice())
            .bind(plugin.as_bytes().as_slice())
            .execute(self.sql())
            .await?;
        if marked.rows_affected() == 0 {
            return Err(StoreError::Missing("the plugin"));
        }
        let subject = format!("{}/{plugin}", group.definition.slug);
        audit::write(self.sql(), by, Action::MarkPlugin, &group.scope, &subject).await?;
        self.touched(Changed::Group(group.id));
        Ok(())
    }

    /// Leaves the plugins of one name without a current version. All of them stay.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn retire_plugin(&mut self, group: &StoredGroup, name: &PluginName, by: By) -> Result<(), StoreError> {
        retire(self.sql(), group.id, name).await?;
        history::became(self.sql(), group.id, Versioned::Plugin(name), Became::Retired, by).await?;
        let subject = format!("{}/{name}", group.definition.slug);
        audit::write(self.sql(), by, Action::RetirePlugin, &group.scope, &subject).await?;
        self.touched(Changed::Group(group.id));
        Ok(())
    }

    /// Deletes a plugin of a group, and its bytes if no other group has it. The flag says whether the bytes are gone.
    ///
    /// # Errors
    /// [`StoreError::Missing`].
    pub async fn delete_plugin(&mut self, group: &StoredGroup, plugin: &Digest, by: By) -> Result<bool, StoreError> {
        let deleted = sqlx::query("DELETE FROM plugins WHERE group_id = $1 AND digest = $2 RETURNING name, current")
            .bind(group.id.as_bytes().as_slice())
            .bind(plugin.as_bytes().as_slice())
            .fetch_optional(self.sql())
            .await?;
        let deleted = deleted.ok_or(StoreError::Missing("the plugin"))?;
        if flag(&deleted, "current")? {
            let plugin: PluginName = name(&deleted, "name")?;
            history::became(self.sql(), group.id, Versioned::Plugin(&plugin), Became::Deleted, by).await?;
        }
        let swept = sweep(self.sql()).await?;
        let subject = format!("{}/{plugin}", group.definition.slug);
        audit::write(self.sql(), by, Action::DeletePlugin, &group.scope, &subject).await?;
        self.touched(Changed::Group(group.id));
        Ok(swept.contains(plugin))
    }
}

impl Reader<'_> {
    /// All plugins in the order of loading, without their bytes.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn plugins(&mut self) -> Result<Vec<StoredPlugin>, StoreError> {
        let query = format!("{COLUMNS} ORDER BY sequence");
        sqlx::query(sqlx::AssertSqlSafe(query)).fetch_all(self.sql()).await?.iter().map(read).collect()
    }

    /// The plugins of one group in the order of loading.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn plugins_of(&mut self, group: &GroupId) -> Result<Vec<StoredPlugin>, StoreError> {
        let query = format!("{COLUMNS} WHERE group_id = $1 ORDER BY sequence");
        let rows = sqlx::query(sqlx::AssertSqlSafe(query)).bind(group.as_bytes().as_slice()).fetch_all(self.sql());
        rows.await?.iter().map(read).collect()
    }
}

impl Store {
    /// The bytes of a component.
    ///
    /// # Errors
    /// [`StoreError::Missing`].
    pub async fn component(&self, digest: &Digest) -> Result<Vec<u8>, StoreError> {
        let query = sqlx::query("SELECT bytes FROM components WHERE digest = $1").bind(digest.as_bytes().as_slice());
        let row = query.fetch_optional(&self.pool).await?.ok_or(StoreError::Missing("the component"))?;
        Ok(row.try_get("bytes")?)
    }
}

/// Leaves a plugin without a current version.
async fn retire(sql: &mut AnyConnection, group: GroupId, name: &PluginName) -> Result<(), StoreError> {
    sqlx::query("UPDATE plugins SET current = 0 WHERE group_id = $1 AND name = $2 AND current = 1")
        .bind(group.as_bytes().as_slice())
        .bind(name.as_str())
        .execute(sql)
        .await?;
    Ok(())
}

/// Removes the bytes that no plugin has any more, and says whose they were.
pub(crate) async fn sweep(sql: &mut AnyConnection) -> Result<Vec<Digest>, StoreError> {
    let swept = "DELETE FROM components WHERE digest NOT IN (SELECT digest FROM plugins) RETURNING digest";
    sqlx::query(swept).fetch_all(sql).await?.iter().map(|row| digest(row, "digest")).collect()
}

fn read(row: &AnyRow) -> Result<StoredPlugin, StoreError> {
    Ok(StoredPlugin {
        group: id(row, "group_id", GroupId::from_slice)?,
        digest: digest(row, "digest")?,
        name: name(row, "name")?,
        manifest: serde_json::from_str(row.try_get("manifest")?).map_err(|_| StoreError::Corrupt("manifest"))?,
        imports: serde_json::from_str(row.try_get("imports")?).map_err(|_| StoreError::Corrupt("imports"))?,
        current: flag(row, "current")?,
        bad: flag(row, "bad")?,
        sequence: row.try_get("sequence")?,
        loaded_at: row.try_get("loaded_at")?,
    })
}
