//! Answers to [`http`](crate::http) requests, and a record of what was asked. No request leaves the test.
//!
//! ```
//! use lockgate_sdk::{http, prelude::json, testing::http::{Answer, on, requests}};
//!
//! on("POST", "/issues").answer(Answer::new(201).json(json!({ "number": 7 })));
//!
//! let reply = http::post("/issues").json(&json!({ "title": "Broken link" })).send().unwrap();
//! assert_eq!(reply.json::<serde_json::Value>().unwrap()["number"], 7);
//! assert_eq!(requests()[0].json(), json!({ "title": "Broken link" }));
//! ```
//!
//! A request without an answer fails with the code `unexpected_request`, and says which answers there are.

use crate::{Failure, host::native, http::Outgoing};
use serde::Serialize;
use serde_json::Value;
use std::time::Duration;

/// Begins an answer to one request: its method, and its URL as the connector gives it, with the query.
pub fn on(method: &str, url: &str) -> On {
    On(format!("{method} {url}"))
}

/// A request that will have an answer.
#[derive(Debug)]
#[must_use = "without `answer` or `fail` nothing is set"]
pub struct On(String);

impl On {
    /// Sets the answer. It is used once; several for one URL are used in the order in which they were set.
    pub fn answer(self, answer: Answer) {
        self.set(Ok(answer));
    }

    /// Sets a failure of the host, as `denied` or `connect`.
    ///
    /// ```
    /// # use lockgate_sdk::{Failure, http, testing::http::on};
    /// on("GET", "/me").fail(Failure::new("connect", "no connection").retryable());
    /// assert!(http::get("/me").send().unwrap_err().is_retryable());
    /// ```
    pub fn fail(self, failure: Failure) {
        self.set(Err(failure));
    }

    fn set(self, answer: Result<Answer, Failure>) {
        native::STATE.with_borrow_mut(|state| state.http.answers.push_back((self.0, answer)));
    }
}

/// What a request gets.
#[derive(Debug, Clone)]
pub struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) delay: Duration,
}

impl Answer {
    /// With a status and nothing else.
    pub fn new(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new(), delay: Duration::ZERO }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sets the body to a value as JSON. A value without a JSON form becomes null.
    #[must_use]
    pub fn json(self, value: impl Serialize) -> Self {
        let value = serde_json::to_value(value).unwrap_or_default();
        self.header("content-type", "application/json").text(value.to_string())
    }

    /// Sets the body to a text or to bytes.
    #[must_use]
    pub fn text(mut self, text: impl Into<Vec<u8>>) -> Self {
        self.body = text.into();
        self
    }

    /// How long it takes, as timeouts and races see it. No time passes.
    #[must_use]
    pub fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }
}

/// A request that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Request {
    /// The method.
    pub method: String,
    /// The URL as the connector gave it, with the query.
    pub url: String,
    /// The headers that the connector and this crate set.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// The rules of its repetition, as JSON text.
    pub retry: Option<String>,
    /// How many redirects it follows.
    pub redirects: u8,
    /// The times that it was given: for a connection, for the head of the answer, between two parts of the body, and for
    /// all of it.
    pub timeouts: [Option<Duration>; 4],
}

impl Request {
    pub(crate) fn new(outgoing: Outgoing) -> Self {
        Self {
            method: outgoing.method,
            url: outgoing.url,
            headers: outgoing.headers,
            body: outgoing.body.unwrap_or_default(),
            retry: outgoing.retry.map(|rules| rules.to_json()),
            redirects: outgoing.redirects,
            timeouts: [outgoing.connect, outgoing.first_byte, outgoing.idle, outgoing.total],
        }
    }

    /// The first value of a header. The name's case does not matter.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(own, _)| own.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// The body as text; bytes that are no UTF-8 are replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON; null if it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// Takes the requests that were sent in this thread.
pub fn requests() -> Vec<Request> {
    native::STATE.with_borrow_mut(|state| std::mem::take(&mut state.http.requests))
}

/// Fails when an answer was set and not used.
///
/// # Panics
/// It names the requests that nobody sent.
///
/// ```
/// use lockgate_sdk::{http, testing::http::{Answer, assert_all_used, on}};
/// on("GET", "/me").answer(Answer::new(200));
/// http::get("/me").send().unwrap();
/// assert_all_used();
/// ```
pub fn assert_all_used() {
    native::STATE.with_borrow(|state| {
        let left: Vec<_> = state.http.answers.iter().map(|(request, _)| request.as_str()).collect();
        assert!(left.is_empty(), "nobody sent {}", left.join(", "));
    });
}
