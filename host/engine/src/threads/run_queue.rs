//! A queue of work for the guest threads, and how its threads take from it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use async_task::Runnable;
use lockgate_domain::FairQueue;

use super::ticket::{QueueOwner, Ticket};
use crate::ticker::TICK;

/// How long a queue's own threads may begin no time slice before the thread that helps takes some.
const HELPED_AFTER: Duration = Duration::from_millis(20);

#[derive(Debug, Default)]
pub(super) struct RunQueue {
    waiting: Mutex<Waiting>,
    changed: Condvar,
    /// As `changed`, for the thread that helps: it must not take the notice from a thread that would begin at once.
    filled: Condvar,
    /// Time slices that the queue's own threads began.
    begun: AtomicU64,
}

#[derive(Debug, Default)]
struct Waiting {
    runnables: FairQueue<QueueOwner, Runnable<Ticket>>,
    closed: bool,
}

impl RunQueue {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn push(&self, runnable: Runnable<Ticket>) {
        let owner = runnable.metadata().owner;
        let mut waiting = self.lock();
        if waiting.closed {
            // Dropped without the lock: it may hold the last handle of the engine.
            drop(waiting);
            return;
        }
        waiting.runnables.push(owner, runnable);
        drop(waiting);
        self.changed.notify_one();
        self.filled.notify_one();
    }

    /// Runs what waits, until there will be no more. The kernel gives a thread of low priority the time that is due to it in
    /// one piece, until its next tick (4 ms at 250 Hz), while others wait: so the thread yields, by `give_way`, after a
    /// time slice that was not short.
    pub(super) fn work(&self, mut give_way: impl FnMut()) {
        while let Some(runnable) = self.next() {
            let began = Instant::now();
            self.begun.fetch_add(1, Relaxed);
            run_slice(runnable);
            if began.elapsed() >= TICK / 2 {
                give_way();
            }
        }
    }

    /// Runs what waits as long as the queue's own threads begin nothing.
    pub(super) fn help(&self) {
        let mut waiting = self.lock();
        while !waiting.closed {
            if waiting.runnables.is_empty() {
                waiting = self.filled.wait(waiting).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            drop(waiting);
            let begun = self.begun.load(Relaxed);
            std::thread::sleep(HELPED_AFTER);
            waiting = self.lock();
            while begun == self.begun.load(Relaxed)
                && let Some(runnable) = waiting.runnables.pop()
            {
                drop(waiting);
                run_slice(runnable);
                waiting = self.lock();
            }
        }
    }

    /// Waits for work; `None` when there will be no more.
    fn next(&self) -> Option<Runnable<Ticket>> {
        let mut waiting = self.lock();
        loop {
            if let Some(runnable) = waiting.runnables.pop() {
                return Some(runnable);
            }
            if waiting.closed {
                return None;
            }
            waiting = self.changed.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
    }

    pub(super) fn close(&self) {
        let mut waiting = self.lock();
        waiting.closed = true;
        let left = std::mem::take(&mut waiting.runnables);
        drop(waiting);
        self.changed.notify_all();
        self.filled.notify_all();
        drop(left);
    }
}

/// Until it waits, ends, or has used up its time slice.
fn run_slice(runnable: Runnable<Ticket>) {
    // The panic is the host's own; its message is in the log, and the call that had it ends.
    let _ = catch_unwind(AssertUnwindSafe(|| runnable.run()));
}
