//! Takes a connection's secrets out of messages. What a message means is known to whoever has its descriptors, and those are
//! the author's own word, so that they decide nothing here. What the wire format says by itself does: texts stand in values
//! with a length, and numbers of the message itself in others (<https://protobuf.dev/programming-guides/encoding/>).
//!
//! A number is never changed. Bytes that look like a secret and may be a number of an inner message, or of a packed list,
//! are neither handed on nor masked: the answer is refused.

use std::ops::Range;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};

use crate::scrub::Scrubber;

/// Bytes of a message that are cleaned until somebody else runs.
const CLEANED_AT_A_TIME: usize = 64 * 1024;
/// How deeply messages and groups lie in each other at the most, as for who reads them.
const DEPTH_MAX: usize = 100;
/// The largest number of a field.
const FIELD_MAX: u64 = (1 << 29) - 1;

/// Bytes like those of a secret, which may be a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct MayBeNumber;

/// Masks secrets in a message, byte for byte: what says how long its fields are stays true. What is no message of protobuf is
/// masked wherever a secret stands.
pub(super) async fn clean(scrubber: &Arc<Scrubber>, message: Bytes) -> Result<Bytes, MayBeNumber> {
    if scrubber.is_empty() {
        return Ok(message);
    }
    let (mut scrub, mut rest) = (scrubber.begin(), message.clone());
    let mut cleaned = BytesMut::with_capacity(message.len());
    while !rest.is_empty() {
        let is_last = rest.len() <= CLEANED_AT_A_TIME;
        cleaned.extend_from_slice(&scrub.push(rest.split_to(rest.len().min(CLEANED_AT_A_TIME))));
        if !is_last {
            tokio::task::consume_budget().await;
        }
    }
    cleaned.extend_from_slice(&scrub.end());
    finished(message, cleaned)
}

/// The same of a message that is small.
pub(super) fn clean_small(scrubber: &Scrubber, message: &[u8]) -> Result<Bytes, MayBeNumber> {
    let cleaned = BytesMut::from(scrubber.clean(message).as_slice());
    finished(Bytes::copy_from_slice(message), cleaned)
}

/// Takes back what was masked in numbers.
fn finished(message: Bytes, mut cleaned: BytesMut) -> Result<Bytes, MayBeNumber> {
    if *cleaned == *message {
        return Ok(message);
    }
    if !is_message(&message) {
        return Ok(cleaned.freeze());
    }
    let whole = 0..message.len();
    settle(&mut MaskedRanges { message: &message, at: 0 }, &mut cleaned, whole, 0)?;
    Ok(cleaned.freeze())
}

/// The places that were masked, in their order.
struct MaskedRanges<'m> {
    message: &'m [u8],
    /// Nothing before it is asked for again.
    at: usize,
}

impl MaskedRanges<'_> {
    /// Whether there is one in a part. Parts are asked for in their order, each within or behind the one before.
    fn is_in(&mut self, cleaned: &[u8], part: &Range<usize>) -> bool {
        self.at = self.at.max(part.start);
        while self.at < part.end && self.message.get(self.at) == cleaned.get(self.at) {
            self.at += 1;
        }
        self.at < part.end
    }
}

/// Decides on a part in which something was masked: the message itself at depth 0, or a value with a length.
fn settle(
    found: &mut MaskedRanges<'_>,
    cleaned: &mut [u8],
    part: Range<usize>,
    depth: usize,
) -> Result<(), MayBeNumber> {
    let message = found.message;
    let own = message.get(part.clone()).unwrap_or_default();
    let as_masked = cleaned.get(part.clone()).unwrap_or_default();
    if depth >= DEPTH_MAX || !is_message(own) || is_hit_between(own, as_masked) {
        // A text, or what may be a packed list of numbers.
        found.at = part.end;
        return std::str::from_utf8(own).map(drop).map_err(|_| MayBeNumber);
    }
    let (mut from, mut open) = (0, Vec::new());
    while let Some(field) = next(own, from, &mut open).ok().flatten() {
        let value = part.start + field.value.start..part.start + field.value.end;
        from = field.value.end;
        if !found.is_in(cleaned, &value) {
            continue;
        }
        match (field.is_delimited, depth) {
            (true, _) => settle(found, cleaned, value, depth + 1)?,
            // A number of the message itself can't be anything else.
            (false, 0) => restore(message, cleaned, value),
            (false, _) => return Err(MayBeNumber),
        }
    }
    Ok(())
}

/// Whether something was masked between values, where numbers and lengths of fields stand. Secrets lie there in texts that can
/// be read as a message, as `user1` can, and in no message.
fn is_hit_between(own: &[u8], as_masked: &[u8]) -> bool {
    let (mut from, mut open) = (0, Vec::new());
    while let Some(field) = next(own, from, &mut open).ok().flatten() {
        if own.get(from..field.value.start) != as_masked.get(from..field.value.start) {
            return true;
        }
        from = field.value.end;
    }
    false
}

fn restore(message: &[u8], cleaned: &mut [u8], range: Range<usize>) {
    if let (Some(own), Some(as_it_came)) = (cleaned.get_mut(range.clone()), message.get(range)) {
        own.copy_from_slice(as_it_came);
    }
}

/// A field: where its value stands, and whether that is one with a length.
struct Field {
    value: Range<usize>,
    is_delimited: bool,
}

/// These bytes are no message.
struct NoMessage;

/// Whether bytes are a message as far as can be seen without descriptors.
fn is_message(bytes: &[u8]) -> bool {
    let (mut from, mut open) = (0, Vec::new());
    loop {
        match next(bytes, from, &mut open) {
            Ok(Some(field)) => from = field.value.end,
            Ok(None) => return open.is_empty(),
            Err(NoMessage) => return false,
        }
    }
}

