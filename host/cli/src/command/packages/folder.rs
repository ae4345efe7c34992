//! The folder that `apply` reads and `export --dir` writes.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, bail, ensure};
use lockgate_flow::archive::{self, Archive};

use crate::exit::Usage;

/// What makes a folder that of a group.
const DOCUMENTS: [&str; 2] = ["group.yaml", "installation.yaml"];
/// Where files that a group names are.
const FOLDERS: [&str; 3] = ["scripts", "protos", "plugins"];
/// Folders in each other, so that a loop of mounts ends.
const DEPTH_MAX: usize = 110;
/// Bytes of all files together: as many as a host takes.
const BYTES_MAX: u64 = 512 * 1024 * 1024;

/// Files by their paths below the folder, with `/` between the parts.
#[derive(Debug, Default)]
pub(super) struct Files {
    files: BTreeMap<String, Vec<u8>>,
    left_out: Vec<String>,
    bytes: u64,
}

impl Files {
    /// Reads what belongs to groups. Names with a dot in front are for other programs.
    pub(super) fn read(dir: &Path) -> anyhow::Result<Self> {
        if !dir.is_dir() {
            return Err(Usage(format!("`{}` is no folder: expected one with groups", dir.display())).into());
        }
        let mut files = Self::default();
        for (name, is_dir) in listed(dir)? {
            let path = dir.join(&name);
            if is_dir && DOCUMENTS.iter().any(|document| path.join(document).is_file()) {
                files.group(&path, &name)?;
            } else if !is_dir && name.ends_with(".yaml") {
                files.add(&path, name)?;
            } else {
                files.left_out.push(name);
            }
        }
        Ok(files)
    }

    fn group(&mut self, dir: &Path, prefix: &str) -> anyhow::Result<()> {
        for (name, is_dir) in listed(dir)? {
            let (path, full) = (dir.join(&name), format!("{prefix}/{name}"));
            if is_dir && FOLDERS.contains(&name.as_str()) {
                self.below(&path, &full, DEPTH_MAX)?;
            } else if !is_dir && DOCUMENTS.contains(&name.as_str()) {
                self.add(&path, full)?;
            } else {
                self.left_out.push(full);
            }
        }
        Ok(())
    }

    fn below(&mut self, dir: &Path, prefix: &str, depth: usize) -> anyhow::Result<()> {
        ensure!(depth > 0, "`{}` lies too deep: expected at most {DEPTH_MAX} folders in each other", dir.display());
        for (name, is_dir) in listed(dir)? {
            let (path, full) = (dir.join(&name), format!("{prefix}/{name}"));
            if is_dir {
                self.below(&path, &full, depth - 1)?;
            } else {
                self.add(&path, full)?;
            }
        }
        Ok(())
    }

    fn add(&mut self, path: &Path, name: String) -> anyhow::Result<()> {
        let found = fs::symlink_metadata(path)?;
        if !found.is_file() {
            self.left_out.push(name);
            return Ok(());
        }
        self.bytes = self.bytes.saturating_add(found.len());
        ensure!(self.bytes <= BYTES_MAX, "the files have more than {BYTES_MAX} bytes together");
        let content = fs::read(path).with_context(|| format!("can't read `{}`", path.display()))?;
        self.files.insert(name, content);
        Ok(())
    }

    /// The files of an archive. Its names are below the folder, or it would not have been opened.
    pub(super) fn of(archive: &Archive) -> anyhow::Result<Self> {
        let read = archive.entries().iter().map(|entry| Ok((entry.name.clone(), archive.read(entry, BYTES_MAX)?)));
        Ok(Self { files: read.collect::<anyhow::Result<_>>()?, ..Self::default() })
    }

    /// What is there and belongs to no group.
    pub(super) fn left_out(&self) -> &[String] {
        &self.left_out
    }

    pub(super) fn paths(&self) -> Vec<String> {
        self.files.keys().cloned().collect()
    }

    pub(super) fn has(&self, path: &str) -> bool {
        self.files.contains_key(path)
    }

    /// One archive of all of them.
    pub(super) fn archive(&self) -> anyhow::Result<Vec<u8>> {
        archive::write(&self.files).context("the folder is too large for an archive")
    }

    /// Writes them into a folder, which is made if it is not there.
    pub(super) fn write(&self, dir: &Path) -> anyhow::Result<()> {
        fs::create_dir_all(dir).with_context(|| format!("can't make the folder `{}`", dir.display()))?;
        for (name, content) in &self.files {
            let path = dir.join(name);
            if fs::symlink_metadata(&path).is_ok_and(|found| !found.is_file()) {
                bail!("`{}` is no file: it would be written elsewhere", path.display());
            }
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder).with_context(|| format!("can't make the folder `{}`", folder.display()))?;
            }
            fs::write(&path, content).with_context(|| format!("can't write `{}`", path.display()))?;
        }
        Ok(())
    }
}

/// The names in a folder, sorted, each with whether it is a folder. A link is none.
fn listed(dir: &Path) -> anyhow::Result<Vec<(String, bool)>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(dir).with_context(|| format!("can't read the folder `{}`", dir.display()))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.starts_with('.') {
            names.push((name, entry.file_type()?.is_dir()));
        }
    }
    names.sort();
    Ok(names)
}
