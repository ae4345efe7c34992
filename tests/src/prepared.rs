//! A target folder in which the standard library and the dependencies of a new project are compiled. It is made once for a
//! compiler and kept below `target/`; a test's project starts with a copy of it.
//!
//! A copy and no common folder: cargo names a plugin's library after its crate alone, so a project would get what another
//! one of the same name left there. The packages' own tests share this file (`host/toolchain/tests`).

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Gives a project the compiled dependencies. `name` is of the compiler, whose version is `version`; `build` makes a new
/// project in a folder and compiles it, with its tests.
pub(crate) fn target(project: &Path, name: &str, version: &str, build: impl FnOnce(&Path)) {
    let prepared = folder().join(name);
    fs::create_dir_all(&prepared).expect("a folder");
    let lock = File::create(prepared.join("lock")).expect("a file");
    lock.lock().expect("the lock of the prepared project");
    let made = prepared.join("made-by");
    if fs::read_to_string(&made).ok().as_deref() != Some(version) {
        let folder = prepared.join("projects");
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("a folder");
        build(&folder);
        fs::write(made, version).expect("a file");
    }
    copy(&only(&prepared.join("projects")).join("target"), &project.join("target"));
}

/// Where the compiled dependencies are kept.
pub(crate) fn folder() -> PathBuf {
    let own = std::env::current_exe().expect("a test is a program");
    // It lies in `target/PROFILE/deps`.
    own.ancestors().nth(3).expect("the target folder").join("prepared")
}

/// The one project that was made.
fn only(folder: &Path) -> PathBuf {
    let first = fs::read_dir(folder).expect("a folder").next();
    first.expect("a project").expect("a project").path()
}

/// With the times of the files, by which cargo knows that they are as new as their source.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for part in ["wasm32-unknown-unknown", "release", "debug", ".rustc_info.json"] {
        let part = from.join(part);
        if part.exists() {
            let copied = Command::new("cp").arg("--archive").arg("--reflink=auto").arg(part).arg(to).status();
            assert!(copied.expect("cp").success(), "no copy of {}", from.display());
        }
    }
}
