//! What a request is for the host, on every target.

use super::Retry;
use std::time::Duration;

/// What is sent.
#[derive(Debug, Default)]
pub(crate) struct Outgoing {
    pub(crate) method: String,
    pub(crate) url: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Option<Vec<u8>>,
    pub(crate) connect: Option<Duration>,
    pub(crate) first_byte: Option<Duration>,
    pub(crate) idle: Option<Duration>,
    pub(crate) total: Option<Duration>,
    pub(crate) redirects: u8,
    pub(crate) retry: Option<Retry>,
}

impl Outgoing {
    /// Sets the body, and its type if the author has not said another one.
    pub(super) fn set_body(&mut self, body: Vec<u8>, content_type: &str) {
        self.body = Some(body);
        if !self.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
            self.headers.push(("content-type".to_owned(), content_type.to_owned()));
        }
    }
}
