//! How often a call had to try.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// The most attempts that one request of a call took. Shared by whoever sends for the call and whoever records it.
#[derive(Debug, Clone, Default)]
pub struct Attempts(Arc<AtomicU32>);

impl Attempts {
    /// The number; 0 if nothing was sent.
    pub fn most(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }

    /// Notes an attempt of a request, from 1.
    pub(crate) fn made(&self, attempt: u32) {
        self.0.fetch_max(attempt, Ordering::Relaxed);
    }
}
