//! When an HTTP request is sent again.

use std::time::Duration;

use http::Method;

use super::request::{Body, Retry};
use super::response::Response;
use super::retry_after::retry_after;
use crate::{EgressError, Phase};

/// Whether a method has the same effect when it is sent twice (RFC 9110 section 9.2.2).
pub(super) fn is_idempotent(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS | Method::PUT | Method::DELETE)
}

impl Retry {
    /// Whether a request may be sent again although it may have had its effect.
    pub(super) fn repeats(&self, method: &Method, body: &Body) -> bool {
        let whole = match body {
            Body::Empty | Body::Bytes(_) => true,
            Body::Stream(_) => false,
        };
        whole && (self.any_method || is_idempotent(method))
    }

    /// How long to wait before a request is sent for the time of a number, from 2; none if it is not. It is there as a
    /// `whole`, and so can be sent again if it never left; it `repeats` if it can also when it left.
    pub(super) fn wait(
        &self,
        answer: &Result<Response, EgressError>,
        attempt: u32,
        whole: bool,
        repeats: bool,
    ) -> Option<Duration> {
        match answer {
            Ok(answer) if repeats && self.statuses.contains(&answer.status.as_u16()) => {
                self.backoff.before(attempt, retry_after(&answer.headers))
            }
            Ok(_) => None,
            Err(error) => {
                let sent_again = (whole && is_unsent(error)) || (repeats && is_lost(error));
                (self.connection_errors && sent_again).then(|| self.backoff.before(attempt, None)).flatten()
            }
        }
    }
}

/// Whether the request did not leave the host.
fn is_unsent(error: &EgressError) -> bool {
    matches!(error, EgressError::Dns { .. } | EgressError::Connect { .. })
        || matches!(error, EgressError::Timeout { phase: Phase::Waiting | Phase::Connect, .. })
}

/// Whether it left, and no answer came.
fn is_lost(error: &EgressError) -> bool {
    matches!(error, EgressError::Protocol { .. } | EgressError::Timeout { phase: Phase::FirstByte, .. })
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;
    use http::header::RETRY_AFTER;
    use http_body_util::BodyExt;

    use super::*;

    fn headers(value: &str) -> HeaderMap {
        [(RETRY_AFTER, value.parse().unwrap())].into_iter().collect()
    }

    #[test]
    fn what_the_upstream_asks_for_goes_first_and_is_not_cut() {
        let backoff = Retry::default().backoff;
        let before = |asked: &str| backoff.before(2, retry_after(&headers(asked)));
        assert_eq!(before("3"), Some(Duration::from_secs(3)));
        assert_eq!(before("6"), None);
        assert_eq!(before("Wed, 21 Oct 2015 07:28:00 GMT"), Some(Duration::ZERO));
        assert_eq!(before("Wed, 21 Oct 2115 07:28:00 GMT"), None);
        assert!(before("soon").is_some_and(|wait| wait <= Duration::from_millis(200)));
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
}
