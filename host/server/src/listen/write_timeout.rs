//! A connection that ends when its peer does not take what the host writes. Without it, a peer that sends requests and
//! reads no answer keeps its connection for ever.

use std::io::{self, ErrorKind, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::peer::Pace;

/// A stream whose writes fail when the peer takes them too slowly.
#[derive(Debug)]
pub(crate) struct WriteTimeout<I> {
    stream: I,
    pace: Pace,
}

impl<I> WriteTimeout<I> {
    pub(crate) fn new(stream: I, patience: Duration) -> Self {
        Self { stream, pace: Pace::new(patience) }
    }

    fn within<T>(
        &mut self,
        cx: &mut Context<'_>,
        polled: Poll<io::Result<T>>,
        bytes: fn(&T) -> usize,
    ) -> Poll<io::Result<T>> {
        match polled {
            Poll::Ready(done) => {
                self.pace.moved(done.as_ref().map_or(0, bytes));
                Poll::Ready(done)
            }
            Poll::Pending => self.pace.poll_stalled(cx).map(|()| Err(ErrorKind::TimedOut.into())),
        }
    }
}

impl<I: AsyncRead + Unpin> AsyncRead for WriteTimeout<I> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl<I: AsyncWrite + Unpin> AsyncWrite for WriteTimeout<I> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.within(cx, polled, |written| *written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write_vectored(cx, bytes);
        self.within(cx, polled, |written| *written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_flush(cx);
        self.within(cx, polled, |()| 0)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_shutdown(cx);
        self.within(cx, polled, |()| 0)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    #[tokio::test]
    async fn a_peer_that_reads_nothing_ends_it_and_one_that_reads_does_not() {
        let (mut far, near) = duplex(64);
        let mut near = WriteTimeout::new(near, Duration::from_millis(200));
        let reader = tokio::spawn(async move {
            let mut all = [0; 1000];
            far.read_exact(&mut all).await.unwrap();
            far
        });
        near.write_all(&[1; 1000]).await.unwrap();
        // Kept and not read.
        let _far = reader.await.unwrap();
        assert_eq!(near.write_all(&[1; 1000]).await.unwrap_err().kind(), ErrorKind::TimedOut);
    }
}
