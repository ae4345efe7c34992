//! One package: a folder with `package.yaml` and `group.yaml`.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::UNIX_EPOCH;

use lockgate_domain::{Digest, GroupDefinition, ObjectsOnly, PackageDefinition, Slug, Violation, written};
use semver::Version;
use serde::de::DeserializeOwned;

use super::{Package, name};
use crate::change::connectors::checked_list;
use crate::change::groups::violations;

/// Bytes of a file: as much as a definition may have over the API.
const FILE_MAX: u64 = 1024 * 1024;

/// Why a package is left out.
#[derive(Debug, thiserror::Error)]
pub enum PackageRefused {
    /// A file is missing or can't be read.
    #[error("`{file}` can't be read: {source}")]
    Unreadable {
        /// Which.
        file: &'static str,
        /// Why.
        source: std::io::Error,
    },
    /// A file is larger than a definition may be.
    #[error("`{0}` is larger than {FILE_MAX} bytes")]
    TooLarge(&'static str),
    /// A file is no YAML, or not of its shape.
    #[error("`{file}` is not as expected: {detail}")]
    Shape {
        /// Which.
        file: &'static str,
        /// What was found.
        detail: String,
    },
    /// A file breaks rules.
    #[error("`{file}` breaks a rule {}", places(.violations))]
    Rule {
        /// Which.
        file: &'static str,
        /// All of them.
        violations: Vec<Violation>,
    },
    /// Folder, package and group have different names.
    #[error("folder, package and group must have one name: found `{folder}`, `{package}` and `{group}`")]
    Names {
        /// Of the folder.
        folder: String,
        /// In `package.yaml`.
        package: Slug,
        /// In `group.yaml`.
        group: Slug,
    },
    /// It was made for later hosts.
    #[error("it needs Lockgate {minimum} or later, and this is {own}: upgrade the host, or take an earlier package")]
    HostTooOld {
        /// What it needs.
        minimum: Version,
        /// This host.
        own: Version,
    },
    /// A package of that name was found before.
    #[error("package `{0}` was found in an earlier folder, which counts")]
    Twice(Slug),
}

const PACKAGE: &str = "package.yaml";
const GROUP: &str = "group.yaml";

pub(super) fn package(folder: &Path) -> Result<Package, PackageRefused> {
    let (definition, ..) = file::<PackageDefinition>(folder, PACKAGE)?;
    holds(PACKAGE, definition.violations())?;
    // Before the group, which may say what an older host does not know.
    if let Ok(own) = Version::parse(env!("CARGO_PKG_VERSION"))
        && own < definition.minimum_host
    {
        return Err(PackageRefused::HostTooOld { minimum: definition.minimum_host, own });
    }
    let (mut group, digest, written_at) = file::<GroupDefinition>(folder, GROUP)?;
    holds(GROUP, violations(&group))?;
    let connectors = checked_list(&group.connectors.take().unwrap_or_default())
        .map_err(|violations| PackageRefused::Rule { file: GROUP, violations })?;
    if name(folder).as_ref() != Some(&definition.name) || group.slug != definition.name {
        let folder = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        return Err(PackageRefused::Names { folder, package: definition.name, group: group.slug });
    }
    Ok(Package { definition, group, connectors, digest, written_at })
}

fn file<T: DeserializeOwned>(folder: &Path, file: &'static str) -> Result<(T, Digest, i64), PackageRefused> {
    let unreadable = |source| PackageRefused::Unreadable { file, source };
    let opened = File::open(folder.join(file)).map_err(unreadable)?;
    let modified = opened.metadata().and_then(|facts| facts.modified()).map_err(unreadable)?;
    let mut text = String::new();
    opened.take(FILE_MAX + 1).read_to_string(&mut text).map_err(unreadable)?;
    if text.len() as u64 > FILE_MAX {
        return Err(PackageRefused::TooLarge(file));
    }
    let shape = |detail: String| PackageRefused::Shape { file, detail };
    // By way of JSON, so that a file is read exactly as the body of a request is.
    let value = written::definition(&text).map_err(|error| shape(error.to_string()))?;
    let read = ObjectsOnly::of_value(value).map_err(|error| shape(error.to_string()))?;
    let at = modified.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
    Ok((read, Digest::of(text.as_bytes()), i64::try_from(at).unwrap_or(0)))
}

fn holds(file: &'static str, violations: Vec<Violation>) -> Result<(), PackageRefused> {
    if violations.is_empty() { Ok(()) } else { Err(PackageRefused::Rule { file, violations }) }
}

fn places(violations: &[Violation]) -> String {
    let places = violations.iter().map(|one| format!("at {}: {}", one.pointer, one.detail));
    places.collect::<Vec<_>>().join("; ")
}
