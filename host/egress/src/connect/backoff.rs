//! How often a request is sent, and what time lies between: the part of a retry rule that every transport has.

use std::time::Duration;

/// The attempts of one request and the waits between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// How often it is sent in all, the first time included; at most [`Backoff::ATTEMPTS_MAX`].
    pub attempts: u32,
    /// The wait before the second time; it doubles each time, and varies by half of it.
    pub wait: Duration,
    /// The longest wait. An upstream that asks for more is not asked again.
    pub wait_max: Duration,
}

impl Backoff {
    /// Further attempts have never helped anybody who waited.
    pub const ATTEMPTS_MAX: u32 = 10;

    /// The wait before the attempt of a number, from 2; none when there is no such attempt, or the upstream asked for a
    /// longer time than the connector waits.
    pub(crate) fn before(&self, attempt: u32, asked: Option<Duration>) -> Option<Duration> {
        if attempt > self.attempts.min(Self::ATTEMPTS_MAX) {
            return None;
        }
        if let Some(asked) = asked {
            return (asked <= self.wait_max).then_some(asked);
        }
        let doubled = self.wait.saturating_mul(1 << attempt.saturating_sub(2).min(16)).min(self.wait_max);
        // Between half and all of it, so that those who failed together don't come back together.
        Some(doubled.mul_f64(0.5 + 0.5 * fraction()))
    }
}

impl Default for Backoff {
    fn default() -> Self {
        Self { attempts: 3, wait: Duration::from_millis(200), wait_max: Duration::from_secs(5) }
    }
}

/// A number from 0 to 1 that need not be a secret.
fn fraction() -> f64 {
    let random = getrandom::u32().unwrap_or(u32::MAX / 2);
    f64::from(random) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest() {
        let backoff = Backoff { attempts: 9, ..Backoff::default() };
        for (attempt, most) in [(2, 200), (3, 400), (4, 800), (6, 3200), (7, 5000), (9, 5000)] {
            let wait = backoff.before(attempt, None).unwrap();
            assert!(
                wait <= Duration::from_millis(most) && wait >= Duration::from_millis(most / 2),
                "{attempt} {wait:?}"
            );
        }
        assert_eq!(backoff.before(10, None), None);
        let many = Backoff { attempts: 1000, ..Backoff::default() };
        assert_eq!(many.before(11, None), None);
    }
}
