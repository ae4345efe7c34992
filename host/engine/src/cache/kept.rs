//! What the host made of a text and keeps beside compiled code, such as the bytecode of a script. A file is one record: its
//! authentication code, then the bytes. Whoever can write into the folder can so make nothing that the host takes.

use std::cmp::Reverse;
use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs::{DirBuilder, DirEntry, File};
use std::io::Read;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use lockgate_domain::Digest;

use super::Cache;
use crate::EngineError;

/// The folder of these files.
const FOLDER: &str = "made";
/// Bytes of the authentication code.
const CODE_BYTES: usize = 32;
/// More than anything that is kept: bytecode is a few times as large as its text.
const KEPT_MAX: u64 = 16 * 1024 * 1024;
/// What all of them may take of the disk. It is room for some 100,000 scripts of a usual size, with all versions that were
/// called since the host began.
const FOLDER_MAX: u64 = 1024 * 1024 * 1024;
/// What is authenticated first, so that no compiled code passes for a record.
const PURPOSE: &[u8] = b"kept beside compiled code";

/// What is known of the folder.
#[derive(Debug)]
pub(super) struct Made {
    /// What its files may take.
    max: u64,
    /// What they take, or a little less than that; none before they are counted.
    bytes: Mutex<Option<u64>>,
}

impl Default for Made {
    fn default() -> Self {
        Self { max: FOLDER_MAX, bytes: Mutex::default() }
    }
}

/// A file of the folder.
struct MadeFile {
    path: PathBuf,
    written: SystemTime,
    bytes: u64,
}

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

    /// Keeps bytes under a key. If the folder has more than it may have then, what was written longest ago goes: it can be
    /// made again.
    pub(crate) fn keep(&self, key: &Digest, bytes: &[u8]) -> Result<(), EngineError> {
        let folder = self.folder.join(FOLDER);
        let made = DirBuilder::new().recursive(true).mode(0o700).create(&folder);
        made.map_err(|source| EngineError::Cache { path: folder, source })?;
        let code = self.key.authenticate(&[PURPOSE, key.as_bytes(), bytes]);
        let record = [code.as_slice(), bytes].concat();
        self.write(&self.kept_path(key), &record)?;
        let mut all = self.made.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        let counted = match *all {
            Some(before) => before.saturating_add(record.len() as u64),
            None => self.made_files().iter().map(|file| file.bytes).sum(),
        };
        // Some at once, so that not every record sorts them.
        *all = Some(if counted > self.made.max { self.keep_newest(self.made.max / 4 * 3) } else { counted });
        Ok(())
    }

    fn made_files(&self) -> Vec<MadeFile> {
        let entries = std::fs::read_dir(self.folder.join(FOLDER)).into_iter().flatten().flatten();
        let file = |entry: DirEntry| {
            let about = entry.metadata().ok()?;
            Some(MadeFile { path: entry.path(), written: about.modified().ok()?, bytes: about.len() })
        };
        entries.filter_map(file).collect()
    }

    /// Removes all files but the newest, as many as take so much together; gives what is left.
    fn keep_newest(&self, most: u64) -> u64 {
        let mut files = self.made_files();
        files.sort_by_key(|file| Reverse(file.written));
        let mut left = 0_u64;
        for file in files {
            if left.saturating_add(file.bytes) > most {
                let _ = std::fs::remove_file(file.path);
            } else {
                left += file.bytes;
            }
        }
        left
    }

    /// Removes what is kept under other keys than these.
    pub(crate) fn keep_only_made(&self, keys: &HashSet<Digest>) {
        let names: HashSet<_> = keys.iter().map(Digest::hex).collect();
        for file in self.made_files() {
            if file.path.file_name().and_then(OsStr::to_str).is_none_or(|name| !names.contains(name)) {
                let _ = std::fs::remove_file(file.path);
            }
        }
        *self.made.bytes.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

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

    #[test]
    fn the_folder_is_bounded_and_the_oldest_go_first() {
        let folder = tempfile::tempdir().unwrap();
        let mut own = cache(folder.path(), &DerivedKey::random().unwrap());
        own.made.max = 10 * 1024;
        let digest = |number: u64| Digest::of(&number.to_le_bytes());
        let bytes = |own: &Cache| own.made_files().iter().map(|file| file.bytes).sum::<u64>();
        for number in 0..50 {
            own.keep(&digest(number), &[7; 1000]).unwrap();
            // The clock of files is coarse.
            let file = File::options().write(true).open(own.kept_path(&digest(number))).unwrap();
            file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(number)).unwrap();
            assert!(bytes(&own) <= own.made.max, "{number}");
        }
        assert!(own.kept(&digest(49)).is_some() && own.kept(&digest(0)).is_none());
        // What was there before counts.
        let mut again = cache(folder.path(), &DerivedKey::random().unwrap());
        again.made.max = 2 * 1024;
        again.keep(&digest(50), &[7; 1000]).unwrap();
        assert_eq!(again.made_files().len(), 1);
    }
}
