//! The circuit breaker of an origin: after many failures in a row nothing is sent for a while, so that calls fail at
//! once and the upstream has room to recover. Only a way that is down is a failure (name, connection, TLS):
//! what becomes of a request on it depends on the request, and all callers of a connection share its breaker.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::EgressError;

/// Failures in a row until it opens.
const FAILURES_MAX: u32 = 10;
/// How long it is open at first; it doubles each time that the one request after that fails too.
const OPEN_FIRST: Duration = Duration::from_secs(2);
const OPEN_LONGEST: Duration = Duration::from_secs(60);
/// Origins with failures that are remembered; with a wildcard there can be any number.
const ORIGINS_MAX: usize = 1024;

/// The breakers of one session, by origin.
#[derive(Debug, Default)]
pub(crate) struct Breakers {
    failing: Mutex<HashMap<String, Failing>>,
    /// How many there are, so that a request to healthy origins takes no lock.
    count: AtomicUsize,
}

#[derive(Debug)]
struct Failing {
    failures: u32,
    open_until: Instant,
    open_for: Duration,
}

impl Breakers {
    /// Whether a request may be sent there. After the time of an open breaker one may, and the next one waits for its
    /// outcome as long again.
    pub(crate) fn check(&self, origin: &str) -> Result<(), EgressError> {
        if self.count.load(Ordering::Relaxed) == 0 {
            return Ok(());
        }
        let mut failing = self.locked();
        let Some(own) = failing.get_mut(origin).filter(|own| own.failures >= FAILURES_MAX) else { return Ok(()) };
        let now = Instant::now();
        let wait = own.open_until.saturating_duration_since(now);
        if wait.is_zero() {
            own.open_until = now + own.open_for;
            return Ok(());
        }
        Err(EgressError::CircuitOpen { origin: origin.to_owned(), failures: own.failures, wait })
    }

    /// An answer came.
    pub(crate) fn succeeded(&self, origin: &str) {
        if self.count.load(Ordering::Relaxed) > 0 {
            let mut failing = self.locked();
            failing.remove(origin);
            self.count.store(failing.len(), Ordering::Relaxed);
        }
    }

    /// No answer came, by a fault of the upstream or of the way to it.
    pub(crate) fn failed(&self, origin: &str) {
        let mut failing = self.locked();
        if failing.len() >= ORIGINS_MAX {
            failing.retain(|_, own| own.failures >= FAILURES_MAX);
        }
        if failing.len() < 2 * ORIGINS_MAX {
            let now = Instant::now();
            let new = Failing { failures: 0, open_until: now, open_for: OPEN_FIRST / 2 };
            let own = failing.entry(origin.to_owned()).or_insert(new);
            own.failures = own.failures.saturating_add(1);
            if own.failures >= FAILURES_MAX {
                own.open_for = (own.open_for * 2).min(OPEN_LONGEST);
                own.open_until = now + own.open_for;
            }
        }
        self.count.store(failing.len(), Ordering::Relaxed);
    }

    fn locked(&self) -> MutexGuard<'_, HashMap<String, Failing>> {
        self.failing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_failures_in_a_row_open_it_and_an_answer_closes_it() {
        let breakers = Breakers::default();
        let (one, other) = ("https://a.example", "https://a.example:444");
        for _ in 0..9 {
            breakers.failed(one);
            assert_eq!(breakers.check(one), Ok(()));
        }
        breakers.succeeded(one);
        for _ in 0..10 {
            assert_eq!(breakers.check(one), Ok(()));
            breakers.failed(one);
        }
        let Err(EgressError::CircuitOpen { failures: 10, wait, .. }) = breakers.check(one) else { panic!() };
        assert!(wait > Duration::from_secs(1) && wait <= OPEN_FIRST);
        assert_eq!(breakers.check(other), Ok(()));
        breakers.succeeded(one);
        assert_eq!(breakers.check(one), Ok(()));
    }

    #[test]
    fn after_its_time_one_request_is_sent_and_its_failure_doubles_the_time() {
        let breakers = Breakers::default();
        let target = "https://a.example";
        (0..10).for_each(|_| breakers.failed(target));
        breakers.locked().values_mut().for_each(|own| own.open_until = Instant::now());
        assert_eq!(breakers.check(target), Ok(()));
        assert!(breakers.check(target).is_err());
        breakers.failed(target);
        let Err(EgressError::CircuitOpen { wait, .. }) = breakers.check(target) else { panic!() };
        assert!(wait > OPEN_FIRST, "{wait:?}");
    }

    #[test]
    fn the_memory_of_failures_is_bounded() {
        let breakers = Breakers::default();
        for number in 0..10_000 {
            breakers.failed(&format!("https://a{number}.example"));
        }
        assert!(breakers.locked().len() <= 2 * ORIGINS_MAX);
    }
}
