//! Loading, switching and deleting plugins while calls run. A plugin is compiled, described and checked before it
//! becomes current; calls in flight finish on the version that they began with.

use std::sync::Arc;

use bytes::Bytes;
use lockgate_domain::{
    Capability, Digest, GroupDefinition, GroupReference, Limits, Manifest, PluginName, Scope, TokenId,
};
use lockgate_engine::Plugin;
use lockgate_store::{ConnectorEdits, NewPlugin};
use serde::Serialize;

use crate::catalog::manifest::{CheckedManifest, describing};
use crate::catalog::{LoadedPlugin, Source};
use crate::{ConnectorChanges, FlowError, Group, Host, PluginEntry};

/// What an operator allows when loading or switching.
#[derive(Debug, Clone, Copy, Default)]
pub struct LoadOptions {
    /// Grant what the plugin wants beyond what the group grants.
    pub grant: bool,
    /// Remove or narrow connectors.
    pub allow_removal: bool,
}

/// What a plugin may use: by its own words, by its imports, by its group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Capabilities {
    /// What its manifest wants.
    pub wanted: Vec<String>,
    /// What its component imports; some toolchains import a whole world unused.
    pub imported: Vec<String>,
    /// What works.
    pub granted: Vec<String>,
    /// What is wanted and not granted.
    pub missing: Vec<String>,
}

/// What came of loading.
#[derive(Debug)]
pub struct LoadReport {
    /// The group afterwards.
    pub group: Arc<Group>,
    /// The plugin in it.
    pub plugin: Arc<PluginEntry>,
    /// The version that was current before.
    pub previous: Option<Digest>,
    /// What changes for callers.
    pub changes: ConnectorChanges,
}

impl Host {
    /// Loads a component into a group. It becomes current, unless it wants more than the group grants and `grant` is
    /// not set: then it is kept and waits.
    ///
    /// # Errors
    /// The component, its manifest or its schemas are refused, or it would take connectors away.
    pub async fn load_plugin(
        &self,
        scope: &Scope,
        reference: &GroupReference,
        bytes: Bytes,
        options: LoadOptions,
        by: TokenId,
    ) -> Result<LoadReport, FlowError> {
        // The slow part is done before the turn is taken: it changes nothing but the cache.
        let group = self.owned(scope, reference, None)?;
        let limits = Limits::of_group(&group.stored.definition.limits);
        let plugin = self.0.engine.load(bytes.clone(), &limits).await?;
        let digest = plugin.digest();
        let loaded = self.take_over(scope, reference, bytes, plugin, limits, options, by).await;
        if loaded.is_err() && !self.catalog().all_groups().any(|group| group.plugin(&digest).is_some()) {
            self.0.engine.forget(&digest);
        }
        loaded
    }

    /// Describes, checks and keeps a plugin that is compiled.
    #[allow(clippy::too_many_arguments, reason = "the second half of one function")]
    async fn take_over(
        &self,
        scope: &Scope,
        reference: &GroupReference,
        bytes: Bytes,
        plugin: Plugin,
        limits: Limits,
        options: LoadOptions,
        by: TokenId,
    ) -> Result<LoadReport, FlowError> {
        let (text, _) = self.0.engine.describe(&plugin, describing(limits)).await?;
        let checked = self.0.engine.compute(None, move || CheckedManifest::parse(&text)).await??;
        let checked = checked.importing(&plugin.interfaces().imports);

        let _turn = self.turn().await?;
        let group = self.owned(scope, reference, None)?;
        let manifest = &checked.manifest;
        let current = current_of(&group, &manifest.name);
        let previous = current.map(|entry| entry.stored.digest).filter(|digest| *digest != plugin.digest());
        let changes = ConnectorChanges::between(current.map(|entry| &entry.stored.manifest), manifest);
        free_names(&group, manifest)?;
        let granted = granted(&group, manifest, options.grant);
        let becomes_current = granted.is_some() || group.missing(&manifest.capabilities).is_empty();
        if becomes_current {
            allowed(&changes, options.allow_removal)?;
        }
        let new = NewPlugin {
            digest: plugin.digest(),
            bytes: &bytes,
            manifest,
            imports: &plugin.interfaces().imports,
            current: becomes_current,
            granted: granted.as_ref(),
        };
        let stored = self.0.store.add_plugin(&group.stored, new, Some(by)).await?;
        let group = self.renew(&group, stored).await?;
        let entry = group.plugin(&plugin.digest()).cloned();
        let entry = entry.ok_or_else(|| FlowError::NotFound(format!("plugin {}", plugin.digest())))?;
        // The first call finds everything at hand.
        self.0.loaded_plugins.put(&entry.cache, LoadedPlugin { plugin, schemas: checked.schemas });
        Ok(LoadReport { group, plugin: entry, previous, changes })
    }

