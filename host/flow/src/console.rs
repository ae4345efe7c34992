//! Who is signed in to the console: a session stands for the token that began it, and does nothing that the token does not.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lockgate_domain::Caller;
use lockgate_store::ConsoleSession;
use lockgate_vault::TokenHash;

use crate::Token;
use crate::clock::now;

/// A working day.
const IDLE: Duration = Duration::from_secs(8 * 3600);
/// Whoever works every day signs in every day.
const LIFETIME: Duration = Duration::from_secs(24 * 3600);
/// How exact the time of the last use is, unless sessions last for minutes only.
const NOTED_EVERY_MS: i64 = 60_000;

/// How long people stay signed in to the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConsoleSettings {
    /// Without a request.
    pub idle: Duration,
    /// At all.
    pub lifetime: Duration,
}

impl Default for ConsoleSettings {
    fn default() -> Self {
        Self { idle: IDLE, lifetime: LIFETIME }
    }
}

fn ms(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

impl ConsoleSettings {
    /// A session that begins now. It ends with its token at the latest.
    pub(crate) fn begin(&self, token: &Token) -> ConsoleSession {
        let at = now();
        let end = at.saturating_add(ms(self.lifetime));
        let expires_at = token.stored.facts.expires_at.map_or(end, |own| own.min(end));
        ConsoleSession { token: token.stored.caller.token, created_at: at, used_at: at, expires_at }
    }

    /// When a session ends that is not used any more.
    pub(crate) fn idle_end(&self, session: &ConsoleSession) -> i64 {
        session.used_at.saturating_add(ms(self.idle)).min(session.expires_at)
    }

    /// Whether it is time to note that a session is used.
    pub(crate) fn is_to_note(&self, session: &ConsoleSession, at: i64) -> bool {
        at - session.used_at >= NOTED_EVERY_MS.min(ms(self.idle) / 8)
    }
}

/// A session that was shown with a request, or has just begun.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// Its token.
    pub token: Arc<Token>,
    /// When it ends without another request; milliseconds since 1970.
    pub idle_end: i64,
    /// When it ends in any case; milliseconds since 1970.
    pub end: i64,
}

impl SignedIn {
    /// Who is signed in.
    pub fn caller(&self) -> &Caller {
        &self.token.stored.caller
    }
}

/// Sessions whose use is being written, so that the requests of a page write once. All are sessions of the store.
#[derive(Debug, Default)]
pub(crate) struct UsesBeingNoted(Mutex<HashSet<TokenHash>>);

impl UsesBeingNoted {
    fn keys(&self) -> MutexGuard<'_, HashSet<TokenHash>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether nobody writes it yet.
    pub(crate) fn begin(&self, key: TokenHash) -> bool {
        self.keys().insert(key)
    }

    pub(crate) fn end(&self, key: &TokenHash) {
        self.keys().remove(key);
    }
}
