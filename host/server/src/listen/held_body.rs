//! The body of an answer that holds something until the last of its bytes is sent, or nobody wants them any more.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::body::Body;
use axum::http::Response;
use bytes::Bytes;
use hyper::body::{Frame, SizeHint};

/// The same answer, which holds something for as long as any of its bytes are there.
pub(super) fn held_while_unsent<H: Send + Sync + 'static>(answer: Response<Body>, held: H) -> Response<Body> {
    let held = Arc::new(held);
    answer.map(|body| Body::new(HeldBody { body, held }))
}

struct HeldBody<H> {
    body: Body,
    held: Arc<H>,
}

/// Bytes that the connection drops when it has sent them.
struct HeldBytes<H> {
    bytes: Bytes,
    _held: Arc<H>,
}

impl<H> AsRef<[u8]> for HeldBytes<H> {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl<H: Send + Sync + 'static> hyper::body::Body for HeldBody<H> {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        let held = &self.held;
        let with_held = |bytes| Bytes::from_owner(HeldBytes { bytes, _held: Arc::clone(held) });
        Poll::Ready(frame.map(|frame| frame.map(|frame| frame.map_data(with_held))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
