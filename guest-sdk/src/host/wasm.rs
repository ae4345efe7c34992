//! A component's host. Each function is an import of its own, and unused ones are dropped when it is encoded.

use crate::{
    bindings::{
        lockgate::connector::{context, log, settings},
        wasi::{
            clocks::{monotonic_clock, wall_clock},
            random::random,
        },
    },
    log::Level,
};
use std::time::Duration;

pub(crate) fn write(level: Level, message: &str, fields: Option<&str>) {
    let level = match level {
        Level::Trace => log::Level::Trace,
        Level::Debug => log::Level::Debug,
        Level::Info => log::Level::Info,
        Level::Warn => log::Level::Warn,
        Level::Error => log::Level::Error,
    };
    log::write(level, message, fields);
}

pub(crate) fn setting(name: &str) -> Option<String> {
    settings::get(name)
}

pub(crate) fn settings() -> String {
    settings::all()
}

pub(crate) fn call_id() -> String {
    context::call_id()
}

pub(crate) fn attempt() -> u32 {
    context::attempt()
}

pub(crate) fn remaining() -> Duration {
    Duration::from_millis(context::remaining_ms())
}

pub(crate) fn tenant() -> Option<String> {
    context::tenant()
}

pub(crate) fn abort(message: &str) {
    context::abort(message);
}

pub(crate) fn unix_time() -> Duration {
    let now = wall_clock::now();
    Duration::new(now.seconds, now.nanoseconds)
}

pub(crate) fn monotonic() -> Duration {
    Duration::from_nanos(monotonic_clock::now())
}

/// A host gives at most 64 KiB at a time.
const RANDOM_BYTES: usize = 64 * 1024;

pub(crate) fn random_fill(buffer: &mut [u8]) {
    for part in buffer.chunks_mut(RANDOM_BYTES) {
        part.copy_from_slice(&random::get_random_bytes(part.len() as u64));
    }
}

pub(crate) fn random_u64() -> u64 {
    random::get_random_u64()
}
