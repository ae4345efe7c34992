//! AES-256-GCM (NIST SP 800-38D), the one algorithm of this version.

use aes_gcm::{AeadInOut, Aes256Gcm, KeyInit};
use zeroize::Zeroizing;

use crate::VaultError;

pub(crate) const NONCE_BYTES: usize = 12;
pub(crate) const TAG_BYTES: usize = 16;

/// Encrypts, and appends the tag that covers the result and the bytes that are bound to it.
pub(crate) fn encrypt(
    key: &[u8; 32],
    nonce: &[u8; NONCE_BYTES],
    bound: &[u8],
    plain: &[u8],
) -> Result<Vec<u8>, VaultError> {
    let mut buffer = Zeroizing::new(Vec::with_capacity(plain.len() + TAG_BYTES));
    buffer.extend_from_slice(plain);
    // Fails for more than 64 GiB alone.
    Aes256Gcm::new(key.into())
        .encrypt_in_place(nonce.into(), bound, &mut *buffer)
        .map_err(|_too_long| VaultError::Refused)?;
    Ok(std::mem::take(&mut *buffer))
}

/// Decrypts what [`encrypt`] made, if nothing of it or of the bound bytes has changed.
pub(crate) fn decrypt(
    key: &[u8; 32],
    nonce: &[u8; NONCE_BYTES],
    bound: &[u8],
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, VaultError> {
    let mut buffer = Zeroizing::new(sealed.to_vec());
    Aes256Gcm::new(key.into())
        .decrypt_in_place(nonce.into(), bound, &mut *buffer)
        .map_err(|_unauthentic| VaultError::Refused)?;
    Ok(buffer)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Test case 16 of the GCM specification (McGrew and Viega).
    #[test]
    fn the_published_vector() {
        let hex = |text: &str| -> Vec<u8> {
            text.as_bytes()
                .chunks(2)
                .map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap())
                .collect()
        };
        let key = hex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308").try_into().unwrap();
        let nonce = hex("cafebabefacedbaddecaf888").try_into().unwrap();
        let bound = hex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
        let plain =
            hex("d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525\
             b16aedf5aa0de657ba637b39");
        let sealed =
            hex("522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838\
             c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b");
        assert_eq!(encrypt(&key, &nonce, &bound, &plain).unwrap(), sealed);
        assert_eq!(*decrypt(&key, &nonce, &bound, &sealed).unwrap(), plain);
    }
}
