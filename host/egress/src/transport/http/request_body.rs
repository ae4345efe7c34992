//! The body of a request as it is sent.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::combinators::UnsyncBoxBody;

use super::request::Aborted;

/// A body as hyper sends it. It has no trailers: they would be headers that nobody checked.
pub(crate) enum RequestBody {
    /// All of it; none when it was sent, or if there is none.
    Whole(Option<Bytes>),
    /// Piece by piece, up to a limit.
    Stream {
        body: UnsyncBoxBody<Bytes, Aborted>,
        left: u64,
        /// Set when the limit was the reason for an end.
        exceeded: Arc<AtomicBool>,
    },
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = Aborted;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Aborted>>> {
        match self.get_mut() {
            Self::Whole(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Self::Stream { body, left, exceeded } => loop {
                let Poll::Ready(frame) = Pin::new(&mut *body).poll_frame(cx) else { return Poll::Pending };
                let Some(frame) = frame.transpose()? else { return Poll::Ready(None) };
                let Ok(data) = frame.into_data() else { continue };
                match left.checked_sub(data.len() as u64) {
                    Some(less) => *left = less,
                    None => {
                        exceeded.store(true, Ordering::Relaxed);
                        return Poll::Ready(Some(Err(Aborted)));
                    }
                }
                return Poll::Ready(Some(Ok(Frame::data(data))));
            },
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(bytes) => bytes.is_none(),
            Self::Stream { body, .. } => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64)),
            Self::Stream { body, .. } => body.size_hint(),
        }
    }
}
