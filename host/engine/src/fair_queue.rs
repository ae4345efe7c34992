//! A queue that is fair between owners: each gets as many items out as any other, however many it has put in.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

/// Items that wait, each with its owner. Owners are served round robin; within one owner the first item comes first.
#[derive(Debug)]
pub(crate) struct FairQueue<K, T> {
    /// Owners with an item that waits, each once.
    order: VecDeque<K>,
    waiting: HashMap<K, VecDeque<T>>,
}

impl<K, T> Default for FairQueue<K, T> {
    fn default() -> Self {
        Self { order: VecDeque::new(), waiting: HashMap::new() }
    }
}

impl<K: Copy + Eq + Hash, T> FairQueue<K, T> {
    pub(crate) fn push(&mut self, owner: K, item: T) {
        let own = self.waiting.entry(owner).or_default();
        if own.is_empty() {
            self.order.push_back(owner);
        }
        own.push_back(item);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// The first item of the owner that was served longest ago.
    pub(crate) fn pop(&mut self) -> Option<T> {
        self.pop_of(|_| true).map(|(_, item)| item)
    }

    /// The same among the owners that fit.
    pub(crate) fn pop_of(&mut self, fits: impl Fn(&K) -> bool) -> Option<(K, T)> {
        let owner = self.order.remove(self.order.iter().position(fits)?)?;
        let own = self.waiting.get_mut(&owner)?;
        let item = own.pop_front();
        if own.is_empty() {
            self.waiting.remove(&owner);
        } else {
            self.order.push_back(owner);
        }
        item.map(|item| (owner, item))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owners_are_served_round_robin_and_keep_their_own_order() {
        let mut queue = FairQueue::default();
        for item in ["a1", "a2", "a3", "b1", "c1", "c2"] {
            queue.push(item.as_bytes()[0], item);
        }
        let order: Vec<_> = std::iter::from_fn(|| queue.pop()).collect();
        assert_eq!(order, ["a1", "b1", "c1", "a2", "c2", "a3"]);
        assert!(queue.waiting.is_empty(), "an owner without items takes no room");
    }

    #[test]
    fn one_that_comes_back_waits_for_the_others() {
        let mut queue = FairQueue::default();
        queue.push('a', 1);
        queue.push('a', 2);
        queue.push('b', 3);
        assert_eq!(queue.pop(), Some(1));
        queue.push('a', 1);
        assert_eq!((queue.pop(), queue.pop(), queue.pop(), queue.pop()), (Some(3), Some(2), Some(1), None));
    }
}
