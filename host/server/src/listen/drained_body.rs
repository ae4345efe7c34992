//! What is left of a request's body when it is answered early. Most clients send all of it before they look for an
//! answer, and lose the answer when the connection is closed meanwhile: so the rest is read while the answer is under
//! way, and thrown away.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Limited};
use hyper::body::{Body, Frame, Incoming, SizeHint};

/// Bytes that are thrown away at most: the largest value of `limits.component_bytes`.
const MAX: usize = 256 * 1024 * 1024;
/// How long they are read.
const TIME: Duration = Duration::from_secs(10);

/// The body of a request, the rest of which is read and thrown away when it is dropped.
#[derive(Debug)]
pub(crate) struct DrainedBody(Option<Incoming>);

impl DrainedBody {
    pub(crate) fn new(body: Incoming) -> Self {
        Self(Some(body))
    }
}

impl Body for DrainedBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let Some(body) = &mut self.0 else { return Poll::Ready(None) };
        let frame = ready!(Pin::new(body).poll_frame(cx));
        if !matches!(frame, Some(Ok(_))) {
            self.0 = None;
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.0.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.0.as_ref().map_or(SizeHint::with_exact(0), Body::size_hint)
    }
}

impl Drop for DrainedBody {
    fn drop(&mut self) {
        let Some(body) = self.0.take() else { return };
        let short = body.size_hint().lower() <= MAX as u64;
        if body.is_end_stream() || !short {
            return;
        }
        // Outside of a runtime the host has ended, and nobody waits for an answer.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(tokio::time::timeout(TIME, async {
                let mut rest = Limited::new(body, MAX);
                while let Some(Ok(_)) = rest.frame().await {}
            }));
        }
    }
}
