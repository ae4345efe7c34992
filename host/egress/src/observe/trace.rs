//! The span of one request to an upstream, and the header that tells the upstream of it (W3C Trace Context).

use http::{HeaderMap, HeaderName, HeaderValue};
use lockgate_telemetry::{Here, Stage};

use crate::{EgressError, Response};

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
/// Belongs to the `traceparent` that it came with.
const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");

/// One request of a call that somebody traces. Of a call that nobody traces, nothing.
pub(crate) struct Traced(Option<Stage>);

impl Traced {
    /// Begins the span. It says what the request is for and never where it goes: a host can have a customer's name in it.
    pub(crate) fn begin(here: Option<&Here>, purpose: &str, attempt: u32) -> Self {
        Self(here.map(|here| {
            let mut span = here.request("upstream");
            span.text("lockgate.purpose", purpose);
            span.number("http.request.resend_count", u64::from(attempt.saturating_sub(1)));
            span
        }))
    }

    /// Tells the upstream. What the connector set itself gives way, else the trace would break here.
    pub(crate) fn tell(&self, headers: &mut HeaderMap) {
        let Some(span) = &self.0 else { return };
        // Hexadecimal digits and dashes are always a value.
        let Ok(value) = HeaderValue::try_from(span.here().traceparent().to_string()) else { return };
        headers.remove(TRACESTATE);
        headers.insert(TRACEPARENT, value);
    }

    /// Ends the span, at the head of the answer: its body is read at the connector's pace.
    pub(crate) fn ended(self, answer: &Result<Response, EgressError>) {
        let Some(mut span) = self.0 else { return };
        match answer {
            Ok(answer) => span.number("http.response.status_code", u64::from(answer.status.as_u16())),
            Err(error) => span.failed(error.code()),
        }
    }
}
