//! `wasi:*@0.2`: clocks, random numbers and streams are real; everything else grants nothing. There are no arguments,
//! no environment, no folders and no input; sockets and name look-up refuse; output goes to the guest's log.

use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use lockgate_domain::LogLevel;
use tokio::io::AsyncWrite;
use wasmtime::component::{Linker, ResourceTable};
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamResult};
use wasmtime_wasi::{HostMonotonicClock, HostWallClock, WasiCtx};

use super::log::Log;
use crate::state::GuestState;

/// Steps of the clocks: exact enough for timeouts and dates, too coarse to measure the host's caches.
const STEP: Duration = Duration::from_millis(1);
/// Random bytes of one request.
const RANDOM_MAX: u64 = 64 * 1024;
/// Bytes of output without a line break that are kept before they become a line.
const PENDING_MAX: usize = 4096;
/// Bytes that a guest may write at once.
const WRITE_MAX: usize = 64 * 1024;

pub(crate) fn link(linker: &mut Linker<GuestState>) -> wasmtime::Result<()> {
    wasmtime_wasi::p2::add_to_linker_async(linker)
}

pub(crate) fn context(log: &Log) -> WasiCtx {
    let output = |level| Output { log: log.clone(), level };
    WasiCtx::builder()
        .wall_clock(WallClock)
        .monotonic_clock(MonotonicClock(Instant::now()))
        .max_random_size(RANDOM_MAX)
        .allow_tcp(false)
        .allow_udp(false)
        .allow_ip_name_lookup(false)
        .stdout(output(LogLevel::Info))
        .stderr(output(LogLevel::Warn))
        .build()
}

pub(crate) fn table(handles: usize) -> ResourceTable {
    let mut table = ResourceTable::new();
    // The guest's handles are counted by the engine. Behind one of a timer are two resources of the host.
    table.set_max_capacity(handles.saturating_mul(2));
    table
}

struct WallClock;

impl HostWallClock for WallClock {
    fn resolution(&self) -> Duration {
        STEP
    }

    fn now(&self) -> Duration {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Duration::from_millis(u64::try_from(now.as_millis()).unwrap_or(u64::MAX))
    }
}

/// Starts at the guest's first use of WASI, so that it tells nothing of the host's up-time.
struct MonotonicClock(Instant);

impl HostMonotonicClock for MonotonicClock {
    fn resolution(&self) -> u64 {
        u64::try_from(STEP.as_nanos()).unwrap_or(u64::MAX)
    }

    fn now(&self) -> u64 {
        u64::try_from(self.0.elapsed().as_millis()).unwrap_or(u64::MAX).saturating_mul(1_000_000)
    }
}

/// Standard output or error: each line becomes a line of the log.
#[derive(Clone)]
struct Output {
    log: Log,
    level: LogLevel,
}

impl IsTerminal for Output {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Output {
    /// The interfaces of 0.2 ask for `p2_stream`, so nothing is written here.
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(tokio::io::sink())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(LineWriter { output: self.clone(), pending: Vec::new() })
    }
}

struct LineWriter {
    output: Output,
    pending: Vec<u8>,
}

impl LineWriter {
    fn emit(&mut self) {
        if !self.pending.is_empty() {
            let line = String::from_utf8_lossy(&self.pending);
            self.output.log.write(self.output.level, line.trim_end_matches('\r'), None);
            self.pending.clear();
        }
    }
}

impl OutputStream for LineWriter {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        for byte in bytes {
            if byte == b'\n' || self.pending.len() >= PENDING_MAX {
                self.emit();
            }
            if byte != b'\n' {
                self.pending.push(byte);
            }
        }
        Ok(())
    }

    /// A flush ends no line: guests flush after every piece.
    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(WRITE_MAX)
    }
}

impl Pollable for LineWriter {
    /// Always ready. Written out, since the trait is made by a macro for async functions.
    fn ready<'a, 'b>(&'a mut self) -> Pin<Box<dyn Future<Output = ()> + Send + 'b>>
    where
        'a: 'b,
        Self: 'b,
    {
        Box::pin(std::future::ready(()))
    }
}

impl Drop for LineWriter {
    fn drop(&mut self) {
        self.emit();
    }
}
