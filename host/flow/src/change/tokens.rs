//! Access tokens: whom they name, how often they may ask, and their changes.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use lockgate_domain::{Caller, LimitHit, Role, Scope, TokenId, TokenRestrictions, Violation};
use lockgate_store::{Changed, StoredToken, TokenFacts};
use lockgate_vault::{AccessToken, TokenHash};

use crate::catalog::concurrency::ConcurrencyLimit;
use crate::change::scopes::check_name;
use crate::clock::now;
use crate::{FlowError, Host};

/// Requests a second of a token that sets no other rate: far above a person or a service, below what fills a host.
pub(crate) const DEFAULT_RATE: u32 = 500;
/// What may come at once: two seconds of the rate.
pub(crate) const DEFAULT_BURST: u32 = 1000;
/// The most that can be set of either.
const RATE_MAX: u32 = 1_000_000;
/// How often the times of use are written.
const NOTE_EVERY: Duration = Duration::from_secs(60);

/// A token in memory.
#[derive(Debug)]
pub struct Token {
    /// As stored.
    pub stored: StoredToken,
    pub(crate) concurrency: Arc<ConcurrencyLimit>,
    rate: Arc<DefaultDirectRateLimiter>,
    /// Milliseconds since 1970, or 0; and what of it is written.
    used: Arc<[AtomicI64; 2]>,
}

/// The tokens of all scopes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tokens {
    by_hash: HashMap<TokenHash, Arc<Token>>,
    by_id: HashMap<TokenId, Arc<Token>>,
}

/// A token that is to be made.
#[derive(Debug)]
pub struct NewToken {
    /// What it allows.
    pub role: Role,
    /// What it is limited to.
    pub restrictions: TokenRestrictions,
    /// What can be changed of it later.
    pub facts: TokenFacts,
    /// Whether it works from the host's own machine only.
    pub local: bool,
}

impl Token {
    /// What is the same as before goes on: its rate, its running calls, its time of use.
    fn new(stored: StoredToken, before: Option<&Token>, calls: u64) -> Arc<Self> {
        let same = |before: &&Token| {
            (before.stored.facts.requests_per_second, before.stored.facts.burst)
                == (stored.facts.requests_per_second, stored.facts.burst)
        };
        let rate = before.filter(same).map_or_else(|| Arc::new(rate(&stored.facts)), |before| Arc::clone(&before.rate));
        let concurrency = before
            .map_or_else(|| Arc::new(ConcurrencyLimit::of_token(calls)), |before| Arc::clone(&before.concurrency));
        let at = stored.used_at.unwrap_or(0);
        let used =
            before.map_or_else(|| Arc::new([AtomicI64::new(at), AtomicI64::new(at)]), |one| Arc::clone(&one.used));
        Arc::new(Self { stored, concurrency, rate, used })
    }

    /// When it was shown last, as far as this host knows; milliseconds since 1970.
    pub fn used_at(&self) -> Option<i64> {
        let [used, _] = &*self.used;
        Some(used.load(Relaxed).max(self.stored.used_at.unwrap_or(0))).filter(|at| *at > 0)
    }

    fn check(&self, at: i64) -> Result<(), FlowError> {
        let facts = &self.stored.facts;
        if !facts.enabled {
            return Err(FlowError::Token("the token is disabled"));
        }
        if facts.expires_at.is_some_and(|end| end <= at) {
            return Err(FlowError::Token("the token has expired"));
        }
        let [used, _] = &*self.used;
        // To the second, so that the processors don't fight for the line at every call.
        if at - used.load(Relaxed) >= 1000 {
            used.store(at, Relaxed);
        }
        self.rate.check().map_err(|until| {
            let wait = until.wait_time_from(DefaultClock::default().now());
            FlowError::TooManyRequests { limit: limit(facts), wait_s: wait.as_secs() + 1 }
        })
    }
}

fn limit(facts: &TokenFacts) -> LimitHit {
    LimitHit {
        name: "requests_per_second".to_owned(),
        value: facts.requests_per_second.into(),
        setting: "requests_per_second of the token".to_owned(),
    }
}

