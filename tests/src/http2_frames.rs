//! Frames of HTTP/2 as bytes (RFC 9113, section 4.1), with heads that are not compressed.

pub(crate) const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
pub(crate) const RST_STREAM: u8 = 3;
pub(crate) const SETTINGS: u8 = 4;
pub(crate) const PUSH_PROMISE: u8 = 5;
pub(crate) const PING: u8 = 6;
pub(crate) const GOAWAY: u8 = 7;
pub(crate) const WINDOW_UPDATE: u8 = 8;
pub(crate) const CONTINUATION: u8 = 9;

/// The last frame of this side of a stream; of SETTINGS and PING that they are an answer.
pub(crate) const END_STREAM: u8 = 1;
pub(crate) const ACK: u8 = 1;
/// The head is whole.
pub(crate) const END_HEADERS: u8 = 4;
pub(crate) const PADDED: u8 = 8;

/// Bytes of a payload that every peer takes.
pub(crate) const LARGEST: usize = 16_384;

pub(crate) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a length").to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// A head as the payload of a frame: fields that are not indexed and not compressed (RFC 7541, section 6.2.2).
pub(crate) fn block<'a>(fields: impl IntoIterator<Item = (&'a str, &'a str)>) -> Vec<u8> {
    fields.into_iter().flat_map(|(name, value)| [vec![0], text(name), text(value)].concat()).collect()
}

/// A text with its length before it (RFC 7541, sections 5.1 and 5.2).
fn text(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    match u8::try_from(text.len()) {
        Ok(length) if length < 127 => bytes.push(length),
        _ => {
            bytes.push(127);
            let mut rest = text.len() - 127;
            while rest >= 128 {
                bytes.push(u8::try_from(rest % 128).expect("seven bits") | 128);
                rest /= 128;
            }
            bytes.push(u8::try_from(rest).expect("seven bits"));
        }
    }
    bytes.extend_from_slice(text.as_bytes());
    bytes
}
