//! A connection that ends when nothing comes for too long. HTTP/1 has a time for each head; HTTP/2 pings, but only after
//! the client's first bytes, which may never come.

use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

/// A stream whose reads fail after so long without a byte.
#[derive(Debug)]
pub(crate) struct ReadTimeout<I> {
    stream: I,
    timeout: Duration,
    end: Pin<Box<Sleep>>,
}

impl<I> ReadTimeout<I> {
    pub(crate) fn new(stream: I, timeout: Duration) -> Self {
        Self { stream, timeout, end: Box::pin(sleep(timeout)) }
    }
}

impl<I: AsyncRead + Unpin> AsyncRead for ReadTimeout<I> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let own = &mut *self;
        if let Poll::Ready(read) = Pin::new(&mut own.stream).poll_read(cx, buffer) {
            own.end.as_mut().reset(Instant::now() + own.timeout);
            return Poll::Ready(read);
        }
        own.end.as_mut().poll(cx).map(|()| Err(ErrorKind::TimedOut.into()))
    }
}

impl<I: AsyncWrite + Unpin> AsyncWrite for ReadTimeout<I> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    #[tokio::test]
    async fn silence_ends_it_and_a_byte_renews_it() {
        let (mut far, near) = duplex(64);
        let mut near = ReadTimeout::new(near, Duration::from_millis(200));
        for _ in 0..3 {
            tokio::time::sleep(Duration::from_millis(100)).await;
            far.write_all(b"x").await.unwrap();
            assert_eq!(near.read_u8().await.unwrap(), b'x');
        }
        assert_eq!(near.read_u8().await.unwrap_err().kind(), ErrorKind::TimedOut);
    }
}