fn rate(facts: &TokenFacts) -> DefaultDirectRateLimiter {
    let number = |value| NonZeroU32::new(value).unwrap_or(NonZeroU32::MIN);
    let quota = Quota::per_second(number(facts.requests_per_second)).allow_burst(number(facts.burst));
    RateLimiter::direct(quota)
}

impl Tokens {
    pub(crate) fn put(&mut self, stored: StoredToken, before: Option<&Token>, calls: u64) {
        let own = self.by_id.get(&stored.caller.token).cloned();
        let token = Token::new(stored, own.as_deref().or(before), calls);
        self.by_hash.insert(token.stored.hash, Arc::clone(&token));
        self.by_id.insert(token.stored.caller.token, token);
    }

    pub(crate) fn remove(&mut self, id: &TokenId) {
        if let Some(token) = self.by_id.remove(id) {
            self.by_hash.remove(&token.stored.hash);
        }
    }

    pub(crate) fn retain(&mut self, keep: impl Fn(&Scope) -> bool) {
        self.by_id.retain(|_, token| keep(&token.stored.caller.scope));
        self.by_hash.retain(|_, token| keep(&token.stored.caller.scope));
    }

    pub(crate) fn get(&self, id: &TokenId) -> Option<&Arc<Token>> {
        self.by_id.get(id)
    }
}

impl Host {
    /// Who shows a token, and whether from the host's own machine. Counts as a request of it.
    ///
    /// # Errors
    /// [`FlowError::Token`], [`FlowError::LocalToken`], [`FlowError::TooManyRequests`].
    pub fn caller(&self, hash: &TokenHash, is_local: bool) -> Result<Caller, FlowError> {
        let catalog = self.catalog();
        let token = catalog.tokens().by_hash.get(hash).ok_or(FlowError::Token("the token is not known"))?;
        if token.stored.local && !is_local && !self.0.settings.allow_remote_admin {
            return Err(FlowError::LocalToken);
        }
        token.check(now())?;
        Ok(token.stored.caller.clone())
    }

    /// The tokens of a scope that exist for a caller, in the order of making.
    pub fn tokens(&self, scope: &Scope, caller: &Caller) -> Vec<Arc<Token>> {
        let catalog = self.catalog();
        let own = catalog.tokens().by_id.values().filter(|token| token.stored.caller.scope == *scope);
        let mut seen: Vec<_> =
            own.filter(|token| caller.restrictions.contains(&token.stored.caller.restrictions)).cloned().collect();
        seen.sort_unstable_by_key(|token| token.stored.caller.token);
        seen
    }

    /// A token of a scope.
    ///
    /// # Errors
    /// [`FlowError::NotFound`].
    pub fn token(&self, scope: &Scope, id: &str, caller: &Caller) -> Result<Arc<Token>, FlowError> {
        let found = id.parse().ok().and_then(|id| self.catalog().tokens().get(&id).cloned());
        let seen = |token: &Arc<Token>| {
            token.stored.caller.scope == *scope && caller.restrictions.contains(&token.stored.caller.restrictions)
        };
        found.filter(seen).ok_or_else(|| FlowError::NotFound(format!("token `{}`", id.escape_debug())))
    }

    /// Makes a token in a scope. Nobody gives away more than they have.
    ///
    /// # Errors
    /// [`FlowError::Definition`], [`FlowError::Role`], [`FlowError::Limited`].
    pub async fn create_token(
        &self,
        scope: Scope,
        new: NewToken,
        by: &Caller,
    ) -> Result<(Arc<Token>, AccessToken), FlowError> {
        check(&new.facts)?;
        if new.role > by.role {
            return Err(FlowError::Role { what: "making a token of that role", needs: new.role, has: by.role });
        }
        if !by.restrictions.contains(&new.restrictions) || !by.scope.contains(&scope) {
            return Err(FlowError::Limited);
        }
        let text = AccessToken::generate()?;
        let caller = Caller { token: TokenId::new(), scope, role: new.role, restrictions: new.restrictions };
        let id = caller.token;
        let stored = StoredToken::new(caller, new.facts, text.hash());
        let _turn = self.turn().await?;
        self.0.store.create_token(&stored, Some(by.token)).await?;
        self.apply(&Changed::Token(id)).await?;
        Ok((self.token(&scope, &id.to_string(), by)?, text))
    }

