//! Access tokens in memory: whose they are, and how often they may ask.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use lockgate_domain::{Caller, LimitHit, Scope, TokenId};
use lockgate_store::{StoredToken, TokenFacts};
use lockgate_vault::TokenHash;

use crate::FlowError;
use crate::catalog::concurrency::ConcurrencyLimit;

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

    /// When it was shown last, if that is not written yet. From now on it counts as written.
    pub(crate) fn take_unwritten_use(&self) -> Option<i64> {
        let [used, written] = &*self.used;
        let at = used.load(Relaxed);
        Some(at).filter(|at| *at > written.swap(*at, Relaxed))
    }

    /// Whether it is taken at a time: it is enabled, and has not ended.
    pub(crate) fn is_taken(&self, at: i64) -> Result<(), FlowError> {
        let facts = &self.stored.facts;
        if !facts.enabled {
            return Err(FlowError::Token("the token is disabled"));
        }
        if facts.expires_at.is_some_and(|end| end <= at) {
            return Err(FlowError::Token("the token has expired"));
        }
        Ok(())
    }

    /// Counts a request at a time.
    pub(crate) fn check(&self, at: i64) -> Result<(), FlowError> {
        self.is_taken(at)?;
        let facts = &self.stored.facts;
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

    /// The end and the rate of the token that a caller showed.
    pub(crate) fn facts(&self, caller: &Caller) -> Option<&TokenFacts> {
        self.by_id.get(&caller.token).map(|token| &token.stored.facts)
    }

    pub(crate) fn by_hash(&self, hash: &TokenHash) -> Option<&Arc<Token>> {
        self.by_hash.get(hash)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<Token>> {
        self.by_id.values()
    }
}
