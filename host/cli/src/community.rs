//! Where ready-made groups are found, and when they are read: at the start, and again at SIGHUP.

use std::path::{Path, PathBuf};

use anyhow::Context;
use lockgate_flow::{Host, Packages};
use tokio::signal::unix::{SignalKind, signal};

use crate::exit::Usage;
use crate::output;

/// The folder of packages that is found without being named.
const FOLDER: &str = "community";

/// The folders that are read: those that were named, then `community` beside the program, then `community` in the
/// working directory.
pub(crate) fn folders(named: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
    let mut folders = Vec::new();
    for folder in named {
        let found = folder.canonicalize().ok().filter(|folder| folder.is_dir());
        folders.push(found.ok_or_else(|| Usage(format!("`--community-dir {}`: no such folder", folder.display())))?);
    }
    let beside = std::env::current_exe().ok();
    let places = [beside.as_deref().and_then(Path::parent), Some(Path::new("."))];
    for place in places.into_iter().flatten() {
        let found = place.join(FOLDER).canonicalize().ok().filter(|folder| folder.is_dir());
        folders.extend(found.filter(|folder| !folders.contains(folder)));
    }
    Ok(folders)
}

/// Reads the packages into the host, and reports the skipped ones.
async fn read(host: &Host, folders: &[PathBuf]) -> anyhow::Result<()> {
    let folders = folders.to_owned();
    let packages = tokio::task::spawn_blocking(move || Packages::read(&folders));
    let packages = packages.await?.context("a folder of packages can't be read")?;
    let kept = host.changes().use_packages(&packages).await;
    for broken in &packages.broken {
        let folder = broken.folder.display();
        output::note(format!("package `{folder}` is left out: {}", broken.why));
        tracing::error!(%folder, why = %broken.why, "a package is left out");
    }
    for name in kept {
        tracing::warn!(group = %format_args!("community:{name}"), "the group stays as it was before");
    }
    if !packages.whole.is_empty() {
        let names: Vec<_> = packages.whole.values().map(|package| &package.definition).collect();
        let names: Vec<_> = names.iter().map(|package| format!("{} {}", package.name, package.version)).collect();
        tracing::info!(packages = names.join(", "), "ready-made groups were read");
    }
    Ok(())
}

/// Reads the packages, and again at every SIGHUP for as long as the program runs.
pub(crate) async fn follow(host: &Host, folders: Vec<PathBuf>) -> anyhow::Result<()> {
    let mut hangup = signal(SignalKind::hangup())?;
    read(host, &folders).await?;
    let host = host.clone();
    tokio::spawn(async move {
        while hangup.recv().await.is_some() {
            if let Err(error) = read(&host, &folders).await {
                tracing::error!(%error, "ready-made groups stay as they were");
            }
        }
    });
    Ok(())
}
