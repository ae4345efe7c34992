//! What the test route shows of a call's requests. Credentials are masked before anything is kept.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::{HeaderMap, StatusCode};
use serde::Serialize;

use crate::scrub::Scrubber;
use crate::transport::http::outbound_request::OutboundRequest;
use crate::{Body, EgressError};

/// How many exchanges of a call are kept; further ones are counted.
const KEPT_MAX: usize = 100;
/// How much is kept of each body.
const BODY_MAX: usize = 64 * 1024;

/// One request that was sent, and what came back.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct RecordedExchange {
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

/// The exchanges of one call.
#[derive(Debug, Default)]
pub struct ExchangeRecorder(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    exchanges: Vec<RecordedExchange>,
    dropped: u64,
}

impl ExchangeRecorder {
    /// Takes what was recorded so far, and how many more there were.
    pub fn take(&self) -> (Vec<RecordedExchange>, u64) {
        let mut kept = self.locked();
        (std::mem::take(&mut kept.exchanges), std::mem::take(&mut kept.dropped))
    }

    /// Keeps one, and says where, so that its answer can follow.
    pub(crate) fn add(self: &Arc<Self>, exchange: RecordedExchange) -> Option<Recording> {
        let mut kept = self.locked();
        if kept.exchanges.len() < KEPT_MAX {
            kept.exchanges.push(exchange);
            Some(Recording { exchanges: Arc::clone(self), index: kept.exchanges.len() - 1 })
        } else {
            kept.dropped += 1;
            None
        }
    }

    fn locked(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RecordedExchange {
    /// A request before its placements: what the connector made, with what the host adds to each.
    pub(crate) fn of(
        purpose: &'static str,
        attempt: u32,
        draft: &OutboundRequest<'_>,
        scrubber: &Arc<Scrubber>,
    ) -> Self {
        let target = draft.target;
        let query = target.query().map_or(String::new(), |query| format!("?{query}"));
        let body = match &draft.body {
            Body::Empty => String::new(),
            Body::Bytes(bytes) => beginning(&scrubber.clean(bytes)),
            Body::Stream(_) => "(a stream)".to_owned(),
        };
        Self {
            purpose,
            method: draft.method.to_string(),
            url: text(&scrubber.clean(format!("{target}{query}").as_bytes())),
            request_body: body,
            attempt,
            ..Self::default()
        }
    }

    /// The headers as they are sent.
    pub(crate) fn sent(&mut self, headers: &HeaderMap, scrubber: &Arc<Scrubber>) {
        self.request_headers = listed(headers, |value| text(&scrubber.clean(value)));
    }
}

/// One exchange whose answer is on its way.
#[derive(Debug)]
pub(crate) struct Recording {
    exchanges: Arc<ExchangeRecorder>,
    index: usize,
}

impl Recording {
    /// The head of the answer, cleaned already.
    pub(crate) fn head(&self, status: StatusCode, headers: &HeaderMap, after: Duration) {
        self.change(|exchange| {
            exchange.status = Some(status.as_u16());
            exchange.response_headers = listed(headers, text);
            exchange.duration_us = u64::try_from(after.as_micros()).unwrap_or(u64::MAX);
        });
    }

    /// There is no answer.
    pub(crate) fn ended(&self, error: &EgressError, after: Duration) {
        self.failed(error);
        self.change(|exchange| exchange.duration_us = u64::try_from(after.as_micros()).unwrap_or(u64::MAX));
    }

    /// A piece of the body, cleaned already.
    pub(crate) fn body(&self, piece: &[u8]) {
        self.change(|exchange| {
            let room = BODY_MAX.saturating_sub(exchange.response_body.len());
            exchange.response_body.push_str(&text(piece.get(..room).unwrap_or(piece)));
        });
    }

    /// There is no end of the body.
    pub(crate) fn failed(&self, error: &EgressError) {
        self.change(|exchange| exchange.error = Some(error.to_string()));
    }

    fn change(&self, change: impl FnOnce(&mut RecordedExchange)) {
        // Gone if somebody took the exchanges meanwhile.
        if let Some(exchange) = self.exchanges.locked().exchanges.get_mut(self.index) {
            change(exchange);
        }
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
