//! How a password is proven without being sent: each plugin's arithmetic over what the server sent to be mixed in.

use sha1::Sha1;
use sha2::{Digest, Sha256};
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
        assert!(native(b"", &nonce).is_empty() && sha2(b"", &nonce).is_empty());
        assert_eq!(*clear(b"secret"), b"secret\0");
    }
}
