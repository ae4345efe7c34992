//! When a request is sent again, and after what time.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use http::header::RETRY_AFTER;
use http::{HeaderMap, Method};
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;

use crate::transport::http::request::{Body, Retry};

/// What a request adds to the budget, and what a repetition takes: one in five requests may be a repetition, so that
/// connectors that repeat don't multiply the load on an upstream that is down.
const ADDED: i64 = 1;
const TAKEN: i64 = 5;
/// What there is at first: ten repetitions.
const FIRST: i64 = 10 * TAKEN;
/// What can be saved up.
const MOST: i64 = 100 * TAKEN;

/// The retry budget of one group with one connection's values.
#[derive(Debug)]
pub(crate) struct Budget(AtomicI64);

impl Default for Budget {
    fn default() -> Self {
        Self(AtomicI64::new(FIRST))
    }
}

impl Budget {
    /// A request is sent for the first time.
    pub(crate) fn add(&self) {
        if self.0.load(Ordering::Relaxed) < MOST {
            self.0.fetch_add(ADDED, Ordering::Relaxed);
        }
    }

    /// Whether one may be sent again.
    pub(crate) fn take(&self) -> bool {
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| (left >= TAKEN).then(|| left - TAKEN)).is_ok()
    }
}

/// Whether a method has the same effect when it is sent twice (RFC 9110 section 9.2.2).
pub(crate) fn is_idempotent(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS | Method::PUT | Method::DELETE)
}

impl Retry {
    /// Whether a request may be sent again although it may have had its effect.
    pub(crate) fn repeats(&self, method: &Method, body: &Body) -> bool {
        let whole = match body {
            Body::Empty | Body::Bytes(_) => true,
            Body::Stream(_) => false,
        };
        whole && (self.any_method || is_idempotent(method))
    }

    /// The wait before the attempt of a number, from 2; none when there is no such attempt, or the upstream asks for a
    /// longer time than the connector waits.
    pub(crate) fn wait(&self, attempt: u32, headers: Option<&HeaderMap>) -> Option<Duration> {
        if attempt > self.attempts.min(Retry::ATTEMPTS_MAX) {
            return None;
        }
        if let Some(asked) = headers.and_then(retry_after) {
            return (asked <= self.backoff_max).then_some(asked);
        }
        let doubled = self.backoff.saturating_mul(1 << attempt.saturating_sub(2).min(16)).min(self.backoff_max);
        // Between half and all of it, so that those who failed together don't come back together.
        Some(doubled.mul_f64(0.5 + 0.5 * fraction()))
    }
}

/// A number from 0 to 1 that need not be a secret.
fn fraction() -> f64 {
    let random = getrandom::u32().unwrap_or(u32::MAX / 2);
    f64::from(random) / f64::from(u32::MAX)
}

/// A date says when; a day of the week that does not belong to it says no less.
const DATES: DateTimeParser = DateTimeParser::new().relaxed_weekday(true);

/// `Retry-After` (RFC 9110 section 10.2.3): seconds, or a date.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = DATES.parse_timestamp(text).ok()?;
    Some(Duration::try_from(date - Timestamp::now()).unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(value: &str) -> HeaderMap {
        [(RETRY_AFTER, value.parse().unwrap())].into_iter().collect()
    }

    #[test]
    fn waits_double_up_to_the_longest() {
        let retry = Retry { attempts: 9, ..Retry::default() };
        for (attempt, most) in [(2, 200), (3, 400), (4, 800), (6, 3200), (7, 5000), (9, 5000)] {
            let wait = retry.wait(attempt, None).unwrap();
            assert!(
                wait <= Duration::from_millis(most) && wait >= Duration::from_millis(most / 2),
                "{attempt} {wait:?}"
            );
        }
        assert_eq!(retry.wait(10, None), None);
        let many = Retry { attempts: 1000, ..Retry::default() };
        assert_eq!(many.wait(11, None), None);
    }

    #[test]
    fn what_the_upstream_asks_for_goes_first_and_is_not_cut() {
        let retry = Retry::default();
        assert_eq!(retry.wait(2, Some(&headers("3"))), Some(Duration::from_secs(3)));
        assert_eq!(retry.wait(2, Some(&headers("6"))), None);
        assert_eq!(retry.wait(2, Some(&headers("Wed, 21 Oct 2015 07:28:00 GMT"))), Some(Duration::ZERO));
        assert_eq!(retry.wait(2, Some(&headers("Wed, 21 Oct 2115 07:28:00 GMT"))), None);
        assert!(retry.wait(2, Some(&headers("soon"))).is_some_and(|wait| wait <= Duration::from_millis(200)));
    }

    #[test]
    fn only_what_is_repeatable_is_repeated() {
        let retry = Retry::default();
        assert!(retry.repeats(&Method::PUT, &Body::Empty) && !retry.repeats(&Method::POST, &Body::Empty));
        let any = Retry { any_method: true, ..retry };
        assert!(any.repeats(&Method::POST, &Body::Empty));
        let stream = Body::stream(http_body_util::Empty::new().map_err(|never| match never {}));
        assert!(!any.repeats(&Method::PUT, &stream));
    }

    #[test]
    fn repetitions_are_a_fifth_of_the_requests() {
        let budget = Budget::default();
        assert_eq!((0..100).filter(|_| budget.take()).count(), 10);
        (0..50).for_each(|_| budget.add());
        assert_eq!((0..100).filter(|_| budget.take()).count(), 10);
    }

    use http_body_util::BodyExt;
}
