//! Signing in to the console, and out.

use std::sync::Arc;

use lockgate_domain::Caller;
use lockgate_store::StoreError;
use lockgate_vault::{AccessToken, TokenHash};

use crate::FlowError;
use crate::catalog::tokens::Token;
use crate::change::unit_of_work::Changes;
use crate::clock::now;
use crate::console::SignedIn;

/// How long a link to sign in can be opened: time to find the browser.
const LINK_MS: i64 = 10 * 60 * 1000;

/// By what somebody signs in.
pub enum SignIn<'s> {
    /// The text of an access token.
    Token(&'s str),
    /// The code of a link, which is good once.
    Link(&'s str),
}

/// Without what is secret.
impl std::fmt::Debug for SignIn<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Token(_) => "Token(…)",
            Self::Link(_) => "Link(…)",
        })
    }
}

impl Changes<'_> {
    /// Begins a session in the name of a token. Gives the value of its cookie, whose hash alone is kept. The session that
    /// the browser had before, by its cookie, is over. Counts as a request of the token.
    ///
    /// # Errors
    /// [`FlowError::SignInEnded`], [`FlowError::Token`], [`FlowError::LocalToken`], [`FlowError::TooManyRequests`], or the
    /// store does not answer.
    pub async fn sign_in(
        self,
        by: SignIn<'_>,
        is_local: bool,
        before: Option<&str>,
    ) -> Result<(String, SignedIn), FlowError> {
        let token = match by {
            SignIn::Token(text) => self.0.catalog().tokens().by_hash(&TokenHash::of(text)).cloned(),
            SignIn::Link(code) => Some(self.opened(code).await?),
        };
        let token = token.ok_or(FlowError::Token("the token is not known"))?;
        self.0.queries().check(&token, is_local)?;
        let settings = self.0.0.settings.console;
        let session = settings.begin(&token);
        let (secret, before) = (random()?, before.map(TokenHash::of));
        let key = TokenHash::of(&secret);
        let before = before.as_ref().map(TokenHash::as_bytes);
        let kept = self.0.0.store.begin_console_session(key.as_bytes(), &session, before, &token.stored.caller).await;
        kept.map_err(revoked)?;
        Ok((secret, SignedIn { token, idle_end: settings.idle_end(&session), end: session.expires_at }))
    }

    /// Takes a link.
    async fn opened(self, code: &str) -> Result<Arc<Token>, FlowError> {
        let token = self.0.0.store.take_console_link(TokenHash::of(code).as_bytes()).await?;
        let token = token.ok_or(FlowError::SignInEnded)?;
        // It may have been made at another host, a moment after its token.
        self.0.catch_up().await?;
        self.0.catalog().tokens().get(&token).cloned().ok_or(FlowError::SignInEnded)
    }

    /// Makes a link by which somebody signs in with the caller's token, once. Gives its code, whose hash alone is kept, and
    /// its end in milliseconds since 1970.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn create_sign_in_link(self, by: &Caller) -> Result<(String, i64), FlowError> {
        let (code, end) = (random()?, now() + LINK_MS);
        let kept = self.0.0.store.create_console_link(TokenHash::of(&code).as_bytes(), &by.token, end).await;
        kept.map_err(revoked)?;
        Ok((code, end))
    }

    /// Ends the session of a cookie.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn sign_out(self, secret: &str) -> Result<(), FlowError> {
        Ok(self.0.0.store.end_console_session(TokenHash::of(secret).as_bytes()).await?)
    }

    /// Ends all sessions of a caller's token, and its links that nobody has opened.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn sign_out_everywhere(self, by: &Caller) -> Result<(), FlowError> {
        Ok(self.0.0.store.end_console_sessions(by).await?)
    }
}

/// 256 random bits in hex.
fn random() -> Result<String, FlowError> {
    Ok(AccessToken::generate()?.reveal().trim_start_matches("lg_").to_owned())
}

fn revoked(error: StoreError) -> FlowError {
    match error {
        StoreError::Missing(_) => FlowError::Token("the token is not known"),
        other => other.into(),
    }
}
