//! The body of an answer on its way to the library that takes messages apart: checked before, since that library trusts
//! what it reads.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use h2::RecvStream;
use http_body::{Body, Frame};

use super::connection::Connection;
use super::frames::{Frames, Piece};
use super::head;
use crate::EgressError;
use crate::connect::Lease;

/// An answer that is read as somebody asks for its messages. Dropped before its end, it ends the call at the server.
pub(super) struct AnswerBody {
    pub(super) origin: String,
    pub(super) frames: Frames,
    /// Whether nothing follows the head.
    pub(super) is_whole: bool,
    /// What more is to come, and over what; none after the end or an error.
    pub(super) source: Option<(RecvStream, Lease<Connection>)>,
    /// Whether the server fell silent in the middle of it.
    pub(super) silent: Arc<AtomicBool>,
}

impl AnswerBody {
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, EgressError>>> {
        loop {
            match self.frames.next(&self.origin)? {
                Piece::Bytes(bytes) => return Poll::Ready(Some(Ok(Frame::data(bytes)))),
                Piece::Busy => {
                    context.waker().wake_by_ref();
                    return Poll::Pending;
                }
                Piece::Empty => {}
            }
            let Some((stream, _)) = &mut self.source else { return Poll::Ready(None) };
            match ready!(stream.poll_data(context)) {
                Some(Ok(bytes)) => {
                    // The server may send as much again. That fails only where the stream is over.
                    let _ = stream.flow_control().release_capacity(bytes.len());
                    self.frames.push(bytes);
                }
                Some(Err(error)) if !is_stopped(&error) => {
                    return Poll::Ready(Some(Err(self.broken(&error.to_string()))));
                }
                Some(Err(_)) | None if !self.frames.is_between() => {
                    return Poll::Ready(Some(Err(self.broken("it ended within a message"))));
                }
                Some(Err(_)) | None => {
                    let trailers = ready!(stream.poll_trailers(context));
                    let mut trailers = match trailers {
                        Ok(trailers) => trailers.unwrap_or_default(),
                        Err(error) => return Poll::Ready(Some(Err(self.broken(&error.to_string())))),
                    };
                    if !head::status(&mut trailers, &self.origin)? {
                        return Poll::Ready(Some(Err(self.broken("it ended without a `grpc-status`"))));
                    }
                    self.source = None;
                    return Poll::Ready(Some(Ok(Frame::trailers(trailers))));
                }
            }
        }
    }

    fn broken(&self, cause: &str) -> EgressError {
        EgressError::Body { origin: self.origin.clone(), cause: cause.to_owned() }
    }
}

/// Whether the server only says that it reads no more of the request (RFC 9113 section 8.1): its answer is complete.
fn is_stopped(error: &h2::Error) -> bool {
    error.is_reset() && error.is_remote() && error.reason() == Some(h2::Reason::NO_ERROR)
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = EgressError;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, EgressError>>> {
        let own = self.get_mut();
        if own.is_whole {
            own.source = None;
            return Poll::Ready(None);
        }
        let polled = own.poll_next(context);
        if let Poll::Ready(Some(Err(error))) = &polled {
            let source = own.source.take();
            if let (EgressError::TooLarge { .. }, Some((stream, lease))) = (error, source) {
                drop(stream);
                lease.connection.end_if_alone();
            }
            own.is_whole = true;
        }
        polled
    }
}

impl Drop for AnswerBody {
    fn drop(&mut self) {
        if let Some((stream, lease)) = self.source.take() {
            // Before the place on the connection is free.
            drop(stream);
            if self.silent.load(Ordering::Relaxed) {
                lease.connection.end_if_alone();
                lease.fell_silent();
            }
        }
    }
}
