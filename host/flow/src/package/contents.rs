//! What somebody wants: groups and installations, read from one document, from the archive of a package, or from the archive
//! of a folder with several. Every file has a meaning, or all of it is refused.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use lockgate_domain::{Digest, GroupReference, Slug, written};
use serde_json::Value;

use super::archive::Archive;
use super::document::{self, GroupDocument};
use super::files::{self, Files, GROUP, INSTALLATION};
use super::installation::{self, InstallationDocument};
use crate::FlowError;
use crate::package_error::{ArchiveRefused, PackageError};

/// Bytes of one text: as much as the reader of definitions keeps.
pub(crate) const TEXT_MAX: u64 = 8 * 1024 * 1024;
/// Bytes of all texts and descriptors: they are in memory together.
pub(crate) const TEXTS_MAX: u64 = 32 * 1024 * 1024;

/// A group that is wanted.
#[derive(Debug)]
pub(crate) struct WantedGroup {
    /// Where it is written.
    pub(crate) file: String,
    pub(crate) document: GroupDocument,
    /// What its server told by reflection; none leaves what is kept as it is.
    pub(crate) descriptors: Option<Bytes>,
}

/// An installation that is wanted.
#[derive(Debug)]
pub(crate) struct WantedInstallation {
    /// Where it is written.
    pub(crate) file: String,
    pub(crate) group: GroupReference,
    pub(crate) document: InstallationDocument,
}

/// What a package or a folder says, and the plugins whose bytes it has.
#[derive(Debug, Default)]
pub(crate) struct Contents {
    pub(crate) groups: Vec<WantedGroup>,
    pub(crate) installations: Vec<WantedInstallation>,
    pub(crate) components: BTreeMap<Digest, Bytes>,
}

/// Which files an archive has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    /// One group: `group.yaml` at its top.
    Package,
    /// A folder of groups, each in a folder of its own, and documents at the top.
    Folder,
}

/// An archive without its plugins, which are read one after the other.
#[derive(Debug)]
pub(crate) struct Texted {
    pub(crate) archive: Archive,
    pub(crate) contents: Contents,
    /// Plugins that are in it, by where they are.
    pub(crate) components: Vec<(usize, Digest)>,
}

/// A group's document that stands alone.
///
/// # Errors
/// [`FlowError::Package`], [`FlowError::Definition`].
pub(crate) fn of_text(bytes: &[u8]) -> Result<Contents, FlowError> {
    let text = utf8(GROUP, bytes)?;
    let document = document::read(value(GROUP, &text)?).map_err(|error| error.in_file(GROUP))?;
    let groups = vec![WantedGroup { file: GROUP.to_owned(), document, descriptors: None }];
    Ok(Contents { groups, ..Contents::default() })
}

/// Reads every text of an archive.
///
/// # Errors
/// [`FlowError::Package`], [`FlowError::InFile`].
pub(crate) fn of_archive(bytes: Bytes, layout: Layout) -> Result<Texted, FlowError> {
    let archive = Archive::open(bytes)?;
    let (mut files, mut components, mut size) = (Files::default(), Vec::new(), 0_u64);
    for (index, entry) in archive.entries().iter().enumerate() {
        if files::is_component(&entry.name) {
            let unnamed = || wrong(&entry.name, "expected `plugins/` and the 64 hex digits of its SHA-256 as its name");
            let (folder, digest) = files::digest_of(&entry.name).ok_or_else(unnamed)?;
            components.push((index, folder.to_owned(), digest));
            continue;
        }
        size = size.saturating_add(entry.size);
        if size > TEXTS_MAX {
            let name = entry.name.clone();
            return Err(ArchiveRefused::Large { name, found: size, max: TEXTS_MAX }.into());
        }
        let bytes = archive.read(entry, TEXT_MAX)?;
        if let Some(folder) = files::descriptors_of(&entry.name) {
            files.descriptors.insert(folder.to_owned(), bytes.into());
        } else {
            files.texts.insert(entry.name.clone(), utf8(&entry.name, &bytes)?);
        }
    }
    let mut contents = match layout {
        Layout::Package => {
            let group = group("", &mut files)?;
            let group = group.ok_or_else(|| wrong(GROUP, "is missing: a package has one at its top"))?;
            Contents { groups: vec![group], ..Contents::default() }
        }
        Layout::Folder => folder(&mut files)?,
    };
    let descriptors = files.descriptors.into_keys().map(|folder| format!("{folder}{}", files::DESCRIPTORS));
    if let Some(left) = files.texts.into_keys().chain(descriptors).next() {
        return Err(wrong(&left, "nothing names this file: leave it out"));
    }
    let mut found = BTreeSet::new();
    for (_, folder, digest) in &components {
        let file = format!("{folder}{GROUP}");
        let uses = contents.groups.iter().filter(|group| group.file == file);
        let mut uses = uses.flat_map(|group| group.document.plugins.iter().flatten());
        if !uses.any(|plugin| plugin.digest == *digest) {
            let path = format!("{folder}{}", files::component_path(digest));
            return Err(wrong(&path, "`plugins` of its group does not name this digest"));
        }
        found.insert(*digest);
    }
    contents.groups.sort_by(|one, other| one.file.cmp(&other.file));
    unique(&contents)?;
    let components = components.into_iter().filter(|(.., digest)| found.remove(digest));
    let components = components.map(|(index, _, digest)| (index, digest)).collect();
    Ok(Texted { archive, contents, components })
}

