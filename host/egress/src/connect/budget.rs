//! How many of a session's requests may be repetitions.

use std::sync::atomic::{AtomicI64, Ordering};

/// What a request adds to the budget, and what a repetition takes: one in five requests may be a repetition, so that
/// connectors that repeat don't multiply the load on an upstream that is down.
const ADDED: i64 = 1;
const TAKEN: i64 = 5;
/// What there is at first: ten repetitions.
const FIRST: i64 = 10 * TAKEN;
/// What can be saved up.
const MOST: i64 = 100 * TAKEN;

/// The retry budget of one session.
#[derive(Debug)]
pub(crate) struct RetryBudget(AtomicI64);

impl Default for RetryBudget {
    fn default() -> Self {
        Self(AtomicI64::new(FIRST))
    }
}

impl RetryBudget {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repetitions_are_a_fifth_of_the_requests() {
        let budget = RetryBudget::default();
        assert_eq!((0..100).filter(|_| budget.take()).count(), 10);
        (0..50).for_each(|_| budget.add());
        assert_eq!((0..100).filter(|_| budget.take()).count(), 10);
    }
}
