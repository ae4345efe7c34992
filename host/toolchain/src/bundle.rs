//! `build` of a script: one file with the packages of npm that it imports, made by the project's own esbuild.

use crate::Error;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Where npm installs it.
const ESBUILD: &str = "node_modules/.bin/esbuild";

/// How a bundle is made: a module for an engine without Node and without a browser.
const ARGUMENTS: [&str; 10] = [
    "--bundle",
    "--format=esm",
    "--platform=neutral",
    "--target=es2023",
    // What packages have for engines with the APIs of the web.
    "--main-fields=browser,module,main",
    "--conditions=worker,browser",
    "--external:lockgate",
    "--external:lockgate/*",
    "--charset=utf8",
    "--define:process.env.NODE_ENV=\"production\"",
];

/// A script that was just bundled.
#[derive(Debug, Clone)]
pub struct Bundle {
    /// Its path, `target/lockgate/NAME.js`.
    pub path: PathBuf,
    /// Size in bytes.
    pub size: u64,
}

/// Bundles a script of a folder with a `package.json`.
///
/// # Errors
/// [`Error::NoBundler`], [`Error::Bundle`], [`Error::Start`], [`Error::File`].
pub fn bundle(folder: &Path, script: &Path) -> Result<Bundle, Error> {
    let esbuild = folder.join(ESBUILD);
    if !esbuild.is_file() {
        return Err(Error::NoBundler { folder: folder.to_owned() });
    }
    let esbuild = esbuild.canonicalize().map_err(Error::file("find", &esbuild))?;
    let script = script.canonicalize().map_err(Error::file("find", script))?;
    let folder = folder.canonicalize().map_err(Error::file("find", folder))?;
    let target = folder.join("target/lockgate");
    fs::create_dir_all(&target).map_err(Error::file("make", &target))?;
    // What stands before the last dot is the name, and may have dots of its own.
    let mut file = script.file_stem().unwrap_or_default().to_owned();
    file.push(".js");
    let path = target.join(file);
    let mut command = Command::new(&esbuild);
    command.current_dir(&folder).arg(&script).args(ARGUMENTS).arg("--log-level=warning");
    command.arg(format!("--outfile={}", path.display()));
    let done = command.output().map_err(Error::start(&esbuild))?;
    if !done.status.success() {
        return Err(Error::Bundle { message: String::from_utf8_lossy(&done.stderr).trim().to_owned() });
    }
    let size = fs::metadata(&path).map_err(Error::file("read", &path))?.len();
    Ok(Bundle { path, size })
}