    /// Makes a loaded plugin the current version of its lineage, forward or back.
    ///
    /// # Errors
    /// [`FlowError::NotFound`], [`FlowError::NotGranted`], [`FlowError::Removal`].
    pub async fn switch_plugin(
        &self,
        scope: &Scope,
        reference: &GroupReference,
        digest: &Digest,
        options: LoadOptions,
        by: TokenId,
    ) -> Result<LoadReport, FlowError> {
        let target = self.plugin(scope, reference, digest)?;
        let limits = Limits::of_group(&self.owned(scope, reference, None)?.stored.definition.limits);
        // Compiled again if the cache lost it, before it serves.
        target.load(&self.0.engine, &self.0.store, &self.0.loaded_plugins, &limits).await?;

        let _turn = self.turn().await?;
        let group = self.owned(scope, reference, None)?;
        let target = self.plugin(scope, reference, digest)?;
        let manifest = &target.stored.manifest;
        let current = current_of(&group, &manifest.name);
        let previous = current.map(|entry| entry.stored.digest).filter(|current| current != digest);
        let changes = ConnectorChanges::between(current.map(|entry| &entry.stored.manifest), manifest);
        free_names(&group, manifest)?;
        let missing = group.missing(&manifest.capabilities);
        let granted = granted(&group, manifest, options.grant);
        if granted.is_none() && !missing.is_empty() {
            return Err(FlowError::NotGranted(missing));
        }
        // Rolling back is what an operator does in need: it takes away only what a later version had added.
        let back = current.is_some_and(|entry| entry.stored.sequence > target.stored.sequence);
        if !back {
            allowed(&changes, options.allow_removal)?;
        }
        let mut stored = group.stored.clone();
        if let Some(definition) = granted {
            stored =
                self.0.store.update_group(&group.stored, &definition, &ConnectorEdits::default(), Some(by)).await?;
        }
        self.0.store.switch_plugin(&stored, &target.stored, Some(by)).await?;
        let group = self.renew(&group, stored).await?;
        let plugin = self.plugin(scope, reference, digest)?;
        Ok(LoadReport { group, plugin, previous, changes })
    }

    /// Deletes a version. The current one only with `allow_removal`, which takes its connectors away.
    ///
    /// # Errors
    /// [`FlowError::NotFound`], [`FlowError::IsCurrent`].
    pub async fn delete_plugin(
        &self,
        scope: &Scope,
        reference: &GroupReference,
        digest: &Digest,
        options: LoadOptions,
        by: TokenId,
    ) -> Result<(), FlowError> {
        let _turn = self.turn().await?;
        let group = self.owned(scope, reference, None)?;
        let plugin = self.plugin(scope, reference, digest)?;
        if plugin.stored.current && !options.allow_removal {
            return Err(FlowError::IsCurrent);
        }
        if self.0.store.delete_plugin(&group.stored, digest, Some(by)).await? {
            self.0.engine.forget(digest);
        }
        self.renew(&group, group.stored.clone()).await?;
        Ok(())
    }

    /// A plugin of a group.
    ///
    /// # Errors
    /// [`FlowError::NotFound`].
    pub fn plugin(
        &self,
        scope: &Scope,
        reference: &GroupReference,
        digest: &Digest,
    ) -> Result<Arc<PluginEntry>, FlowError> {
        let group = self.group(scope, reference)?;
        let plugin = group.plugin(digest).cloned();
        plugin.ok_or_else(|| FlowError::NotFound(format!("plugin {digest} of group `{reference}`")))
    }
}

impl Group {
    /// What one of its plugins may use.
    pub fn capabilities_of(&self, plugin: &PluginEntry) -> Capabilities {
        let wanted = plugin.stored.manifest.capabilities.clone();
        let missing = self.missing(&wanted);
        Capabilities {
            granted: wanted.iter().filter(|name| !missing.contains(name)).cloned().collect(),
            imported: plugin.stored.imports.clone(),
            missing,
            wanted,
        }
    }
}

fn current_of<'a>(group: &'a Group, name: &PluginName) -> Option<&'a Arc<PluginEntry>> {
    group.plugins.iter().find(|entry| entry.stored.current && entry.stored.name == *name)
}

/// No other lineage of the group, and no connector without code, may have the same name.
fn free_names(group: &Group, manifest: &Manifest) -> Result<(), FlowError> {
    for connector in &manifest.connectors {
        let owner = match group.connectors.get(&connector.name).map(|other| &other.source) {
            Some(Source::Plugin { plugin, .. }) if plugin.stored.name != manifest.name => taken_by(&plugin.stored.name),
            Some(Source::Definition(_)) => {
                "is there already, without code: rename it, or delete that connector".to_owned()
            }
            Some(Source::Plugin { .. }) | None => continue,
        };
        return Err(FlowError::ConnectorTaken { connector: connector.name.clone(), owner });
    }
    Ok(())
}

/// Whose a name is, and what to do.
pub(crate) fn taken_by(plugin: &PluginName) -> String {
    format!("belongs to plugin `{plugin}` of this group: rename it, or delete that plugin")
}

/// The group's definition with everything that the plugin wants, if that is to be granted and every name is known.
fn granted(group: &Group, manifest: &Manifest, grant: bool) -> Option<GroupDefinition> {
    let missing = group.missing(&manifest.capabilities);
    if !grant || missing.is_empty() {
        return None;
    }
    let mut definition = group.stored.definition.clone();
    for name in &missing {
        definition.capabilities.insert(Capability::named(name)?);
    }
    Some(definition)
}

fn allowed(changes: &ConnectorChanges, allow_removal: bool) -> Result<(), FlowError> {
    if allow_removal || (changes.removed.is_empty() && changes.breaks.is_empty()) {
        return Ok(());
    }
    Err(FlowError::Removal { removed: changes.removed.clone(), breaks: changes.breaks.clone() })
}
