//! Signatures with a secret that never leaves the host: of webhooks, and of requests whose service wants one.

use hmac::{Hmac, KeyInit, Mac};
use lockgate_domain::FieldName;
use lockgate_domain::auth::Fields;
use lockgate_vault::Secret;
use sha2::{Sha256, Sha384, Sha512};

use super::Credentials;
use crate::{EgressError, SignRefused};

/// One algorithm.
#[derive(Debug, Clone, Copy)]
enum Algorithm {
    Sha256,
    Sha384,
    Sha512,
}

impl Algorithm {
    fn of(name: &str) -> Result<Self, EgressError> {
        match name {
            "hmac-sha256" => Ok(Self::Sha256),
            "hmac-sha384" => Ok(Self::Sha384),
            "hmac-sha512" => Ok(Self::Sha512),
            other => {
                let other = other.chars().take(40).flat_map(char::escape_debug).collect();
                Err(EgressError::Sign(SignRefused::Algorithm(other)))
            }
        }
    }
}

pub(crate) fn sign(
    credentials: &Credentials,
    field: &str,
    algorithm: &str,
    bytes: &[u8],
) -> Result<Vec<u8>, EgressError> {
    let (algorithm, key) = (Algorithm::of(algorithm)?, key(credentials, field)?);
    match algorithm {
        Algorithm::Sha256 => Ok(mac::<Hmac<Sha256>>(key, bytes)?.finalize().into_bytes().to_vec()),
        Algorithm::Sha384 => Ok(mac::<Hmac<Sha384>>(key, bytes)?.finalize().into_bytes().to_vec()),
        Algorithm::Sha512 => Ok(mac::<Hmac<Sha512>>(key, bytes)?.finalize().into_bytes().to_vec()),
    }
}

pub(crate) fn verify(
    credentials: &Credentials,
    field: &str,
    algorithm: &str,
    bytes: &[u8],
    signature: &[u8],
) -> Result<bool, EgressError> {
    let (algorithm, key) = (Algorithm::of(algorithm)?, key(credentials, field)?);
    match algorithm {
        Algorithm::Sha256 => Ok(mac::<Hmac<Sha256>>(key, bytes)?.verify_slice(signature).is_ok()),
        Algorithm::Sha384 => Ok(mac::<Hmac<Sha384>>(key, bytes)?.verify_slice(signature).is_ok()),
        Algorithm::Sha512 => Ok(mac::<Hmac<Sha512>>(key, bytes)?.verify_slice(signature).is_ok()),
    }
}

#[expect(clippy::disallowed_methods, reason = "the secret is the key of a signature")]
fn mac<M: Mac + KeyInit>(key: &Secret, bytes: &[u8]) -> Result<M, EgressError> {
    // Every length is a key (RFC 2104 section 3).
    let mac = <M as KeyInit>::new_from_slice(key.expose());
    let mut mac = mac.map_err(|_| EgressError::Host("HMAC refused a key"))?;
    mac.update(bytes);
    Ok(mac)
}

/// The value of a field with `use: sign`, of the activation or of a credential's chosen method.
fn key<'r>(credentials: &'r Credentials, name: &str) -> Result<&'r Secret, EgressError> {
    let refused = |refused| EgressError::Sign(refused);
    let (Some(activation), Some(account)) = (credentials.activation(), credentials.account()) else {
        return Err(refused(SignRefused::NoConnection));
    };
    let signs = |fields: &Fields| fields.get(name).is_some_and(|field| field.sign);
    let no_value = |name: FieldName| refused(SignRefused::NoValue(name));
    let field: FieldName = name.parse().map_err(|_| refused(SignRefused::Field(shown(name))))?;
    if signs(&activation.fields) {
        return account.fields.get(name).ok_or_else(|| no_value(field));
    }
    for (credential, held) in &account.credentials {
        let method = activation.credentials.get(credential).and_then(|one| one.methods.get(&held.method));
        if method.is_some_and(|method| signs(method.fields())) {
            return held.values.get(name).ok_or_else(|| no_value(field));
        }
    }
    Err(refused(SignRefused::Field(shown(name))))
}

fn shown(name: &str) -> String {
    name.chars().take(64).flat_map(char::escape_debug).collect()
}
