//! `iss` of the callback (RFC 9207): a code of one provider is never sent to another.

use super::Oauth2;

/// The callback is of another provider than the one that was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the answer names another issuer than the group's provider")]
pub struct IssuerMismatch;

impl Oauth2 {
    /// Checks `iss` of a callback. It must be there where the definition names the provider's `issuer`, and is checked
    /// wherever it is there: without an `issuer` it must be of the authorize address's or the token address's host.
    /// `hosts` are those two, with the connection's values in them.
    ///
    /// # Errors
    /// It is another one, or missing.
    pub fn check_issuer(&self, iss: Option<&str>, hosts: [&str; 2]) -> Result<(), IssuerMismatch> {
        match (&self.issuer, iss) {
            (None, None) => Ok(()),
            (Some(own), Some(iss)) if own == iss => Ok(()),
            (Some(_), _) => Err(IssuerMismatch),
            (None, Some(iss)) => {
                let rest = iss.strip_prefix("https://").or_else(|| iss.strip_prefix("http://"));
                let authority = rest.and_then(|rest| rest.split(['/', '?', '#']).next()).unwrap_or_default();
                let host = match authority.rsplit_once(':') {
                    Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
                    Some(_) | None => authority,
                };
                let same = |own: &&str| own.eq_ignore_ascii_case(host);
                if hosts.iter().any(same) { Ok(()) } else { Err(IssuerMismatch) }
            }
        }
    }
}
