//! Memory of an instance, over all its linear memories and tables.

use wasmtime::ResourceLimiter;

use crate::Stop;

/// What an element of a table costs the host.
const ELEMENT_BYTES: usize = 8;
/// Instances, memories and tables of one component: some 30 core instances for Python with its extensions.
const INSTANCES_MAX: usize = 64;

/// Counts what an instance has, and ends it when it asks for more than it may have.
#[derive(Debug)]
pub(crate) struct Limiter {
    memories: usize,
    tables: usize,
    pub(crate) peak: usize,
    pub(crate) max: usize,
}

impl Limiter {
    pub(crate) fn new(max: u64) -> Self {
        Self { memories: 0, tables: 0, peak: 0, max: usize::try_from(max).unwrap_or(usize::MAX) }
    }

    /// Forgets the peak of an earlier call of a reused instance.
    pub(crate) fn begin(&mut self, max: u64) {
        self.max = usize::try_from(max).unwrap_or(usize::MAX);
        self.peak = self.memories + self.tables;
    }

    /// A guest that is told "no" would go on in its out-of-memory path, so it is ended instead: the caller learns the
    /// reason and not its consequence.
    fn grown(&mut self) -> wasmtime::Result<bool> {
        let now = self.memories.saturating_add(self.tables);
        if now > self.max {
            return Err(wasmtime::Error::from(Stop::Memory));
        }
        self.peak = self.peak.max(now);
        Ok(true)
    }
}

impl ResourceLimiter for Limiter {
    fn memory_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        self.memories = self.memories.saturating_add(desired.saturating_sub(current));
        self.grown()
    }

    fn table_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let more = desired.saturating_sub(current).saturating_mul(ELEMENT_BYTES);
        self.tables = self.tables.saturating_add(more);
        self.grown()
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
        let mut limiter = Limiter::new(1000);
        assert!(limiter.memory_growing(0, 400, None).unwrap());
        assert!(limiter.memory_growing(0, 400, None).unwrap());
        assert!(limiter.table_growing(0, 20, None).unwrap());
        assert_eq!(limiter.peak, 960);
        let error = limiter.table_growing(20, 30, None).unwrap_err();
        assert_eq!(error.downcast_ref::<Stop>(), Some(&Stop::Memory));
    }
}
