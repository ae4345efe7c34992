//! Groups on their way out: as one document, as a package, and all of a scope as a folder.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use lockgate_domain::{Caller, GroupReference, Installation, Origin, Scope};
use tokio::sync::Semaphore;

use super::archive;
use super::contents::TEXT_MAX;
use super::document;
use super::files::{self, INSTALLATION};
use super::installation::InstallationDocument;
use crate::package_error::{ArchiveRefused, ENTRIES_MAX};
use crate::query::Queries;
use crate::{FlowError, Group};

/// Packages that are written or read at one time: each takes some hundred megabytes at most.
pub(super) static AT_ONE_TIME: Semaphore = Semaphore::const_new(2);
/// Bytes of the plugins of one export: the largest component that a limit can allow. They are in memory once, and packed once.
const COMPONENTS_MAX: u64 = 256 * 1024 * 1024;

type Files = BTreeMap<String, Vec<u8>>;

impl Queries<'_> {
    /// The document of a group, in YAML.
    ///
    /// # Errors
    /// [`FlowError::NotFound`], [`FlowError::Package`] if it is larger than one that is read.
    pub async fn export_document(self, scope: &Scope, reference: &GroupReference) -> Result<String, FlowError> {
        let _permit = permit().await?;
        let group = self.0.catalog().find_group(scope, reference)?;
        let id = group.stored.id;
        let text = self.0.0.engine.compute(Some(id), move || files::text(&document::of_group(&group))).await?;
        fits(files::GROUP, text.len())?;
        Ok(text)
    }

    /// A group as a package: its document, the files that this names, and the bytes of its plugins if `plugins`.
    ///
    /// # Errors
    /// [`FlowError::NotFound`], [`FlowError::Package`] if it is larger than one that is read.
    pub async fn export_package(
        self,
        scope: &Scope,
        reference: &GroupReference,
        plugins: bool,
    ) -> Result<Bytes, FlowError> {
        let _permit = permit().await?;
        let group = self.0.catalog().find_group(scope, reference)?;
        let mut files = self.files(&group).await?;
        if plugins {
            self.components(&group, "", &mut files).await?;
        }
        self.packed(files).await
    }

    /// The groups of a scope that a caller reaches, and what the scope sets for groups, as a folder.
    ///
    /// # Errors
    /// [`FlowError::Package`] if it is larger than one that is read, or the store does not answer.
    pub async fn export_folder(self, scope: &Scope, plugins: bool, by: &Caller) -> Result<Bytes, FlowError> {
        let _permit = permit().await?;
        let catalog = self.0.catalog().clone();
        let mut files = Files::new();
        for (reference, group) in catalog.visible(scope).filter(|(reference, _)| by.reaches(scope, reference)) {
            let folder = format!("{}/", reference.slug);
            if reference.origin == Origin::Own {
                let own = self.files(group).await?;
                files.extend(own.into_iter().map(|(path, content)| (format!("{folder}{path}"), content)));
                if plugins {
                    self.components(group, &folder, &mut files).await?;
                }
            }
            let Some(set) = catalog.installation(scope, &group.stored.id) else { continue };
            if set.definition == Installation::default() {
                continue;
            }
            let document = InstallationDocument::of(&reference, &set.definition);
            let document = serde_json::to_value(document).unwrap_or_default();
            let path = match reference.origin {
                Origin::Own => format!("{folder}{INSTALLATION}"),
                Origin::Organization => format!("org.{}.{INSTALLATION}", reference.slug),
                Origin::Community => format!("community.{}.{INSTALLATION}", reference.slug),
            };
            files.insert(path, files::text(&document).into_bytes());
        }
        self.packed(files).await
    }

    /// The document of a group, and the files that it names.
    async fn files(self, group: &Arc<Group>) -> Result<Files, FlowError> {
        let (id, group) = (group.stored.id, Arc::clone(group));
        let texts = self.0.0.engine.compute(Some(id), move || files::split(document::of_group(&group))).await?;
        texts.iter().try_for_each(|(name, text)| fits(name, text.len()))?;
        Ok(texts.into_iter().map(|(path, text)| (path, text.into_bytes())).collect())
    }

    /// The bytes of its current plugins.
    async fn components(self, group: &Group, folder: &str, files: &mut Files) -> Result<(), FlowError> {
        for plugin in group.plugins.iter().filter(|plugin| plugin.stored.current) {
            let digest = &plugin.stored.digest;
            let bytes = self.0.0.store.component(digest).await?;
            let size = files.values().map(|own| own.len() as u64).sum::<u64>().saturating_add(bytes.len() as u64);
            if size > COMPONENTS_MAX {
                return Err(ArchiveRefused::Unpacked(size).into());
            }
            files.insert(format!("{folder}{}", files::component_path(digest)), bytes);
        }
        Ok(())
    }

    /// The archive, on disk: whoever fetches it may take long.
    async fn packed(self, files: Files) -> Result<Bytes, FlowError> {
        if files.len() > ENTRIES_MAX {
            return Err(ArchiveRefused::Entries(files.len()).into());
        }
        let size = files.values().map(|own| own.len() as u64).sum();
        let packed = self.0.0.engine.compute(None, move || archive::write(&files)).await?;
        let packed = packed.ok_or(ArchiveRefused::Unpacked(size))?;
        let mut upload = self.0.changes().upload().await?;
        upload.write(&packed).await?;
        Ok(upload.finish().await?)
    }
}

/// The turn to write or read a package.
pub(super) async fn permit() -> Result<tokio::sync::SemaphorePermit<'static>, FlowError> {
    // It is never closed.
    AT_ONE_TIME.acquire().await.map_err(|_| FlowError::Draining)
}

fn fits(name: &str, size: usize) -> Result<(), FlowError> {
    let found = size as u64;
    if found <= TEXT_MAX {
        return Ok(());
    }
    Err(ArchiveRefused::Large { name: name.to_owned(), found, max: TEXT_MAX }.into())
}
