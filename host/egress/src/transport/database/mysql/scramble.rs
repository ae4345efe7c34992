//! How a password is proven without being sent: each plugin's arithmetic over what the server sent to be mixed in.

use curve25519_dalek::EdwardsPoint;
use curve25519_dalek::scalar::{Scalar, clamp_integer};
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};
use zeroize::Zeroizing;

/// An answer to the server.
pub(super) type Proof = Zeroizing<Vec<u8>>;

/// `mysql_native_password`: SHA-1 of the password, hidden by that of the nonce and of its digest's digest.
pub(super) fn native(password: &[u8], nonce: &[u8]) -> Proof {
    let once = Sha1::digest(password);
    let mask = Sha1::new().chain_update(nonce).chain_update(Sha1::digest(once)).finalize();
    hidden(password, &once, &mask)
}

/// `caching_sha2_password`, while the server has the digest at hand.
pub(super) fn sha2(password: &[u8], nonce: &[u8]) -> Proof {
    let once = Sha256::digest(password);
    let mask = Sha256::new().chain_update(Sha256::digest(once)).chain_update(nonce).finalize();
    hidden(password, &once, &mask)
}

/// `client_ed25519` of MariaDB: a signature of the nonce (RFC 8032, section 5.1.6) by the key that is made of the password,
/// where the standard has a seed of 32 bytes.
pub(super) fn ed25519(password: &[u8], nonce: &[u8]) -> Proof {
    let hash = Zeroizing::new(<[u8; 64]>::from(Sha512::digest(password)));
    let (key, prefix) = hash.split_at(32);
    let key = Zeroizing::new(Scalar::from_bytes_mod_order(clamp_integer(key.try_into().unwrap_or_default())));
    let reduced = |digest: Sha512| Scalar::from_bytes_mod_order_wide(&digest.finalize().into());
    let public = EdwardsPoint::mul_base(&key).compress();
    let once = Zeroizing::new(reduced(Sha512::new().chain_update(prefix).chain_update(nonce)));
    let point = EdwardsPoint::mul_base(&once).compress();
    let challenge = Sha512::new().chain_update(point.as_bytes()).chain_update(public.as_bytes()).chain_update(nonce);
    let answer = *once + reduced(challenge) * *key;
    Zeroizing::new([point.to_bytes(), answer.to_bytes()].concat())
}

/// The password with a NUL, for a connection that hides it.
pub(super) fn clear(password: &[u8]) -> Proof {
    let mut clear = Zeroizing::new(Vec::with_capacity(password.len() + 1));
    clear.extend_from_slice(password);
    clear.push(0);
    clear
}

/// Nothing proves an empty password.
fn hidden(password: &[u8], digest: &[u8], mask: &[u8]) -> Proof {
    let hidden = digest.iter().zip(mask).filter(|_| !password.is_empty());
    Zeroizing::new(hidden.map(|(digest, mask)| digest ^ mask).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn proofs_are_those_that_servers_compute() {
        let nonce: Vec<u8> = (1..=20).collect();
        assert_eq!(hex(&native(b"secret", &nonce)), "b32bb3a583e1340c0a1108d58b1be49781ad8c2f");
        assert_eq!(hex(&sha2(b"secret", &nonce)), "746ebe205d56a0707acb3e796e834e0dd7b1d61743b26bd5202c7a623230c7c9");
        let signed: Vec<u8> = (1..=32).collect();
        let (point, answer) = (
            "60a0f4f8bcb6396043e44b2a25521af16f0815ff6369cc541c281e2c4455c823",
            "2b79b21ee5bb933507725db2f2919ea09e676f6abee19c5c7b98b40a627a9707",
        );
        assert_eq!(hex(&ed25519(b"secret", &signed)), format!("{point}{answer}"));
        assert!(native(b"", &nonce).is_empty() && sha2(b"", &nonce).is_empty());
        assert_eq!(*clear(b"secret"), b"secret\0");
    }
}
