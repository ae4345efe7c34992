//! Access tokens: shown once, stored as a hash.

use std::fmt;

use sha2::{Digest, Sha256};
use zeroize::{ZeroizeOnDrop, Zeroizing};

use crate::KeyError;

/// What every token starts with, so that people and scanners know one when they see it.
const PREFIX: &str = "lg_";
/// 256 random bits: no one guesses them, so a plain SHA-256 is enough at rest.
const RANDOM_BYTES: usize = 32;

/// A new token, in the only moment in which its text exists in the host. It is neither printed, nor serialised, nor
/// compared: its hash is.
/// ```compile_fail,E0277
/// let text = format!("{}", lockgate_vault::AccessToken::generate().unwrap());
/// ```
/// ```compile_fail,E0277
/// let text = serde_json::to_string(&lockgate_vault::AccessToken::generate().unwrap());
/// ```
/// ```compile_fail,E0369
/// let same = lockgate_vault::AccessToken::generate().unwrap() == lockgate_vault::AccessToken::generate().unwrap();
/// ```
#[derive(ZeroizeOnDrop)]
pub struct AccessToken(String);

/// The SHA-256 hash of a token, which is all that the host stores of it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TokenHash([u8; 32]);

impl AccessToken {
    /// Makes a token.
    ///
    /// # Errors
    /// The operating system gave no random bytes.
    pub fn generate() -> Result<Self, KeyError> {
        let mut bytes = Zeroizing::new([0; RANDOM_BYTES]);
        getrandom::fill(bytes.as_mut()).map_err(KeyError::Random)?;
        let mut text = String::with_capacity(PREFIX.len() + 2 * RANDOM_BYTES);
        text.push_str(PREFIX);
        bytes.iter().for_each(|byte| text.push_str(&format!("{byte:02x}")));
        Ok(Self(text))
    }

    /// The text, for the one person who gets it.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The hash of the token, for the store.
    pub fn hash(&self) -> TokenHash {
        TokenHash::of(&self.0)
    }
}

impl TokenHash {
    /// The hash of a token that a request presents.
    pub fn of(text: &str) -> Self {
        Self(Sha256::digest(text.as_bytes()).into())
    }

    /// The 32 bytes, as the store keeps them.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The hash of 32 stored bytes; none for any other length.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessToken(…)")
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenHash(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_random_prefixed_and_masked() {
        let (one, two) = (AccessToken::generate().unwrap(), AccessToken::generate().unwrap());
        assert!(one.reveal().starts_with("lg_") && one.reveal().len() == 67);
        assert_ne!(one.reveal(), two.reveal());
        assert_eq!(one.hash(), TokenHash::of(one.reveal()));
        assert_eq!(format!("{one:?}"), "AccessToken(…)");
    }
}
