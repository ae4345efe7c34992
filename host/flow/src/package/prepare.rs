//! What is checked of wanted groups before anything is changed: definitions, schemas, scripts and components. It takes time,
//! and holds no lock.

use std::collections::BTreeMap;

use bytes::Bytes;
use lockgate_domain::{Caller, Digest, GroupReference, Limits, Manifest, Origin, Scope, Slug, Violation};

use super::contents::WantedGroup;
use super::document::PluginUse;
use super::files;
use crate::change::groups::{CheckedGroup, may_widen};
use crate::change::plugins::CheckedPlugin;
use crate::package_error::{ArchiveRefused, PackageError};
use crate::{Changes, FlowError, Group};

/// Numbers that are tried for a name that is free.
const NUMBERS_MAX: usize = 1000;
/// Characters of a slug, and of a name for people.
const SLUG_MAX: usize = 63;
const NAME_MAX: usize = 200;

/// A group whose definition and plugins keep every rule.
#[derive(Debug)]
pub(super) struct PreparedGroup {
    pub(super) file: String,
    pub(super) slug: Slug,
    pub(super) name: String,
    /// The slug that is written, if it gets another one.
    pub(super) renamed_from: Option<Slug>,
    /// The version of the group that it was checked against; none if there was none.
    pub(super) version: Option<i64>,
    pub(super) checked: CheckedGroup,
    /// Its plugins; none leaves them as they are.
    pub(super) plugins: Option<Vec<PreparedPlugin>>,
}

/// A plugin that a group is to have.
#[derive(Debug)]
pub(super) struct PreparedPlugin {
    pub(super) used: PluginUse,
    /// Its component; none if the group has it already.
    pub(super) loaded: Option<CheckedPlugin>,
}

/// How a group of the scope is named there.
pub(super) fn own(slug: &Slug) -> GroupReference {
    GroupReference { origin: Origin::Own, slug: slug.clone() }
}

