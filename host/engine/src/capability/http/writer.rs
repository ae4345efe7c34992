//! `body-writer`: a request's body that is written while the request is on its way.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use lockgate_egress::Aborted;
use tokio::sync::mpsc;
use wasmtime::component::Resource;
use wasmtime_wasi::p2::DynPollable;

use super::{HttpView, invalid};
use crate::capability::lockgate::http::client::HostBodyWriter;
use crate::capability::ready::when;
use crate::capability::types::Failure;
use crate::limiter::MemoryReservation;

/// Bytes that one write takes: a guest that writes more at a time gains nothing by it.
const CHUNK_MAX: usize = 64 * 1024;

/// The guest's end.
#[derive(Debug)]
pub struct BodyWriter {
    chunks: mpsc::Sender<(Bytes, MemoryReservation)>,
    length: Option<u64>,
    written: u64,
    finished: Arc<AtomicBool>,
}

/// The host's end.
#[derive(Debug)]
pub(super) struct Written {
    /// Each with what it takes of the call's memory until it is sent.
    chunks: mpsc::Receiver<(Bytes, MemoryReservation)>,
    /// What is left of the length that was said.
    left: Option<u64>,
    /// Whether the guest said that this is all.
    finished: Arc<AtomicBool>,
}

/// A body of `length` bytes, or of as many as come. One chunk waits at most.
pub(super) fn pair(length: Option<u64>) -> (BodyWriter, Written) {
    let (sender, receiver) = mpsc::channel(1);
    let finished = Arc::<AtomicBool>::default();
    let writer = BodyWriter { chunks: sender, length, written: 0, finished: Arc::clone(&finished) };
    (writer, Written { chunks: receiver, left: length, finished })
}

impl http_body::Body for Written {
    type Data = Bytes;
    type Error = Aborted;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Aborted>>> {
        match ready!(self.chunks.poll_recv(cx)) {
            Some((chunk, _)) => {
                self.left = self.left.map(|left| left.saturating_sub(chunk.len() as u64));
                Poll::Ready(Some(Ok(Frame::data(chunk))))
            }
            None if self.finished.load(Relaxed) => Poll::Ready(None),
            None => Poll::Ready(Some(Err(Aborted))),
        }
    }

    fn size_hint(&self) -> SizeHint {
        self.left.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

impl HostBodyWriter for HttpView<'_> {
    async fn write(&mut self, writer: Resource<BodyWriter>, bytes: Vec<u8>) -> wasmtime::Result<Result<u64, Failure>> {
        self.calls.count_streaming()?;
        // A copy, so that nothing of what is left out stays behind it.
        let chunk = Bytes::copy_from_slice(bytes.get(..CHUNK_MAX).unwrap_or(&bytes));
        drop(bytes);
        let reserved = self.limiter.reserve(chunk.len())?;
        let writer = self.table.get_mut(&writer)?;
        let (bytes, taken) = (chunk.len(), chunk.len() as u64);
        if taken == 0 {
            return Ok(Ok(0));
        }
        if let Some(length) = writer.length.filter(|length| writer.written + taken > *length) {
            let message = format!("the body is longer than the {length} bytes that were said when it was opened");
            return Ok(Err(invalid(message)));
        }
        match writer.chunks.send((chunk, reserved)).await {
            Ok(()) => {
                writer.written += taken;
                self.calls.bytes_moved().add(bytes);
                Ok(Ok(taken))
            }
            Err(_) => Ok(Err(Failure {
                code: "cancelled".to_owned(),
                message: "nobody reads the body any longer: the answer says why".to_owned(),
                ..invalid("")
            })),
        }
    }

    fn subscribe(&mut self, writer: Resource<BodyWriter>) -> wasmtime::Result<Resource<DynPollable>> {
        self.calls.count_streaming()?;
        let chunks = self.table.get(&writer)?.chunks.clone();
        // A weak end: a pollable that is left over must not keep the body open.
        let chunks = chunks.downgrade();
        when(self.table, move || {
            let chunks = chunks.upgrade();
            async move {
                if let Some(chunks) = chunks {
                    let _ = chunks.reserve().await;
                }
            }
        })
    }

    fn finish(&mut self, writer: Resource<BodyWriter>) -> wasmtime::Result<Result<(), Failure>> {
        self.calls.count()?;
        let writer = self.table.delete(writer)?;
        if let Some(length) = writer.length.filter(|length| writer.written != *length) {
            let message = format!("the body has {} bytes, and {length} were said when it was opened", writer.written);
            return Ok(Err(invalid(message)));
        }
        writer.finished.store(true, Relaxed);
        Ok(Ok(()))
    }

    fn drop(&mut self, writer: Resource<BodyWriter>) -> wasmtime::Result<()> {
        self.table.delete(writer)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use lockgate_domain::Limits;

    use super::*;
    use crate::Stop;
    use crate::cpu::Meter;
    use crate::pool::CountedMemory;
    use crate::state::GuestState;

    #[tokio::test]
    async fn a_chunk_keeps_nothing_of_a_longer_write_and_counts_as_memory() {
        let limits = Limits { memory_bytes: 100_000, ..Limits::default() };
        let mut state = GuestState::new(
            &limits,
            Instant::now() + Duration::from_secs(60),
            Meter::new(),
            CountedMemory::unlimited(),
        );
        let mut view = super::super::view(&mut state);
        let (writer, mut written) = pair(None);
        let handle = view.table.push(writer).unwrap();
        let own = || Resource::<BodyWriter>::new_borrow(handle.rep());
        assert_eq!(view.write(own(), vec![1; 8 << 20]).await.unwrap().unwrap(), CHUNK_MAX as u64);
        let (chunk, reserved) = written.chunks.recv().await.unwrap();
        assert_eq!((chunk.len(), Vec::from(chunk).capacity()), (CHUNK_MAX, CHUNK_MAX));
        let error = view.write(own(), vec![1; CHUNK_MAX]).await.unwrap_err();
        assert_eq!(error.downcast_ref::<Stop>(), Some(&Stop::Memory));
        drop(reserved);
        assert_eq!(view.write(own(), vec![1; 10]).await.unwrap().unwrap(), 10);
    }
}
