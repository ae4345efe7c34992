//! Loading, switching and deleting plugins while calls run. A plugin is compiled, described and checked before it
//! becomes current; calls in flight finish on the version that they began with.

use std::sync::Arc;

use bytes::Bytes;
use lockgate_domain::{
    Caller, Capability, Digest, GroupDefinition, GroupReference, Limits, Manifest, PluginName, Scope,
};
use lockgate_engine::{Plugin, Upload};
use lockgate_store::{ConnectorEdits, NewPlugin, Switch};
use serde::Serialize;

use crate::catalog::manifest::{CheckedManifest, describing};
use crate::catalog::{LoadedPlugin, Source};
use crate::change::unit_of_work::{Changes, UnitOfWork, bounded};
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

/// A component that is compiled, described and checked. Its code is forgotten with it, unless a group has it then.
#[derive(Debug)]
pub struct CheckedPlugin {
    compiled: Compiled,
    bytes: Bytes,
    checked: CheckedManifest,
}

impl CheckedPlugin {
    /// What it says of itself.
    pub(crate) fn manifest(&self) -> &Manifest {
        &self.checked.manifest
    }
}

#[derive(Debug)]
struct Compiled {
    host: Host,
    plugin: Plugin,
}

impl Drop for Compiled {
    fn drop(&mut self) {
        let digest = self.plugin.digest();
        if !self.host.catalog().all_groups().any(|group| group.plugin(&digest).is_some()) {
            self.host.0.engine.forget(&digest);
        }
    }
}

impl Changes<'_> {
    /// Begins to receive a component.
    ///
    /// # Errors
    /// The disk is full, or fails.
    pub async fn upload(self) -> Result<Upload, FlowError> {
        Ok(self.0.0.engine.upload().await?)
    }

    /// Compiles, describes and checks a component, as the work of a scope. That takes time, so it is done before a unit is
    /// begun, and changes nothing but the cache of code.
    ///
    /// # Errors
    /// The component, its manifest or its schemas are refused.
    pub async fn check_plugin(self, bytes: Bytes, limits: Limits, scope: &Scope) -> Result<CheckedPlugin, FlowError> {
        let engine = &self.0.0.engine;
        let compiled =
            Compiled { plugin: engine.load(bytes.clone(), &limits, Some(*scope)).await?, host: self.0.clone() };
        let (text, _) = engine.describe(&compiled.plugin, describing(limits), Some(*scope)).await?;
        let checked = engine.compute(*scope, move || CheckedManifest::parse(&text)).await??;
        let checked = checked.importing(&compiled.plugin.interfaces().imports);
        Ok(CheckedPlugin { compiled, bytes, checked })
    }

    /// [`UnitOfWork::load_plugin`] by itself.
    ///
    /// # Errors
    /// As for that step, or the component, its manifest or its schemas are refused.
    pub async fn load_plugin(
        self,
        scope: &Scope,
        reference: &GroupReference,
        bytes: Bytes,
        options: LoadOptions,
        by: &Caller,
    ) -> Result<LoadReport, FlowError> {
        let group = self.0.catalog().find_owned_group(scope, reference, None)?;
        let plugin = self.check_plugin(bytes, group.limits, scope).await?;
        let mut unit = self.begin(by).await?;
        let loaded = bounded(unit.load_plugin(scope, reference, &plugin, options)).await;
        unit.end(loaded).await
    }

    /// What [`Self::load_plugin`] would do, of which nothing is done. What takes connectors away or narrows them is reported
    /// and not refused: whoever loads decides with the report.
    ///
    /// # Errors
    /// As for [`Self::load_plugin`], but for [`FlowError::Removal`].
    pub async fn preview_plugin(
        self,
        scope: &Scope,
        reference: &GroupReference,
        bytes: Bytes,
        grant: bool,
        by: &Caller,
    ) -> Result<LoadReport, FlowError> {
        let group = self.0.catalog().find_owned_group(scope, reference, None)?;
        let plugin = self.check_plugin(bytes, group.limits, scope).await?;
        let mut unit = self.begin(by).await?;
        let options = LoadOptions { grant, allow_removal: true };
        // The report is made of the unit's own catalog, so that it can't differ from what loading reports.
        let loaded = bounded(unit.load_plugin(scope, reference, &plugin, options)).await;
        unit.rollback().await;
        loaded
    }

    /// [`UnitOfWork::switch_plugin`] by itself. The code is compiled before, if the cache has lost it.
    ///
    /// # Errors
    /// As for that step, or the store does not answer.
    pub async fn switch_plugin(
        self,
        scope: &Scope,
        reference: &GroupReference,
        digest: &Digest,
        options: LoadOptions,
        by: &Caller,
    ) -> Result<LoadReport, FlowError> {
        let target = self.0.catalog().find_plugin(scope, reference, digest)?;
        let group = self.0.catalog().find_owned_group(scope, reference, None)?;
        let host = &self.0.0;
        target.load(&host.engine, &host.store, &host.loaded_plugins, &group.limits, *scope).await?;
        let mut unit = self.begin(by).await?;
        let switched = bounded(unit.switch_plugin(scope, reference, digest, options)).await;
        unit.end(switched).await
    }

    /// [`UnitOfWork::delete_plugin`] by itself.
    ///
    /// # Errors
    /// As for that step, or the store does not answer.
    pub async fn delete_plugin(
        self,
        scope: &Scope,
        reference: &GroupReference,
        digest: &Digest,
        options: LoadOptions,
        by: &Caller,
    ) -> Result<(), FlowError> {
        let mut unit = self.begin(by).await?;
        let deleted = bounded(unit.delete_plugin(scope, reference, digest, options)).await;
        unit.end(deleted).await
    }
}

