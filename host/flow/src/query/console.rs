//! Who is signed in to the console.

use lockgate_vault::TokenHash;

use crate::clock::now;
use crate::console::SignedIn;
use crate::query::Queries;
use crate::{FlowError, Host};

impl Queries<'_> {
    /// The session of a cookie, and whether its request comes from the host's own machine. Counts as a request of its
    /// token. It is read from the store each time: what another host has ended is over here too.
    ///
    /// # Errors
    /// [`FlowError::SessionEnded`], those of a token that is shown itself, or the store does not answer.
    pub async fn signed_in(self, secret: &str, is_local: bool) -> Result<SignedIn, FlowError> {
        let (key, settings) = (TokenHash::of(secret), self.0.0.settings.console);
        let found = self.0.0.store.reader().await?.console_session(key.as_bytes()).await?;
        let at = now();
        let mut session = found.filter(|found| settings.idle_end(found) > at).ok_or(FlowError::SessionEnded)?;
        let mut token = self.0.catalog().tokens().get(&session.token).cloned();
        if token.is_none() {
            // The store has its session, so it was made at another host a moment ago.
            self.0.catch_up().await?;
            token = self.0.catalog().tokens().get(&session.token).cloned();
        }
        let token = token.ok_or(FlowError::SessionEnded)?;
        self.check(&token, is_local)?;
        if settings.is_to_note(&session, at) {
            note(self.0, key, at);
            session.used_at = at;
        }
        Ok(SignedIn { token, idle_end: settings.idle_end(&session), end: session.expires_at })
    }
}

/// Writes that a session is used. The request does not wait for that.
fn note(host: &Host, key: TokenHash, at: i64) {
    if !host.0.console_uses.begin(key) {
        return;
    }
    let host = host.clone();
    tokio::spawn(async move {
        if let Err(error) = host.0.store.note_console_use(key.as_bytes(), at).await {
            tracing::warn!(%error, "the use of a session was not written");
        }
        host.0.console_uses.end(&key);
    });
}
