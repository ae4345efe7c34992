//! What is kept of a call with an `Idempotency-Key`: enough to answer a repeat as the call itself was answered.

use lockgate_domain::{Code, Digest, Failure, LimitHit, Problem, Usage, VersionId, Violation};
use serde::{Deserialize, Serialize};

use crate::call::request::{CompletedCall, FailedCall};

/// Bytes of an outcome that is kept: far more than what a call that changes something answers. A larger one is known to have
/// come, and is not kept.
const BYTES_MAX: usize = 256 * 1024;

#[derive(Serialize, Deserialize)]
struct Kept {
    duration_us: u64,
    usage: Usage,
    plugin: Option<Digest>,
    version: Option<i64>,
    result: Result<String, KeptProblem>,
}

#[derive(Serialize, Deserialize)]
struct KeptProblem {
    code: String,
    detail: String,
    limit: Option<LimitHit>,
    errors: Vec<Violation>,
    failure: Option<Failure>,
}

/// What a call ended with.
pub(crate) type Outcome = Result<CompletedCall, FailedCall>;

/// Whether an outcome is one for good. What ended before anything of the connector ran is none. Neither is a retryable failure
/// of a connector whose author says that repeating a call has no further effect (`repeatable`); of any other connector nobody
/// knows what it did before it failed: an upstream's 504 may stand for a payment that was made.
pub(crate) fn is_definite(outcome: &Outcome, repeatable: bool) -> bool {
    match outcome {
        Ok(_) => true,
        Err(failed) => {
            let may_pass = failed.problem.failure.as_ref().is_some_and(|failure| failure.retryable);
            failed.began && !(repeatable && may_pass)
        }
    }
}

/// The text to keep of an outcome; none if it is too large.
pub(crate) fn written(outcome: &Outcome) -> Option<String> {
    let kept = match outcome {
        Ok(CompletedCall { output, version, duration, usage, .. }) => Kept {
            duration_us: u64::try_from(duration.as_micros()).unwrap_or(u64::MAX),
            usage: *usage,
            plugin: version.code,
            version: version.number,
            result: Ok(output.clone()),
        },
        Err(FailedCall { problem, usage, .. }) => {
            let Problem { code, detail, limit, errors, failure, .. } = (**problem).clone();
            let problem = KeptProblem { code: code.as_str().to_owned(), detail, limit, errors, failure };
            Kept { duration_us: 0, usage: *usage, plugin: None, version: None, result: Err(problem) }
        }
    };
    serde_json::to_string(&kept).ok().filter(|text| text.len() <= BYTES_MAX)
}

/// The outcome of a kept text. A problem is not retryable with the same key, whatever it was at first: it stays.
pub(crate) fn read(text: &[u8]) -> Option<Outcome> {
    let Kept { duration_us, usage, plugin, version, result } = serde_json::from_slice(text).ok()?;
    Some(match result {
        Ok(output) => Ok(CompletedCall {
            output,
            version: VersionId { code: plugin, number: version },
            duration: std::time::Duration::from_micros(duration_us),
            usage,
            logs: Vec::new(),
        }),
        Err(kept) => {
            let KeptProblem { code, detail, limit, errors, failure } = kept;
            let problem = Problem { limit, errors, failure, ..Problem::new(Code::of(&code)?, detail) };
            Err(FailedCall { problem: Box::new(problem), usage, logs: Vec::new(), began: true })
        }
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn failed(began: bool, retryable: Option<bool>) -> Outcome {
        let mut problem = Problem::new(Code::ConnectorFailure, "no stock").retryable(Some(3));
        problem.failure = retryable.map(|retryable| Failure {
            code: "no_stock".to_owned(),
            message: "no stock".to_owned(),
            retryable,
            retry_after_ms: None,
            details: None,
        });
        Err(FailedCall { problem: Box::new(problem), usage: Usage::default(), logs: Vec::new(), began })
    }

    #[test]
    fn an_output_comes_back_as_it_was() {
        let (code, usage) = (Some(Digest::of(b"p")), Usage { cpu_us: 1, peak_memory_bytes: 2, host_calls: 3 });
        let (version, duration) = (VersionId { code, number: Some(4) }, Duration::from_micros(5));
        let output = r#"{"a": 1.50, "b": "\u00e9"}"#.to_owned();
        let call: Outcome = Ok(CompletedCall { output: output.clone(), version, duration, usage, logs: Vec::new() });
        let again = read(written(&call).unwrap().as_bytes()).unwrap().unwrap();
        assert_eq!((again.output, again.version, again.duration, again.usage), (output, version, duration, usage));
        let large = CompletedCall { output: "x".repeat(BYTES_MAX), version, duration, usage, logs: Vec::new() };
        assert!(written(&Ok(large)).is_none());
    }

    #[test]
    fn what_may_be_made_again_is_no_outcome_for_good() {
        for repeatable in [false, true] {
            assert!(
                is_definite(&failed(true, Some(false)), repeatable) && is_definite(&failed(true, None), repeatable)
            );
            assert!(!is_definite(&failed(false, None), repeatable));
            assert_eq!(is_definite(&failed(true, Some(true)), repeatable), !repeatable);
        }
        let again = read(written(&failed(true, None)).unwrap().as_bytes()).unwrap().unwrap_err();
        assert_eq!((again.problem.code, again.problem.retryable), (Code::ConnectorFailure, false));
    }
}