impl UnitOfWork {
    /// Loads a component into a group. It becomes current, unless it wants more than the group grants and `grant` is
    /// not set: then it is kept and waits.
    ///
    /// # Errors
    /// [`FlowError::NotFound`], [`FlowError::ConnectorTaken`], [`FlowError::Removal`].
    pub async fn load_plugin(
        &mut self,
        scope: &Scope,
        reference: &GroupReference,
        loaded: &CheckedPlugin,
        options: LoadOptions,
    ) -> Result<LoadReport, FlowError> {
        let CheckedPlugin { compiled: Compiled { plugin, .. }, bytes, checked } = loaded;
        let group = self.catalog().find_owned_group(scope, reference, None)?;
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
            bytes,
            manifest,
            imports: &plugin.interfaces().imports,
            current: becomes_current,
            granted: granted.as_ref(),
        };
        let by = self.by();
        self.write().add_plugin(&group.stored, new, by).await?;
        self.written().await?;
        let report = self.report(scope, reference, &plugin.digest(), previous, changes)?;
        // The first call finds everything at hand.
        let loaded = LoadedPlugin { plugin: plugin.clone(), schemas: checked.schemas.clone() };
        self.host.0.loaded_plugins.put(&report.plugin.cache, loaded);
        Ok(report)
    }

    /// Makes a loaded version of a plugin the current one, forward or back.
    ///
    /// # Errors
    /// [`FlowError::NotFound`], [`FlowError::NotGranted`], [`FlowError::Removal`].
    pub async fn switch_plugin(
        &mut self,
        scope: &Scope,
        reference: &GroupReference,
        digest: &Digest,
        options: LoadOptions,
    ) -> Result<LoadReport, FlowError> {
        let group = self.catalog().find_owned_group(scope, reference, None)?;
        let target = self.catalog().find_plugin(scope, reference, digest)?;
        self.switch(scope, reference, (&group, &target), options, Switch::Named).await
    }

    pub(super) async fn switch(
        &mut self,
        scope: &Scope,
        reference: &GroupReference,
        (group, target): (&Group, &PluginEntry),
        options: LoadOptions,
        switch: Switch,
    ) -> Result<LoadReport, FlowError> {
        let (manifest, digest) = (&target.stored.manifest, &target.stored.digest);
        let current = current_of(group, &manifest.name);
        let previous = current.map(|entry| entry.stored.digest).filter(|current| current != digest);
        let changes = ConnectorChanges::between(current.map(|entry| &entry.stored.manifest), manifest);
        free_names(group, manifest)?;
        let missing = group.missing(&manifest.capabilities);
        let granted = granted(group, manifest, options.grant);
        if granted.is_none() && !missing.is_empty() {
            return Err(FlowError::NotGranted(missing));
        }
        // Rolling back is what an operator does in need: it takes away only what a later version had added.
        let earlier = current.is_some_and(|entry| entry.stored.sequence > target.stored.sequence);
        if !earlier && switch == Switch::Named {
            allowed(&changes, options.allow_removal)?;
        }
        let by = self.by();
        let change = self.write();
        if let Some(definition) = granted {
            change.update_group(&group.stored, &definition, &ConnectorEdits::default(), None, by).await?;
        }
        change.switch_plugin(&group.stored, &target.stored, switch, by).await?;
        self.written().await?;
        self.report(scope, reference, digest, previous, changes)
    }

    fn report(
        &self,
        scope: &Scope,
        reference: &GroupReference,
        digest: &Digest,
        previous: Option<Digest>,
        changes: ConnectorChanges,
    ) -> Result<LoadReport, FlowError> {
        let group = self.catalog().find_group(scope, reference)?;
        let plugin = self.catalog().find_plugin(scope, reference, digest)?;
        Ok(LoadReport { group, plugin, previous, changes })
    }

    /// Leaves the plugins of one name without a current version, which takes their connectors away. All versions stay, so a
    /// rollback brings them back.
    ///
    /// # Errors
    /// [`FlowError::NotFound`], [`FlowError::ReadOnly`].
    pub(crate) async fn retire_plugin(
        &mut self,
        scope: &Scope,
        reference: &GroupReference,
        name: &PluginName,
    ) -> Result<(), FlowError> {
        let group = self.catalog().find_owned_group(scope, reference, None)?;
        let by = self.by();
        self.write().retire_plugin(&group.stored, name, by).await?;
        self.written().await
    }

    /// Deletes a version. The current one only with `allow_removal`, which takes its connectors away.
    ///
    /// # Errors
    /// [`FlowError::NotFound`], [`FlowError::IsCurrent`].
    pub async fn delete_plugin(
        &mut self,
        scope: &Scope,
        reference: &GroupReference,
        digest: &Digest,
        options: LoadOptions,
    ) -> Result<(), FlowError> {
        let group = self.catalog().find_owned_group(scope, reference, None)?;
        let plugin = self.catalog().find_plugin(scope, reference, digest)?;
        if plugin.stored.current && !options.allow_removal {
            return Err(FlowError::IsCurrent);
        }
        let by = self.by();
        if self.write().delete_plugin(&group.stored, digest, by).await? {
            self.forget([*digest]);
        }
        self.written().await
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

/// No connector of another plugin of the group, and no declarative one, may have the same name.
fn free_names(group: &Group, manifest: &Manifest) -> Result<(), FlowError> {
    for connector in &manifest.connectors {
        let owner = match group.connectors.get(&connector.name).map(|other| &other.source) {
            Some(Source::Plugin { plugin, .. }) if plugin.stored.name != manifest.name => taken_by(&plugin.stored.name),
            Some(Source::Definition(_)) => {
                "is there already, as a declarative connector: rename it, or delete that connector".to_owned()
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
