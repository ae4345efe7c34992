//! Messages as they come: five bytes of prefix and the message (gRPC's `PROTOCOL-HTTP2.md`). They are checked, unpacked
//! and counted before anything else sees them.

use bytes::{Buf, BufMut, Bytes, BytesMut};
use lockgate_domain::{Limit, LimitHit};

use crate::EgressError;
use crate::transport::http::{Decoder, Wrong};

/// A flag and a length.
pub(super) const PREFIX: usize = 5;
/// Bites that are unpacked until somebody else runs: a mebibyte of the worst.
const BITES: usize = 1024;

/// The messages of one answer, in the form that has none compressed.
pub(super) struct Frames {
    /// What came and was not looked at.
    ahead: Bytes,
    state: FrameState,
    /// The largest message, and what all of them may have together.
    cap: u64,
    /// What may still come.
    left: u64,
    /// Whether the answer says that its messages may be compressed.
    packs: bool,
}

enum FrameState {
    /// Before a message, or in its prefix.
    Prefix(BytesMut),
    /// In a message that passes as it comes, which lacks so many bytes.
    Plain(usize),
    /// In one that is unpacked.
    Packed { missing: usize, size: usize, decoder: Box<Decoder>, unpacked: BytesMut },
}

/// The next piece of an answer.
pub(super) enum Piece {
    /// Bytes of messages with prefixes.
    Bytes(Bytes),
    /// There is more to do, and others should run first.
    Busy,
    /// More must come.
    Empty,
}

impl Frames {
    /// Of an answer with so many bytes at the most.
    pub(super) fn new(cap: u64, packs: bool) -> Self {
        Self { ahead: Bytes::new(), state: FrameState::Prefix(BytesMut::new()), cap, left: cap, packs }
    }

    /// Takes what came. Everything before it must have been given away.
    pub(super) fn push(&mut self, piece: Bytes) {
        self.ahead = piece;
    }

    /// Whether the answer may end here.
    pub(super) fn is_between(&self) -> bool {
        match &self.state {
            FrameState::Prefix(begun) => begun.is_empty(),
            FrameState::Plain(_) | FrameState::Packed { .. } => false,
        }
    }

    /// The next piece.
    pub(super) fn next(&mut self, origin: &str) -> Result<Piece, EgressError> {
        let mut bites = BITES;
        while !self.ahead.is_empty() || self.is_complete() {
            match &mut self.state {
                FrameState::Prefix(begun) => {
                    let missing = PREFIX.saturating_sub(begun.len()).min(self.ahead.len());
                    begun.extend_from_slice(&self.ahead.split_to(missing));
                    let [flag, a, b, c, d] = begun.as_ref() else { continue };
                    let (flag, size) = (*flag, u32::from_be_bytes([*a, *b, *c, *d]));
                    let begun = std::mem::take(begun).freeze();
                    self.begin(flag, size, origin)?;
                    if matches!(self.state, FrameState::Plain(_)) {
                        return Ok(Piece::Bytes(begun));
                    }
                }
                FrameState::Plain(missing) => {
                    let piece = self.ahead.split_to(self.ahead.len().min(*missing));
                    *missing -= piece.len();
                    if *missing == 0 {
                        self.state = FrameState::Prefix(BytesMut::new());
                    }
                    if !piece.is_empty() {
                        return Ok(Piece::Bytes(piece));
                    }
                }
                FrameState::Packed { missing, size, decoder, unpacked } => {
                    let wrong = |wrong| match wrong {
                        Wrong::TooLarge => too_large(self.cap),
                        Wrong::Broken => broken(origin, "a message is not in the gzip that `grpc-encoding` says"),
                    };
                    let bite = self.ahead.split_to(self.ahead.len().min(*missing).min(decoder.bite()));
                    *missing -= bite.len();
                    unpacked.extend_from_slice(&decoder.push(bite).map_err(wrong)?);
                    if *missing == 0 {
                        unpacked.extend_from_slice(&decoder.end().map_err(wrong)?);
                        let (size, whole) = (*size, std::mem::take(unpacked));
                        self.state = FrameState::Prefix(BytesMut::new());
                        return self.unpacked(size, whole).map(Piece::Bytes);
                    }
                    bites -= 1;
                    if bites == 0 {
                        return Ok(Piece::Busy);
                    }
                }
            }
        }
        Ok(Piece::Empty)
    }

    /// Whether a message without a byte is to be given away.
    fn is_complete(&self) -> bool {
        match &self.state {
            FrameState::Prefix(_) => false,
            FrameState::Plain(missing) | FrameState::Packed { missing, .. } => *missing == 0,
        }
    }

