//! The rules of `request.set-retry`, and of the options of `exchange`: a mirror of `wit/http/retry.schema.json` that refuses what it does not know.

use std::collections::BTreeSet;
use std::time::Duration;

use lockgate_domain::ObjectsOnly;
use lockgate_egress::{Backoff, Retry};
use serde::Deserialize;

/// The longest wait that can be asked for.
const BACKOFF_MAX_MS: u64 = 60_000;
/// Statuses in one text.
const STATUSES_MAX: usize = 64;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rules {
    attempts: Option<u32>,
    statuses: Option<Vec<u16>>,
    connection_errors: Option<bool>,
    backoff_ms: Option<u64>,
    backoff_max_ms: Option<u64>,
    any_method: Option<bool>,
}

/// Reads the rules.
pub(super) fn parse(text: &str) -> Result<Retry, String> {
    let rules: Rules =
        ObjectsOnly::of_slice(text.as_bytes()).map_err(|error| format!("the retry rules do not fit: {error}"))?;
    rules.checked()
}

impl Rules {
    /// In the words of egress, whose defaults hold for what is left out.
    pub(super) fn checked(self) -> Result<Retry, String> {
        let default = Retry::default();
        let wait = |ms: Option<u64>, default: Duration, name: &str| match ms {
            None => Ok(default),
            Some(ms) if ms <= BACKOFF_MAX_MS => Ok(Duration::from_millis(ms)),
            Some(ms) => Err(format!("`{name}` is {ms}: expected at most {BACKOFF_MAX_MS}")),
        };
        let attempts = self.attempts.unwrap_or(default.backoff.attempts);
        if !(1..=Backoff::ATTEMPTS_MAX).contains(&attempts) {
            return Err(format!("`attempts` is {attempts}: expected 1 to {}", Backoff::ATTEMPTS_MAX));
        }
        let statuses: BTreeSet<u16> = match self.statuses {
            None => default.statuses,
            Some(list) if list.len() > STATUSES_MAX => {
                return Err(format!("`statuses` has {} entries: expected at most {STATUSES_MAX}", list.len()));
            }
            Some(list) => list.into_iter().collect(),
        };
        if let Some(status) = statuses.iter().find(|status| !(100..=599).contains(*status)) {
            return Err(format!("`statuses` has {status}: expected 100 to 599"));
        }
        let backoff = Backoff {
            attempts,
            wait: wait(self.backoff_ms, default.backoff.wait, "backoff_ms")?,
            wait_max: wait(self.backoff_max_ms, default.backoff.wait_max, "backoff_max_ms")?,
        };
        Ok(Retry {
            backoff,
            statuses,
            connection_errors: self.connection_errors.unwrap_or(default.connection_errors),
            any_method: self.any_method.unwrap_or(default.any_method),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_has_its_default() {
        assert_eq!(parse("{}"), Ok(Retry::default()));
        let rules = parse(r#"{"attempts": 5, "statuses": [503], "backoff_ms": 10, "any_method": true}"#).unwrap();
        assert_eq!((rules.backoff.attempts, rules.statuses.len(), rules.any_method), (5, 1, true));
        assert_eq!(rules.backoff.wait, Duration::from_millis(10));
        assert_eq!(rules.backoff.wait_max, Backoff::default().wait_max);
    }

    #[test]
    fn what_does_not_fit_is_named() {
        for (text, found) in [
            ("often", "do not fit"),
            (r#"{"attempt": 2}"#, "unknown field `attempt`"),
            (r#"{"attempts": 0}"#, "`attempts` is 0"),
            (r#"{"attempts": 11}"#, "expected 1 to 10"),
            (r#"{"statuses": [99]}"#, "`statuses` has 99"),
            (r#"{"backoff_max_ms": 60001}"#, "`backoff_max_ms` is 60001"),
        ] {
            let refused = parse(text).unwrap_err();
            assert!(refused.contains(found), "{text}: {refused}");
        }
    }
}
