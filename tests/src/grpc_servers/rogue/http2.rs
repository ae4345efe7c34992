//! Tricks below gRPC: frames, windows and ends of connections.

use std::io::Result;

use super::{Call, RogueGrpc};
use crate::Authority;
use crate::http2_frames::{
    CONTINUATION, DATA, END_HEADERS, GOAWAY, HEADERS, PING, PUSH_PROMISE, RST_STREAM, SETTINGS, WINDOW_UPDATE, block,
    frame,
};

const INITIAL_WINDOW_SIZE: u16 = 4;
const MAX_CONCURRENT_STREAMS: u16 = 3;
/// Codes of errors (RFC 9113, section 7).
const NO_ERROR: u32 = 0;
const INTERNAL_ERROR: u32 = 2;
const REFUSED_STREAM: u32 = 7;

/// Resets the stream with this code before its head.
pub fn reset(code: u32) -> impl Fn(&mut Call<'_, '_>) -> Result<()> + Send + Sync {
    move |call| call.frame(RST_STREAM, 0, &code.to_be_bytes())
}

/// The same after a head and a message.
pub fn reset_after_message(call: &mut Call<'_, '_>) -> Result<()> {
    call.head()?;
    call.send(b"")?;
    call.frame(RST_STREAM, 0, &INTERNAL_ERROR.to_be_bytes())
}

/// Refuses the first stream, of which nothing is done, and answers later ones (RFC 9113, section 8.7).
pub fn refusing_first(authority: &Authority) -> RogueGrpc {
    let refused = std::sync::atomic::AtomicBool::new(false);
    RogueGrpc::start(authority, move |call| {
        if refused.swap(true, std::sync::atomic::Ordering::SeqCst) {
            return call.answer(b"");
        }
        call.frame(RST_STREAM, 0, &REFUSED_STREAM.to_be_bytes())
    })
}

/// Says on its first connection that it goes away and has done nothing, and answers on later ones.
pub fn going_away_first(call: &mut Call<'_, '_>) -> Result<()> {
    if call.visit() > 0 {
        return call.answer(b"");
    }
    going_away(call, 0)
}

/// Always goes away, without having done anything.
pub fn always_going_away(call: &mut Call<'_, '_>) -> Result<()> {
    going_away(call, 0)
}

/// Goes away after a half of its answer, which it never completes.
pub fn going_away_in_answer(call: &mut Call<'_, '_>) -> Result<()> {
    call.head()?;
    going_away(call, call.stream())
}

fn going_away(call: &mut Call<'_, '_>, last: u32) -> Result<()> {
    call.own_frame(GOAWAY, 0, &[last.to_be_bytes(), NO_ERROR.to_be_bytes()].concat())?;
    call.end()
}

/// Closes the connection after its head.
pub fn closing(call: &mut Call<'_, '_>) -> Result<()> {
    call.head()?;
    call.end()
}

/// Closes it with a reset of TCP, before its head.
pub fn closing_hard(call: &mut Call<'_, '_>) -> Result<()> {
    call.close()
}

/// A head that never comes to its end.
pub fn endless_head(call: &mut Call<'_, '_>) -> Result<()> {
    call.frame(HEADERS, 0, &block([(":status", "200"), ("content-type", "application/grpc")]))?;
    let more = block([("x-more", "v".repeat(16_000).as_str())]);
    loop {
        call.frame(CONTINUATION, 0, &more)?;
    }
}

/// The same of frames without anything in them.
pub fn endless_empty_continuation(call: &mut Call<'_, '_>) -> Result<()> {
    call.frame(HEADERS, 0, &block([(":status", "200"), ("content-type", "application/grpc")]))?;
    flood(call, CONTINUATION, &[])
}

/// Frames of data without anything in them.
pub fn endless_empty_data(call: &mut Call<'_, '_>) -> Result<()> {
    call.head()?;
    flood(call, DATA, &[])
}