/// The group of a folder, with its files.
fn group(folder: &str, files: &mut Files) -> Result<Option<WantedGroup>, FlowError> {
    let file = format!("{folder}{GROUP}");
    let Some(text) = files.texts.remove(&file) else { return Ok(None) };
    let mut value = value(&file, &text)?;
    let read = files::join(&mut value, folder, files).and_then(|told| Ok((document::read(value)?, told)));
    let (document, descriptors) = read.map_err(|error| error.in_file(&file))?;
    Ok(Some(WantedGroup { file, document, descriptors }))
}

fn folder(files: &mut Files) -> Result<Contents, FlowError> {
    let mut contents = Contents::default();
    let folders: BTreeSet<_> =
        files.texts.keys().filter_map(|path| Some(format!("{}/", path.split_once('/')?.0))).collect();
    for folder in folders {
        contents.groups.extend(group(&folder, files)?);
        let file = format!("{folder}{INSTALLATION}");
        if let Some(text) = files.texts.remove(&file) {
            let value = value(&file, &text)?;
            contents.installations.push(installation(file, value)?);
        }
    }
    let documents: Vec<_> =
        files.texts.keys().filter(|path| path.ends_with(".yaml") && !path.contains('/')).cloned().collect();
    for file in documents {
        let Some(text) = files.texts.remove(&file) else { continue };
        let mut value = value(&file, &text)?;
        if value.get("kind").and_then(Value::as_str) == Some(installation::KIND) {
            contents.installations.push(installation(file, value)?);
        } else {
            let read = files::join(&mut value, "", &mut Files::default()).and_then(|_| document::read(value));
            let document = read.map_err(|error| error.in_file(&file))?;
            contents.groups.push(WantedGroup { file, document, descriptors: None });
        }
    }
    Ok(contents)
}

fn installation(file: String, value: Value) -> Result<WantedInstallation, FlowError> {
    let read = InstallationDocument::read(value).and_then(|document| Ok((document.group()?, document)));
    let (group, document) = read.map_err(|error| error.in_file(&file))?;
    Ok(WantedInstallation { file, group, document })
}

/// A group has one document, and one installation.
fn unique(contents: &Contents) -> Result<(), FlowError> {
    let mut slugs: BTreeMap<&Slug, &str> = BTreeMap::new();
    for group in &contents.groups {
        if let Some(other) = slugs.insert(&group.document.definition.slug, &group.file) {
            return Err(wrong(&group.file, &format!("has the same `slug` as `{other}`")));
        }
    }
    let mut groups: BTreeMap<String, &str> = BTreeMap::new();
    for installation in &contents.installations {
        if let Some(other) = groups.insert(installation.group.to_string(), &installation.file) {
            return Err(wrong(&installation.file, &format!("is for the same group as `{other}`")));
        }
    }
    Ok(())
}

fn utf8(file: &str, bytes: &[u8]) -> Result<String, FlowError> {
    std::str::from_utf8(bytes).map(str::to_owned).map_err(|_| wrong(file, "is no UTF-8"))
}

fn value(file: &str, text: &str) -> Result<Value, FlowError> {
    written::definition(text).map_err(|error| wrong(file, &error.to_string()))
}

fn wrong(file: &str, why: &str) -> FlowError {
    PackageError::File { file: file.to_owned(), why: why.to_owned() }.into()
}
