//! The two queues, and what both need to know of the host.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use async_task::{FallibleTask, Runnable};

use super::run_queue::RunQueue;
use super::ticket::Ticket;

/// How long a thread of the slow queue leaves its core empty after a time slice while other calls come. A core that is never
/// empty takes no work off another one but at a tick of the kernel, so what waits there would wait for that; less than this,
/// and the kernel does not think it worth a look.
const ROOM: Duration = Duration::from_micros(300);

#[derive(Debug, Default)]
pub(super) struct Queues {
    pub(super) quick: RunQueue,
    pub(super) slow: RunQueue,
    /// Futures that belong to them, waiting or not.
    tasks: AtomicUsize,
    /// Calls that began, wherever they run.
    calls: AtomicU64,
}

/// Counts a future for as long as it exists.
struct Counted(Arc<Queues>);

impl Counted {
    fn new(queues: &Arc<Queues>) -> Self {
        queues.tasks.fetch_add(1, Relaxed);
        Self(Arc::clone(queues))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.tasks.fetch_sub(1, Relaxed);
    }
}

impl Queues {
    /// The future runs without being awaited, until the returned task is dropped.
    pub(super) fn spawn<T: Send + 'static>(
        self: &Arc<Self>,
        ticket: Ticket,
        future: impl Future<Output = T> + Send + 'static,
    ) -> FallibleTask<T, Ticket> {
        let (queues, counted) = (Arc::clone(self), Counted::new(self));
        let schedule = move |runnable| queues.push(runnable);
        let future = async move {
            let done = future.await;
            drop(counted);
            done
        };
        let (runnable, task) = async_task::Builder::new().metadata(ticket).spawn(|_| future, schedule);
        runnable.schedule();
        task.fallible()
    }

    fn push(&self, runnable: Runnable<Ticket>) {
        let queue = if runnable.metadata().is_quick() { &self.quick } else { &self.slow };
        queue.push(runnable);
    }

    pub(super) fn tasks(&self) -> usize {
        self.tasks.load(Relaxed)
    }

    /// A call begins.
    pub(super) fn call_begins(&self) {
        self.calls.fetch_add(1, Relaxed);
    }

    /// Between two time slices of the slow queue. `seen` is how many calls there had been after the one before.
    pub(super) fn make_room(&self, seen: &mut u64) {
        let calls = self.calls.load(Relaxed);
        if calls == std::mem::replace(seen, calls) {
            std::thread::yield_now();
        } else {
            std::thread::sleep(ROOM);
        }
    }

    pub(super) fn close(&self) {
        self.quick.close();
        self.slow.close();
    }
}
