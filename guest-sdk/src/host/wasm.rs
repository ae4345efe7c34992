//! A component's host. Each function is an import of its own, and unused ones are dropped when it is encoded.

pub(crate) mod database;
pub(crate) mod grpc;
pub(crate) mod http;

use crate::{
    Failure,
    bindings::{
        lockgate::{
            connector::{context, log, settings, types},
            connectors::client,
            signing::signing,
        },
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

pub(crate) fn sign(field: &str, algorithm: &str, bytes: &[u8]) -> Result<Vec<u8>, Failure> {
    signing::sign(field, algorithm, bytes).map_err(lifted)
}

pub(crate) fn verify(field: &str, algorithm: &str, bytes: &[u8], signature: &[u8]) -> Result<bool, Failure> {
    signing::verify(field, algorithm, bytes, signature).map_err(lifted)
}

pub(crate) fn call_connector(connector: &str, input: &str) -> Result<String, Failure> {
    client::call(connector, input).map_err(lifted)
}

/// A failure of the host's, for the connector to pass on or to decide by.
pub(crate) fn lifted(failure: types::Failure) -> Failure {
    let lifted = Failure::new(failure.code, failure.message);
    let lifted = match (failure.retryable, failure.retry_after_ms) {
        (false, _) => lifted,
        (true, None) => lifted.retryable(),
        (true, Some(ms)) => lifted.retry_after(Duration::from_millis(ms)),
    };
    match failure.details.and_then(|details| serde_json::from_str::<serde_json::Value>(&details).ok()) {
        Some(details) => lifted.details(details),
        None => lifted,
    }
}
