//! Whether a stored token is used, renewed or waited for. Pure, so that every moment of it can be tested.

use super::expiry::margin_ms;

/// A refused token is renewed only if it was issued at least so long ago: else it is not the token that is refused.
const FORCED_APART_MS: i64 = 60_000;

/// What is known of a stored token. Times are milliseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RenewalFacts {
    /// Raised by each new token; 0 while there is none.
    pub generation: i64,
    /// When it was issued.
    pub issued_at: i64,
    /// How long it is good; none if nobody says so.
    pub lifetime_ms: Option<i64>,
    /// The end of the refresh token, if it has one of its own.
    pub refresh_ends_at: Option<i64>,
    /// Until when no request is sent after one that failed.
    pub retry_at: i64,
}

/// What to do when a token is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Renewal {
    /// The stored one is good for so many milliseconds; none without an end.
    Use {
        /// How long to use it before asking again.
        for_ms: Option<i64>,
    },
    /// A new one is needed. What is stored may still be used if there is none.
    Due {
        /// How long the stored one is good nevertheless.
        usable_ms: Option<i64>,
    },
    /// A new one is needed and a failure is so recent that nobody asks again yet.
    Wait {
        /// How long.
        for_ms: i64,
        /// How long the stored one is good nevertheless.
        usable_ms: Option<i64>,
    },
    /// The refresh token is over by what the provider said of it.
    Ended,
}

/// Decides at `now` about a token of which the generation `rejected` was refused by the API.
///
/// No clock is trusted further than it must be: what a token has left is never more than its whole lifetime, so that a
/// clock that was ahead when it was issued does not keep it for ever.
pub fn renewal(facts: &RenewalFacts, rejected: Option<i64>, now: i64) -> Renewal {
    let age = now.saturating_sub(facts.issued_at);
    let left = facts.lifetime_ms.map(|lifetime| lifetime.saturating_sub(age).min(lifetime));
    let exists = facts.generation > 0;
    let is_rejected = exists && rejected == Some(facts.generation);
    // A time that is still to come says that a clock was changed: the token may be as old as any.
    let is_young = (0..FORCED_APART_MS).contains(&age);
    let fresh = left.zip(facts.lifetime_ms).is_none_or(|(left, lifetime)| left > margin_ms(lifetime));
    if exists && fresh && (!is_rejected || is_young) {
        let for_ms = left.zip(facts.lifetime_ms).map(|(left, lifetime)| left - margin_ms(lifetime));
        return Renewal::Use { for_ms };
    }
    let usable_ms = left.filter(|left| exists && !is_rejected && *left > 0);
    if facts.refresh_ends_at.is_some_and(|end| end <= now) {
        return usable_ms.map_or(Renewal::Ended, |left| Renewal::Use { for_ms: Some(left) });
    }
    let wait = facts.retry_at.saturating_sub(now);
    // A wait that is longer than any that is made says that a clock was changed.
    if (1..=COOL_DOWN_LONGEST_MS).contains(&wait) {
        return Renewal::Wait { for_ms: wait, usable_ms };
    }
    Renewal::Due { usable_ms }
}

/// The longest pause after failures.
const COOL_DOWN_LONGEST_MS: i64 = 5 * 60_000;
/// The pause after the first failure.
const COOL_DOWN_MS: i64 = 5_000;

/// How long nobody asks after so many failures in a row, in milliseconds; as long as the provider says, within bounds.
pub fn cool_down_ms(failures: u32, retry_after_s: Option<u64>) -> i64 {
    let doubled = COOL_DOWN_MS.saturating_mul(1 << failures.saturating_sub(1).min(10));
    let said = retry_after_s.map_or(0, |seconds| i64::try_from(seconds.saturating_mul(1000)).unwrap_or(i64::MAX));
    doubled.max(said).min(COOL_DOWN_LONGEST_MS)
}
