//! `content-encoding` (RFC 9110 section 8.4): answers are decoded by the host, so that what comes out can be counted
//! and cleaned.

use std::io::{self, Write};

use bytes::Bytes;
use flate2::write::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use http::HeaderMap;
use http::header::CONTENT_ENCODING;

/// What requests offer.
pub(super) const OFFERED: &str = "gzip, deflate, br";
/// What the decoder of brotli takes at a time.
const BROTLI_BUFFER: usize = 4096;

/// A decoder that gives no more than it may.
pub(crate) enum Decoder {
    Identity {
        left: u64,
    },
    Gzip(MultiGzDecoder<Capped>),
    /// `deflate` is zlib (RFC 9110 section 8.4.1.2), and some send it bare; the first two bytes tell.
    Deflate {
        first: Vec<u8>,
        left: u64,
    },
    Zlib(ZlibDecoder<Capped>),
    Bare(DeflateDecoder<Capped>),
    Brotli(Box<Brotli>),
}

/// A decoder of brotli that has seen the stream's first byte, or not.
pub(crate) struct Brotli {
    begun: bool,
    writer: brotli_decompressor::DecompressorWriter<Capped>,
}

/// How a stream with a "large window" begins, which RFC 7932 does not have: the window alone could be 1 GiB, and ten bytes
/// are enough to have it.
const LARGE_WINDOW: u8 = 0x11;
/// The bits of the first byte that say it.
const WINDOW_BITS: u8 = 0x7f;

/// Bytes that are decoded at a time: deflate makes a thousand times as much of them at most, and others run
/// before the next.
const BITE: usize = 1024;

/// What went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wrong {
    /// More came out than may.
    TooLarge,
    /// It is not what the header says.
    Broken,
}

/// Where decoded bytes go, up to a limit.
pub(crate) struct Capped {
    out: Vec<u8>,
    left: u64,
    exceeded: bool,
}

impl Capped {
    fn new(left: u64) -> Self {
        Self { out: Vec::new(), left, exceeded: false }
    }
}