/// The field behind a place; those of groups count as those of the message that has them. `open` has the groups that began.
fn next(bytes: &[u8], mut at: usize, open: &mut Vec<u64>) -> Result<Option<Field>, NoMessage> {
    if at >= bytes.len() {
        return Ok(None);
    }
    let tag = varint(bytes, &mut at)?;
    let number = tag >> 3;
    if !(1..=FIELD_MAX).contains(&number) {
        return Err(NoMessage);
    }
    let start = at;
    let mut is_delimited = false;
    let length = match tag & 7 {
        0 => {
            varint(bytes, &mut at)?;
            return Ok(Some(Field { value: start..at, is_delimited }));
        }
        1 => 8,
        2 => {
            is_delimited = true;
            usize::try_from(varint(bytes, &mut at)?).map_err(|_| NoMessage)?
        }
        3 if open.len() < DEPTH_MAX => {
            open.push(number);
            0
        }
        4 if open.pop() == Some(number) => 0,
        5 => 4,
        _ => return Err(NoMessage),
    };
    let end = at.checked_add(length).filter(|end| *end <= bytes.len()).ok_or(NoMessage)?;
    Ok(Some(Field { value: at..end, is_delimited }))
}

fn varint(bytes: &[u8], at: &mut usize) -> Result<u64, NoMessage> {
    let mut value = 0_u64;
    for shift in (0..70).step_by(7) {
        let byte = *bytes.get(*at).ok_or(NoMessage)?;
        *at += 1;
        value |= u64::from(byte & 0x7f) << shift.min(63);
        if byte < 0x80 {
            return Ok(value);
        }
    }
    Err(NoMessage)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scrubber(secret: &str) -> Arc<Scrubber> {
        Arc::new(Scrubber::new(&[zeroize::Zeroizing::new(secret.as_bytes().to_vec())]))
    }

    async fn cleaned(secret: &str, message: &[u8]) -> Result<Vec<u8>, MayBeNumber> {
        let small = clean_small(&scrubber(secret), message);
        let cleaned = clean(&scrubber(secret), message.to_vec().into()).await;
        assert_eq!(small, cleaned);
        cleaned.map(Vec::from)
    }

    /// A field with a length.
    fn delimited(number: u8, value: &[u8]) -> Vec<u8> {
        [&[number << 3 | 2, u8::try_from(value.len()).unwrap()], value].concat()
    }

    #[tokio::test]
    async fn texts_are_masked_at_every_depth_and_messages_keep_their_length() {
        let mut message = delimited(3, b"the db01 of all");
        let mut expected = delimited(3, b"the **** of all");
        for _ in 0..30 {
            assert_eq!(cleaned("db01", &message).await.unwrap(), expected);
            message = [vec![0x08, 1], delimited(1, &message)].concat();
            expected = [vec![0x08, 1], delimited(1, &expected)].concat();
        }
        // Texts that can be read as messages.
        for user in ["user1", "iamuser01", "5maria"] {
            let masked = "*".repeat(user.len());
            let expected = delimited(1, masked.as_bytes());
            assert_eq!(cleaned(user, &delimited(1, user.as_bytes())).await.unwrap(), expected, "{user}");
        }
        for before in [0, 7, CLEANED_AT_A_TIME - 5, 3 * CLEANED_AT_A_TIME] {
            let mut message = vec![0x08; 2 * before];
            message.extend_from_slice(b"\x0a\x0cs3cret-value\x12\x01x");
            let cleaned = cleaned("s3cret-value", &message).await.unwrap();
            assert_eq!((cleaned.len(), &cleaned[..2 * before]), (message.len(), &message[..2 * before]));
            assert_eq!(cleaned[2 * before..], b"\x0a\x0c************\x12\x01x"[..]);
        }
    }

    #[tokio::test]
    async fn numbers_of_a_message_stay_as_they_are() {
        for number in [
            &b"\x0ddb01"[..],
            b"\x09..db01..",
            b"\x09db01db01",
            // A group with a number in it, and one in a group in a group.
            b"\x0b\x15db01\x0c",
            b"\x0b\x13\x15db01\x14\x0c",
        ] {
            let message = [number, &delimited(7, b"it is db01"), number].concat();
            let expected = [number, &delimited(7, b"it is ****"), number].concat();
            assert_eq!(cleaned("db01", &message).await.unwrap(), expected, "{number:?}");
        }
        // The bytes of a varint, whose last is below 128.
        let message = b"\x08\xe4\xe2\xb0\x31";
        let secret = [zeroize::Zeroizing::new(message[1..].to_vec())];
        assert_eq!(clean_small(&Scrubber::new(&secret), message).unwrap(), &message[..]);
    }

    #[tokio::test]
    async fn what_may_be_a_number_of_an_inner_message_is_refused() {
        for inside in [
            &b"\x0ddb01"[..],
            b"\x09..db01..",
            b"\x12\x01x\x15db01",
            b"-db01",
            // A packed list of fixed numbers.
            b"\xff\xff\xff\xffdb01",
        ] {
            assert_eq!(cleaned("db01", &delimited(1, inside)).await, Err(MayBeNumber), "{inside:?}");
            assert_eq!(cleaned("db01", &delimited(1, &delimited(2, inside))).await, Err(MayBeNumber));
        }
    }

    #[tokio::test]
    async fn what_is_no_message_is_masked_wherever_it_stands() {
        for (other, expected) in
            [(&b"{\"user\": \"db01\"}"[..], &b"{\"user\": \"****\"}"[..]), (b"\xff db01", b"\xff ****")]
        {
            assert_eq!(cleaned("db01", other).await.unwrap(), expected);
        }
    }
}