impl Changes<'_> {
    /// Checks a group that is wanted in a scope. With `rename` it gets a slug and a name that are free.
    ///
    /// # Errors
    /// As for making or changing it, in the file at fault; [`FlowError::Package`].
    pub(super) async fn prepare_group(
        self,
        scope: &Scope,
        wanted: &WantedGroup,
        components: &BTreeMap<Digest, Bytes>,
        (rename, by): (bool, &Caller),
    ) -> Result<PreparedGroup, FlowError> {
        let prepared = self.prepare(scope, wanted, components, rename, by).await;
        prepared.map_err(|error| error.in_file(&wanted.file))
    }

    async fn prepare(
        self,
        scope: &Scope,
        wanted: &WantedGroup,
        components: &BTreeMap<Digest, Bytes>,
        rename: bool,
        by: &Caller,
    ) -> Result<PreparedGroup, FlowError> {
        let mut definition = wanted.document.definition.clone();
        let written = definition.slug.clone();
        if rename {
            let (slug, name) = self.free_names(scope, &written, &definition.name)?;
            (definition.slug, definition.name) = (slug, name);
        }
        let (slug, name) = (definition.slug.clone(), definition.name.clone());
        // Rights come before work, which nobody gets who may not make the change.
        if !by.reaches(scope, &own(&slug)) {
            return Err(FlowError::Limited);
        }
        let before = self.0.catalog().group(scope, &own(&slug)).cloned();
        may_widen(by, before.as_ref().map(|group| &group.stored.definition), &definition)?;
        let limits = definition.limits.clone();
        let id = before.as_ref().map(|group| group.stored.id);
        let checked = self.check_group_with(*scope, id, definition, wanted.descriptors.clone()).await?;
        let limits = self.0.0.settings.ceilings.hold(Limits::of_group(&limits));
        let plugins = match &wanted.document.plugins {
            None => None,
            Some(uses) => {
                let mut plugins = Vec::with_capacity(uses.len());
                for (index, used) in uses.iter().enumerate() {
                    let loaded = self.prepare_plugin(scope, used, before.as_deref(), components, limits, by).await?;
                    let there = before.as_ref().and_then(|group| group.plugin(&used.digest));
                    let manifest = loaded.as_ref().map(CheckedPlugin::manifest);
                    says_the_same(used, manifest.or(there.map(|entry| &entry.stored.manifest)), index)?;
                    plugins.push(PreparedPlugin { used: used.clone(), loaded });
                }
                Some(plugins)
            }
        };
        let brought = plugins.iter().flatten().filter_map(|plugin| plugin.loaded.as_ref());
        let brought = brought.flat_map(|loaded| loaded.manifest().connectors.iter().map(|own| own.name.clone()));
        let checked = checked.bringing(brought.collect());
        Ok(PreparedGroup {
            renamed_from: (slug != written).then_some(written),
            version: before.as_ref().map(|group| group.stored.version),
            file: wanted.file.clone(),
            slug,
            name,
            checked,
            plugins,
        })
    }

    /// Compiles and describes a plugin that the group has not: of the package, or of a group that the caller sees.
    async fn prepare_plugin(
        self,
        scope: &Scope,
        used: &PluginUse,
        before: Option<&Group>,
        components: &BTreeMap<Digest, Bytes>,
        limits: Limits,
        by: &Caller,
    ) -> Result<Option<CheckedPlugin>, FlowError> {
        if before.is_some_and(|group| group.plugin(&used.digest).is_some()) {
            return Ok(None);
        }
        let bytes = match components.get(&used.digest) {
            Some(bytes) => bytes.clone(),
            None => {
                let catalog = self.0.catalog().clone();
                let mut seen = catalog.visible(scope).filter(|(reference, _)| by.reaches(scope, reference));
                // Whoever knows a digest alone may not have the code of another scope.
                if !seen.any(|(_, group)| group.plugin(&used.digest).is_some()) {
                    return Err(PackageError::PluginMissing { plugin: used.name.clone(), digest: used.digest }.into());
                }
                Bytes::from(self.0.0.store.component(&used.digest).await?)
            }
        };
        if bytes.len() as u64 > limits.component_bytes {
            let (name, found) = (files::component_path(&used.digest), bytes.len() as u64);
            return Err(ArchiveRefused::Large { name, found, max: limits.component_bytes }.into());
        }
        Ok(Some(self.check_plugin(bytes, limits, scope).await?))
    }

    /// A slug and a name that no group of the scope has: the same with the first number that is free.
    fn free_names(self, scope: &Scope, slug: &Slug, name: &str) -> Result<(Slug, String), FlowError> {
        let catalog = self.0.catalog();
        let is_free = |slug: &Slug, name: &str| {
            !catalog.groups(scope).any(|group| {
                let own = &group.stored.definition;
                own.slug == *slug || own.name == name
            })
        };
        if is_free(slug, name) {
            return Ok((slug.clone(), name.to_owned()));
        }
        let numbered = (2..NUMBERS_MAX).find_map(|number| {
            let (behind, after) = (format!("-{number}"), format!(" ({number})"));
            let base: String = slug.as_str().chars().take(SLUG_MAX - behind.len()).collect();
            let slug: Slug = format!("{base}{behind}").parse().ok()?;
            let name: String = name.chars().take(NAME_MAX - after.len()).collect();
            let name = format!("{name}{after}");
            is_free(&slug, &name).then_some((slug, name))
        });
        let violation = || Violation::new("/slug", "taken", format!("`{slug}-2` and the numbers behind it are taken"));
        numbered.ok_or_else(|| FlowError::Definition(vec![violation()]))
    }
}

/// A package that calls a plugin something else than the plugin does itself was put together by mistake.
fn says_the_same(used: &PluginUse, manifest: Option<&Manifest>, index: usize) -> Result<(), FlowError> {
    let Some(manifest) = manifest else { return Ok(()) };
    if (&used.name, &used.version) == (&manifest.name, &manifest.version) {
        return Ok(());
    }
    let detail = format!("the component is `{}` {}", manifest.name, manifest.version);
    Err(FlowError::Definition(vec![Violation::new(format!("/plugins/{index}"), "const", detail)]))
}
