//! Memory of an instance, over all its linear memories and tables, and over what the host keeps for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use lockgate_domain::{Limit, LimitHit};
use wasmtime::ResourceLimiter;

use crate::Stop;
use crate::pool::CountedMemory;

/// What an element of a table costs the host.
const ELEMENT_BYTES: usize = 8;
/// Instances, memories and tables of one component: some 30 core instances for Python with its extensions.
const INSTANCES_MAX: usize = 64;

/// Counts what an instance has, and ends it when it asks for more than it may have.
#[derive(Debug)]
pub(crate) struct Limiter {
    memories: usize,
    tables: usize,
    /// The memories and tables, as they count for the organization and the host.
    counted: CountedMemory,
    /// Bytes that the host keeps for it; made at its first use.
    reserved: Option<Arc<AtomicUsize>>,
    pub(crate) peak: usize,
    pub(crate) max: usize,
}

/// Bytes that the host keeps for a guest, for as long as this lives.
#[derive(Debug)]
pub(crate) struct MemoryReservation {
    all: Arc<AtomicUsize>,
    bytes: usize,
}

/// What the host may keep for a guest on other threads than the guest's own.
#[derive(Debug, Clone)]
pub(crate) struct MemoryBudget {
    all: Arc<AtomicUsize>,
    /// What the guest's own memory left when this was made.
    left: usize,
    /// The limit, as messages name it.
    limit: usize,
}

impl MemoryBudget {
    /// Counts bytes as the guest's own; none if they are more than half of what its own memory left, so that it can still
    /// grow to read what waits. The guest goes on: it learns the reason from what it waits for.
    pub(crate) fn reserve(&self, bytes: usize) -> Result<MemoryReservation, LimitHit> {
        let reservation = MemoryReservation { all: Arc::clone(&self.all), bytes };
        match self.all.fetch_add(bytes, Relaxed).saturating_add(bytes) {
            all if all > self.left / 2 => Err(LimitHit::new(Limit::Memory, self.limit as u64)),
            _ => Ok(reservation),
        }
    }

    /// Whether so many bytes, which are not counted, are more than the guest may have beside what is.
    pub(crate) fn is_exceeded_by(&self, bytes: usize) -> bool {
        self.all.load(Relaxed).saturating_add(bytes) > self.left
    }
}

impl MemoryReservation {
    /// Takes over what another one of the same instance counts.
    pub(crate) fn join(&mut self, mut other: Self) {
        self.bytes += std::mem::take(&mut other.bytes);
    }
}

impl Drop for MemoryReservation {
    fn drop(&mut self) {
        self.all.fetch_sub(self.bytes, Relaxed);
    }
}

impl Limiter {
    pub(crate) fn new(max: u64, counted: CountedMemory) -> Self {
        let max = usize::try_from(max).unwrap_or(usize::MAX);
        Self { memories: 0, tables: 0, counted, reserved: None, peak: 0, max }
    }

    /// Forgets the peak of an earlier call of a reused instance.
    pub(crate) fn begin(&mut self, max: u64) {
        self.max = usize::try_from(max).unwrap_or(usize::MAX);
        self.peak = self.all();
    }

    fn all(&self) -> usize {
        let reserved = self.reserved.as_ref().map_or(0, |reserved| reserved.load(Relaxed));
        self.memories.saturating_add(self.tables).saturating_add(reserved)
    }

    /// What is left to those who keep something for the guest on other threads.
    pub(crate) fn memory_budget(&mut self) -> MemoryBudget {
        let own = self.memories.saturating_add(self.tables);
        let all = Arc::clone(self.reserved.get_or_insert_default());
        MemoryBudget { all, left: self.max.saturating_sub(own), limit: self.max }
    }

    /// Counts bytes that the host keeps for the guest as the guest's own.
    pub(crate) fn reserve(&mut self, bytes: usize) -> wasmtime::Result<MemoryReservation> {
        let all = Arc::clone(self.reserved.get_or_insert_default());
        all.fetch_add(bytes, Relaxed);
        let reservation = MemoryReservation { all, bytes };
        self.grown()?;
        Ok(reservation)
    }

    /// Its memories and tables grow by so many bytes.
    fn grow(&mut self, bytes: usize) -> wasmtime::Result<bool> {
        self.grown()?;
        if self.counted.grow(bytes) { Ok(true) } else { Err(Stop::HostMemory.into()) }
    }

    /// A guest whose growth were only refused would go on in its out-of-memory path, so it is ended instead: the caller
    /// learns the reason and not its consequence.
    fn grown(&mut self) -> wasmtime::Result<bool> {
        let now = self.all();
        if now > self.max {
            return Err(wasmtime::Error::from(Stop::Memory));
        }
        self.peak = self.peak.max(now);
        Ok(true)
    }
}

impl ResourceLimiter for Limiter {
    fn memory_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let more = desired.saturating_sub(current);
        self.memories = self.memories.saturating_add(more);
        self.grow(more)
    }

    fn table_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let more = desired.saturating_sub(current).saturating_mul(ELEMENT_BYTES);
        self.tables = self.tables.saturating_add(more);
        self.grow(more)
    }

    fn instances(&self) -> usize {
        INSTANCES_MAX
    }

    fn memories(&self) -> usize {
        INSTANCES_MAX
    }

    fn tables(&self) -> usize {
        INSTANCES_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memories_and_tables_share_one_limit() {
        let mut limiter = Limiter::new(1000, CountedMemory::unlimited());
        assert!(limiter.memory_growing(0, 400, None).unwrap());
        assert!(limiter.memory_growing(0, 400, None).unwrap());
        assert!(limiter.table_growing(0, 20, None).unwrap());
        assert_eq!(limiter.peak, 960);
        let error = limiter.table_growing(20, 30, None).unwrap_err();
        assert_eq!(error.downcast_ref::<Stop>(), Some(&Stop::Memory));
    }

    #[test]
    fn what_the_host_keeps_counts_while_it_is_kept() {
        let mut limiter = Limiter::new(1000, CountedMemory::unlimited());
        assert!(limiter.memory_growing(0, 400, None).unwrap());
        let mut reservation = limiter.reserve(300).unwrap();
        reservation.join(limiter.reserve(200).unwrap());
        assert_eq!(limiter.peak, 900);
        let error = limiter.reserve(101).unwrap_err();
        assert_eq!(error.downcast_ref::<Stop>(), Some(&Stop::Memory));
        drop(reservation);
        assert!(limiter.memory_growing(400, 1000, None).unwrap());
    }

    #[test]
    fn what_other_threads_keep_counts_and_is_refused_without_an_end() {
        let mut limiter = Limiter::new(1000, CountedMemory::unlimited());
        assert!(limiter.memory_growing(0, 400, None).unwrap());
        let memory_budget = limiter.memory_budget();
        let reservation = memory_budget.reserve(300).unwrap();
        assert_eq!(memory_budget.reserve(1).unwrap_err().value, 1000);
        assert!(limiter.memory_growing(400, 700, None).unwrap());
        assert_eq!(limiter.memory_growing(700, 701, None).unwrap_err().downcast_ref::<Stop>(), Some(&Stop::Memory));
        drop(reservation);
        assert!(memory_budget.reserve(300).is_ok() && limiter.memory_growing(701, 900, None).unwrap());
    }
}
