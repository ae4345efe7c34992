//! Statements that a session keeps prepared, with what its server says of them. Sessions outlive the calls that fill them, and
//! what a server says can be long, so that all of it has one bound: the statement that was not used for longest goes first.

use std::collections::HashMap;
use std::sync::Arc;

/// Statements of one session.
const STATEMENTS_MAX: usize = 64;
/// What they take together, in bytes. The one that was added last may take more by itself: it is about to be run.
const BYTES_MAX: usize = 2 * 1024 * 1024;

/// Statements by their text.
#[derive(Debug)]
pub(super) struct Kept<P> {
    statements: HashMap<Arc<str>, One<P>>,
    bytes: usize,
    /// Uses so far.
    used: u64,
    /// Those that are not kept any more, and that the server was not told of.
    gone: Vec<Arc<P>>,
}

#[derive(Debug)]
struct One<P> {
    prepared: Arc<P>,
    bytes: usize,
    /// The number of its last use.
    used: u64,
}

impl<P> Default for Kept<P> {
    fn default() -> Self {
        Self { statements: HashMap::new(), bytes: 0, used: 0, gone: Vec::new() }
    }
}

impl<P> Kept<P> {
    /// A statement that is used now.
    pub(super) fn get(&mut self, text: &str) -> Option<Arc<P>> {
        self.used += 1;
        let one = self.statements.get_mut(text)?;
        one.used = self.used;
        Some(Arc::clone(&one.prepared))
    }

    /// Keeps a statement, whose text and description take so many bytes. Others may go for it, and the one that had its text.
    pub(super) fn insert(&mut self, text: Arc<str>, prepared: Arc<P>, bytes: usize) {
        self.used += 1;
        self.remove(&text);
        while self.statements.len() >= STATEMENTS_MAX || self.bytes.saturating_add(bytes) > BYTES_MAX {
            let oldest = self.statements.iter().min_by_key(|(_, one)| one.used).map(|(text, _)| Arc::clone(text));
            let Some(oldest) = oldest else { break };
            self.remove(&oldest);
        }
        self.bytes = self.bytes.saturating_add(bytes);
        self.statements.insert(text, One { prepared, bytes, used: self.used });
    }

    /// Does not keep a statement that the server has.
    pub(super) fn give_up(&mut self, prepared: Arc<P>) {
        self.gone.push(prepared);
    }

    /// Those that went since this was asked last: the server need not have them any more.
    pub(super) fn take_gone(&mut self) -> Vec<Arc<P>> {
        std::mem::take(&mut self.gone)
    }

    /// Leaves out those that are not to be kept.
    pub(super) fn retain(&mut self, mut keep: impl FnMut(&str, &P) -> bool) {
        self.statements.retain(|text, one| keep(text, &one.prepared));
        self.bytes = self.statements.values().map(|one| one.bytes).sum();
    }

    /// Keeps none: the server has none either.
    pub(super) fn clear(&mut self) {
        self.statements.clear();
        self.gone.clear();
        self.bytes = 0;
    }

    fn remove(&mut self, text: &str) {
        if let Some(one) = self.statements.remove(text) {
            self.bytes = self.bytes.saturating_sub(one.bytes);
            self.gone.push(one.prepared);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn insert(kept: &mut Kept<usize>, number: usize, bytes: usize) -> Vec<usize> {
        kept.insert(number.to_string().into(), Arc::new(number), bytes);
        kept.take_gone().iter().map(|gone| **gone).collect()
    }

    #[test]
    fn what_was_not_used_for_longest_goes_first() {
        let mut kept = Kept::default();
        for number in 0..STATEMENTS_MAX {
            assert!(insert(&mut kept, number, 1).is_empty());
        }
        assert_eq!(kept.get("0").as_deref(), Some(&0));
        assert_eq!(insert(&mut kept, 64, 1), [1]);
        assert_eq!((kept.get("1"), kept.get("0").as_deref()), (None, Some(&0)));
    }

    #[test]
    fn descriptions_have_one_bound_together() {
        let mut kept = Kept::default();
        let half = BYTES_MAX / 2;
        assert!(insert(&mut kept, 1, half).is_empty() && insert(&mut kept, 2, half).is_empty());
        assert_eq!(insert(&mut kept, 3, 1), [1]);
        // The same again takes the place of itself.
        assert_eq!(insert(&mut kept, 2, half), [2]);
        // One that is larger than all stays until there is another.
        assert_eq!(insert(&mut kept, 4, 2 * BYTES_MAX), [3, 2]);
        assert!(kept.get("4").is_some());
        assert_eq!(insert(&mut kept, 5, 1), [4]);
        kept.retain(|text, number| text == "5" && *number != 5);
        assert_eq!((kept.bytes, kept.statements.len()), (0, 0));
        kept.give_up(Arc::new(6));
        kept.clear();
        assert!(kept.take_gone().is_empty());
    }
}
