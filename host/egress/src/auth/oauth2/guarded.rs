//! What the answers of a token endpoint are checked against: the secrets that the provider knows. It can repeat each of them, and a
//! definition can name any place of an answer.

use std::cell::OnceCell;
use std::sync::Arc;

use lockgate_domain::FieldName;
use lockgate_domain::auth::{KeptParameter, KnownSecrets, Oauth2, TokenRefusal};
use serde_json::Value;
use zeroize::Zeroizing;

use super::Filled;
use crate::scrub::Scrubber;

/// The secrets of one token request, and what finds them.
pub(crate) struct Guarded {
    secrets: Vec<Zeroizing<Vec<u8>>>,
    scrubber: Arc<Scrubber>,
}

impl Guarded {
    pub(crate) fn by(filled: &Filled) -> Self {
        let secrets = filled.secrets().to_vec();
        Self { scrubber: Arc::new(Scrubber::new(&secrets)), secrets }
    }

    /// Cleans a text of them, in whatever encoding.
    pub(crate) fn clean(&self, text: &str) -> String {
        self.scrubber.clean_text(text)
    }

    /// Checks the kept values that somebody can read ([`Oauth2::check_visible`]).
    ///
    /// # Errors
    /// One of them shows a secret.
    pub(crate) fn check(
        &self,
        method: &Oauth2,
        body: &Value,
        callback: &[KeptParameter],
        is_field: impl Fn(&FieldName) -> bool,
    ) -> Result<(), TokenRefusal> {
        // Most definitions show nothing, and then it is not needed.
        let scrubber = OnceCell::new();
        let with_tokens = || {
            let tokens = method.tokens_of(body).into_iter().map(|token| Zeroizing::new(token.as_bytes().to_vec()));
            Arc::new(Scrubber::new(&self.secrets.iter().cloned().chain(tokens).collect::<Vec<_>>()))
        };
        let texts: Vec<&str> = self.secrets.iter().filter_map(|secret| std::str::from_utf8(secret).ok()).collect();
        let is_in = |text: &str| scrubber.get_or_init(with_tokens).clean(text.as_bytes()) != text.as_bytes();
        method.check_visible(body, callback, is_field, KnownSecrets { texts: &texts, is_in: &is_in })
    }
}
