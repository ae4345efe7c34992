//! Messages over a stream, bounded. One that is longer than a packet comes in several.

use bytes::{Buf, BufMut, Bytes, BytesMut};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

use super::super::channel::{Channel, Unasked};
use super::super::failed::Failed;
use crate::connect::Stream;

/// Length and number of a packet.
const HEADER_BYTES: usize = 4;
/// The length of a packet behind which another belongs to the same message.
const PACKET_MAX: usize = 0xFF_FFFF;

/// The messages of one session.
#[derive(Debug)]
pub(super) struct Wire {
    channel: Channel,
    /// The largest message that is read.
    pub(super) message_max: usize,
    /// The number of the next packet, in either direction.
    sequence: u8,
}

impl Wire {
    /// On a stream whose next packet has this number.
    pub(super) fn new(stream: Stream, message_max: usize, sequence: u8) -> Self {
        Self { channel: Channel::new(stream), message_max, sequence }
    }

    /// Writes a command down, with which packets are counted anew.
    pub(super) fn command(&mut self, message: &[u8]) {
        self.sequence = 0;
        self.put(message);
    }

    /// Writes a message down that goes on with what was said before.
    pub(super) fn put(&mut self, message: &[u8]) {
        let mut rest = message;
        while let Some((packet, after)) = rest.split_at_checked(rest.len().min(PACKET_MAX)) {
            self.channel.out.put_uint_le(packet.len() as u64, 3);
            self.channel.out.put_u8(self.sequence);
            self.channel.out.put_slice(packet);
            self.sequence = self.sequence.wrapping_add(1);
            rest = after;
            if packet.len() < PACKET_MAX {
                return;
            }
        }
    }

    /// The number of the packet that comes next.
    pub(super) fn expected(&self) -> u8 {
        self.sequence
    }

    /// Reads the answer to another command, which begins with this number.
    pub(super) fn expect(&mut self, sequence: u8) {
        self.sequence = sequence;
    }

    /// Sends what was written down.
    pub(super) async fn send(&mut self) -> Result<(), Failed> {
        self.channel.send().await
    }

    /// Gives back memory that a large message took.
    pub(super) fn trim(&mut self) {
        self.channel.trim();
    }

    /// Sends what was written down for a login.
    pub(super) async fn send_secret(&mut self) -> Result<(), Failed> {
        self.channel.send_secret().await
    }

    /// The next message.
    pub(super) async fn next(&mut self) -> Result<Bytes, Failed> {
        loop {
            if let Some(message) = self.buffered()? {
                return Ok(message);
            }
            self.channel.receive().await?;
        }
    }

    /// Whether the server has neither said something nor gone away while nobody asked.
    pub(super) fn is_quiet(&mut self) -> bool {
        self.channel.look() == Unasked::Nothing && self.channel.read.is_empty()
    }

    fn buffered(&mut self) -> Result<Option<Bytes>, Failed> {
        let (mut end, mut length) = (0_usize, 0_usize);
        loop {
            let Some([one, two, three, _]) = self.channel.read.get(end..).and_then(|rest| rest.first_chunk()) else {
                return Ok(None);
            };
            let packet = u32::from_le_bytes([*one, *two, *three, 0]) as usize;
            length = length.saturating_add(packet);
            if length > self.message_max {
                return Err(Failed::TooLarge);
            }
            end = end.saturating_add(HEADER_BYTES + packet);
            if self.channel.read.len() < end {
                return Ok(None);
            }
            if packet < PACKET_MAX {
                return self.message().map(Some);
            }
        }
    }

    /// A message that is there as a whole.
    fn message(&mut self) -> Result<Bytes, Failed> {
        let mut whole = BytesMut::new();
        loop {
            let packet = usize::try_from(self.channel.read.get_uint_le(3)).unwrap_or(usize::MAX);
            let sequence = self.channel.read.get_u8();
            if sequence != self.sequence {
                return Err(Failed::Broken("a packet of the server came out of turn".to_owned()));
            }
            self.sequence = sequence.wrapping_add(1);
            let part = self.channel.read.split_to(packet);
            if whole.is_empty() && packet < PACKET_MAX {
                return Ok(part.freeze());
            }
            whole.extend_from_slice(&part);
            if packet < PACKET_MAX {
                return Ok(whole.freeze());
            }
        }
    }
}

/// The first message of a server, and no byte more: what came behind it would be read as if it had come by TLS. With the
/// number of the next packet.
pub(super) async fn first(stream: &mut TcpStream, max: usize) -> Result<(Vec<u8>, u8), Failed> {
    let header = stream.read_u32_le().await?;
    let (length, [.., sequence]) = ((header & 0xFF_FFFF) as usize, header.to_le_bytes());
    if length > max {
        return Err(Failed::Broken("the server greets at great length".to_owned()));
    }
    let mut message = vec![0; length];
    stream.read_exact(&mut message).await?;
    Ok((message, sequence.wrapping_add(1)))
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt;
    use tokio::net::TcpListener;

    use super::*;

    async fn stream(says: Vec<u8>) -> Stream {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        #[expect(clippy::disallowed_methods, reason = "the other end is this test")]
        let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (mut server, _) = listener.accept().await.unwrap();
        tokio::spawn(async move {
            let _ = server.write_all(&says).await;
        });
        Stream::Plain(stream)
    }

    async fn wire(says: Vec<u8>) -> Wire {
        Wire::new(stream(says).await, 40 * 1024 * 1024, 0)
    }

    #[tokio::test]
    async fn messages_are_put_together_of_their_packets() {
        let mut says = Wire::new(stream(Vec::new()).await, 0, 0);
        for length in [0, 5, PACKET_MAX - 1, PACKET_MAX, PACKET_MAX + 1, 2 * PACKET_MAX] {
            says.put(&vec![7; length]);
        }
        let mut wire = wire(says.channel.out.to_vec()).await;
        for length in [0, 5, PACKET_MAX - 1, PACKET_MAX, PACKET_MAX + 1, 2 * PACKET_MAX] {
            assert_eq!(wire.next().await.unwrap().len(), length);
        }
        assert!(matches!(wire.next().await, Err(Failed::Broken(_))));
    }

    #[tokio::test]
    async fn what_is_too_long_or_out_of_turn_is_not_read() {
        let mut long = wire(vec![255, 255, 255, 0]).await;
        long.message_max = 1024;
        assert!(matches!(long.next().await, Err(Failed::TooLarge)));
        let mut turned = wire(vec![1, 0, 0, 9, 0]).await;
        assert!(matches!(turned.next().await, Err(Failed::Broken(_))));
        let mut cut = wire(vec![9, 0, 0, 0, 1, 2]).await;
        assert!(matches!(cut.next().await, Err(Failed::Broken(_))));
    }
}
