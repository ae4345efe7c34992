//! Messages whose lengths, numbers or compression are wrong.

use std::io::{Result, Write};

use flate2::Compression;
use flate2::write::GzEncoder;

use super::Call;
pub use super::call::{prefix, prefixed};

/// A prefix that promises so many bytes, of which few come.
pub fn promising(length: u32) -> impl Fn(&mut Call<'_, '_>) -> Result<()> + Send + Sync {
    move |call| {
        call.head()?;
        call.data(&prefix(0, length))?;
        call.data(b"few")?;
        call.stall()
    }
}

/// The same, and the answer ends well.
pub fn promising_and_ending(length: u32) -> impl Fn(&mut Call<'_, '_>) -> Result<()> + Send + Sync {
    move |call| {
        call.head()?;
        call.data(&prefix(0, length))?;
        call.data(b"few")?;
        call.status("0", &[])
    }
}

/// A part of a prefix.
pub fn half_prefix(call: &mut Call<'_, '_>) -> Result<()> {
    call.head()?;
    call.data(&[0, 0])?;
    call.status("0", &[])
}

/// A flag that means nothing.
pub fn with_flag(flag: u8) -> impl Fn(&mut Call<'_, '_>) -> Result<()> + Send + Sync {
    move |call| {
        call.head()?;
        call.data(&prefixed(flag, b""))?;
        call.status("0", &[])
    }
}

/// Success, and no message.
pub fn none(call: &mut Call<'_, '_>) -> Result<()> {
    call.head()?;
    call.status("0", &[])
}

/// Two messages as the answer of a method that has one.
pub fn two(call: &mut Call<'_, '_>) -> Result<()> {
    call.head()?;
    call.send(b"")?;
    call.send(b"")?;
    call.status("0", &[])
}

/// Bytes that are no message of any type: a field of a length beyond the end.
pub fn malformed(call: &mut Call<'_, '_>) -> Result<()> {
    call.answer(&[0x0a, 0x7f, 0x61])
}

/// A message within a message, so many times, in the field with this number.
pub fn nested(field: u8, depth: usize) -> Vec<u8> {
    let mut message = Vec::new();
    for _ in 0..depth {
        message = super::protobuf::field(field.into(), &message);
    }
    message
}

/// Compressed by a method that nobody has, or that nobody asked for.
pub fn encoded(encoding: &'static str) -> impl Fn(&mut Call<'_, '_>) -> Result<()> + Send + Sync {
    move |call| {
        call.head_with(&[("grpc-encoding", encoding)])?;
        call.data(&prefixed(1, b"whatever"))?;
        call.status("0", &[])
    }
}

/// Says that it is compressed, and not how.
pub fn compressed_without_encoding(call: &mut Call<'_, '_>) -> Result<()> {
    call.head()?;
    call.data(&prefixed(1, &gzip(b"")))?;
    call.status("0", &[])
}

/// gzip as it should be.
pub fn compressed(message: &[u8]) -> impl Fn(&mut Call<'_, '_>) -> Result<()> + Send + Sync + use<> {
    let bytes = gzip(message);
    move |call| {
        call.head_with(&[("grpc-encoding", "gzip")])?;
        call.data(&prefixed(1, &bytes))?;
        call.status("0", &[])
    }
}

/// Few bytes that become many: so many megabytes of zeros, in a field that nobody knows.
pub fn bomb(megabytes: usize) -> impl Fn(&mut Call<'_, '_>) -> Result<()> + Send + Sync {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let piece = vec![0; 1 << 20];
    for _ in 0..megabytes {
        encoder.write_all(&piece).expect("memory");
    }
    let bytes = encoder.finish().expect("memory");
    move |call| {
        call.head_with(&[("grpc-encoding", "gzip")])?;
        call.data(&prefixed(1, &bytes))?;
        call.status("0", &[])
    }
}

/// gzip that breaks off.
pub fn half_compressed(call: &mut Call<'_, '_>) -> Result<()> {
    let bytes = gzip(&[7; 1000]);
    call.head_with(&[("grpc-encoding", "gzip")])?;
    call.data(&prefixed(1, &bytes[..bytes.len() - 9]))?;
    call.status("0", &[])
}

/// gzip with something behind its end.
pub fn compressed_with_more(call: &mut Call<'_, '_>) -> Result<()> {
    let bytes = [gzip(b""), b"more".to_vec()].concat();
    call.head_with(&[("grpc-encoding", "gzip")])?;
    call.data(&prefixed(1, &bytes))?;
    call.status("0", &[])
}

/// The same message without end, as there is room for it.
pub fn endless(message: &[u8]) -> impl Fn(&mut Call<'_, '_>) -> Result<()> + Send + Sync + use<> {
    let piece = prefixed(0, message);
    let piece = piece.repeat(1 + 16_384 / piece.len());
    move |call| {
        call.head()?;
        loop {
            call.data(&piece)?;
        }
    }
}

/// The same, of messages that are small only while they are compressed.
pub fn endless_compressed(message: &[u8]) -> impl Fn(&mut Call<'_, '_>) -> Result<()> + Send + Sync + use<> {
    let piece = prefixed(1, &gzip(message));
    move |call| {
        call.head_with(&[("grpc-encoding", "gzip")])?;
        loop {
            call.data(&piece)?;
        }
    }
}

/// One message whose end never comes, but bytes of it.
pub fn endless_one(call: &mut Call<'_, '_>) -> Result<()> {
    call.head()?;
    call.data(&prefix(0, u32::MAX))?;
    loop {
        call.data(&[0; 16_384])?;
    }
}

/// Says nothing any more after its head, a part of a prefix, a part of a message, or a message.
pub fn stalling_after(step: usize) -> impl Fn(&mut Call<'_, '_>) -> Result<()> + Send + Sync {
    move |call| {
        // The message has a number in a field that nobody knows.
        let steps: [&[u8]; 3] = [&[0, 0], &[0, 0, 2, 15 << 3], &[1]];
        if step > 0 {
            call.head()?;
        }
        for bytes in steps.into_iter().take(step.saturating_sub(1)) {
            call.data(bytes)?;
        }
        call.stall()
    }
}

/// How many steps [`stalling_after`] knows.
pub const STEPS: usize = 5;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}
