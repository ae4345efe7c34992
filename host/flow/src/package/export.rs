//! Groups on their way out: as one document, as a package, and all of a scope as a folder.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use lockgate_domain::{Caller, Digest, GroupReference, Installation, Origin, Protos, Scope};
use lockgate_engine::Upload;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::archive::{Writer, Written};
use super::contents::{TEXT_MAX, TEXTS_MAX};
use super::document;
use super::files::{self, INSTALLATION};
use super::installation::InstallationDocument;
use crate::package_error::{ArchiveRefused, ENTRIES_MAX};
use crate::query::Queries;
use crate::{FlowError, Group};

/// Packages that are written or read at one time. The texts of each are in memory, some ten megabytes.
static AT_ONE_TIME: Semaphore = Semaphore::const_new(2);
/// Components of packages that are in memory at one time: each may have hundreds of megabytes, as it is and packed.
static COMPONENTS_AT_ONE_TIME: Semaphore = Semaphore::const_new(1);
/// Bytes of the plugins of one export: the largest component that a limit can allow.
const COMPONENTS_MAX: u64 = 256 * 1024 * 1024;

/// What an export has, by path.
#[derive(Default)]
struct Files {
    files: BTreeMap<String, File>,
    /// Bytes of what is in memory.
    bytes: u64,
}

enum File {
    Bytes(Vec<u8>),
    /// A plugin: it is read when it is written.
    Component(Digest),
}

impl Files {
    fn add(&mut self, path: String, file: File) -> Result<(), FlowError> {
        if let File::Bytes(bytes) = &file {
            fits(&path, bytes.len())?;
            self.bytes = self.bytes.saturating_add(bytes.len() as u64);
            if self.bytes > TEXTS_MAX {
                return Err(ArchiveRefused::Large { name: path, found: self.bytes, max: TEXTS_MAX }.into());
            }
        }
        self.files.insert(path, file);
        if self.files.len() > ENTRIES_MAX {
            return Err(ArchiveRefused::Entries(self.files.len()).into());
        }
        Ok(())
    }
}

impl Queries<'_> {
    /// The document of a group, in YAML.
    ///
    /// # Errors
    /// [`FlowError::NotFound`], [`FlowError::Package`] if it is larger than one that is read.
    pub async fn export_document(self, scope: &Scope, reference: &GroupReference) -> Result<String, FlowError> {
        let _permit = permit().await?;
        let group = self.0.catalog().find_group(scope, reference)?;
        let id = group.stored.id;
        let text = self.0.0.engine.compute(id, move || files::text(&document::of_group(&group))).await?;
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
        let mut files = Files::default();
        self.group_files(&group, "", plugins, &mut files).await?;
        self.packed(*scope, files).await
    }

    /// The groups of a scope that a caller reaches, and what the scope sets for groups, as a folder.
    ///
    /// # Errors
    /// [`FlowError::Package`] if it is larger than one that is read, or the store does not answer.
    pub async fn export_folder(self, scope: &Scope, plugins: bool, by: &Caller) -> Result<Bytes, FlowError> {
        let _permit = permit().await?;
        let catalog = self.0.catalog().clone();
        let mut files = Files::default();
        for (reference, group) in catalog.visible(scope).filter(|(reference, _)| by.reaches(scope, reference)) {
            let folder = format!("{}/", reference.slug);
            if reference.origin == Origin::Own {
                self.group_files(group, &folder, plugins, &mut files).await?;
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
            files.add(path, File::Bytes(files::text(&document).into_bytes()))?;
        }
        self.packed(*scope, files).await
    }

    /// The document of a group with the files that it names, in a folder.
    async fn group_files(
        self,
        group: &Arc<Group>,
        folder: &str,
        plugins: bool,
        files: &mut Files,
    ) -> Result<(), FlowError> {
        let (id, own) = (group.stored.id, Arc::clone(group));
        let told = match group.stored.definition.protos() {
            Ok(Some(Protos::Reflection { .. })) => group.descriptors.kept(&self.0.0.store).await?,
            Ok(Some(Protos::Files(_) | Protos::Set(_)) | None) | Err(_) => None,
        };
        let is_told = told.is_some();
        let texts = self.0.0.engine.compute(id, move || files::split(document::of_group(&own), is_told)).await?;
        for (path, text) in texts {
            files.add(format!("{folder}{path}"), File::Bytes(text.into_bytes()))?;
        }
        if let Some(told) = told {
            files.add(format!("{folder}{}", files::DESCRIPTORS), File::Bytes(told.into()))?;
        }
        let current = group.plugins.iter().filter(|plugin| plugin.stored.current && plugins);
        for digest in current.map(|plugin| plugin.stored.digest) {
            files.add(format!("{folder}{}", files::component_path(&digest)), File::Component(digest))?;
        }
        Ok(())
    }

    /// The archive, on disk: whoever fetches it may take long.
    async fn packed(self, scope: Scope, files: Files) -> Result<Bytes, FlowError> {
        let (mut upload, mut writer) = (self.0.changes().upload().await?, Writer::default());
        let mut components = 0_u64;
        for (path, file) in files.files {
            writer = match file {
                File::Bytes(bytes) => self.entry(scope, writer, path, bytes, &mut upload).await?,
                File::Component(digest) => {
                    let _permit = component_permit().await?;
                    let bytes = self.0.0.store.component(&digest).await?;
                    components = components.saturating_add(bytes.len() as u64);
                    if components > COMPONENTS_MAX {
                        return Err(ArchiveRefused::Unpacked(components).into());
                    }
                    self.entry(scope, writer, path, bytes, &mut upload).await?
                }
            };
        }
        let end = writer.end().ok_or(ArchiveRefused::Unpacked(components))?;
        upload.write(&end).await?;
        Ok(upload.finish().await?)
    }

    /// Packs an entry and writes it.
    async fn entry(
        self,
        scope: Scope,
        mut writer: Writer,
        path: String,
        bytes: Vec<u8>,
        upload: &mut Upload,
    ) -> Result<Writer, FlowError> {
        let packing = self.0.0.engine.compute(scope, move || {
            let written = writer.add(&path, &bytes).ok_or(ArchiveRefused::Unpacked(bytes.len() as u64));
            written.map(|written| (writer, written, bytes))
        });
        let (writer, Written { head, packed }, bytes) = packing.await??;
        upload.write(&head).await?;
        upload.write(packed.as_ref().unwrap_or(&bytes)).await?;
        Ok(writer)
    }
}

/// The turn to write or read a package.
pub(super) async fn permit() -> Result<SemaphorePermit<'static>, FlowError> {
    // It is never closed.
    AT_ONE_TIME.acquire().await.map_err(|_| FlowError::Draining)
}

/// The turn to have a component of a package in memory.
pub(super) async fn component_permit() -> Result<SemaphorePermit<'static>, FlowError> {
    COMPONENTS_AT_ONE_TIME.acquire().await.map_err(|_| FlowError::Draining)
}

fn fits(name: &str, size: usize) -> Result<(), FlowError> {
    let found = size as u64;
    if found <= TEXT_MAX {
        return Ok(());
    }
    Err(ArchiveRefused::Large { name: name.to_owned(), found, max: TEXT_MAX }.into())
}
