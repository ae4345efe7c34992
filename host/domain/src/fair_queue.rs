//! A queue that is fair between owners: each gets as many items out as any other, however many it has put in.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

/// Items that wait, each with its owner. Owners are served round robin; within one owner the first item comes first.
#[derive(Debug)]
pub struct FairQueue<K, T> {
    /// Owners with an item that waits, each once.
    order: VecDeque<K>,
    waiting: HashMap<K, VecDeque<T>>,
}

impl<K, T> Default for FairQueue<K, T> {
    fn default() -> Self {
        Self { order: VecDeque::new(), waiting: HashMap::new() }
    }
}

impl<K: Clone + Eq + Hash, T> FairQueue<K, T> {
    /// Puts an item behind the others of its owner.
    pub fn push(&mut self, owner: K, item: T) {
        let own = self.waiting.entry(owner.clone()).or_default();
        if own.is_empty() {
            self.order.push_back(owner);
        }
        own.push_back(item);
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// The first item of the owner that was served longest ago.
    pub fn pop(&mut self) -> Option<T> {
        self.pop_of(|_| true).map(|(_, item)| item)
    }

    /// The same among the owners that fit.
    pub fn pop_of(&mut self, fits: impl Fn(&K) -> bool) -> Option<(K, T)> {
        let owner = self.order.remove(self.order.iter().position(fits)?)?;
        let own = self.waiting.get_mut(&owner)?;
        let item = own.pop_front();
        if own.is_empty() {
            self.waiting.remove(&owner);
        } else {
            self.order.push_back(owner.clone());
        }
        item.map(|item| (owner, item))
    }

    /// Takes out the items that are not to be kept.
    pub fn retain(&mut self, keep: impl Fn(&T) -> bool) {
        self.waiting.retain(|_, own| {
            own.retain(&keep);
            !own.is_empty()
        });
        let waiting = &self.waiting;
        self.order.retain(|owner| waiting.contains_key(owner));
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

    #[test]
    fn what_is_taken_out_leaves_nothing_behind() {
        let mut queue = FairQueue::default();
        for item in ["a1", "a2", "b1"] {
            queue.push(item.as_bytes()[0], item);
        }
        queue.retain(|item| item.ends_with('2'));
        assert_eq!((queue.pop(), queue.pop()), (Some("a2"), None));
        assert!(queue.is_empty() && queue.waiting.is_empty());
    }
}
