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

/// One plugin's code or one connector's schemas, loaded or not.
#[derive(Debug)]
pub(crate) struct CacheEntry<T> {
    ready: ArcSwapOption<T>,
    /// Milliseconds of the cache's clock at the last call.
    used: AtomicU64,
    /// Locked while one call loads, so that others which come meanwhile wait for the same work.
    pub(crate) loading: tokio::sync::Mutex<()>,
}

/// The entries that are loaded.
#[derive(Debug)]
pub(crate) struct LoadedCache<T> {
    max: usize,
    clock: Instant,
    loaded: Mutex<Vec<Weak<CacheEntry<T>>>>,
}

impl<T> Default for CacheEntry<T> {
    fn default() -> Self {
        Self { ready: ArcSwapOption::empty(), used: AtomicU64::new(0), loading: tokio::sync::Mutex::default() }
    }
}

impl<T> LoadedCache<T> {
    pub(crate) fn new(max: usize) -> Self {
        Self { max, clock: Instant::now(), loaded: Mutex::default() }
    }

    /// What an entry holds, if it is loaded; counts as a use.
    pub(crate) fn get(&self, entry: &CacheEntry<T>) -> Option<Arc<T>> {
        let ready = entry.ready.load_full()?;
        entry.used.store(self.now(), Relaxed);
        Some(ready)
    }

    /// Fills an entry, and empties those that were not used the longest if there are too many.
    pub(crate) fn put(&self, entry: &Arc<CacheEntry<T>>, ready: T) -> Arc<T> {
        let ready = Arc::new(ready);
        entry.used.store(self.now(), Relaxed);
        entry.ready.store(Some(Arc::clone(&ready)));
        let mut loaded = self.lock();
        if !loaded.iter().any(|one| std::ptr::eq(one.as_ptr(), Arc::as_ptr(entry))) {
            loaded.push(Arc::downgrade(entry));
        }
        if loaded.len() > self.max {
            // Some at once, so that not every call of a host that is full sorts them.
            empty(&mut loaded, self.max - self.max / 16);
        }
        ready
    }

    /// Empties the entries that were not used for long.
    pub(crate) fn sweep(&self) {
        let oldest = self.now().saturating_sub(u64::try_from(IDLE.as_millis()).unwrap_or(u64::MAX));
        self.lock().retain(|entry| match entry.upgrade() {
            Some(entry) if entry.used.load(Relaxed) < oldest => {
                entry.ready.store(None);
                false
            }
            Some(_) => true,
            None => false,
        });
    }

    pub(crate) fn count(&self) -> usize {
        self.lock().iter().filter(|entry| entry.strong_count() > 0).count()
    }

    fn now(&self) -> u64 {
        u64::try_from(self.clock.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Weak<CacheEntry<T>>>> {
        self.loaded.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Empties all but the `keep` entries that were used last.
fn empty<T>(entries: &mut Vec<Weak<CacheEntry<T>>>, keep: usize) {
    let mut loaded: Vec<_> = entries.iter().filter_map(Weak::upgrade).collect();
    loaded.sort_unstable_by_key(|entry| std::cmp::Reverse(entry.used.load(Relaxed)));
    for entry in loaded.iter().skip(keep) {
        entry.ready.store(None);
    }
    loaded.truncate(keep);
    *entries = loaded.iter().map(Arc::downgrade).collect();
}
