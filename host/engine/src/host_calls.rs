//! How often a call has asked the host for something, against `limits.host_calls`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::Stop;

/// Bytes of a streamed body that cost one host call. A body as long as `limits.upstream_body_bytes` allows by default costs
/// 512 of the 1,000 calls that `limits.host_calls` allows by default, however small its pieces are.
const BYTES_PER_CALL: u64 = 16 * 1024;

/// Bytes of a streamed body that justify one function which moves it or waits for it. Clients of WASI move 4 to 64 KiB at a
/// time, and call up to eight functions for each piece: subscribe, poll, drop the pollable, read or write, flush; the
/// engine of JavaScript looks at the clock ten times as well. This leaves them some more.
const BYTES_PER_FUNCTION: u64 = 256;

/// What one call has asked of the host.
#[derive(Debug, Default)]
pub(crate) struct HostCalls {
    max: u64,
    /// Functions that did something of their own.
    single: u64,
    /// Functions that moved a body, waited for one or looked at the clock.
    streaming: u64,
    moved: Option<BytesMoved>,
}

/// Bytes of streamed bodies that went between guest and upstream. Shared with those who move them on other threads.
#[derive(Debug, Clone, Default)]
pub(crate) struct BytesMoved(Arc<AtomicU64>);

impl BytesMoved {
    pub(crate) fn add(&self, bytes: usize) {
        self.0.fetch_add(bytes as u64, Relaxed);
    }
}

impl HostCalls {
    pub(crate) fn new(max: u64) -> Self {
        Self { max, ..Self::default() }
    }

    /// Counts a function, before the host does anything for it.
    pub(crate) fn count(&mut self) -> wasmtime::Result<()> {
        self.single += 1;
        self.check()
    }

    /// What may still be asked.
    pub(crate) fn left(&self) -> u64 {
        self.max.saturating_sub(self.made())
    }

    /// Counts what a call asked that the guest's code made.
    pub(crate) fn charge(&mut self, made: u64) -> wasmtime::Result<()> {
        self.single = self.single.saturating_add(made);
        self.check()
    }

    /// Counts a function that moves a part of a body, waits for one, or looks at the clock meanwhile. As far as the bytes
    /// that have moved justify such functions they cost what the bytes do; all others cost one call each, as every function
    /// does.
    pub(crate) fn count_streaming(&mut self) -> wasmtime::Result<()> {
        self.streaming += 1;
        self.check()
    }

    /// Where bytes of streamed bodies are counted.
    pub(crate) fn bytes_moved(&mut self) -> &BytesMoved {
        self.moved.get_or_insert_default()
    }

    /// What counts against the limit.
    pub(crate) fn made(&self) -> u64 {
        let moved = self.moved.as_ref().map_or(0, |moved| moved.0.load(Relaxed));
        let justified = self.streaming.min(moved / BYTES_PER_FUNCTION);
        let of_bodies = justified.min(moved.div_ceil(BYTES_PER_CALL));
        self.single + of_bodies + (self.streaming - justified)
    }

    pub(crate) fn exceeded(&self) -> bool {
        self.made() > self.max
    }

    fn check(&self) -> wasmtime::Result<()> {
        if self.exceeded() { Err(Stop::HostCalls.into()) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Moves a body in pieces of one size, with so many functions for each; what it cost.
    fn body(bytes: usize, piece: usize, functions: usize) -> (HostCalls, Result<(), wasmtime::Error>) {
        let mut calls = HostCalls::new(1_000);
        for _ in 0..bytes / piece {
            for _ in 0..functions {
                if let Err(error) = calls.count_streaming() {
                    return (calls, Err(error));
                }
            }
            calls.bytes_moved().add(piece);
        }
        (calls, Ok(()))
    }

    #[test]
    fn a_function_is_a_call() {
        let mut calls = HostCalls::new(2);
        assert!(calls.count().is_ok() && calls.count_streaming().is_ok());
        let error = calls.count().unwrap_err();
        assert_eq!(error.downcast_ref::<Stop>(), Some(&Stop::HostCalls));
        assert_eq!(calls.made(), 3);
    }

    #[test]
    fn a_body_costs_what_its_size_justifies() {
        for (piece, functions, made) in [(8192, 8, 512), (4096, 8, 512), (1024, 4, 512), (64 << 10, 1, 128)] {
            let (calls, ended) = body(8 << 20, piece, functions);
            assert!(ended.is_ok(), "{piece} bytes");
            assert_eq!(calls.made(), made, "{piece} bytes, {functions} functions for each");
        }
    }

    #[test]
    fn functions_that_move_nothing_are_calls() {
        assert!(body(8 << 20, 1, 1).1.is_err(), "a byte at a time");
        let (mut calls, _) = body(64 << 10, 64 << 10, 1);
        // What the body left over is used up, and nothing is left for what moves none.
        let further = (0..2_000).take_while(|_| calls.count_streaming().is_ok()).count();
        assert_eq!(further, 64 * 1024 / 256 - 1 + 1_000 - 4);
        assert!(calls.exceeded());
    }

    #[test]
    fn bytes_justify_no_function_of_another_kind() {
        let (mut calls, _) = body(8 << 20, 64 << 10, 1);
        let left = 1_000 - calls.made();
        assert_eq!((0..2_000).take_while(|_| calls.count().is_ok()).count() as u64, left);
    }
}
