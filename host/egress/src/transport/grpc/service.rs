//! What `tonic` sends a call with: everything between its framing and the wire is the host's own.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::task::{Context, Poll};
use std::time::Duration;

use http::{HeaderName, HeaderValue};
use http_body_util::BodyExt;
use tonic::client::GrpcService;

use super::body::AnswerBody;
use super::frames::{Frames, PREFIX, framed};
use super::head;
use super::server::Server;
use crate::EgressError;
use crate::transport::SendContext;

const TIMEOUT: HeaderName = HeaderName::from_static("grpc-timeout");
const ENCODING: HeaderName = HeaderName::from_static("grpc-encoding");
const ACCEPT_ENCODING: HeaderName = HeaderName::from_static("grpc-accept-encoding");
/// The largest number of a `grpc-timeout`.
const TIMEOUT_MAX: u128 = 99_999_999;

/// Carries one attempt of a call.
pub(super) struct Carrier<'c> {
    pub(super) context: &'c SendContext<'c>,
    pub(super) server: &'c Server<'c>,
    /// Whether the message is compressed.
    pub(super) gzip: bool,
    pub(super) silent: Arc<AtomicBool>,
}

type Answering<'c> = Pin<Box<dyn Future<Output = Result<http::Response<AnswerBody>, EgressError>> + Send + 'c>>;

impl<'c> GrpcService<tonic::body::Body> for Carrier<'c> {
    type ResponseBody = AnswerBody;
    type Error = EgressError;
    type Future = Answering<'c>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), EgressError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<tonic::body::Body>) -> Answering<'c> {
        let (context, server, gzip, silent) = (self.context, self.server, self.gzip, Arc::clone(&self.silent));
        Box::pin(async move {
            let (mut head, body) = request.into_parts();
            let body = body.collect().await.map_err(|_| EgressError::Host("a message was not written"))?.to_bytes();
            let body = if gzip { framed(body.get(PREFIX..).unwrap_or_default(), true)? } else { body };
            head.uri = server.uri.clone();
            head.headers.insert(TIMEOUT, timeout(context.clock.left()));
            head.headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip,identity"));
            if gzip {
                head.headers.insert(ENCODING, HeaderValue::from_static("gzip"));
            }
            let (answer, lease) = server.head(context, &http::Request::from_parts(head, ()), &body).await?;
            let (mut head, stream) = answer.into_parts();
            let read = head::check(&mut head, &server.origin)?;
            let frames = Frames::new(context.limits.upstream_body_bytes, read.packs);
            let (origin, is_whole) = (server.origin.clone(), read.is_whole);
            let source = Some((stream, lease)).filter(|_| !is_whole);
            Ok(http::Response::from_parts(head, AnswerBody { origin, frames, is_whole, source, silent }))
        })
    }
}

/// The time that is left, as the protocol writes it: at most eight digits and a unit. A server that knows when nobody
/// waits any longer can stop.
fn timeout(left: Duration) -> HeaderValue {
    let (micros, millis) = (left.as_micros(), left.as_millis());
    let text = match (micros <= TIMEOUT_MAX, millis <= TIMEOUT_MAX) {
        (true, _) => format!("{micros}u"),
        (false, true) => format!("{millis}m"),
        (false, false) => format!("{}S", u128::from(left.as_secs()).min(TIMEOUT_MAX)),
    };
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("1S"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeout_has_at_most_eight_digits() {
        for (left, expected) in [
            (Duration::ZERO, "0u"),
            (Duration::from_micros(99_999_999), "99999999u"),
            (Duration::from_secs(100), "100000m"),
            (Duration::from_secs(100_000), "100000S"),
            (Duration::from_secs(u64::MAX), "99999999S"),
        ] {
            assert_eq!(timeout(left), expected, "{left:?}");
        }
    }
}
