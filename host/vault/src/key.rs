//! A master key of a host, and the keys that are derived from it, one per purpose.

use std::fmt;

use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::{KeyError, KeyId};

pub(crate) const KEY_BYTES: usize = 32;
/// The text of a key: a version, so that another format can follow, and the key in hex.
pub(crate) const PREFIX: &str = "lockgate-key-1:";

/// What protects everything that the host keeps secret. Its id names it; it is neither printed nor serialised:
/// ```compile_fail,E0277
/// let text = format!("{}", lockgate_vault::KeyRing::generate().unwrap().active());
/// ```
/// ```compile_fail,E0277
/// let text = serde_json::to_string(lockgate_vault::KeyRing::generate().unwrap().active());
/// ```
/// Nor is it compared; ids are:
/// ```compile_fail,E0369
/// let (one, two) = (lockgate_vault::KeyRing::generate().unwrap(), lockgate_vault::KeyRing::generate().unwrap());
/// let same = *one.active() == *two.active();
/// ```
pub struct MasterKey {
    /// Boxed, so that moving the key leaves no copies behind.
    bytes: Box<Zeroizing<[u8; KEY_BYTES]>>,
    id: KeyId,
}

/// A key for one purpose. It reveals neither the master key nor the key of another purpose.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct DerivedKey([u8; KEY_BYTES]);

impl MasterKey {
    pub(crate) fn generate() -> Result<Self, KeyError> {
        let mut bytes = Box::new(Zeroizing::new([0; KEY_BYTES]));
        getrandom::fill(bytes.as_mut_slice()).map_err(KeyError::Random)?;
        Ok(Self::new(bytes))
    }

    /// The key of one line; none if the line is something else.
    pub(crate) fn parse(line: &str) -> Option<Self> {
        let digits = line.strip_prefix(PREFIX).filter(|digits| digits.len() == 2 * KEY_BYTES)?;
        let mut digits = digits.chars().map(|digit| digit.to_digit(16));
        let mut bytes = Box::new(Zeroizing::new([0; KEY_BYTES]));
        for byte in bytes.iter_mut() {
            let (high, low) = digits.next().flatten().zip(digits.next().flatten())?;
            *byte = (high << 4 | low) as u8;
        }
        Some(Self::new(bytes))
    }

    fn new(bytes: Box<Zeroizing<[u8; KEY_BYTES]>>) -> Self {
        let mut id = KeyId([0; 8]);
        expand(&bytes, "lockgate key id", &mut id.0);
        Self { bytes, id }
    }

    /// Appends the key's line.
    pub(crate) fn write(&self, text: &mut String) {
        text.push_str(PREFIX);
        let digit = |nibble: u8| char::from_digit(nibble.into(), 16).unwrap_or_default();
        self.bytes.iter().for_each(|byte| text.extend([digit(byte >> 4), digit(byte & 15)]));
        text.push('\n');
    }

    /// An identifier of the key that reveals nothing of it.
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// The key for one purpose (HKDF-SHA256, RFC 5869).
    pub fn derive(&self, purpose: &str) -> DerivedKey {
        let mut derived = DerivedKey([0; KEY_BYTES]);
        expand(&self.bytes, purpose, &mut derived.0);
        derived
    }
}

fn expand(key: &[u8; KEY_BYTES], purpose: &str, out: &mut [u8]) {
    // At most 32 bytes are asked for, within what HKDF gives (8,160), so this can't fail.
    let _ = Hkdf::<Sha256>::new(None, key).expand(purpose.as_bytes(), out);
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
    use super::*;

    #[test]
    fn purposes_differ_and_parts_are_bound() {
        let master = MasterKey::new(Box::new(Zeroizing::new([7; KEY_BYTES])));
        let (cache, other) = (master.derive("cache"), master.derive("other"));
        let code = cache.authenticate(&[b"ab", b"c"]);
        assert!(cache.verify(&[b"ab", b"c"], &code));
        assert!(!cache.verify(&[b"a", b"bc"], &code) && !other.verify(&[b"ab", b"c"], &code));
        assert_eq!(format!("{master:?} {cache:?}"), "MasterKey(…) DerivedKey(…)");
    }

    #[test]
    fn a_key_is_its_line() {
        let line = format!("{PREFIX}{}", "07".repeat(KEY_BYTES));
        let mut text = String::new();
        let key = MasterKey::parse(&line).unwrap();
        key.write(&mut text);
        assert_eq!(text.trim_end(), line);
        assert_eq!(key.id(), MasterKey::new(Box::new(Zeroizing::new([7; KEY_BYTES]))).id());
        assert_ne!(key.id(), MasterKey::generate().unwrap().id());
    }
}