impl Write for Capped {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.left.checked_sub(bytes.len() as u64) {
            Some(left) => self.left = left,
            None => {
                self.exceeded = true;
                return Err(io::Error::other("more than may come out"));
            }
        }
        self.out.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Decoder {
    /// The decoder for an answer; none if it is in an encoding that nobody asked for.
    pub(super) fn of(headers: &HeaderMap, cap: u64) -> Option<Self> {
        let mut named = headers.get_all(CONTENT_ENCODING).iter();
        let name = match (named.next(), named.next()) {
            (None, _) => return Some(Self::Identity { left: cap }),
            (Some(one), None) => one.to_str().ok()?.trim().to_ascii_lowercase(),
            (Some(_), Some(_)) => return None,
        };
        match name.as_str() {
            "" | "identity" => Some(Self::Identity { left: cap }),
            "gzip" | "x-gzip" => Some(Self::gzip(cap)),
            "deflate" => Some(Self::Deflate { first: Vec::new(), left: cap }),
            "br" => {
                let writer = brotli_decompressor::DecompressorWriter::new(Capped::new(cap), BROTLI_BUFFER);
                Some(Self::Brotli(Box::new(Brotli { begun: false, writer })))
            }
            _ => None,
        }
    }

    /// One of gzip that gives no more than so many bytes.
    pub(crate) fn gzip(cap: u64) -> Self {
        Self::Gzip(MultiGzDecoder::new(Capped::new(cap)))
    }

    /// Whether lengths and digests that the headers tell are those of the bytes that come out.
    pub(super) fn is_identity(&self) -> bool {
        matches!(self, Self::Identity { .. })
    }

    /// How much of a piece is pushed at a time.
    pub(crate) fn bite(&self) -> usize {
        if self.is_identity() { usize::MAX } else { BITE }
    }

    /// Takes a piece and gives what comes out, which may be nothing yet.
    pub(crate) fn push(&mut self, piece: Bytes) -> Result<Bytes, Wrong> {
        match self {
            Self::Identity { left } => {
                *left = left.checked_sub(piece.len() as u64).ok_or(Wrong::TooLarge)?;
                Ok(piece)
            }
            Self::Deflate { first, left } => {
                first.extend_from_slice(&piece);
                let [cmf, flg, ..] = first.as_slice() else { return Ok(Bytes::new()) };
                let header = u16::from(*cmf) << 8 | u16::from(*flg);
                let zlib = cmf & 15 == 8 && header.is_multiple_of(31);
                let (first, cap) = (std::mem::take(first), Capped::new(*left));
                *self = if zlib { Self::Zlib(ZlibDecoder::new(cap)) } else { Self::Bare(DeflateDecoder::new(cap)) };
                self.push(first.into())
            }
            Self::Gzip(decoder) => {
                let written = decoder.write_all(&piece);
                drain(written, decoder.get_mut())
            }
            Self::Zlib(decoder) => {
                let written = decoder.write_all(&piece);
                drain(written, decoder.get_mut())
            }
            Self::Bare(decoder) => {
                let written = decoder.write_all(&piece);
                drain(written, decoder.get_mut())
            }
            Self::Brotli(decoder) => {
                if let (false, Some(first)) = (decoder.begun, piece.first()) {
                    decoder.begun = true;
                    if first & WINDOW_BITS == LARGE_WINDOW {
                        return Err(Wrong::Broken);
                    }
                }
                let written = decoder.writer.write_all(&piece);
                drain(written, decoder.writer.get_mut())
            }
        }
    }

    /// The end of the body: gives the rest, or says that something is missing.
    pub(crate) fn end(&mut self) -> Result<Bytes, Wrong> {
        match self {
            Self::Identity { .. } => Ok(Bytes::new()),
            Self::Deflate { first, .. } if first.is_empty() => Ok(Bytes::new()),
            Self::Deflate { .. } => Err(Wrong::Broken),
            Self::Gzip(decoder) => {
                let ended = decoder.try_finish();
                drain(ended, decoder.get_mut())
            }
            Self::Zlib(decoder) => {
                let ended = decoder.try_finish();
                drain(ended, decoder.get_mut())
            }
            Self::Bare(decoder) => {
                let ended = decoder.try_finish();
                drain(ended, decoder.get_mut())
            }
            Self::Brotli(decoder) => {
                let ended = decoder.writer.close();
                drain(ended, decoder.writer.get_mut())
            }
        }
    }
}

fn drain(done: io::Result<()>, sink: &mut Capped) -> Result<Bytes, Wrong> {
    match done {
        Ok(()) => Ok(std::mem::take(&mut sink.out).into()),
        Err(_) if sink.exceeded => Err(Wrong::TooLarge),
        Err(_) => Err(Wrong::Broken),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(encoding: &str) -> HeaderMap {
        [(CONTENT_ENCODING, encoding.parse().unwrap())].into_iter().collect()
    }

    fn decode(encoding: &str, body: &[u8], cap: u64) -> Result<Vec<u8>, Wrong> {
        let mut decoder = Decoder::of(&headers(encoding), cap).unwrap();
        let mut out = Vec::new();
        for piece in body.chunks(7) {
            out.extend_from_slice(&decoder.push(Bytes::copy_from_slice(piece))?);
        }
        out.extend_from_slice(&decoder.end()?);
        Ok(out)
    }

    fn encoded(text: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
        let level = flate2::Compression::best();
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), level);
        gzip.write_all(text).unwrap();
        let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), level);
        zlib.write_all(text).unwrap();
        let mut bare = flate2::write::DeflateEncoder::new(Vec::new(), level);
        bare.write_all(text).unwrap();
        vec![
            ("gzip", gzip.finish().unwrap()),
            ("deflate", zlib.finish().unwrap()),
            ("deflate", bare.finish().unwrap()),
            ("identity", text.to_vec()),
        ]
    }

    #[test]
    fn what_was_encoded_comes_out() {
        let text = b"to be or not to be, that is the question".repeat(50);
        for (encoding, body) in encoded(&text) {
            assert_eq!(decode(encoding, &body, 1 << 20).unwrap(), text, "{encoding}");
            assert_eq!(decode(encoding, &body, text.len() as u64).unwrap(), text, "{encoding}");
            assert_eq!(decode(encoding, &body, text.len() as u64 - 1), Err(Wrong::TooLarge), "{encoding}");
            if encoding != "identity" {
                let cut = body.get(..body.len() - 5).unwrap();
                assert_eq!(decode(encoding, cut, 1 << 20), Err(Wrong::Broken), "{encoding}");
            }
        }
    }

    #[test]
    fn brotli_comes_out_and_its_end_is_looked_for() {
        // "hello hello hello hello", by Node.js.
        let body = [
            0x1b, 0x16, 0x00, 0xf8, 0x8d, 0x94, 0x6e, 0xde, 0x44, 0x55, 0x86, 0x96, 0x6c, 0x20, 0x6f, 0x21, 0x4f, 0x1c,
            0xe0, 0x38,
        ];
        assert_eq!(decode("br", &body, 23).unwrap(), b"hello hello hello hello");
        assert_eq!(decode("br", &body, 22), Err(Wrong::TooLarge));
        assert_eq!(decode("br", body.get(..15).unwrap(), 100), Err(Wrong::Broken));
        assert_eq!(decode("br", &[0x1b], 100), Err(Wrong::Broken));
        assert_eq!(decode("br", b"\xff\xff\xff\xff", 100), Err(Wrong::Broken));
        // A window of 1 GiB, as the format for large windows writes it: refused before it is made.
        let mut decoder = Decoder::of(&headers("br"), 1 << 20).unwrap();
        assert_eq!(decoder.push(Bytes::from_static(&[LARGE_WINDOW])), Err(Wrong::Broken));
        assert_eq!(Decoder::of(&headers("br"), 1 << 20).unwrap().push(Bytes::from_static(&[0x91])), Err(Wrong::Broken));
    }

    #[test]
    fn noise_is_broken_and_what_nobody_asked_for_is_refused() {
        for encoding in ["gzip", "deflate", "br"] {
            assert!(decode(encoding, &[0x55; 100], 1 << 20).is_err(), "{encoding}");
        }
        for encoding in ["zstd", "compress", "gzip, gzip", "br, gzip"] {
            assert!(Decoder::of(&headers(encoding), 1).is_none(), "{encoding}");
        }
        let mut two = headers("gzip");
        two.append(CONTENT_ENCODING, "gzip".parse().unwrap());
        assert!(Decoder::of(&two, 1).is_none());
    }
}
