//! What a test route shows of an HTTP exchange. Credentials are masked before anything is kept.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, Method, StatusCode};
use lockgate_domain::destination::Target;
use serde::Serialize;

use super::outbound_request::OutboundRequest;
use super::request::Body;
use crate::EgressError;
use crate::observe::{Purpose, Recording};
use crate::scrub::Scrubber;
use crate::transport::{ExchangeRecorder, RecordedExchange};

/// How much is kept of each body.
const BODY_MAX: usize = 64 * 1024;

/// One request that was sent, and what came back.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct HttpExchange {
    /// What it was for: `request`, `login` or `verify`.
    #[schemars(extend("enum" = ["request", "login", "verify"]))]
    pub purpose: &'static str,
    /// The method.
    pub method: String,
    /// The URL, without what the auth method adds to its query.
    pub url: String,
    /// What was sent as headers; what the auth method adds is masked.
    pub request_headers: Vec<(String, String)>,
    /// The beginning of the body as text, without what the auth method adds.
    pub request_body: String,
    /// The status of the answer, if there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Its headers, as the connector got them.
    pub response_headers: Vec<(String, String)>,
    /// The beginning of its body, as far as the connector read it.
    pub response_body: String,
    /// Why there was no answer, or no end of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Which time it was sent, from 1.
    pub attempt: u32,
    /// From the beginning of the attempt until the head of its answer, or its end without one.
    pub duration_us: u64,
}

impl HttpExchange {
    /// A request before its placements: what the connector made, with what the host adds to each.
    pub(super) fn of(purpose: Purpose, attempt: u32, request: &OutboundRequest<'_>, scrubber: &Arc<Scrubber>) -> Self {
        let target = request.target;
        let query = target.query().map_or(String::new(), |query| format!("?{query}"));
        let body = match &request.body {
            Body::Empty => String::new(),
            Body::Bytes(bytes) => beginning(&scrubber.clean(bytes)),
            Body::Stream(_) => "(a stream)".to_owned(),
        };
        Self {
            purpose: purpose.as_str(),
            method: request.method.to_string(),
            url: text(&scrubber.clean(format!("{target}{query}").as_bytes())),
            request_body: body,
            attempt,
            ..Self::default()
        }
    }

    /// A request of which only that it is sent is shown, and where.
    pub(super) fn hidden(purpose: Purpose, method: &Method, target: &Target) -> Self {
        let (method, url) = (method.to_string(), target.to_string());
        Self { purpose: purpose.as_str(), method, url, attempt: 1, ..Self::default() }
    }

    /// The headers as they are sent.
    pub(super) fn sent(&mut self, headers: &HeaderMap, scrubber: &Arc<Scrubber>) {
        self.request_headers = listed(headers, |value| text(&scrubber.clean(value)));
    }
}

/// One exchange whose answer is on its way.
#[derive(Debug)]
pub(super) struct HttpRecording(Recording<RecordedExchange>);

impl HttpRecording {
    /// Keeps an exchange, if there is room for one more.
    pub(super) fn begin(recorder: &Arc<ExchangeRecorder>, exchange: HttpExchange) -> Option<Self> {
        recorder.add(RecordedExchange::Http(exchange)).map(Self)
    }

    /// The head of the answer, cleaned already; without headers if they are shown to nobody.
    pub(super) fn head(&self, status: StatusCode, headers: Option<&HeaderMap>, after: Duration) {
        self.change(|exchange| {
            exchange.status = Some(status.as_u16());
            exchange.response_headers = headers.map_or_else(Vec::new, |headers| listed(headers, text));
            exchange.duration_us = u64::try_from(after.as_micros()).unwrap_or(u64::MAX);
        });
    }

    /// There is no answer.
    pub(super) fn ended(&self, error: &EgressError, after: Duration) {
        self.failed(error);
        self.change(|exchange| exchange.duration_us = u64::try_from(after.as_micros()).unwrap_or(u64::MAX));
    }

    /// A piece of the body, cleaned already.
    pub(super) fn body(&self, piece: &[u8]) {
        self.change(|exchange| {
            let room = BODY_MAX.saturating_sub(exchange.response_body.len());
            exchange.response_body.push_str(&text(piece.get(..room).unwrap_or(piece)));
        });
    }

    /// There is no end of the body.
    pub(super) fn failed(&self, error: &EgressError) {
        self.change(|exchange| exchange.error = Some(error.to_string()));
    }

    fn change(&self, change: impl FnOnce(&mut HttpExchange)) {
        self.0.change(|exchange| match exchange {
            RecordedExchange::Http(exchange) => change(exchange),
            RecordedExchange::Grpc(_) | RecordedExchange::Database(_) => {}
        });
    }
}

fn listed(headers: &HeaderMap, shown: impl Fn(&[u8]) -> String) -> Vec<(String, String)> {
    let value = |value: &http::HeaderValue| match value.is_sensitive() {
        true => "***".to_owned(),
        false => shown(value.as_bytes()),
    };
    headers.iter().map(|(name, own)| (name.to_string(), value(own))).collect()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn beginning(bytes: &[u8]) -> String {
    text(bytes.get(..BODY_MAX).unwrap_or(bytes))
}
