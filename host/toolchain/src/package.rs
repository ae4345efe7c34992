//! What cargo knows of the author's crate.

use crate::{Compiler, Error, TARGET};
use serde::Deserialize;
use std::{
    collections::HashSet,
    path::{Path, PathBuf},
    process::Command,
};

/// The author's crate and what it depends on.
#[derive(Debug)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) manifest: PathBuf,
    pub(crate) target_folder: PathBuf,
    /// Crates that are compiled for the target, with the features that are on.
    pub(crate) crates: Vec<Crate>,
    /// Whether the SDK is a dependency of the crate itself, and under its own name.
    pub(crate) names_sdk: bool,
}

#[derive(Debug)]
pub(crate) struct Crate {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) features: Vec<String>,
}

impl Package {
    /// Asks cargo, which may write the lock file and fetch crates as a build would.
    pub(crate) fn read(folder: &Path, compiler: &Compiler) -> Result<Self, Error> {
        let manifest = folder.join("Cargo.toml");
        let manifest = manifest.canonicalize().map_err(Error::file("read", manifest))?;
        let mut command = Command::new(&compiler.cargo);
        command.args(["metadata", "--format-version", "1", "--filter-platform", TARGET, "--manifest-path"]);
        command.arg(&manifest).current_dir(folder).env("RUSTC", &compiler.rustc);
        let output = command.output().map_err(Error::start(&compiler.cargo))?;
        if !output.status.success() {
            return Err(Error::Metadata { message: String::from_utf8_lossy(&output.stderr).trim().to_owned() });
        }
        let metadata: Metadata =
            serde_json::from_slice(&output.stdout).map_err(|error| Error::Metadata { message: error.to_string() })?;
        metadata.package(manifest)
    }

    /// Refuses a crate that is no plugin: without the SDK it would have nothing that a host can call.
    pub(crate) fn require_sdk(&self) -> Result<(), Error> {
        if self.crates.iter().any(|other| other.name == "lockgate-sdk") {
            return Ok(());
        }
        let rule = "it does not depend on `lockgate-sdk`; `lockgate new` shows how a plugin looks";
        Err(Error::NotAPlugin { name: self.name.clone(), rule })
    }

    /// Whether a crate of this name and one of these versions is compiled for the target.
    pub(crate) fn uses(&self, name: &str, versions: &[&str]) -> bool {
        let fits = |version: &str| versions.iter().any(|prefix| version.starts_with(prefix));
        self.crates.iter().any(|other| other.name == name && fits(&other.version))
    }
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Described>,
    target_directory: PathBuf,
    resolve: Resolve,
}

#[derive(Deserialize)]
struct Described {
    id: String,
    name: String,
    version: String,
    manifest_path: PathBuf,
    targets: Vec<Target>,
}

#[derive(Deserialize)]
struct Target {
    crate_types: Vec<String>,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    features: Vec<String>,
    deps: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    pkg: String,
    dep_kinds: Vec<Kind>,
}

#[derive(Deserialize)]
struct Kind {
    kind: Option<String>,
}

impl Dependency {
    /// Whether it is a dependency of the plugin itself, not of its tests or build script.
    fn is_normal(&self) -> bool {
        self.dep_kinds.iter().any(|kind| kind.kind.is_none())
    }
}

impl Metadata {
    fn package(self, manifest: PathBuf) -> Result<Package, Error> {
        let Some(own) = self.packages.iter().find(|package| package.manifest_path == manifest) else {
            return Err(Error::Metadata { message: format!("{} holds no package", manifest.display()) });
        };
        let refuse = |rule| Err(Error::NotAPlugin { name: own.name.clone(), rule });
        if !own.targets.iter().any(|target| target.crate_types.iter().any(|kind| kind == "cdylib")) {
            return refuse("its Cargo.toml needs `crate-type = [\"cdylib\", \"rlib\"]` below `[lib]`");
        }
        let crates = self.reached_from(&own.id);
        let node = self.resolve.nodes.iter().find(|node| node.id == own.id);
        let names_sdk = node.is_some_and(|node| node.deps.iter().any(|dependency| dependency.name == "lockgate_sdk"));
        let name = own.name.clone();
        Ok(Package { name, manifest, target_folder: self.target_directory, crates, names_sdk })
    }

    fn reached_from(&self, root: &str) -> Vec<Crate> {
        let (mut seen, mut open) = (HashSet::new(), vec![root]);
        let mut crates = Vec::new();
        while let Some(id) = open.pop() {
            let node = self.resolve.nodes.iter().find(|node| node.id == id);
            let package = self.packages.iter().find(|package| package.id == id);
            let (Some(node), Some(package), true) = (node, package, seen.insert(id)) else { continue };
            crates.push(Crate {
                name: package.name.clone(),
                version: package.version.clone(),
                features: node.features.clone(),
            });
            open.extend(node.deps.iter().filter(|next| next.is_normal()).map(|next| next.pkg.as_str()));
        }
        crates
    }
}
