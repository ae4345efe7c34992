//! What the host made of a text and keeps beside compiled code, such as the bytecode of a script. A file is one record: its
//! authentication code, then the bytes. Whoever can write into the folder can so make nothing that the host takes.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs::{DirBuilder, File};
use std::io::Read;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;

use lockgate_domain::Digest;

use super::Cache;
use crate::EngineError;

/// The folder of these files.
const FOLDER: &str = "made";
/// Bytes of the authentication code.
const CODE_BYTES: usize = 32;
/// More than anything that is kept: bytecode is a few times as large as its text.
const KEPT_MAX: u64 = 16 * 1024 * 1024;
/// What is authenticated first, so that no compiled code passes for a record.
const PURPOSE: &[u8] = b"kept beside compiled code";

impl Cache {
    fn kept_path(&self, key: &Digest) -> PathBuf {
        self.folder.join(FOLDER).join(key.hex())
    }

    /// The bytes that were kept under a key, if they are there and untouched. A file that fails its check is removed.
    pub(crate) fn kept(&self, key: &Digest) -> Option<Vec<u8>> {
        let path = self.kept_path(key);
        let mut bytes = Vec::new();
        File::open(&path).ok()?.take(KEPT_MAX).read_to_end(&mut bytes).ok()?;
        let authentic = bytes
            .split_at_checked(CODE_BYTES)
            .is_some_and(|(code, rest)| self.key.verify(&[PURPOSE, key.as_bytes(), rest], code));
        if authentic {
            bytes.drain(..CODE_BYTES);
            return Some(bytes);
        }
        tracing::warn!(path = %path.display(), "cache file is damaged or was changed: made anew");
        let _ = std::fs::remove_file(&path);
        None
    }

    /// Keeps bytes under a key.
    pub(crate) fn keep(&self, key: &Digest, bytes: &[u8]) -> Result<(), EngineError> {
        let folder = self.folder.join(FOLDER);
        let made = DirBuilder::new().recursive(true).mode(0o700).create(&folder);
        made.map_err(|source| EngineError::Cache { path: folder, source })?;
        let code = self.key.authenticate(&[PURPOSE, key.as_bytes(), bytes]);
        self.write(&self.kept_path(key), &[code.as_slice(), bytes].concat())
    }

    /// Removes what is kept under other keys than these.
    pub(crate) fn keep_only_made(&self, keys: &HashSet<Digest>) {
        let names: HashSet<_> = keys.iter().map(Digest::hex).collect();
        for entry in std::fs::read_dir(self.folder.join(FOLDER)).into_iter().flatten().flatten() {
            if entry.path().file_name().and_then(OsStr::to_str).is_none_or(|name| !names.contains(name)) {
                let _ = std::fs::remove_file(entry.path());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use lockgate_vault::DerivedKey;

    use super::*;

    fn cache(folder: &std::path::Path, key: &DerivedKey) -> Cache {
        let engine = wasmtime::Engine::default();
        Cache::open(folder.to_owned(), key.clone(), &engine).unwrap()
    }

    #[test]
    fn what_is_kept_is_taken_only_as_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let key = DerivedKey::random().unwrap();
        let own = cache(folder.path(), &key);
        let (one, other) = (Digest::of(b"one"), Digest::of(b"other"));
        own.keep(&one, b"bytes").unwrap();
        assert_eq!(own.kept(&one).as_deref(), Some(b"bytes".as_slice()));
        assert_eq!(own.kept(&other), None);
        // The record of one key under the name of another.
        std::fs::copy(own.kept_path(&one), own.kept_path(&other)).unwrap();
        assert_eq!(own.kept(&other), None);
        // Every single changed byte, and every cut.
        let written = std::fs::read(own.kept_path(&one)).unwrap();
        for index in 0..written.len() {
            let mut changed = written.clone();
            changed[index] ^= 1;
            std::fs::write(own.kept_path(&one), &changed).unwrap();
            assert_eq!(own.kept(&one), None, "byte {index}");
            assert!(!own.kept_path(&one).exists());
            std::fs::write(own.kept_path(&one), &written[..index]).unwrap();
            assert_eq!(own.kept(&one), None, "cut at {index}");
        }
        // Of another host.
        own.keep(&one, b"bytes").unwrap();
        assert_eq!(cache(folder.path(), &DerivedKey::random().unwrap()).kept(&one), None);
    }

    #[test]
    fn what_nobody_needs_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let own = cache(folder.path(), &DerivedKey::random().unwrap());
        let (one, other) = (Digest::of(b"one"), Digest::of(b"other"));
        own.keep(&one, b"1").unwrap();
        own.keep(&other, b"2").unwrap();
        own.keep_only_made(&[one].into());
        assert_eq!((own.kept(&one).is_some(), own.kept(&other).is_some()), (true, false));
    }
}
