//! The body of a request. A client that sends it too slowly is not waited for. What is left of it when the request is
//! answered early is read and thrown away: most clients send all of a body before they look for an answer, and lose the
//! answer when the connection is closed meanwhile.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Limited};
use hyper::body::{Body, Frame, Incoming, SizeHint};

use super::Working;
use super::pace::{Pace, STALL};

/// Bytes that are thrown away at most: the largest value of `limits.component_bytes`.
const MAX: usize = 256 * 1024 * 1024;
/// How long they are read.
const TIME: Duration = Duration::from_secs(10);

/// Why a body did not come to its end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BodyError {
    /// The client sent it too slowly, or nothing of it.
    #[error("the body came too slowly")]
    Slow,
    /// Other bodies take all of the room.
    #[error("there is no room for the body")]
    NoRoom,
    /// The connection ended, or is broken.
    #[error(transparent)]
    Broken(hyper::Error),
}

/// The body of a request, the rest of which is read and thrown away when it is dropped.
#[derive(Debug)]
pub(crate) struct RequestBody {
    body: Option<Incoming>,
    pace: Pace,
    working: Working,
}

impl RequestBody {
    pub(crate) fn new(body: Incoming, working: Working) -> Self {
        Self { body: Some(body), pace: Pace::new(STALL), working }
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let own = &mut *self;
        let Some(body) = &mut own.body else { return Poll::Ready(None) };
        let Poll::Ready(frame) = Pin::new(body).poll_frame(cx) else {
            ready!(own.pace.poll_stalled(cx));
            // Nobody waits for the rest either.
            own.body = None;
            return Poll::Ready(Some(Err(BodyError::Slow)));
        };
        match &frame {
            Some(Ok(frame)) => {
                let bytes = frame.data_ref().map_or(0, Bytes::len);
                own.pace.moved(bytes);
                if bytes > 0 && !own.working.hold(bytes) {
                    return Poll::Ready(Some(Err(BodyError::NoRoom)));
                }
            }
            Some(Err(_)) | None => own.body = None,
        }
        Poll::Ready(frame.map(|frame| frame.map_err(BodyError::Broken)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or(SizeHint::with_exact(0), Body::size_hint)
    }
}

impl Drop for RequestBody {
    fn drop(&mut self) {
        let Some(body) = self.body.take() else { return };
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