    /// Begins a message. Its length is compared before anything is made for it.
    fn begin(&mut self, flag: u8, size: u32, origin: &str) -> Result<(), EgressError> {
        let count = u64::from(size);
        if count > self.left {
            return Err(too_large(self.cap));
        }
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        self.state = match flag {
            0 => {
                self.count(count)?;
                FrameState::Plain(size)
            }
            1 if self.packs => {
                let decoder = Box::new(Decoder::gzip(self.left));
                FrameState::Packed { missing: size, size, decoder, unpacked: BytesMut::new() }
            }
            1 => return Err(broken(origin, "a message is compressed, and `grpc-encoding` says of none")),
            other => return Err(broken(origin, &format!("a message has the flag {other}: expected 0 or 1"))),
        };
        Ok(())
    }

    /// A message that was unpacked, as one that never was packed.
    fn unpacked(&mut self, size: usize, whole: BytesMut) -> Result<Bytes, EgressError> {
        self.count(whole.len().max(size) as u64)?;
        let length = u32::try_from(whole.len()).map_err(|_| too_large(self.cap))?;
        let mut frame = BytesMut::with_capacity(PREFIX + whole.len());
        frame.put_u8(0);
        frame.put_u32(length);
        frame.put(whole.chunk());
        Ok(frame.freeze())
    }

    /// Counts a message; an empty one as its prefix, so that no number of them is for free.
    fn count(&mut self, bytes: u64) -> Result<(), EgressError> {
        let bytes = if bytes == 0 { PREFIX as u64 } else { bytes };
        self.left = self.left.checked_sub(bytes).ok_or_else(|| too_large(self.cap))?;
        Ok(())
    }
}

/// A message as it is sent, compressed by gzip if `packed`.
pub(crate) fn framed(message: &[u8], packed: bool) -> Result<Bytes, EgressError> {
    let mut frame = BytesMut::with_capacity(PREFIX + message.len());
    frame.put_bytes(0, PREFIX);
    if packed {
        let mut encoder = flate2::write::GzEncoder::new(frame.writer(), flate2::Compression::fast());
        let done = std::io::Write::write_all(&mut encoder, message).and_then(|()| encoder.finish());
        frame = done.map_err(|_| EgressError::Host("a message was not compressed"))?.into_inner();
    } else {
        frame.extend_from_slice(message);
    }
    let length = u32::try_from(frame.len().saturating_sub(PREFIX));
    let length = length.map_err(|_| EgressError::Request("its message has 4 GiB or more".to_owned()))?;
    let [a, b, c, d] = length.to_be_bytes();
    if let Some(prefix) = frame.first_chunk_mut::<PREFIX>() {
        *prefix = [u8::from(packed), a, b, c, d];
    }
    Ok(frame.freeze())
}

fn too_large(cap: u64) -> EgressError {
    EgressError::TooLarge { what: "answer", limit: LimitHit::new(Limit::UpstreamBody, cap) }
}

