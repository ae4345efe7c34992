//! Signatures in native tests: real ones, so that they can be compared with those of a service's documentation.

use super::STATE;
use crate::Failure;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Sha256, Sha384, Sha512};

pub(crate) fn sign(field: &str, algorithm: &str, bytes: &[u8]) -> Result<Vec<u8>, Failure> {
    let refuse = |message: String| Failure::new("sign", message);
    let Some(key) = STATE.with_borrow(|state| state.signing_keys.get(field).cloned()) else {
        return Err(refuse(format!("no key of `{field}` is set: call `testing::set_signing_key`")));
    };
    match algorithm {
        "hmac-sha256" => mac::<Hmac<Sha256>>(&key, bytes),
        "hmac-sha384" => mac::<Hmac<Sha384>>(&key, bytes),
        "hmac-sha512" => mac::<Hmac<Sha512>>(&key, bytes),
        _ => Err(refuse(format!("algorithm `{algorithm}` is not known: expected hmac-sha256, -sha384 or -sha512"))),
    }
}

pub(crate) fn verify(field: &str, algorithm: &str, bytes: &[u8], signature: &[u8]) -> Result<bool, Failure> {
    sign(field, algorithm, bytes).map(|expected| expected == signature)
}

fn mac<M: Mac + KeyInit>(key: &[u8], bytes: &[u8]) -> Result<Vec<u8>, Failure> {
    let mut mac = <M as KeyInit>::new_from_slice(key).map_err(|error| Failure::new("sign", error.to_string()))?;
    mac.update(bytes);
    Ok(mac.finalize().into_bytes().to_vec())
}
