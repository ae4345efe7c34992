//! The end of a connection whose client still sends. A socket that is closed with bytes that nobody read resets the
//! connection, and a reset may overtake the answer (RFC 9112 section 9.6). So the host says that it sends no more, and
//! reads on for a while.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// How long a client may go on sending after the last answer.
const TIME: Duration = Duration::from_secs(2);

/// A stream that reads what still comes when it is shut down, until the client ends it too.
#[derive(Debug)]
pub(crate) struct LingeringClose<I> {
    stream: I,
    time: Duration,
    /// Whether the client has said that it sends no more.
    ended: bool,
    /// Set while it reads on.
    until: Option<Pin<Box<Sleep>>>,
}

impl<I> LingeringClose<I> {
    pub(crate) fn new(stream: I) -> Self {
        Self { stream, time: TIME, ended: false, until: None }
    }
}

impl<I: AsyncRead + Unpin> LingeringClose<I> {
    /// Completes at the client's end, or at the end of the time. What the client sends may still be on its way, so that
    /// nothing can be said of a client that is silent now.
    fn poll_discard(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let time = self.time;
        let until = self.until.get_or_insert_with(|| Box::pin(sleep(time)));
        let mut bytes = [0; 8 * 1024];
        loop {
            if until.as_mut().poll(cx).is_ready() {
                return Poll::Ready(());
            }
            let mut buffer = ReadBuf::new(&mut bytes);
            match ready!(Pin::new(&mut self.stream).poll_read(cx, &mut buffer)) {
                Ok(()) if !buffer.filled().is_empty() => {}
                Ok(()) | Err(_) => return Poll::Ready(()),
            }
        }
    }
}

impl<I: AsyncRead + Unpin> AsyncRead for LingeringClose<I> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let wanted = buffer.remaining() > 0;
        let read = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if let Poll::Ready(Ok(())) = read {
            self.ended |= wanted && buffer.filled().len() == before;
        }
        read
    }
}

impl<I: AsyncRead + AsyncWrite + Unpin> AsyncWrite for LingeringClose<I> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
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
        if self.until.is_none() {
            ready!(Pin::new(&mut self.stream).poll_shutdown(cx))?;
            if self.ended {
                return Poll::Ready(Ok(()));
            }
        }
        self.poll_discard(cx).map(Ok)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    fn lingering<I>(stream: I, time: Duration) -> LingeringClose<I> {
        LingeringClose { time, ..LingeringClose::new(stream) }
    }

    #[tokio::test]
    async fn a_client_that_still_sends_is_read_to_its_end() {
        let (mut far, near) = duplex(16);
        let mut near = lingering(near, Duration::from_secs(600));
        far.write_all(b"more of a body").await.unwrap();
        near.write_all(b"the answer").await.unwrap();
        let closing = tokio::spawn(async move { near.shutdown().await });
        far.write_all(&[b'x'; 100_000]).await.unwrap();
        let mut answer = [0; 10];
        far.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"the answer");
        assert!(!closing.is_finished());
        drop(far);
        closing.await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn a_client_that_has_ended_is_not_waited_for() {
        let (mut far, near) = duplex(16);
        far.shutdown().await.unwrap();
        lingering(near, Duration::from_secs(600)).shutdown().await.unwrap();
        let (mut far, near) = duplex(16);
        let mut near = lingering(near, Duration::from_secs(600));
        far.shutdown().await.unwrap();
        assert_eq!(near.read(&mut [0; 4]).await.unwrap(), 0);
        near.shutdown().await.unwrap();
    }

    #[tokio::test]
    async fn a_client_that_never_ends_is_not_waited_for_longer_than_the_time() {
        let (mut far, near) = duplex(16);
        lingering(near, Duration::from_millis(50)).shutdown().await.unwrap();
        assert!(far.write_all(&[0; 64]).await.is_err());
    }
}
