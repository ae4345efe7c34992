//! The span of one request to an upstream.

use lockgate_telemetry::{Here, Stage};

use super::Purpose;
use crate::EgressError;

/// One request of a call that somebody traces. Of a call that nobody traces, nothing.
pub(crate) struct Traced(Option<Stage>);

impl Traced {
    /// Begins the span. It says what the request is for and never where it goes: a host can have a customer's name in it.
    pub(crate) fn begin(here: Option<&Here>, purpose: Purpose, attempt: u32) -> Self {
        Self(here.map(|here| {
            let mut span = here.request("upstream");
            span.text("lockgate.purpose", purpose.as_str());
            span.number("http.request.resend_count", u64::from(attempt.saturating_sub(1)));
            span
        }))
    }

    /// Says that it is a call of gRPC, and which service and method, if those are the author's own names.
    pub(crate) fn rpc(&mut self, names: Option<(&str, &str)>) {
        let Some(span) = &mut self.0 else { return };
        span.text("rpc.system", "grpc");
        if let Some((service, method)) = names {
            span.text("rpc.service", service);
            span.text("rpc.method", method);
        }
    }

    /// What tells the upstream of the span: a `traceparent` (W3C Trace Context).
    pub(crate) fn traceparent(&self) -> Option<String> {
        self.0.as_ref().map(|span| span.here().traceparent().to_string())
    }

    /// Ends the span with the status of an HTTP answer, at its head: its body is read at the connector's pace.
    pub(crate) fn answered(self, status: u16) {
        let Some(mut span) = self.0 else { return };
        span.number("http.response.status_code", u64::from(status));
    }

    /// Ends the span with the status of a gRPC call.
    pub(crate) fn rpc_ended(self, code: u8) {
        let Some(mut span) = self.0 else { return };
        span.number("rpc.grpc.status_code", u64::from(code));
    }

    /// Ends the span of an answer without a status.
    pub(crate) fn done(self) {}

    /// Ends the span: there is no answer.
    pub(crate) fn failed(self, error: &EgressError) {
        let Some(mut span) = self.0 else { return };
        span.failed(error.code());
    }
}
