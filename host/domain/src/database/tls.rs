//! How a connection to a database is secured.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How much of the server's certificate is checked, in the words of PostgreSQL's `sslmode`. There is no mode that
/// encrypts without a check: whoever is in between could then read the password.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum TlsMode {
    /// The certificate is of an authority that the group trusts, and for the host of the destination.
    #[default]
    VerifyFull,
    /// The certificate is of an authority that the group trusts. Its names are not compared with the host: for servers
    /// behind an address that their certificate does not have.
    VerifyCa,
    /// No TLS.
    Disable,
}

impl TlsMode {
    /// The words of definitions.
    pub(crate) const WORDS: [(&'static str, Self); 3] =
        [("verify-full", Self::VerifyFull), ("verify-ca", Self::VerifyCa), ("disable", Self::Disable)];

    /// The value of `tls` in definitions.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::VerifyFull => "verify-full",
            Self::VerifyCa => "verify-ca",
            Self::Disable => "disable",
        }
    }

    /// Whether this is what is meant where nothing is written.
    pub(crate) fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl fmt::Display for TlsMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
