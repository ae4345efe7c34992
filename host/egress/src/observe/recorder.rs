//! The exchanges of one call, for who tests a connector. What one consists of is its transport's: `E` has a case for each.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many exchanges of a call are kept; further ones are counted.
const KEPT_MAX: usize = 100;

/// Records the exchanges of one call: the first 100 of them.
#[derive(Debug)]
pub struct Recorder<E>(Mutex<Kept<E>>);

#[derive(Debug)]
struct Kept<E> {
    exchanges: Vec<E>,
    dropped: u64,
}

impl<E> Recorder<E> {
    /// Takes what was recorded so far, and how many more there were.
    pub fn take(&self) -> (Vec<E>, u64) {
        let mut kept = self.locked();
        (std::mem::take(&mut kept.exchanges), std::mem::take(&mut kept.dropped))
    }

    /// Keeps one, and says where, so that its answer can follow.
    pub(crate) fn add(self: &Arc<Self>, exchange: E) -> Option<Recording<E>> {
        let mut kept = self.locked();
        if kept.exchanges.len() < KEPT_MAX {
            kept.exchanges.push(exchange);
            Some(Recording { recorder: Arc::clone(self), index: kept.exchanges.len() - 1 })
        } else {
            kept.dropped += 1;
            None
        }
    }

    fn locked(&self) -> MutexGuard<'_, Kept<E>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<E> Default for Recorder<E> {
    fn default() -> Self {
        Self(Mutex::new(Kept { exchanges: Vec::new(), dropped: 0 }))
    }
}

/// One exchange whose answer is on its way.
#[derive(Debug)]
pub(crate) struct Recording<E> {
    recorder: Arc<Recorder<E>>,
    index: usize,
}

impl<E> Recording<E> {
    /// Adds to what is recorded of it, unless somebody took the exchanges meanwhile.
    pub(crate) fn change(&self, change: impl FnOnce(&mut E)) {
        if let Some(exchange) = self.recorder.locked().exchanges.get_mut(self.index) {
            change(exchange);
        }
    }
}
