//! Envelope encryption: every value is sealed under a data key of its own, which is wrapped by a key of the ring.
//!
//! A sealed value is, in this order:
//!
//! | bytes | what |
//! | --- | --- |
//! | 1 | algorithm: 1 |
//! | 8 | id of the master key that wraps |
//! | 32 | salt of the wrapping key |
//! | 48 | data key, wrapped |
//! | 12 | nonce |
//! | n + 16 | value, encrypted under the data key |
//!
//! The wrapping key is derived from the master key and the random salt, so it is used once: the bound of 2^32 random
//! nonces for one key, which a long-lived ring could reach, does not apply.

use zeroize::Zeroizing;

use crate::cipher::{self, NONCE_BYTES, TAG_BYTES};
use crate::{DerivedKey, KeyId, KeyRing, MasterKey, Place, Secret, VaultError};

/// AES-256-GCM under a wrapped data key, in the layout above.
const ALGORITHM: u8 = 1;
const SALT_BYTES: usize = 32;
const WRAPPED_BYTES: usize = 32 + TAG_BYTES;
/// Where answers are among the sealed values of a record.
const ANSWERS: &str = "answer/";
/// Each wrapping key is used once, so its nonce need not vary.
const WRAP_NONCE: [u8; NONCE_BYTES] = [0; NONCE_BYTES];

/// Seals what is kept and opens it again, with the keys of one ring.
#[derive(Debug)]
pub struct Vault {
    active: Wrapping,
    former: Vec<Wrapping>,
}

#[derive(Debug)]
struct Wrapping {
    id: KeyId,
    wrap: DerivedKey,
    check: DerivedKey,
}

/// The parts of a sealed value.
struct Parts<'a> {
    key: KeyId,
    salt: &'a [u8; SALT_BYTES],
    wrapped: &'a [u8; WRAPPED_BYTES],
    nonce: &'a [u8; NONCE_BYTES],
    value: &'a [u8],
}

impl Vault {
    /// A vault with the keys of a ring.
    pub fn new(ring: &KeyRing) -> Self {
        let wrapping = |key: &MasterKey| Wrapping {
            id: key.id(),
            wrap: key.derive("lockgate vault wrap 1"),
            check: key.derive("lockgate vault check 1"),
        };
        Self { active: wrapping(ring.active()), former: ring.former().iter().map(wrapping).collect() }
    }

    /// Seals a value for its place, under the active key.
    ///
    /// # Errors
    /// The operating system gave no random bytes.
    #[expect(clippy::disallowed_methods, reason = "the vault seals what the secret holds")]
    pub fn seal(&self, place: &Place<'_>, secret: &Secret) -> Result<Vec<u8>, VaultError> {
        let data_key = Zeroizing::new(random()?);
        let nonce = random()?;
        let value = cipher::encrypt(&data_key, &nonce, &bound_to_value(place), secret.expose())?;
        self.envelope(place, &data_key, &nonce, &value)
    }

    /// Opens a value in its place.
    ///
    /// # Errors
    /// [`VaultError`] says whether the algorithm or the key is unknown; all other causes are one error, so that nobody
    /// learns which part was wrong.
    pub fn open(&self, place: &Place<'_>, sealed: &[u8]) -> Result<Secret, VaultError> {
        let parts = Parts::of(sealed)?;
        let data_key = self.unwrap(place, &parts)?;
        cipher::decrypt(&data_key, parts.nonce, &bound_to_value(place), parts.value).map(Secret::from)
    }

    /// Opens what was answered to somebody, who gets it again. Its place has a field below `answer/`, and a credential has
    /// none there, so no credential can be opened by this.
    ///
    /// # Errors
    /// As for [`Vault::open`]; [`VaultError::Refused`] for any other field.
    #[expect(clippy::disallowed_methods, reason = "an answer is no secret of the host's")]
    pub fn open_answer(&self, place: &Place<'_>, sealed: &[u8]) -> Result<Vec<u8>, VaultError> {
        if !place.field.starts_with(ANSWERS) {
            return Err(VaultError::Refused);
        }
        Ok(self.open(place, sealed)?.expose().to_owned())
    }

    /// The same sealed value with its data key wrapped by the active key. The value itself is neither opened nor
    /// changed, so a rotation costs the same for small and large ones.
    ///
    /// # Errors
    /// As for [`Vault::open`], for what concerns the data key.
    pub fn rewrap(&self, place: &Place<'_>, sealed: &[u8]) -> Result<Vec<u8>, VaultError> {
        let parts = Parts::of(sealed)?;
        let data_key = self.unwrap(place, &parts)?;
        self.envelope(place, &data_key, parts.nonce, parts.value)
    }

