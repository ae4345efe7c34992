//! What reading a message may take beside its bytes and its JSON. A message of many small pieces would take many times its own
//! size: who sends it chooses how many there are, and at how many levels they are known at one time.

use std::cell::Cell;
use std::rc::Rc;

use super::Fault;

/// As much as the pieces of one level take at the most: 16 bytes for two of the message.
const TIMES: usize = 8;
/// What a small message may take besides.
const LEAST: usize = 64 * 1024;

/// What may still be taken. A clone is the same budget.
#[derive(Debug, Clone)]
pub(super) struct MemoryBudget(Rc<Cell<usize>>);

/// A part of the budget, which is given back when it is dropped.
#[derive(Debug)]
pub(super) struct Reservation {
    budget: MemoryBudget,
    bytes: usize,
}

impl MemoryBudget {
    /// For a message of so many bytes.
    pub(super) fn of(message: usize) -> Self {
        Self(Rc::new(Cell::new(message.saturating_mul(TIMES).saturating_add(LEAST))))
    }

    /// Takes what so many pieces need.
    pub(super) fn reserve<T>(&self, pieces: usize) -> Result<Reservation, Fault> {
        let bytes = pieces.saturating_mul(size_of::<T>());
        let left = self.0.get().checked_sub(bytes).ok_or(Fault::Value("it is in too many pieces"))?;
        self.0.set(left);
        Ok(Reservation { budget: self.clone(), bytes })
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        let left = &self.budget.0;
        left.set(left.get().saturating_add(self.bytes));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_is_given_back() {
        let memory = MemoryBudget::of(1);
        let all = (LEAST + TIMES) / 8;
        let reserved = memory.reserve::<u64>(all).unwrap();
        assert!(memory.clone().reserve::<u64>(1).is_err());
        drop(reserved);
        assert!(memory.reserve::<u64>(all).is_ok() && memory.reserve::<u64>(all + 1).is_err());
    }
}
