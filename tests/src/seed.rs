//! Chance that can be repeated.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::environment::SEED;

/// Numbers of a seed: SplitMix64, which is good enough to choose moments and small enough to read.
#[derive(Debug)]
pub struct Chance(u64);

impl Chance {
    /// With the seed of the environment, or else a fixed one in the short run and a new one in the long run. It is
    /// printed, so that a failure can be repeated.
    #[allow(clippy::print_stderr, reason = "a test's output is shown when it fails")]
    pub fn new() -> Self {
        let given = std::env::var(SEED)
            .ok()
            .map(|text| text.parse().unwrap_or_else(|_| panic!("{SEED}={text}: expected a number")));
        let now = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.subsec_nanos().into());
        let seed = given.unwrap_or_else(|| if crate::environment::is_long() { now() } else { 1 });
        eprintln!("{SEED}={seed}");
        Self(seed)
    }

    /// A number below `end`, which is above 0.
    pub fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (bits ^ (bits >> 31)) % end
    }
}

impl Default for Chance {
    fn default() -> Self {
        Self::new()
    }
}