    /// Whether a value is sealed as a new one would be. A rotation asks this before it wraps a value anew, so that it
    /// can be interrupted anywhere and begun again.
    pub fn is_current(&self, sealed: &[u8]) -> bool {
        Parts::of(sealed).is_ok_and(|parts| parts.key == self.active.id)
    }

    /// What to keep beside the sealed values, so that a host with other keys knows it before it serves. A rotation
    /// makes it anew after its last value, and before the former key goes: it stands for the oldest key still needed.
    pub fn check_value(&self) -> Vec<u8> {
        let code = self.active.check.authenticate(&[&[ALGORITHM], &self.active.id.0]);
        [&[ALGORITHM][..], &self.active.id.0, &code].concat()
    }

    /// Whether this vault has the key that made a check value.
    ///
    /// # Errors
    /// [`VaultError::Key`] names the missing key; the host must not start.
    pub fn verify_check(&self, check: &[u8]) -> Result<(), VaultError> {
        let (key, code) = header(check)?;
        let wrapping = self.wrapping(key)?;
        wrapping.check.verify(&[&[ALGORITHM], &key.0], code).then_some(()).ok_or(VaultError::Refused)
    }

    fn wrapping(&self, key: KeyId) -> Result<&Wrapping, VaultError> {
        let all = || self.former.iter().chain([&self.active]);
        let holds = || all().map(|wrapping| wrapping.id).collect();
        all().find(|wrapping| wrapping.id == key).ok_or_else(|| VaultError::Key { needs: key, holds: holds() })
    }

    fn unwrap(&self, place: &Place<'_>, parts: &Parts<'_>) -> Result<Zeroizing<[u8; 32]>, VaultError> {
        let key = self.wrapping(parts.key)?.key(parts.salt);
        let bytes = cipher::decrypt(&key, &WRAP_NONCE, &bound_to_key(place, parts.key), parts.wrapped)?;
        let mut data_key = Zeroizing::new([0; 32]);
        data_key.iter_mut().zip(bytes.iter()).for_each(|(slot, byte)| *slot = *byte);
        Ok(data_key)
    }

    fn envelope(
        &self,
        place: &Place<'_>,
        data_key: &[u8; 32],
        nonce: &[u8; NONCE_BYTES],
        value: &[u8],
    ) -> Result<Vec<u8>, VaultError> {
        let (salt, id) = (random::<SALT_BYTES>()?, self.active.id);
        let wrapped = cipher::encrypt(&self.active.key(&salt), &WRAP_NONCE, &bound_to_key(place, id), data_key)?;
        Ok([&[ALGORITHM][..], &id.0, &salt, &wrapped, nonce, value].concat())
    }
}

impl Wrapping {
    fn key(&self, salt: &[u8; SALT_BYTES]) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.wrap.authenticate(&[salt]))
    }
}

impl<'a> Parts<'a> {
    fn of(sealed: &'a [u8]) -> Result<Self, VaultError> {
        let (key, rest) = header(sealed)?;
        let (salt, rest) = rest.split_first_chunk().ok_or(VaultError::Refused)?;
        let (wrapped, rest) = rest.split_first_chunk().ok_or(VaultError::Refused)?;
        let (nonce, value) = rest.split_first_chunk().ok_or(VaultError::Refused)?;
        Ok(Self { key, salt, wrapped, nonce, value })
    }
}

/// The key's id, and what follows it, if the algorithm is ours.
fn header(bytes: &[u8]) -> Result<(KeyId, &[u8]), VaultError> {
    let (algorithm, rest) = bytes.split_first().ok_or(VaultError::Refused)?;
    if *algorithm != ALGORITHM {
        return Err(VaultError::Algorithm(*algorithm));
    }
    let (id, rest) = rest.split_first_chunk().ok_or(VaultError::Refused)?;
    Ok((KeyId(*id), rest))
}

fn bound_to_value(place: &Place<'_>) -> Vec<u8> {
    place.bind(&[b"lockgate sealed value", &[ALGORITHM]])
}

fn bound_to_key(place: &Place<'_>, key: KeyId) -> Vec<u8> {
    place.bind(&[b"lockgate data key", &[ALGORITHM], &key.0])
}

fn random<const N: usize>() -> Result<[u8; N], VaultError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(VaultError::Random)?;
    Ok(bytes)
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "tests compare what comes back")]
mod tests;
