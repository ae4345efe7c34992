//! The host of native tests, one per thread, so that tests that run side by side don't meet.

pub(crate) mod connectors;
pub(crate) mod database;
pub(crate) mod grpc;
pub(crate) mod http;
mod signing;

pub(crate) use connectors::call_connector;
pub(crate) use signing::{sign, verify};

use crate::{log::Level, testing::Line};
use serde_json::{Map, Value};
use std::{
    cell::RefCell,
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

/// The time that a call has left unless a test says otherwise: the default deadline of a host.
const REMAINING: Duration = Duration::from_secs(30);

thread_local! {
    pub(crate) static STATE: RefCell<State> = RefCell::new(State::new());
}

pub(crate) struct State {
    pub(crate) lines: Vec<Line>,
    pub(crate) settings: Map<String, Value>,
    pub(crate) tenant: Option<String>,
    pub(crate) attempt: u32,
    pub(crate) remaining: Duration,
    pub(crate) time: Option<Duration>,
    pub(crate) random: u64,
    pub(crate) http: http::Fake,
    pub(crate) connectors: connectors::Fake,
    pub(crate) grpc: grpc::Fake,
    pub(crate) database: database::Fake,
    pub(crate) signing_keys: HashMap<String, Vec<u8>>,
    started: Instant,
}

impl State {
    pub(crate) fn new() -> Self {
        Self {
            lines: Vec::new(),
            settings: Map::new(),
            tenant: None,
            attempt: 1,
            remaining: REMAINING,
            time: None,
            random: RandomState::new().hash_one(Instant::now()),
            http: http::Fake::default(),
            connectors: connectors::Fake::default(),
            grpc: grpc::Fake::default(),
            database: database::Fake::default(),
            signing_keys: HashMap::new(),
            started: Instant::now(),
        }
    }
}

fn state<T>(read: impl FnOnce(&mut State) -> T) -> T {
    STATE.with_borrow_mut(read)
}

pub(crate) fn write(level: Level, message: &str, fields: Option<&str>) {
    let line = Line::new(level, message, fields);
    eprintln!("{line}");
    state(|state| state.lines.push(line));
}

pub(crate) fn setting(name: &str) -> Option<String> {
    state(|state| state.settings.get(name).map(Value::to_string))
}

pub(crate) fn settings() -> String {
    state(|state| Value::Object(state.settings.clone()).to_string())
}

pub(crate) fn call_id() -> String {
    "01890a5d-ac96-774b-bcce-b302099a8057".to_owned()
}

pub(crate) fn attempt() -> u32 {
    state(|state| state.attempt)
}

pub(crate) fn remaining() -> Duration {
    state(|state| state.remaining)
}

pub(crate) fn tenant() -> Option<String> {
    state(|state| state.tenant.clone())
}

pub(crate) fn unix_time() -> Duration {
    let set = state(|state| state.time);
    set.unwrap_or_else(|| SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default())
}

pub(crate) fn monotonic() -> Duration {
    state(|state| state.started.elapsed())
}

pub(crate) fn random_fill(buffer: &mut [u8]) {
    for part in buffer.chunks_mut(8) {
        part.copy_from_slice(&random_u64().to_le_bytes()[..part.len()]);
    }
}

/// SplitMix64: tests need numbers that differ, and the same ones for the same seed, not secrets.
pub(crate) fn random_u64() -> u64 {
    state(|state| {
        state.random = state.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = state.random;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    })
}
