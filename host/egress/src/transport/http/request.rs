//! A request as a connector makes it, before the host adds anything.

use std::collections::BTreeSet;
use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, Method};
use http_body_util::BodyExt;
use http_body_util::combinators::UnsyncBoxBody;
use lockgate_domain::destination::Slashes;

use crate::connect::{Backoff, Timeouts};

/// What to send.
#[derive(Debug)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// Absolute, or a path with a query behind the group's `base_url`: it begins with `/` or `?`, or is empty.
    pub url: String,
    /// What the connector sets. Not those that are the host's or the auth method's.
    pub headers: HeaderMap,
    /// The body.
    pub body: Body,
    /// Timeouts, redirects and retries.
    pub options: Options,
}

/// How a request is made.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// How long its parts may take: an answer begins with its head, and a piece is one of its body.
    pub timeouts: Timeouts,
    /// What to do with a redirect.
    pub redirects: Redirects,
    /// Whether to repeat it.
    pub retry: Option<Retry>,
    /// What encoded slashes in its path are, and in those of the redirects that it follows.
    pub slashes: Slashes,
}

/// What to do with a redirect.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Redirects {
    /// It is an answer like any other.
    #[default]
    Manual,
    /// It is followed, with the full check for each hop, and without credentials once it left the origin.
    Follow {
        /// At most so often.
        max: u8,
    },
}

/// When a request is repeated. It must be repeatable: its body is no stream, and its method is idempotent (RFC 9110
/// section 9.2.2) or `any_method` is set. A request that was never sent is repeatable whatever its method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retry {
    /// How often, and with what waits between. An upstream can ask for another wait with `Retry-After`.
    pub backoff: Backoff,
    /// The statuses after which it is sent again.
    pub statuses: BTreeSet<u16>,
    /// Whether it is sent again after an error of the connection.
    pub connection_errors: bool,
    /// Whether methods with an effect are repeated too.
    pub any_method: bool,
}

impl Default for Retry {
    /// Three attempts after errors of the connection and the statuses that say "later".
    fn default() -> Self {
        Self {
            backoff: Backoff::default(),
            statuses: [429, 502, 503, 504].into(),
            connection_errors: true,
            any_method: false,
        }
    }
}

/// The body of a request.
pub enum Body {
    /// None.
    Empty,
    /// All of it.
    Bytes(Bytes),
    /// In pieces. It can be sent once, so such a request is never repeated and follows no redirect that keeps the body.
    Stream(UnsyncBoxBody<Bytes, Aborted>),
}

/// The connector ended a body before it was complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the body of the request was not completed")]
pub struct Aborted;

impl Body {
    /// A body in pieces; trailers are not sent.
    pub fn stream(body: impl http_body::Body<Data = Bytes, Error = Aborted> + Send + 'static) -> Self {
        Self::Stream(body.boxed_unsync())
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        if bytes.is_empty() { Self::Empty } else { Self::Bytes(bytes) }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("Empty"),
            Self::Bytes(bytes) => write!(f, "Bytes({} bytes)", bytes.len()),
            Self::Stream(_) => f.write_str("Stream"),
        }
    }
}

/// The body to send now. What is there as a whole stays for another time; a stream is gone after the first.
pub(super) fn body_again(body: &mut Body) -> Body {
    match body {
        Body::Empty => Body::Empty,
        Body::Bytes(bytes) => Body::Bytes(bytes.clone()),
        Body::Stream(_) => std::mem::replace(body, Body::Empty),
    }
}
