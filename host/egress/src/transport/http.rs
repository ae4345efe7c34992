//! HTTP/1.1 and HTTP/2 (RFC 9110, 9112, 9113).

mod body_cap;
mod body_fields;
mod connection;
mod decode;
mod headers;
mod hop;
mod login;
mod open;
mod outbound_request;
mod query;
mod recorded;
mod redirect;
mod request;
mod request_body;
mod response;
mod retry;
mod retry_after;
mod send;
mod tasks;
mod token_request;
mod verify;
mod wire;

use lockgate_domain::auth::Location;
use lockgate_domain::destination::{Slashes, Target};

pub(crate) use connection::Connection;
pub(crate) use decode::{Decoder, Wrong};
pub(crate) use headers::{check as check_headers, strip as strip_headers};
pub(crate) use login::login_token;
pub(crate) use outbound_request::sensitive;
pub use recorded::HttpExchange;
pub use request::{Aborted, Body, Options, Redirects, Request, Retry};
pub use response::{Response, ResponseBody};
pub use retry_after::retry_after;
pub(crate) use token_request::request_token;
pub use token_request::{Remedy, TokenError};
pub(crate) use verify::verify;

use super::{SendContext, Transport, TransportRequest};
use crate::EgressError;
use crate::connect::Timeouts;
use crate::policy::Policy;

impl TransportRequest for Request {
    type Answer = Response;

    fn timeouts(&self) -> Timeouts {
        self.options.timeouts
    }

    async fn send(self, context: SendContext<'_>) -> Result<Response, EgressError> {
        context.send_http(self).await
    }
}

/// The address of a request, which may be relative to the group's `base_url`.
pub(crate) fn target(policy: &Policy, url: &str, slashes: Slashes) -> Result<Target, EgressError> {
    let target = policy.target(url, slashes)?;
    match Transport::of(target.scheme()) {
        Transport::Http => Ok(target),
        Transport::Grpc | Transport::Database => {
            Err(EgressError::Request(format!("its URL begins with {}://: expected https://", target.scheme())))
        }
    }
}

/// Whether HTTP requests have this location.
pub(super) fn carries(location: &Location) -> bool {
    match location {
        Location::Header(_) | Location::Query(_) | Location::Cookie(_) | Location::Body(_) => true,
        Location::User | Location::Password | Location::Option(_) | Location::Certificate => false,
    }
}
