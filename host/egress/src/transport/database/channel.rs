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
/// What a session that nobody uses keeps of its memory for messages, in each direction. Most answers are smaller; one can be as
/// large as a call may read, and a pool has many sessions.
const KEPT_BYTES: usize = 64 * 1024;
/// What a login has room for: more than its options, a user and a password have together.
const LOGIN_BYTES: usize = 8 * 1024;

/// A stream with what was read and not yet understood, and what was written and not yet sent.
#[derive(Debug)]
pub(super) struct Channel {
    stream: Stream,
    pub(super) read: BytesMut,
    pub(super) out: BytesMut,
    /// The most that was read and not yet understood since the last [`trim`](Self::trim).
    read_peak: usize,
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
        Self { stream, read: BytesMut::new(), out: BytesMut::with_capacity(LOGIN_BYTES), read_peak: 0 }
    }

    /// Sends what was written down.
    pub(super) async fn send(&mut self) -> Result<(), Failed> {
        self.stream.write_all(&self.out).await?;
        if self.out.len() > KEPT_BYTES {
            self.out = BytesMut::new();
        }
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
            _ => {
                self.read_peak = self.read_peak.max(self.read.len());
                Ok(())
            }
        }
    }

    /// Gives memory back that a large message took: nobody knows whether another one comes.
    pub(super) fn trim(&mut self) {
        if self.read_peak > KEPT_BYTES {
            self.read = BytesMut::from(&*self.read);
        }
        self.read_peak = 0;
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

    async fn pair() -> (Channel, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        #[expect(clippy::disallowed_methods, reason = "the other end is this test")]
        let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (server, _) = listener.accept().await.unwrap();
        (Channel::new(Stream::Plain(stream)), server)
    }

    /// A pool keeps sessions, and not the memory of their largest messages.
    #[tokio::test]
    async fn a_large_message_leaves_no_memory_behind() {
        const LARGE: usize = 4 * 1024 * 1024;
        let (mut channel, mut server) = pair().await;
        let said = tokio::spawn(async move {
            server.write_all(&vec![7; LARGE]).await.unwrap();
            server.write_all(b"rest").await.unwrap();
            let mut heard = vec![0; LARGE];
            server.read_exact(&mut heard).await.unwrap();
            server
        });
        while channel.read.len() < LARGE + 4 {
            channel.receive().await.unwrap();
        }
        drop(channel.read.split_to(LARGE).freeze());
        assert!(channel.read.try_reclaim(LARGE), "it would be kept");
        channel.trim();
        assert!(!channel.read.try_reclaim(LARGE));
        assert_eq!(&channel.read[..], b"rest");
        channel.out.extend_from_slice(&vec![7; LARGE]);
        channel.send().await.unwrap();
        assert!(!channel.out.try_reclaim(LARGE));
        // What is small is used again.
        let mut server = said.await.unwrap();
        server.write_all(b" of it").await.unwrap();
        channel.receive().await.unwrap();
        channel.trim();
        assert_eq!(&channel.read[..], b"rest of it");
        channel.read.clear();
        assert!(channel.read.try_reclaim(READ_BYTES));
    }

    #[tokio::test]
    async fn a_login_leaves_nothing_behind() {
        let (mut channel, mut server) = pair().await;
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
