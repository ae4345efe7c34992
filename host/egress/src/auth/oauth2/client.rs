//! A client of a provider, opened.

use lockgate_vault::Secret;

/// The client by which an installation is known at a provider.
#[derive(Debug)]
pub struct OauthClient {
    /// `client_id`.
    pub id: Secret,
    /// `client_secret`, or the private key in PEM of `private_key_jwt`.
    pub secret: Option<Secret>,
    /// The `kid` of that key, if the provider wants it named.
    pub key_id: Option<String>,
}
