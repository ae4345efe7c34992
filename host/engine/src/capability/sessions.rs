//! Sessions of databases that the handles of a guest hold. A handle that is dropped gives its session back; the end of the
//! call takes away what is left, also in an instance that another call will use.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use lockgate_egress::database as egress;

use super::lockgate::database::client::Column;
use crate::limiter::MemoryReservation;

/// Rows of a guest.
#[derive(Debug)]
pub struct Rows {
    pub(super) held: CallScoped<tokio::sync::Mutex<egress::Rows>>,
    pub(super) columns: Vec<Column>,
    /// What the columns take of the call's memory.
    pub(super) _reserved: MemoryReservation,
}

/// A transaction of a guest.
#[derive(Debug)]
pub struct Transaction(pub(super) CallScoped<egress::Transaction>);

/// What a handle stands for, until the call ends at the latest.
#[derive(Debug)]
pub(super) struct CallScoped<T>(Arc<Mutex<Option<Arc<T>>>>);

/// What the handles of a call stand for.
#[derive(Default)]
pub(crate) struct OpenSessions(Vec<Weak<dyn End>>);

trait End: Send + Sync {
    fn end(&self);
}

impl<T: Send + Sync> End for Mutex<Option<Arc<T>>> {
    fn end(&self) {
        let held = self.lock().unwrap_or_else(PoisonError::into_inner).take();
        // Outside of the lock: what ends may have work to do.
        drop(held);
    }
}

impl<T> CallScoped<T> {
    /// It, unless the call that it belongs to is over.
    pub(super) fn get(&self) -> Option<Arc<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes it out of its handle.
    pub(super) fn take(self) -> Option<T> {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        held.and_then(Arc::into_inner)
    }
}

impl OpenSessions {
    /// Keeps something until its handle is dropped or the call ends.
    pub(super) fn keep<T: Send + Sync + 'static>(&mut self, value: T) -> CallScoped<T> {
        self.0.retain(|one| one.strong_count() > 0);
        let held = Arc::new(Mutex::new(Some(Arc::new(value))));
        let weak: Weak<Mutex<Option<Arc<T>>>> = Arc::downgrade(&held);
        self.0.push(weak);
        CallScoped(held)
    }

    /// Ends whatever is left.
    pub(crate) fn end(&mut self) {
        self.0.drain(..).filter_map(|one| one.upgrade()).for_each(|one| one.end());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_outlives_the_call() {
        let (kept, dropped) = (Arc::new(()), Arc::new(()));
        let mut open = OpenSessions::default();
        let held = open.keep(Arc::clone(&kept));
        drop(open.keep(Arc::clone(&dropped)));
        assert_eq!((Arc::strong_count(&kept), Arc::strong_count(&dropped)), (2, 1));
        assert!(held.get().is_some());
        open.end();
        assert_eq!(Arc::strong_count(&kept), 1);
        assert!(held.get().is_none() && held.take().is_none());
    }

    #[test]
    fn what_is_taken_is_nobody_elses() {
        let mut open = OpenSessions::default();
        assert_eq!(open.keep(7).take(), Some(7));
        for _ in 0..10 {
            drop(open.keep(7));
        }
        assert_eq!(open.0.len(), 1);
    }
}
