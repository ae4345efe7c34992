//! Whether the calls of a plugin are worth a try where their connection is served.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// Calls that go to the guest threads at once after one that did not end in its first slice, or took all of it. Each of
/// them that takes as long begins the count anew, so that a plugin whose calls all compute is not tried again: one in 65 on
/// a thread that serves connections is enough to be felt by others.
const WARY: u32 = 64;

/// What is known of a plugin's calls: above 0, so many more of them are not tried in place.
#[derive(Debug, Default)]
pub(crate) struct PollHistory(AtomicU32);

impl PollHistory {
    pub(crate) fn is_wary(&self) -> bool {
        let left = self.0.load(Relaxed);
        // Two calls that both count one are no harm.
        self.0.store(left.saturating_sub(1), Relaxed);
        left > 0
    }

    pub(crate) fn was_slow(&self) {
        self.0.store(WARY, Relaxed);
    }
}
