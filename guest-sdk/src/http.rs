//! HTTP requests to the destinations of the connector's group.
//!
//! ```
//! use lockgate_sdk::prelude::*;
//! # use lockgate_sdk::testing::http::{Answer, on};
//! # on("POST", "/issues").answer(Answer::new(201).json(json!({ "id": 7, "url": "https://acme.example/7" })));
//!
//! #[derive(Debug, Serialize, Deserialize, JsonSchema)]
//! struct Issue {
//!     id: u64,
//!     url: String,
//! }
//!
//! fn create(title: &str) -> Result<Issue, Failure> {
//!     let reply = http::post("/issues").json(&json!({ "title": title })).send()?;
//!     reply.error_for_status()?.json()
//! }
//! assert_eq!(create("Broken link").unwrap().id, 7);
//! ```
//!
//! A URL is absolute, or a path behind the group's `base_url`. The host adds the credential that is bound to the
//! destination: no code here sees one, and setting `authorization` fails.
//!
//! Everything that keeps an answer from coming is a [`Failure`] with the host's code, such as `denied`, `timeout`,
//! `connect` or `too-large`, and with what the host knows of a retry, so `?` tells the caller the truth. A status is no
//! failure until [`Response::error_for_status`] makes it one.
//!
//! [`RequestBuilder::send`] costs one call of the host, whatever the request has. Requests run side by side with [`RequestBuilder::start`], [`join`] and [`race`].

mod body;
mod charset;
mod multipart;
// Native tests send nothing to a host.
#[cfg(any(target_arch = "wasm32", test))]
mod options;
mod outgoing;
mod pending;
mod request;
mod response;
mod retry;

pub use body::BodyWriter;
pub use multipart::{Form, Part};
pub(crate) use outgoing::Outgoing;
pub use pending::{Pending, join, race};
pub use request::RequestBuilder;
pub use response::{Reader, Response};
pub use retry::Retry;

use crate::Failure;

/// A `GET` request.
///
/// ```
/// # use lockgate_sdk::{http, testing::http::{Answer, on}};
/// # on("GET", "/issues?state=open").answer(Answer::new(200).text("[]"));
/// let reply = http::get("/issues").query(&[("state", "open")]).send().unwrap();
/// assert_eq!(reply.text().unwrap(), "[]");
/// ```
pub fn get(url: impl Into<String>) -> RequestBuilder {
    request("GET", url)
}

/// A `POST` request.
///
/// ```
/// # use lockgate_sdk::{http, testing::http::{Answer, on}};
/// # on("POST", "/hooks").answer(Answer::new(204));
/// assert_eq!(http::post("/hooks").body("ping").send().unwrap().status(), 204);
/// ```
pub fn post(url: impl Into<String>) -> RequestBuilder {
    request("POST", url)
}

/// A `PUT` request.
///
/// ```
/// # use lockgate_sdk::{http, testing::http::{Answer, on}};
/// # on("PUT", "/issues/7/lock").answer(Answer::new(204));
/// http::put("/issues/7/lock").send().unwrap();
/// ```
pub fn put(url: impl Into<String>) -> RequestBuilder {
    request("PUT", url)
}

/// A `PATCH` request.
///
/// ```
/// # use lockgate_sdk::{http, prelude::json, testing::http::{Answer, on}};
/// # on("PATCH", "/issues/7").answer(Answer::new(200));
/// http::patch("/issues/7").json(&json!({ "state": "closed" })).send().unwrap();
/// ```
pub fn patch(url: impl Into<String>) -> RequestBuilder {
    request("PATCH", url)
}

/// A `DELETE` request.
///
/// ```
/// # use lockgate_sdk::{http, testing::http::{Answer, on}};
/// # on("DELETE", "/issues/7").answer(Answer::new(204));
/// http::delete("/issues/7").send().unwrap();
/// ```
pub fn delete(url: impl Into<String>) -> RequestBuilder {
    request("DELETE", url)
}

/// A request with any method.
///
/// ```
/// # use lockgate_sdk::{http, testing::http::{Answer, on}};
/// # on("HEAD", "/issues/7").answer(Answer::new(404));
/// let exists = http::request("HEAD", "/issues/7").send().unwrap().is_success();
/// assert!(!exists);
/// ```
pub fn request(method: impl Into<String>, url: impl Into<String>) -> RequestBuilder {
    RequestBuilder::new(method.into(), url.into())
}

/// A text as one segment of a path: everything but letters, digits and `-._~` is percent-encoded. A slash becomes `%2F`, which
/// the host sends to destinations with `encoded_slashes` alone.
///
/// ```
/// # use lockgate_sdk::http;
/// assert_eq!(format!("/labels/{}", http::segment("to do/soon")), "/labels/to%20do%2Fsoon");
/// ```
pub fn segment(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => encoded.push(byte.into()),
            _ => encoded += &format!("%{byte:02X}"),
        }
    }
    encoded
}

/// A request that can't be sent as it was put together.
fn invalid(message: String) -> Failure {
    Failure::new("invalid-request", message)
}
