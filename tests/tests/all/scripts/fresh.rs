//! That a call begins with seeds of its own: what QuickJS keeps of `Math.random` and of the hashes of `Map` and `Set` is
//! found in the memory of an instance, as it follows from the number that the script saw.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;

use lockgate_tests::{Reply, Upstream, eventually};
use reqwest::Method;
use serde_json::json;

use super::calling_with;

/// The multiplier of xorshift64star (Vigna, "An experimental exploration of Marsaglia's xorshift generators").
const MULTIPLIER: u64 = 0x2545_F491_4F6C_DD1D;
/// `Math.random` shows the upper 52 bits of what the generator gives.
const HIDDEN_BITS: u32 = 12;

/// The number that gives 1 when multiplied with the multiplier.
fn inverse() -> u64 {
    // Newton's method; each round doubles the bits that are right.
    (0..6).fold(MULTIPLIER, |found, _| found.wrapping_mul(2_u64.wrapping_sub(MULTIPLIER.wrapping_mul(found))))
}

/// The state before this one.
fn before(state: u64) -> u64 {
    let undo_right = |value: u64, shift: u32| (0..64 / shift).fold(value, |found, _| value ^ (found >> shift));
    let undo_left = |value: u64, shift: u32| (0..64 / shift).fold(value, |found, _| value ^ (found << shift));
    undo_right(undo_left(undo_right(state, 27), 25), 12)
}

/// Each state that may follow a first number of `Math.random`, with the seed of hashes that was made before it.
fn candidates(random: f64) -> HashMap<u64, u32> {
    let shown = ((random + 1.0).to_bits() & ((1 << 52) - 1)) << HIDDEN_BITS;
    let inverse = inverse();
    let states = (0..1_u64 << HIDDEN_BITS).map(|hidden| (shown | hidden).wrapping_mul(inverse));
    states.map(|state| (state, before(state).wrapping_mul(MULTIPLIER) as u32)).collect()
}

#[test]
fn the_generator_is_undone() {
    let mut state = 0x0123_4567_89ab_cdef_u64;
    let first = state;
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    assert_eq!((before(state), MULTIPLIER.wrapping_mul(inverse())), (first, 1));
}

/// Keeps answers back until it is opened.
#[derive(Default)]
struct Barrier(Mutex<bool>, Condvar);

impl Barrier {
    fn wait(&self) {
        let open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        drop(self.1.wait_while(open, |open| !*open).unwrap_or_else(PoisonError::into_inner));
    }

    fn open(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.1.notify_all();
    }
}

#[test]
fn each_call_has_seeds_of_its_own() {
    let barrier = Arc::new(Barrier::default());
    let held = Arc::clone(&barrier);
    let upstream = Upstream::start(move |seen| {
        held.wait();
        Reply::new(200).json(&json!(seen.target))
    });
    let source = "
        export default async () => {
            const random = Math.random();
            await fetch(`/held/${random}`);
            return random;
        };";
    let (host, linear) = calling_with(&upstream, source);
    let body = json!({"connection": {"fixed": "main"}, "input": {}});
    let call = || host.request(Method::POST, "/groups/g/connectors/c/invoke").json(&body);
    let memory = thread::scope(|scope| {
        let calls: Vec<_> = (0..3).map(|_| scope.spawn(|| host.send(call()).output())).collect();
        eventually("all wait", || upstream.seen().len() == 3);
        let memory = host.memory(&linear);
        barrier.open();
        for call in calls {
            assert!(call.join().unwrap().is_f64());
        }
        memory
    });
    let mut seeds = Vec::new();
    for seen in upstream.seen() {
        let random: f64 = seen.path().rsplit('/').next().unwrap().parse().unwrap();
        let candidates = candidates(random);
        let found: Vec<u32> = memory
            .guests
            .iter()
            .flat_map(|trace| trace.bytes.windows(12).step_by(8))
            .filter_map(|bytes| {
                let (state, seed) = bytes.split_at(8);
                let expected = candidates.get(&u64::from_le_bytes(state.try_into().unwrap()))?;
                (expected.to_le_bytes() == seed).then_some(*expected)
            })
            .collect();
        assert_eq!(found.len(), 1, "the state behind {random} is in the memory of one instance: {found:?}");
        seeds.extend(found);
    }
    seeds.sort_unstable();
    seeds.dedup();
    assert_eq!(seeds.len(), 3, "{seeds:?}");
}
