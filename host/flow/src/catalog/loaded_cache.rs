//! Code and schemas that are in memory. What a call needs is loaded when it is first called and leaves again when many
//! others were called since, or none of its own for long: thousands of plugins fit beside the few that are in use.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;

/// Calls that are this far apart find the plugin unloaded.
const IDLE: Duration = Duration::from_secs(15 * 60);
/// How often idle plugins are looked for.
pub(crate) const SWEEP_EVERY: Duration = Duration::from_secs(60);

/// The place of one plugin's code or of one connector's schemas, full or empty.
#[derive(Debug)]
pub(crate) struct CacheEntry<T> {
    ready: ArcSwapOption<T>,
    /// Milliseconds of the residents' clock at the last call.
    used: AtomicU64,
    /// Held by whoever loads, so that callers who come meanwhile wait for the same work.
    pub(crate) loading: tokio::sync::Mutex<()>,
}

/// The slots that are full.
#[derive(Debug)]
pub(crate) struct LoadedCache<T> {
    max: usize,
    clock: Instant,
    slots: Mutex<Vec<Weak<CacheEntry<T>>>>,
}

impl<T> Default for CacheEntry<T> {
    fn default() -> Self {
        Self { ready: ArcSwapOption::empty(), used: AtomicU64::new(0), loading: tokio::sync::Mutex::default() }
    }
}

impl<T> LoadedCache<T> {
    pub(crate) fn new(max: usize) -> Self {
        Self { max, clock: Instant::now(), slots: Mutex::default() }
    }

    /// What a slot holds; counts as a use.
    pub(crate) fn get(&self, slot: &CacheEntry<T>) -> Option<Arc<T>> {
        let ready = slot.ready.load_full()?;
        slot.used.store(self.now(), Relaxed);
        Some(ready)
    }

    /// Fills a slot, and empties those that were not used the longest if there are too many.
    pub(crate) fn put(&self, slot: &Arc<CacheEntry<T>>, ready: T) -> Arc<T> {
        let ready = Arc::new(ready);
        slot.used.store(self.now(), Relaxed);
        slot.ready.store(Some(Arc::clone(&ready)));
        let mut slots = self.lock();
        if !slots.iter().any(|one| std::ptr::eq(one.as_ptr(), Arc::as_ptr(slot))) {
            slots.push(Arc::downgrade(slot));
        }
        if slots.len() > self.max {
            // Some at once, so that not every call of a host that is full sorts them.
            empty(&mut slots, self.max - self.max / 16);
        }
        ready
    }

    /// Empties the slots that were not used for long.
    pub(crate) fn sweep(&self) {
        let oldest = self.now().saturating_sub(u64::try_from(IDLE.as_millis()).unwrap_or(u64::MAX));
        self.lock().retain(|slot| match slot.upgrade() {
            Some(slot) if slot.used.load(Relaxed) < oldest => {
                slot.ready.store(None);
                false
            }
            Some(_) => true,
            None => false,
        });
    }

    pub(crate) fn count(&self) -> usize {
        self.lock().iter().filter(|slot| slot.strong_count() > 0).count()
    }

    fn now(&self) -> u64 {
        u64::try_from(self.clock.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Weak<CacheEntry<T>>>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Empties all but the `keep` slots that were used last.
fn empty<T>(slots: &mut Vec<Weak<CacheEntry<T>>>, keep: usize) {
    let mut full: Vec<_> = slots.iter().filter_map(Weak::upgrade).collect();
    full.sort_unstable_by_key(|slot| std::cmp::Reverse(slot.used.load(Relaxed)));
    for slot in full.iter().skip(keep) {
        slot.ready.store(None);
    }
    full.truncate(keep);
    *slots = full.iter().map(Arc::downgrade).collect();
}
