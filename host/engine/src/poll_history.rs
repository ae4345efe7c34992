//! Whether calls of a plugin are first polled on the thread that serves their connection.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// Calls that go to the guest threads at once after one that did not end in its first time slice, or used all of it. Each of
/// them that takes as long begins the count anew, so that a plugin whose calls all compute is not tried again: one in 65 on
/// a thread that serves connections is enough to be felt by others.
const BACK_OFF_CALLS: u32 = 64;

/// How the last calls of a plugin went: above 0, so many more of them are not polled in place.
#[derive(Debug, Default)]
pub(crate) struct PollHistory(AtomicU32);

impl PollHistory {
    pub(crate) fn is_backing_off(&self) -> bool {
        let left = self.0.load(Relaxed);
        // Two calls that both count one are no harm.
        self.0.store(left.saturating_sub(1), Relaxed);
        left > 0
    }

    pub(crate) fn was_slow(&self) {
        self.0.store(BACK_OFF_CALLS, Relaxed);
    }
}
