//! Requests on their way.

use super::Response;
use crate::{
    Failure,
    host::http::{self as host, Started},
};
use std::time::Duration;

/// A request on its way; see [`start`](super::RequestBuilder::start). Dropping it cancels the request.
#[derive(Debug)]
#[must_use = "a request that nobody waits for is cancelled"]
pub struct Pending {
    started: Result<Started, Failure>,
    request: String,
}

impl Pending {
    pub(super) fn new(started: Result<Started, Failure>, request: String) -> Self {
        Self { started, request }
    }

    /// Waits for the head of the answer. Its body is read as it comes.
    ///
    /// # Errors
    /// Everything that keeps an answer from coming.
    pub fn get(self) -> Result<Response, Failure> {
        self.started?.get().map(|answer| Response::new(answer, self.request))
    }

    /// The same, for at most this time; then the request is cancelled.
    ///
    /// ```
    /// # use lockgate_sdk::{http, testing::http::{Answer, on}};
    /// # use std::time::Duration;
    /// # on("GET", "/slow").answer(Answer::new(200).after(Duration::from_secs(5)));
    /// let failure = http::get("/slow").start().within(Duration::from_millis(100)).unwrap_err();
    /// assert_eq!(failure.code(), "timeout");
    /// ```
    ///
    /// # Errors
    /// As for [`get`](Self::get), and the code `timeout`.
    pub fn within(self, time: Duration) -> Result<Response, Failure> {
        if let Ok(started) = &self.started
            && host::first(&[started], Some(time)).is_none()
        {
            let message = format!("{} had no answer within {} ms", self.request, time.as_millis());
            return Err(Failure::new("timeout", message).retryable());
        }
        self.get()
    }
}

/// Waits for all, and gives their answers in the same order.
///
/// ```
/// # use lockgate_sdk::{http, testing::http::{Answer, on}};
/// # for page in 1..=3 { on("GET", &format!("/issues?page={page}")).answer(Answer::new(200)); }
/// let pages = (1..=3).map(|page| http::get("/issues").query(&[("page", page)]).start());
/// assert_eq!(http::join(pages).len(), 3);
/// ```
pub fn join(pending: impl IntoIterator<Item = Pending>) -> Vec<Result<Response, Failure>> {
    // All of them are started before one is waited for.
    let pending: Vec<_> = pending.into_iter().collect();
    pending.into_iter().map(Pending::get).collect()
}

/// The first that answers; the others are cancelled. One that fails counts only when none is left.
///
/// ```
/// # use lockgate_sdk::{http, testing::http::{Answer, on}};
/// # use std::time::Duration;
/// # on("GET", "https://a.example/rate").answer(Answer::new(200).text("1.09").after(Duration::from_secs(5)));
/// # on("GET", "https://b.example/rate").answer(Answer::new(200).text("1.10").after(Duration::from_millis(50)));
/// let mirrors = ["https://a.example/rate", "https://b.example/rate"];
/// let reply = http::race(mirrors.map(|mirror| http::get(mirror).start())).unwrap();
/// assert_eq!(reply.text().unwrap(), "1.10");
/// ```
///
/// # Errors
/// The last one's, when none answered; the code `invalid-request` without any.
pub fn race(pending: impl IntoIterator<Item = Pending>) -> Result<Response, Failure> {
    let mut pending: Vec<_> = pending.into_iter().collect();
    let mut last = super::invalid("there is no request to wait for".to_owned());
    while !pending.is_empty() {
        // One that could not be started is over already.
        let over = pending.iter().position(|one| one.started.is_err()).or_else(|| {
            let started: Vec<_> = pending.iter().filter_map(|one| one.started.as_ref().ok()).collect();
            host::first(&started, None)
        });
        match pending.swap_remove(over.unwrap_or_default()).get() {
            Ok(response) => return Ok(response),
            Err(failure) => last = failure,
        }
    }
    Err(last)
}