    /// Changes a token. `change` gets what is in force.
    ///
    /// # Errors
    /// [`FlowError::NotFound`], [`FlowError::Changed`], [`FlowError::Definition`].
    pub async fn update_token(
        &self,
        scope: &Scope,
        id: &str,
        expected: Option<i64>,
        change: impl FnOnce(&mut TokenFacts),
        by: &Caller,
    ) -> Result<Arc<Token>, FlowError> {
        let _turn = self.turn().await?;
        let mut stored = self.token_at(scope, id, expected, by)?.stored.clone();
        change(&mut stored.facts);
        check(&stored.facts)?;
        self.0.store.update_token(&stored, Some(by.token)).await?;
        self.apply(&Changed::Token(stored.caller.token)).await?;
        self.token(scope, id, by)
    }

    /// Deletes a token: whoever shows it next is a stranger.
    ///
    /// # Errors
    /// [`FlowError::NotFound`], [`FlowError::Changed`].
    pub async fn revoke_token(
        &self,
        scope: &Scope,
        id: &str,
        expected: Option<i64>,
        by: &Caller,
    ) -> Result<(), FlowError> {
        let _turn = self.turn().await?;
        let token = self.token_at(scope, id, expected, by)?;
        self.0.store.delete_token(&token.stored, Some(by.token)).await?;
        self.apply(&Changed::Token(token.stored.caller.token)).await
    }

    fn token_at(&self, scope: &Scope, id: &str, expected: Option<i64>, by: &Caller) -> Result<Arc<Token>, FlowError> {
        let token = self.token(scope, id, by)?;
        match expected {
            Some(version) if version != token.stored.version => Err(FlowError::Changed),
            _ => Ok(token),
        }
    }

    /// Writes when tokens were shown last, where that is not written yet.
    pub(crate) async fn note_used(&self) {
        let catalog = self.catalog().clone();
        let mut times = Vec::new();
        for token in catalog.tokens().by_id.values() {
            let [used, written] = &*token.used;
            let at = used.load(Relaxed);
            if at > written.swap(at, Relaxed) {
                times.push((token.stored.caller.token, at));
            }
        }
        if !times.is_empty()
            && let Err(error) = self.0.store.note_used(&times).await
        {
            tracing::warn!(%error, "the times of use of tokens were not written");
        }
    }
}

/// Writes the times of use, for as long as the host lives.
pub(crate) async fn note_used(host: std::sync::Weak<crate::host::Inner>) {
    let mut times = tokio::time::interval(NOTE_EVERY);
    times.tick().await;
    loop {
        times.tick().await;
        let Some(inner) = host.upgrade() else { return };
        Host(inner).note_used().await;
    }
}

fn check(facts: &TokenFacts) -> Result<(), FlowError> {
    check_name(&facts.name)?;
    let mut found = Vec::new();
    for (pointer, value) in [("/requests_per_second", facts.requests_per_second), ("/burst", facts.burst)] {
        if !(1..=RATE_MAX).contains(&value) {
            let detail = format!("{value} is out of range: expected 1 to {RATE_MAX}");
            found.push(Violation::new(pointer, "range", detail));
        }
    }
    if found.is_empty() { Ok(()) } else { Err(FlowError::Definition(found)) }
}

impl NewToken {
    /// A token without limits and with the default rate.
    pub fn named(name: String, role: Role) -> Self {
        let facts = TokenFacts {
            name,
            enabled: true,
            expires_at: None,
            requests_per_second: DEFAULT_RATE,
            burst: DEFAULT_BURST,
        };
        Self { role, restrictions: TokenRestrictions::default(), facts, local: false }
    }
}
