//! What a refusal of the token endpoint means for whoever waits for a token.

use super::Reply;

/// By RFC 6749 section 5.2: the code, the refresh token or the assertion is not good any more.
pub(super) const DEAD: [&str; 1] = ["invalid_grant"];
/// By RFC 6749 section 4.1.2.1, and RFC 8628 section 3.5 for the last.
pub(super) const RETRY: [&str; 3] = ["temporarily_unavailable", "server_error", "slow_down"];

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
        let word = |error: &str| shown(error, status);
        match error {
            Some(error) if self.dead.iter().any(|own| own == error) => TokenRefusal::Dead { error: word(error) },
            Some(error) if self.retry.iter().any(|own| own == error) => TokenRefusal::Retry { error: word(error) },
            Some(error) if is_busy(status) => TokenRefusal::Retry { error: word(error) },
            Some(error) => TokenRefusal::Client { error: word(error) },
            None if is_busy(status) => TokenRefusal::Retry { error: format!("status {status}") },
            None => TokenRefusal::Client { error: format!("status {status}") },
        }
    }
}

/// Too many requests, too early, a time-out of the request, or a failure of the server.
fn is_busy(status: u16) -> bool {
    matches!(status, 408 | 425 | 429 | 500..=599)
}

/// An error's word, if it is one: a text of the provider may repeat what it was sent.
fn shown(error: &str, status: u16) -> String {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    let is_word = (1..=40).contains(&error.len()) && error.bytes().all(letter);
    if is_word { error.to_owned() } else { format!("status {status}") }
}
