//! Tokens, and the port by which they are asked for.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::time::{Duration, Instant};

use lockgate_domain::{CredentialName, FieldName};
use lockgate_vault::Secret;

use crate::EgressError;

/// A token is renewed so long before its end, or after half of its life.
const MARGIN: Duration = Duration::from_secs(15 * 60);

/// Gives tokens for the credentials of one connection: by a login request, or by a grant of OAuth 2.0.
///
/// Whoever calls it keeps the token until it is due or refused, and asks for one credential once at a time, however many
/// requests wait for it. What it sends for that must not need the same credential, or it would wait for itself.
pub trait TokenSource: Send + Sync {
    /// A token that is good now.
    ///
    /// # Errors
    /// There is none: the request that needs it is not sent.
    fn token<'a>(&'a self, wanted: TokenWanted<'a>) -> TokenFuture<'a>;
}

/// What a [`TokenSource`] answers.
pub type TokenFuture<'a> = Pin<Box<dyn Future<Output = Result<Token, EgressError>> + Send + 'a>>;

/// Which token is asked for.
#[derive(Debug, Clone, Copy)]
pub struct TokenWanted<'a> {
    /// The credential.
    pub credential: &'a CredentialName,
    /// What the token is needed for.
    pub reason: TokenReason<'a>,
}

/// Why a token is asked for.
#[derive(Debug, Clone, Copy)]
pub enum TokenReason<'a> {
    /// There is none, or the time of the last one is over.
    First,
    /// The upstream refused this one before its time was over.
    Rejected(&'a Token),
}

/// A token.
pub struct Token {
    pub(super) value: Secret,
    /// Other values that came with it, by the names of placements.
    pub(super) kept: BTreeMap<FieldName, Secret>,
    pub(super) given: Instant,
    until: Option<Instant>,
    generation: i64,
}

/// What is known of a token that somebody keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenTerms {
    /// How long it is used before it is asked for again; none until it is refused.
    pub use_for: Option<Duration>,
    /// How long ago it was issued.
    pub age: Duration,
    /// Which of the tokens of its connection it is.
    pub generation: i64,
}

impl Token {
    /// A token that was given now. It is used until shortly before the end of its lifetime: 15 minutes, or half of a
    /// life that is shorter than twice that. One without a lifetime is used until it is refused.
    pub fn new(value: Secret, lifetime: Option<Duration>) -> Self {
        let given = Instant::now();
        let until = lifetime.and_then(|lifetime| given.checked_add(lifetime - MARGIN.min(lifetime / 2)));
        Self { value, kept: BTreeMap::new(), given, until, generation: 0 }
    }

    /// A token of those who keep it, with the values that came with it.
    pub fn kept(value: Secret, kept: BTreeMap<FieldName, Secret>, terms: &TokenTerms) -> Self {
        let now = Instant::now();
        let given = now.checked_sub(terms.age).unwrap_or(now);
        let until = terms.use_for.and_then(|time| now.checked_add(time));
        Self { value, kept, given, until, generation: terms.generation }
    }

    /// Which of the tokens of its connection it is, by who keeps them.
    pub fn generation(&self) -> i64 {
        self.generation
    }

    /// Whether it is used for another request.
    pub(super) fn is_good(&self) -> bool {
        self.until.is_none_or(|until| Instant::now() < until)
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(…)")
    }
}
