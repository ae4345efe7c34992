//! The master key of a host, and the keys that are derived from it, one per purpose.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

const KEY_BYTES: usize = 32;
/// The key file's text: a version, so that another format can follow, and the key in hex.
const PREFIX: &str = "lockgate-key-1:";

/// What protects everything that the host keeps secret.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct MasterKey([u8; KEY_BYTES]);

/// A key for one purpose. Whoever learns it learns neither the master key nor another purpose's key.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct DerivedKey([u8; KEY_BYTES]);

/// Why there is no master key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file can't be read or written.
    #[error("key file {path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file holds something else.
    #[error("key file {0}: expected one line `{PREFIX}` and 64 hex digits")]
    Format(PathBuf),
    /// Others may read the file.
    #[error("key file {path} has mode {mode:o}: expected 600, so that its owner alone reads it (chmod 600)")]
    Mode {
        /// Which.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The operating system gave no random bytes.
    #[error("no random bytes from the operating system: {0}")]
    Random(getrandom::Error),
}

impl MasterKey {
    /// Reads the key from a file, or makes a new one there (mode 0600) if there is no such file. The flag says whether
    /// the key is new.
    ///
    /// # Errors
    /// [`KeyError`]: a file that exists and can't be used is never replaced.
    pub fn load_or_create(path: &Path) -> Result<(Self, bool), KeyError> {
        match File::open(path) {
            Ok(file) => Self::read(path, file).map(|key| (key, false)),
            Err(error) if error.kind() == ErrorKind::NotFound => Self::create(path).map(|key| (key, true)),
            Err(source) => Err(KeyError::File { path: path.to_owned(), source }),
        }
    }

    fn read(path: &Path, mut file: File) -> Result<Self, KeyError> {
        let failed = |source| KeyError::File { path: path.to_owned(), source };
        let mode = file.metadata().map_err(failed)?.mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(KeyError::Mode { path: path.to_owned(), mode });
        }
        let mut text = Zeroizing::new(String::new());
        file.read_to_string(&mut text).map_err(failed)?;
        let digits = text.trim_end().strip_prefix(PREFIX).filter(|digits| digits.len() == 2 * KEY_BYTES);
        let mut key = Self([0; KEY_BYTES]);
        let mut digits = digits.ok_or_else(|| KeyError::Format(path.to_owned()))?.chars();
        for byte in &mut key.0 {
            let mut digit = || digits.next().and_then(|digit| digit.to_digit(16));
            let pair = digit().zip(digit()).ok_or_else(|| KeyError::Format(path.to_owned()))?;
            *byte = (pair.0 << 4 | pair.1) as u8;
        }
        Ok(key)
    }

    /// Written beside its place, synced and moved, so that a crash leaves a whole key or none.
    fn create(path: &Path) -> Result<Self, KeyError> {
        let mut key = Self([0; KEY_BYTES]);
        getrandom::fill(&mut key.0).map_err(KeyError::Random)?;
        let mut text = Zeroizing::new(String::from(PREFIX));
        key.0.iter().for_each(|byte| text.push_str(&format!("{byte:02x}")));
        text.push('\n');
        let fresh = path.with_extension("new");
        let write = || -> std::io::Result<()> {
            let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&fresh)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            std::fs::rename(&fresh, path)?;
            path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
        };
        write().map_err(|source| KeyError::File { path: path.to_owned(), source })?;
        Ok(key)
    }

    /// The key for one purpose (HKDF-SHA256, RFC 5869).
    pub fn derive(&self, purpose: &str) -> DerivedKey {
        let mut derived = DerivedKey([0; KEY_BYTES]);
        // 32 bytes are within what HKDF gives (8,160), so this can't fail.
        let _ = Hkdf::<Sha256>::new(None, &self.0).expand(purpose.as_bytes(), &mut derived.0);
        derived
    }
}

impl DerivedKey {
    /// A random key, for a process that keeps nothing.
    ///
    /// # Errors
    /// The operating system gave no random bytes.
    pub fn random() -> Result<Self, KeyError> {
        let mut key = Self([0; KEY_BYTES]);
        getrandom::fill(&mut key.0).map_err(KeyError::Random)?;
        Ok(key)
    }

    /// The authentication code of some parts (HMAC-SHA256), each with its length before it.
    pub fn authenticate(&self, parts: &[&[u8]]) -> [u8; 32] {
        self.mac(parts).finalize().into_bytes().into()
    }

    /// Whether `code` is that of `parts`, compared in constant time.
    pub fn verify(&self, parts: &[&[u8]], code: &[u8]) -> bool {
        self.mac(parts).verify_slice(code).is_ok()
    }

    fn mac(&self, parts: &[&[u8]]) -> Hmac<Sha256> {
        // A key shorter than the block is padded with zeros (RFC 2104 section 2).
        let mut block = Zeroizing::new([0; 64]);
        block.iter_mut().zip(&self.0).for_each(|(slot, byte)| *slot = *byte);
        let mut mac = Hmac::<Sha256>::new((&*block).into());
        for part in parts {
            mac.update(&(part.len() as u64).to_le_bytes());
            mac.update(part);
        }
        mac
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey(…)")
    }
}

impl fmt::Debug for DerivedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DerivedKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_key_is_made_once_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        let (made, new) = MasterKey::load_or_create(&path).unwrap();
        let (read, again) = MasterKey::load_or_create(&path).unwrap();
        assert!(new && !again);
        assert_eq!(made.0, read.0);
        assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(MasterKey::load_or_create(&path), Err(KeyError::Mode { mode: 0o644, .. })));
    }

    #[test]
    fn a_damaged_file_is_refused_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        for text in ["", "lockgate-key-1:", "lockgate-key-1:zz", &format!("{PREFIX}{}", "g".repeat(64))] {
            let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&path).unwrap();
            file.write_all(text.as_bytes()).unwrap();
            assert!(matches!(MasterKey::load_or_create(&path), Err(KeyError::Format(_))), "{text}");
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        }
    }

    #[test]
    fn purposes_differ_and_parts_are_bound() {
        let master = MasterKey([7; KEY_BYTES]);
        let (cache, other) = (master.derive("cache"), master.derive("other"));
        let code = cache.authenticate(&[b"ab", b"c"]);
        assert!(cache.verify(&[b"ab", b"c"], &code));
        assert!(!cache.verify(&[b"a", b"bc"], &code) && !other.verify(&[b"ab", b"c"], &code));
        assert_eq!(format!("{master:?} {cache:?}"), "MasterKey(…) DerivedKey(…)");
    }
}