fn broken(origin: &str, cause: &str) -> EgressError {
    EgressError::Body { origin: origin.to_owned(), cause: cause.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All messages that come out of an answer that comes in pieces, and whether the last one has its end.
    fn read_to(answer: &[u8], pieces: usize, cap: u64, packs: bool) -> Result<(Vec<Vec<u8>>, bool), EgressError> {
        let mut frames = Frames::new(cap, packs);
        let mut out = BytesMut::new();
        for piece in answer.chunks(pieces) {
            frames.push(Bytes::copy_from_slice(piece));
            loop {
                match frames.next("grpc://a.example")? {
                    Piece::Bytes(bytes) => out.extend_from_slice(&bytes),
                    Piece::Busy => {}
                    Piece::Empty => break,
                }
            }
        }
        let mut messages = Vec::new();
        while out.has_remaining() {
            assert_eq!(out.get_u8(), 0);
            let length = out.get_u32() as usize;
            messages.push(out.split_to(length.min(out.len())).to_vec());
        }
        Ok((messages, frames.is_between()))
    }

    fn read(answer: &[u8], pieces: usize, cap: u64, packs: bool) -> Result<Vec<Vec<u8>>, EgressError> {
        let (messages, whole) = read_to(answer, pieces, cap, packs)?;
        assert!(whole, "a message has no end");
        Ok(messages)
    }

    fn code(result: Result<Vec<Vec<u8>>, EgressError>) -> &'static str {
        result.unwrap_err().code()
    }

    #[test]
    fn messages_come_out_however_they_are_cut_and_packed() {
        let all = [vec![], b"one".to_vec(), vec![7; 5000], vec![]];
        for packed in [false, true] {
            let answer: Vec<u8> = all.iter().flat_map(|one| framed(one, packed).unwrap()).collect();
            for pieces in [1, 2, 3, 5, 7, 4096, answer.len()] {
                assert_eq!(read(&answer, pieces, 1 << 20, packed).unwrap(), all, "{packed} {pieces}");
            }
        }
    }

    #[test]
    fn a_length_is_refused_before_a_byte_of_it_comes() {
        for prefix in [[0, 0x80, 0, 0, 0], [1, 0x80, 0, 0, 0], [0, 0xff, 0xff, 0xff, 0xff], [1, 0, 0, 4, 1]] {
            assert_eq!(code(read(&prefix, 5, 1024, true)), "too-large", "{prefix:?}");
        }
        assert_eq!(read(&framed(&[1; 1024], false).unwrap(), 9, 1024, false).unwrap().len(), 1);
        assert_eq!(code(read(&framed(&[1; 1025], false).unwrap(), 9, 1024, false)), "too-large");
    }

    #[test]
    fn what_is_unpacked_counts_and_a_bomb_ends_at_the_cap() {
        let bomb = framed(&vec![0; 10 << 20], true).unwrap();
        assert!(bomb.len() < 100 << 10, "{}", bomb.len());
        assert_eq!(code(read(&bomb, 4096, 1 << 20, true)), "too-large");
        assert_eq!(read(&bomb, 4096, 10 << 20, true).unwrap()[0].len(), 10 << 20);
        let many = framed(&[0; 600], true).unwrap().repeat(2);
        assert_eq!(code(read(&many, 4096, 1024, true)), "too-large");
        assert_eq!(read(&many, 4096, 1200, true).unwrap().len(), 2);
    }

    #[test]
    fn empty_messages_are_not_for_free() {
        let many = framed(&[], false).unwrap().repeat(100);
        assert_eq!(code(read(&many, 4096, 499, false)), "too-large");
        assert_eq!(read(&many, 4096, 500, false).unwrap().len(), 100);
        let packed = framed(&[], true).unwrap().repeat(100);
        assert_eq!(code(read(&packed, 4096, 1999, true)), "too-large");
    }

    #[test]
    fn other_flags_noise_and_cut_gzip_are_broken() {
        assert_eq!(code(read(&[2, 0, 0, 0, 1, 0], 6, 1024, true)), "body");
        assert_eq!(code(read(&framed(b"x", true).unwrap(), 64, 1024, false)), "body");
        assert_eq!(code(read(&[1, 0, 0, 0, 3, 1, 2, 3], 8, 1024, true)), "body");
        let whole = framed(b"some text", true).unwrap();
        let mut cut = whole[..whole.len() - 4].to_vec();
        cut[4] -= 4;
        assert_eq!(code(read(&cut, 64, 1024, true)), "body");
    }

    #[test]
    fn whatever_comes_is_the_same_however_it_is_cut_and_within_the_cap() {
        let mut random = fastrand::Rng::with_seed(9);
        let (mut whole, mut wrong) = (0, 0);
        for _ in 0..20_000 {
            let mut answer = Vec::new();
            for _ in 0..random.usize(1..4) {
                let message: Vec<u8> = (0..random.usize(..300)).map(|_| random.u8(b'a'..b'd')).collect();
                answer.extend_from_slice(&framed(&message, random.bool()).unwrap());
            }
            for _ in 0..random.usize(..3) {
                let at = random.usize(..answer.len());
                answer[at] = random.u8(..);
            }
            if random.bool() {
                answer.truncate(random.usize(1..=answer.len()));
            }
            let (cap, packs) = (random.u64(1..1_500), random.u8(..4) > 0);
            let pieces = random.usize(1..=answer.len());
            let at_once = read_to(&answer, answer.len(), cap, packs);
            let in_pieces = read_to(&answer, pieces, cap, packs);
            match (at_once, in_pieces) {
                (Ok((messages, true)), Ok((again, true))) => {
                    whole += 1;
                    let size: usize = messages.iter().map(Vec::len).sum();
                    assert!(size as u64 <= cap, "{size} of {cap}: {answer:?}");
                    assert_eq!(messages, again, "{pieces}: {answer:?}");
                }
                // One that has no end is wrong too, and may be over the cap before that is noticed.
                (Ok((_, false)) | Err(_), Ok((_, false)) | Err(_)) => wrong += 1,
                (one, other) => panic!("{pieces}: {one:?} {other:?}: {answer:?}"),
            }
        }
        assert!(whole > 1_000 && wrong > 1_000, "{whole} {wrong}");
    }
}
