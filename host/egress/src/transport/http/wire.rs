//! A connection's bytes, with a bound on what may come before the head of an answer.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

/// Bytes that an HTTP/1.1 upstream may send before its answer has a head: the head itself, interim answers (1xx), of
/// which the protocol allows any number, and what the read buffer takes beyond.
const BEFORE_HEAD_MAX: i64 = 256 * 1024;

/// The stream of one connection.
pub(super) struct Wire {
    stream: Stream,
    meter: Meter,
}

enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// How many bytes may still be read, shared with who sends requests.
#[derive(Debug, Clone)]
pub(crate) struct Meter(Arc<AtomicI64>);

impl Meter {
    fn unlimited() -> Self {
        Self(Arc::new(AtomicI64::new(i64::MAX)))
    }

    /// Begins to count: a request is sent, and no answer is there.
    pub(super) fn start(&self) {
        self.0.store(BEFORE_HEAD_MAX, Ordering::Relaxed);
    }

    /// Ends to count: the head is there. Bodies have a limit of their own.
    pub(super) fn stop(&self) {
        self.0.store(i64::MAX, Ordering::Relaxed);
    }

    /// Whether the bound was reached.
    pub(super) fn exceeded(&self) -> bool {
        self.0.load(Ordering::Relaxed) < 0
    }

    fn count(&self, bytes: usize) -> io::Result<()> {
        let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
        if self.0.fetch_sub(bytes, Ordering::Relaxed) < bytes {
            return Err(io::Error::other("too much before the head of the answer"));
        }
        Ok(())
    }
}

impl Wire {
    pub(super) fn plain(stream: TcpStream) -> Self {
        Self { stream: Stream::Plain(stream), meter: Meter::unlimited() }
    }

    pub(super) fn tls(stream: TlsStream<TcpStream>) -> Self {
        Self { stream: Stream::Tls(Box::new(stream)), meter: Meter::unlimited() }
    }

    pub(super) fn meter(&self) -> Meter {
        self.meter.clone()
    }

    /// Whether both sides agreed on HTTP/2 (RFC 9113 section 3.2).
    pub(super) fn speaks_http2(&self) -> bool {
        match &self.stream {
            Stream::Plain(_) => false,
            Stream::Tls(stream) => stream.get_ref().1.alpn_protocol() == Some(b"h2"),
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let own = self.get_mut();
        let before = buf.filled().len();
        let read = match &mut own.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_read(cx, buf),
            Stream::Tls(stream) => Pin::new(&mut **stream).poll_read(cx, buf),
        };
        match read {
            Poll::Ready(Ok(())) => Poll::Ready(own.meter.count(buf.filled().len() - before)),
            other => other,
        }
    }
}

macro_rules! forward {
    ($own:ident.$function:ident($($argument:expr),*)) => {
        match &mut $own.get_mut().stream {
            Stream::Plain(stream) => Pin::new(stream).$function($($argument),*),
            Stream::Tls(stream) => Pin::new(&mut **stream).$function($($argument),*),
        }
    };
}

impl AsyncWrite for Wire {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        forward!(self.poll_write(cx, buf))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        forward!(self.poll_write_vectored(cx, bufs))
    }

    fn is_write_vectored(&self) -> bool {
        match &self.stream {
            Stream::Plain(stream) => stream.is_write_vectored(),
            Stream::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        forward!(self.poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        forward!(self.poll_shutdown(cx))
    }
}
