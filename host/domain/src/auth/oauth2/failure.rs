//! What a refusal of the token endpoint means for whoever waits for a token.

use super::Reply;

/// By RFC 6749 section 5.2: the code, the refresh token or the assertion is not good any more.
pub(super) const DEAD: [&str; 1] = ["invalid_grant"];
/// By RFC 6749 section 4.1.2.1, and RFC 8628 section 3.5 for the last.
pub(super) const RETRY: [&str; 3] = ["temporarily_unavailable", "server_error", "slow_down"];

/// The registered error codes (IANA, "OAuth Extensions Error Registry") that endpoints for authorizations and tokens answer:
/// of RFC 6749, 6750, 7009, 7591, 8628, 8707, 9396, 9449 and 9470, of OpenID Connect, and of UMA.
const REGISTERED: [&str; 35] = [
    "access_denied",
    "account_selection_required",
    "authorization_pending",
    "consent_required",
    "expired_token",
    "insufficient_scope",
    "insufficient_user_authentication",
    "interaction_required",
    "invalid_authorization_details",
    "invalid_client",
    "invalid_client_metadata",
    "invalid_dpop_proof",
    "invalid_grant",
    "invalid_redirect_uri",
    "invalid_request",
    "invalid_request_object",
    "invalid_request_uri",
    "invalid_scope",
    "invalid_target",
    "invalid_token",
    "login_required",
    "need_info",
    "registration_not_supported",
    "request_denied",
    "request_not_supported",
    "request_uri_not_supported",
    "server_error",
    "slow_down",
    "temporarily_unavailable",
    "unauthorized_client",
    "unmet_authentication_requirements",
    "unsupported_grant_type",
    "unsupported_response_type",
    "unsupported_token_type",
    "use_dpop_nonce",
];

/// Why the provider gave no token, by who can do something about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenRefusal {
    /// The grant is not good any more: a person must authorize again.
    Dead {
        /// The provider's word.
        error: String,
    },
    /// The client, or what was asked for, is refused: whoever keeps the group or its installation must act.
    Client {
        /// The provider's word, or its status.
        error: String,
    },
    /// The same request may succeed later.
    Retry {
        /// The provider's word, or its status.
        error: String,
    },
    /// The reply is not what the definition says.
    Reply {
        /// What is missing in it, or wrong.
        cause: String,
    },
}

impl Reply {
    /// What a refusal means: the definition's own words first, then the status.
    pub fn refusal(&self, status: u16, error: Option<&str>) -> TokenRefusal {
        let word = |error: &str| self.known_error(error).map_or_else(|| format!("status {status}"), str::to_owned);
        match error {
            Some(error) if self.dead.iter().any(|own| own == error) => TokenRefusal::Dead { error: word(error) },
            Some(error) if self.retry.iter().any(|own| own == error) => TokenRefusal::Retry { error: word(error) },
            Some(error) if is_busy(status) => TokenRefusal::Retry { error: word(error) },
            Some(error) => TokenRefusal::Client { error: word(error) },
            None if is_busy(status) => TokenRefusal::Retry { error: format!("status {status}") },
            None => TokenRefusal::Client { error: format!("status {status}") },
        }
    }

    /// The word of an error, if it is one of the standards' or of the definition's own. Any other text may be what the
    /// provider was sent, or a token, and is shown to nobody.
    pub fn known_error(&self, error: &str) -> Option<&str> {
        let own = self.dead.iter().chain(&self.retry).map(String::as_str);
        REGISTERED.into_iter().chain(own).find(|known| *known == error)
    }
}

/// Too many requests, too early, a time-out of the request, or a failure of the server.
fn is_busy(status: u16) -> bool {
    matches!(status, 408 | 425 | 429 | 500..=599)
}
