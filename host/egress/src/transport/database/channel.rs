//! The bytes of one session in both directions. What a message is, the protocol of the server says.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use bytes::BytesMut;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use zeroize::Zeroize;

use super::failed::Failed;
use crate::connect::Stream;

/// What is read at one time, at the least.
const READ_BYTES: usize = 16 * 1024;
/// What a login has room for: more than its options, a user and a password have together.
const LOGIN_BYTES: usize = 8 * 1024;

/// A stream with what was read and not yet understood, and what was written and not yet sent.
#[derive(Debug)]
pub(super) struct Channel {
    stream: Stream,
    pub(super) read: BytesMut,
    pub(super) out: BytesMut,
}

/// What a server did while nobody asked.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unasked {
    Nothing,
    /// It sent something.
    Bytes,
    /// It closed the connection.
    End,
}

impl Channel {
    pub(super) fn new(stream: Stream) -> Self {
        // A login has room, so that none of it is left behind where there was too little.
        Self { stream, read: BytesMut::new(), out: BytesMut::with_capacity(LOGIN_BYTES) }
    }

    /// Sends what was written down.
    pub(super) async fn send(&mut self) -> Result<(), Failed> {
        self.stream.write_all(&self.out).await?;
        self.out.clear();
        Ok(self.stream.flush().await?)
    }

    /// Sends what was written down for a login, and leaves nothing of it in memory.
    pub(super) async fn send_secret(&mut self) -> Result<(), Failed> {
        let sent = self.stream.write_all(&self.out).await;
        self.out.as_mut().zeroize();
        self.out.clear();
        sent?;
        Ok(self.stream.flush().await?)
    }

    /// Waits for more bytes.
    pub(super) async fn receive(&mut self) -> Result<(), Failed> {
        self.read.reserve(READ_BYTES);
        match self.stream.read_buf(&mut self.read).await? {
            0 => Err(Failed::Broken("the server closed the connection".to_owned())),
            _ => Ok(()),
        }
    }

    /// Looks without waiting whether there are more bytes.
    pub(super) fn look(&mut self) -> Unasked {
        self.read.reserve(READ_BYTES);
        let reading = pin!(self.stream.read_buf(&mut self.read));
        match reading.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Pending => Unasked::Nothing,
            Poll::Ready(Ok(0) | Err(_)) => Unasked::End,
            Poll::Ready(Ok(_)) => Unasked::Bytes,
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::{TcpListener, TcpStream};

    use super::*;

    #[tokio::test]
    async fn a_login_leaves_nothing_behind() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        #[expect(clippy::disallowed_methods, reason = "the other end is this test")]
        let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (mut server, _) = listener.accept().await.unwrap();
        let mut channel = Channel::new(Stream::Plain(stream));
        channel.out.extend_from_slice(b"a password");
        channel.send_secret().await.unwrap();
        let mut got = [0; 10];
        server.read_exact(&mut got).await.unwrap();
        assert_eq!(&got, b"a password");
        assert!(channel.out.is_empty());
        // The same memory, with what was in it.
        channel.out.extend_from_slice(b"x");
        // SAFETY: these bytes were written above.
        unsafe { channel.out.set_len(10) };
        assert_eq!(&channel.out[..], b"x\0\0\0\0\0\0\0\0\0");
    }
}