fn flood(call: &mut Call<'_, '_>, kind: u8, payload: &[u8]) -> Result<()> {
    let piece = frame(kind, 0, call.stream(), payload).repeat(1000);
    loop {
        call.bytes(&piece)?;
    }
}

/// Asks for a sign of life without end.
pub fn endless_pings(call: &mut Call<'_, '_>) -> Result<()> {
    let piece = frame(PING, 0, 0, &[7; 8]).repeat(1000);
    loop {
        call.bytes(&piece)?;
    }
}

/// Other settings without end.
pub fn endless_settings(call: &mut Call<'_, '_>) -> Result<()> {
    let payload = [&INITIAL_WINDOW_SIZE.to_be_bytes()[..], &65_535_u32.to_be_bytes()].concat();
    let piece = frame(SETTINGS, 0, 0, &payload).repeat(1000);
    loop {
        call.bytes(&piece)?;
    }
}

/// Data beyond what the client has room for.
pub fn over_the_window(call: &mut Call<'_, '_>) -> Result<()> {
    call.head()?;
    call.bytes(&super::messages::prefix(0, 1 << 30))?;
    loop {
        call.frame(DATA, 0, &[0; 16_384])?;
    }
}

/// Data before a head.
pub fn data_first(call: &mut Call<'_, '_>) -> Result<()> {
    call.frame(DATA, 0, b"early")?;
    call.stall()
}

/// More room than a window may have.
pub fn overflowing_window(call: &mut Call<'_, '_>) -> Result<()> {
    call.frame(WINDOW_UPDATE, 0, &0x7fff_ffff_u32.to_be_bytes())?;
    call.stall()
}

/// A frame that is larger than the client takes.
pub fn large_frame(call: &mut Call<'_, '_>) -> Result<()> {
    call.head()?;
    call.frame(DATA, 0, &vec![0; (1 << 24) - 1])?;
    call.stall()
}

/// A head that points beyond the table (RFC 7541, section 2.3.3).
pub fn invalid_head(call: &mut Call<'_, '_>) -> Result<()> {
    call.frame(HEADERS, END_HEADERS, &[0xff, 0xff, 0xff, 0x0f])?;
    call.stall()
}

/// A promise that nobody asked for.
pub fn pushing(call: &mut Call<'_, '_>) -> Result<()> {
    call.frame(PUSH_PROMISE, END_HEADERS, &[&2_u32.to_be_bytes()[..], &block([(":method", "GET")])].concat())?;
    call.answer(b"")
}

/// HTTP/1.1, whatever was agreed.
pub fn http1(authority: &Authority) -> RogueGrpc {
    let begin = |connection: &mut super::Connection<'_>| {
        connection.visit.send("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n")?;
        connection.begin(&[])
    };
    RogueGrpc::begun(authority, begin, |call| call.stall())
}

/// Takes no byte of a message.
pub fn without_window(authority: &Authority) -> RogueGrpc {
    let begin = |connection: &mut super::Connection<'_>| {
        connection.grants = false;
        connection.begin(&[(INITIAL_WINDOW_SIZE, 0)])
    };
    RogueGrpc::begun(authority, begin, |call| call.answer(b""))
}

/// Takes no stream.
pub fn without_streams(authority: &Authority) -> RogueGrpc {
    let begin = |connection: &mut super::Connection<'_>| connection.begin(&[(MAX_CONCURRENT_STREAMS, 0)]);
    RogueGrpc::begun(authority, begin, |call| call.answer(b""))
}

/// Takes one stream at a time on a connection.
pub fn with_one_stream(authority: &Authority) -> RogueGrpc {
    let begin = |connection: &mut super::Connection<'_>| connection.begin(&[(MAX_CONCURRENT_STREAMS, 1)]);
    RogueGrpc::begun(authority, begin, |call| call.answer(b""))
}

/// Says nothing at all once TLS is agreed.
pub fn silent(authority: &Authority) -> RogueGrpc {
    let begin = |connection: &mut super::Connection<'_>| connection.stall(0);
    RogueGrpc::begun(authority, begin, |call| call.answer(b""))
}
