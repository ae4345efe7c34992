//! Ready-made groups: packages in folders beside the host. They are read when the host starts, and again when its
//! operator says so; no scope owns them, and every scope sees them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lockgate_domain::{
    Ceilings, ConnectorDefinition, Digest, GroupDefinition, GroupId, PackageDefinition, Scope, Slug,
};
use lockgate_store::{StoredConnector, StoredGroup};

use crate::{Catalog, Changes, Group};

mod read;

pub use read::PackageRefused;

/// A package that was read and can be used.
#[derive(Debug, Clone)]
pub struct Package {
    /// What it says of itself.
    pub definition: PackageDefinition,
    /// Its group.
    pub group: GroupDefinition,
    /// The group's connectors, which are declarative.
    pub connectors: Vec<ConnectorDefinition>,
    /// Of the text of the group.
    pub digest: Digest,
    /// When that text was written, in milliseconds since 1970.
    pub written_at: i64,
}

/// A package that is left out.
#[derive(Debug)]
pub struct BrokenPackage {
    /// Where it is.
    pub folder: PathBuf,
    /// Why.
    pub why: PackageRefused,
}

/// What some folders hold.
#[derive(Debug, Default)]
pub struct Packages {
    /// By name.
    pub whole: BTreeMap<Slug, Package>,
    /// Those that are left out.
    pub broken: Vec<BrokenPackage>,
}

impl Package {
    /// The group as if it came from the store.
    fn stored(&self) -> StoredGroup {
        StoredGroup {
            id: GroupId::of_community(&self.group.slug),
            scope: Scope::COMMUNITY,
            definition: self.group.clone(),
            version: self.number(),
            created_at: self.written_at,
            updated_at: self.written_at,
            descriptors: None,
        }
    }

    /// Its connectors as if they came from the store. Each has one version, that of the group.
    fn stored_connectors(&self) -> Vec<StoredConnector> {
        let stored = |definition: &ConnectorDefinition| StoredConnector {
            group: GroupId::of_community(&self.group.slug),
            definition: definition.clone(),
            number: self.number(),
            version: self.number(),
            created_at: self.written_at,
            updated_at: self.written_at,
        };
        self.connectors.iter().map(stored).collect()
    }

    /// The group that calls use. What is the same as `before` keeps what it has loaded.
    fn made(&self, before: Option<&Arc<Group>>, ceilings: &Ceilings) -> Arc<Group> {
        let before = before.map(Arc::as_ref);
        let mut group = Group::new(self.stored(), Vec::new(), self.stored_connectors(), before, ceilings);
        if let Some(own) = Arc::get_mut(&mut group) {
            own.package = Some(self.definition.clone());
        }
        group
    }

    /// A version made of the text of `group.yaml`, so that it changes with the text and is the same on every host.
    fn number(&self) -> i64 {
        self.digest.as_bytes().iter().take(6).fold(0, |number, byte| number << 8 | i64::from(*byte))
    }
}

impl Packages {
    /// Reads the packages of several folders. A broken one is left out, and so is one whose name was found before.
    ///
    /// # Errors
    /// A folder can't be listed.
    pub fn read(folders: &[PathBuf]) -> std::io::Result<Self> {
        let mut packages = Self::default();
        for folder in folders {
            let mut entries = Vec::new();
            for entry in std::fs::read_dir(folder)? {
                let path = entry?.path();
                let hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
                if path.is_dir() && !hidden {
                    entries.push(path);
                }
            }
            entries.sort_unstable();
            entries.into_iter().for_each(|entry| packages.add(entry));
        }
        Ok(packages)
    }

    fn add(&mut self, folder: PathBuf) {
        match read::package(&folder) {
            Ok(package) if self.whole.contains_key(&package.definition.name) => {
                self.broken.push(BrokenPackage { folder, why: PackageRefused::Twice(package.definition.name) });
            }
            Ok(package) => drop(self.whole.insert(package.definition.name.clone(), package)),
            Err(why) => self.broken.push(BrokenPackage { folder, why }),
        }
    }
}

/// The name that a package has or would have.
fn name(folder: &Path) -> Option<Slug> {
    folder.file_name()?.to_str()?.parse().ok()
}

impl Changes<'_> {
    /// Makes these the ready-made groups. One that was in use and is broken now stays as it was: a mistake in a file is
    /// no reason to stop the calls of every scope. Gives the names of those.
    pub async fn use_packages(self, packages: &Packages) -> Vec<Slug> {
        let _lock = self.0.0.change_lock.lock().await;
        let mut catalog = Catalog::clone(&self.0.catalog());
        let before: BTreeMap<_, _> = catalog
            .groups(&Scope::COMMUNITY)
            .map(|group| (group.stored.definition.slug.clone(), Arc::clone(group)))
            .collect();
        let ceilings = &self.0.0.settings.ceilings;
        let made = packages.whole.iter().map(|(name, package)| package.made(before.get(name), ceilings));
        let mut groups: Vec<_> = made.collect();
        let broken = packages.broken.iter().filter_map(|broken| name(&broken.folder));
        let kept: BTreeMap<_, _> = broken
            .filter(|name| !packages.whole.contains_key(name))
            .filter_map(|name| before.get(&name).map(|group| (name, Arc::clone(group))))
            .collect();
        groups.extend(kept.values().cloned());
        catalog.put_community(groups);
        self.0.put_catalog(catalog);
        kept.into_keys().collect()
    }
}
