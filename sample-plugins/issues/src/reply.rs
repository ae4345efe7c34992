//! What the API's errors mean for who called.

use lockgate_sdk::http::Response;
use lockgate_sdk::prelude::*;
use std::time::Duration;

#[derive(Debug, Default, Deserialize)]
struct Problem {
    message: Option<String>,
    errors: Option<Value>,
}

/// Makes failures that a caller can decide by.
pub(crate) fn checked(reply: Response) -> Result<Response, Failure> {
    let code = match reply.status() {
        200..=299 => return Ok(reply),
        401 => "not_authenticated",
        403 | 429 if reply.header("x-ratelimit-remaining").as_deref() == Some("0") => "rate_limited",
        403 => "forbidden",
        404 => "not_found",
        422 => "invalid",
        _ => return reply.error_for_status(),
    };
    let wait = reply.header("retry-after").and_then(|seconds| seconds.parse().ok()).map(Duration::from_secs);
    let problem = reply.json::<Problem>().unwrap_or_default();
    let failure = Failure::new(code, problem.message.unwrap_or_else(|| "the issue tracker refused".to_owned()));
    let failure = match problem.errors {
        Some(errors) => failure.details(errors),
        None => failure,
    };
    Err(match (code, wait) {
        ("rate_limited", Some(wait)) => failure.retry_after(wait),
        ("rate_limited", None) => failure.retryable(),
        _ => failure,
    })
}
