//! Compiled code on disk. Whoever can put a file there could run native code in the host, so every file is
//! authenticated with a key that only the host has, and the bytes that were checked are the bytes that are mapped.

mod kept;

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::hash::{Hash, Hasher};
use std::io::Write;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use lockgate_domain::Digest;
use lockgate_vault::DerivedKey;
use wasmtime::Engine;
use wasmtime::component::Component;

use crate::{EngineError, LoadError};
use kept::Made;

#[derive(Debug)]
pub(crate) struct Cache {
    folder: PathBuf,
    key: DerivedKey,
    /// Tells engines apart whose code does not fit each other: version, settings, processor.
    engine: String,
    /// Files written so far.
    written: AtomicU64,
    made: Made,
}

/// Where files are written before they are moved to their place.
const UNFINISHED: &str = "new";

impl Cache {
    pub(crate) fn open(folder: PathBuf, key: DerivedKey, engine: &Engine) -> Result<Self, EngineError> {
        let unfinished = folder.join(UNFINISHED);
        let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&unfinished);
        made.map_err(|source| EngineError::Cache { path: folder.clone(), source })?;
        remove_abandoned(&unfinished);
        let mut hasher = Fnv(0xcbf2_9ce4_8422_2325);
        engine.precompile_compatibility_hash().hash(&mut hasher);
        let engine = format!("{:016x}", hasher.finish());
        Ok(Self { folder, key, engine, written: AtomicU64::new(0), made: Made::default() })
    }

    /// Where a file that has no name yet can be made.
    pub(crate) fn unfinished(&self) -> PathBuf {
        let number = self.written.fetch_add(1, Ordering::Relaxed);
        self.folder.join(UNFINISHED).join(format!("upload-{number}"))
    }

    fn path(&self, digest: &Digest, kind: &str) -> PathBuf {
        self.folder.join(format!("{}-{}.{kind}", digest.hex(), self.engine))
    }

    /// The component's code, if it is there and untouched. A file that fails its check is removed.
    ///
    /// # Errors
    /// The code is as it was written, and its component does not fit this engine's pool.
    pub(crate) fn get(&self, engine: &Engine, digest: &Digest) -> Result<Option<Component>, LoadError> {
        let path = self.path(digest, "cwasm");
        let Ok(file) = File::open(&path) else { return Ok(None) };
        if !self.is_authentic(digest, &file) {
            tracing::warn!(path = %path.display(), "cache file is damaged or was changed: compiling anew");
            let _ = std::fs::remove_file(&path);
            return Ok(None);
        }
        let same = format!("/proc/self/fd/{}", file.as_raw_fd());
        // SAFETY: the authentication code shows that this host wrote these bytes for this engine, and the path leads to
        // the descriptor that was checked, whatever happens to the file's name meanwhile.
        let component = unsafe { Component::deserialize_file(engine, same) };
        component.map(Some).map_err(does_not_fit)
    }

    /// Whether there is code for a component, whatever it is worth.
    pub(crate) fn has(&self, digest: &Digest) -> bool {
        self.path(digest, "cwasm").exists()
    }

    fn is_authentic(&self, digest: &Digest, file: &File) -> bool {
        let Ok(code) = std::fs::read(self.path(digest, "mac")) else { return false };
        // SAFETY: the file lies in a folder of mode 0700 that only this host writes, files are replaced whole and never
        // changed in place, and what is read here is bytes of any value.
        let bytes = unsafe { memmap2::Mmap::map(file) };
        bytes.is_ok_and(|bytes| self.key.verify(&[digest.as_bytes(), self.engine.as_bytes(), &bytes], &code))
    }

    /// Keeps code that the compile child made, and gives it back mapped. Written beside its place and moved, so that a
    /// crash leaves a whole file or none.
    pub(crate) fn put(&self, engine: &Engine, digest: &Digest, code: &[u8]) -> Result<Component, LoadError> {
        let mac = self.key.authenticate(&[digest.as_bytes(), self.engine.as_bytes(), code]);
        self.write(&self.path(digest, "mac"), &mac)?;
        self.write(&self.path(digest, "cwasm"), code)?;
        if let Some(component) = self.get(engine, digest)? {
            return Ok(component);
        }
        // SAFETY: these bytes came from the compile child, whose engine has the same settings; wasmtime checks that.
        unsafe { Component::deserialize(engine, code) }.map_err(does_not_fit)
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> Result<(), EngineError> {
        // A file for this write alone: what another write of the same component has moved to its place may be mapped.
        let number = self.written.fetch_add(1, Ordering::Relaxed);
        let fresh = self.folder.join(UNFINISHED).join(format!("{}-{number}", std::process::id()));
        let write = || -> std::io::Result<()> {
            let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&fresh)?;
            file.write_all(bytes)?;
            std::fs::rename(&fresh, path)
        };
        write().map_err(|source| EngineError::Cache { path: path.to_owned(), source })
    }

    /// Forgets the code of every other engine, and of every component but these.
    pub(crate) fn keep_only(&self, digests: &HashSet<Digest>) {
        let kept: HashSet<_> = digests.iter().map(|digest| format!("{}-{}", digest.hex(), self.engine)).collect();
        for entry in std::fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let is_code = path.extension().is_some_and(|kind| kind == "cwasm" || kind == "mac");
            if is_code && path.file_stem().and_then(OsStr::to_str).is_none_or(|stem| !kept.contains(stem)) {
                let _ = std::fs::remove_file(path);
            }
        }
    }

    /// Forgets a plugin's code.
    pub(crate) fn remove(&self, digest: &Digest) {
        for kind in ["cwasm", "mac"] {
            let _ = std::fs::remove_file(self.path(digest, kind));
        }
    }
}

/// Removes what processes that were killed had begun to write. Those that run keep theirs: the commands of one user share a
/// folder.
fn remove_abandoned(unfinished: &Path) {
    let own = std::process::id().to_string();
    for entry in std::fs::read_dir(unfinished).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let writer = name.to_str().and_then(|name| name.split_once('-')).map(|(process, _)| process);
        if writer.is_none_or(|process| process == own || !Path::new("/proc").join(process).exists()) {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

/// wasmtime's own words name the number and the limit.
fn does_not_fit(error: wasmtime::Error) -> LoadError {
    LoadError::NeedsTooMuch(format!("the component does not fit an instance of this host: {}", error.root_cause()))
}

/// FNV-1a: the standard library's hasher promises nothing from one version to the next, and file names must not change.
struct Fnv(u64);

impl Hasher for Fnv {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
