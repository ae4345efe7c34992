//! Signatures with secrets that stay in the host: a field of the connection that the group marks with `use: sign`.
//!
//! ```
//! use lockgate_sdk::{Failure, signing};
//! # lockgate_sdk::testing::set_signing_key("webhook_secret", "It's a Secret to Everybody");
//!
//! /// Whether a webhook was sent by who knows the secret.
//! fn is_genuine(body: &[u8], signature: &[u8]) -> Result<bool, Failure> {
//!     signing::verify("webhook_secret", "hmac-sha256", body, signature)
//! }
//! let signature = signing::sign("webhook_secret", "hmac-sha256", b"Hello, World!").unwrap();
//! assert_eq!(signature[..4], [0x75, 0x71, 0x07, 0xea]);
//! assert!(is_genuine(b"Hello, World!", &signature).unwrap());
//! assert!(!is_genuine(b"Hello, Moon!", &signature).unwrap());
//! ```

use crate::{Failure, host};

/// The signature of some bytes: `hmac-sha256`, `hmac-sha384` or `hmac-sha512`.
///
/// ```
/// # lockgate_sdk::testing::set_signing_key("api_secret", "key");
/// let signature = lockgate_sdk::signing::sign("api_secret", "hmac-sha512", b"GET /orders").unwrap();
/// assert_eq!(signature.len(), 64);
/// ```
///
/// # Errors
/// Code `denied` when the group does not grant `signing`, code `sign` when the connection has no such field or the
/// algorithm is not known.
pub fn sign(field: &str, algorithm: &str, bytes: &[u8]) -> Result<Vec<u8>, Failure> {
    host::sign(field, algorithm, bytes)
}

/// Whether a signature is that of some bytes, compared in constant time.
///
/// ```
/// # lockgate_sdk::testing::set_signing_key("api_secret", "key");
/// assert!(!lockgate_sdk::signing::verify("api_secret", "hmac-sha256", b"body", b"no signature").unwrap());
/// ```
///
/// # Errors
/// As for [`sign`].
pub fn verify(field: &str, algorithm: &str, bytes: &[u8], signature: &[u8]) -> Result<bool, Failure> {
    host::verify(field, algorithm, bytes, signature)
}
