//! What the test route shows of a call's requests. Credentials are masked before anything is kept.

use std::sync::{Mutex, PoisonError};

use serde::Serialize;

/// How many exchanges of a call are kept; further ones are counted.
const KEPT_MAX: usize = 100;

/// One request that was sent, and what came back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Exchange {
    /// What it was for: `request`, `login` or `verify`.
    pub purpose: &'static str,
    /// The method.
    pub method: String,
    /// The URL, with the values of placed credentials masked.
    pub url: String,
    /// What was sent as headers, in order; placed credentials are masked.
    pub request_headers: Vec<(String, String)>,
    /// The beginning of the body as text.
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
pub struct Exchanges(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    exchanges: Vec<Exchange>,
    dropped: u64,
}

impl Exchanges {
    /// Takes what was recorded so far, and how many more there were.
    pub fn take(&self) -> (Vec<Exchange>, u64) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (std::mem::take(&mut kept.exchanges), std::mem::take(&mut kept.dropped))
    }

    /// Keeps one, and says where, so that its body can follow.
    pub(crate) fn add(&self, exchange: Exchange) -> Option<usize> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.exchanges.len() < KEPT_MAX {
            kept.exchanges.push(exchange);
            Some(kept.exchanges.len() - 1)
        } else {
            kept.dropped += 1;
            None
        }
    }
}
