//! A queue that is fair between owners: each has its turn, however many things another has put in.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

/// Things that wait, each with its owner. Within one owner the first comes first.
#[derive(Debug)]
pub(crate) struct FairQueue<K, T> {
    /// Owners with something that waits, each once.
    order: VecDeque<K>,
    waiting: HashMap<K, VecDeque<T>>,
}

impl<K, T> Default for FairQueue<K, T> {
    fn default() -> Self {
        Self { order: VecDeque::new(), waiting: HashMap::new() }
    }
}

impl<K: Copy + Eq + Hash, T> FairQueue<K, T> {
    pub(crate) fn push(&mut self, owner: K, thing: T) {
        let own = self.waiting.entry(owner).or_default();
        if own.is_empty() {
            self.order.push_back(owner);
        }
        own.push_back(thing);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// The first thing of the owner whose turn it is.
    pub(crate) fn pop(&mut self) -> Option<T> {
        let owner = self.order.pop_front()?;
        let own = self.waiting.get_mut(&owner)?;
        let thing = own.pop_front();
        if own.is_empty() {
            self.waiting.remove(&owner);
        } else {
            self.order.push_back(owner);
        }
        thing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owners_take_turns_and_keep_their_own_order() {
        let mut turns = FairQueue::default();
        for thing in ["a1", "a2", "a3", "b1", "c1", "c2"] {
            turns.push(thing.as_bytes()[0], thing);
        }
        let order: Vec<_> = std::iter::from_fn(|| turns.pop()).collect();
        assert_eq!(order, ["a1", "b1", "c1", "a2", "c2", "a3"]);
        assert!(turns.waiting.is_empty(), "an owner without things takes no room");
    }

    #[test]
    fn one_that_comes_back_waits_for_the_others() {
        let mut turns = FairQueue::default();
        turns.push('a', 1);
        turns.push('a', 2);
        turns.push('b', 3);
        assert_eq!(turns.pop(), Some(1));
        turns.push('a', 1);
        assert_eq!((turns.pop(), turns.pop(), turns.pop(), turns.pop()), (Some(3), Some(2), Some(1), None));
    }
}
