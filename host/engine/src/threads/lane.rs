//! One lane: what waits for the guest threads, and how they take it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use async_task::Runnable;

use super::{Owner, Ticket};
use crate::fair_queue::FairQueue;
use crate::ticker::TICK;

/// How long a lane's own threads may begin no turn before the one that helps takes some.
const HELPED_AFTER: Duration = Duration::from_millis(20);

#[derive(Debug, Default)]
pub(super) struct Lane {
    waiting: Mutex<Waiting>,
    changed: Condvar,
    /// As `changed`, for the thread that helps: it must not take the word from one that would work at once.
    filled: Condvar,
    /// FairQueue that its own threads began.
    begun: AtomicU64,
}

#[derive(Debug, Default)]
struct Waiting {
    turns: FairQueue<Owner, Runnable<Ticket>>,
    closed: bool,
}

impl Lane {
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
        waiting.turns.push(owner, runnable);
        drop(waiting);
        self.changed.notify_one();
        self.filled.notify_one();
    }

    /// Runs what waits, until there will be no more. What is due to a thread that stood back it would get in one piece,
    /// until the next tick of the kernel (4 ms at 250 Hz), while others wait: it gives way after a turn that was not short.
    pub(super) fn work(&self, mut give_way: impl FnMut()) {
        while let Some(runnable) = self.next() {
            let began = Instant::now();
            self.begun.fetch_add(1, Relaxed);
            turn(runnable);
            if began.elapsed() >= TICK / 2 {
                give_way();
            }
        }
    }

    /// Takes turns as long as something waits and the lane's own threads begin none.
    pub(super) fn help(&self) {
        let mut waiting = self.lock();
        while !waiting.closed {
            if waiting.turns.is_empty() {
                waiting = self.filled.wait(waiting).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            drop(waiting);
            let begun = self.begun.load(Relaxed);
            std::thread::sleep(HELPED_AFTER);
            waiting = self.lock();
            while begun == self.begun.load(Relaxed)
                && let Some(runnable) = waiting.turns.pop()
            {
                drop(waiting);
                turn(runnable);
                waiting = self.lock();
            }
        }
    }

    /// Waits for work; `None` when there will be no more.
    fn next(&self) -> Option<Runnable<Ticket>> {
        let mut waiting = self.lock();
        loop {
            if let Some(runnable) = waiting.turns.pop() {
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
        let left = std::mem::take(&mut waiting.turns);
        drop(waiting);
        self.changed.notify_all();
        self.filled.notify_all();
        drop(left);
    }
}

fn turn(runnable: Runnable<Ticket>) {
    // The panic is the host's own; its message is in the log, and the call that had it ends.
    let _ = catch_unwind(AssertUnwindSafe(|| runnable.run()));
}
