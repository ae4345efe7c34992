//! Where guests run. A guest that turns out to compute runs on threads of its own, apart from those that serve
//! connections, so that it delays other guests at most and never the answer to a health check. A quick one is not worth
//! the way there: handing a call over and back costs more than a small connector does.
//!
//! Two queues keep groups apart. A call that has used little CPU time waits in the quick queue; one that has used more waits
//! in the slow queue, whose threads leave the cores to everything else of the host. Both queues are fair between groups, in
//! time slices of one tick, so a group with many calls gets as much as one with a single call. Where nothing is left for the
//! slow queue, one thread more sees that it gets on all the same.

mod queues;
mod run_queue;
#[cfg(test)]
mod tests;
mod ticket;

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Handle, Runtime};

use crate::EngineError;
use crate::poll_history::PollHistory;
use crate::priority::lower_priority;
use crate::ticker::TICK;

use queues::Queues;
pub use ticket::QueueOwner;
pub(crate) use ticket::Ticket;

/// Niceness of the quick queue's threads: a third of the weight of those that serve connections. With a tenth, what they hold
/// when they lose their core (memory that is being mapped, say) made others wait for 30 ms.
const QUICK_NICENESS: i32 = 5;

/// Longer than the slice of threads that set none, so that whoever serves a connection need not wait for its end.
const QUICK_SLICE: Duration = Duration::from_millis(10);

/// Niceness of the thread that helps the slow queue: a tenth of the weight that others have.
const HELPER_NICENESS: i32 = 10;

/// How long that thread may keep a core, once something else of the host wants it.
const HELPER_SLICE: Duration = Duration::from_micros(100);

/// What a thread of the slow queue loses when it yields: as much as may be due to it, which is a tick of the kernel.
const SLOW_SLICE: Duration = Duration::from_millis(4);

/// Why nothing came of a future.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lost {
    /// It did not end in time.
    Late,
    /// The host made a mistake in it.
    Panicked,
}

#[derive(Debug)]
pub(crate) struct GuestThreads {
    queues: Arc<Queues>,
    /// Timers of guests. It runs none of them.
    timers: Option<Runtime>,
}

impl GuestThreads {
    pub(crate) fn start() -> Result<Self, EngineError> {
        let timers = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("guest-timers")
            .enable_time()
            .build()
            .map_err(EngineError::Thread)?;
        let threads = Self { queues: Arc::default(), timers: Some(timers) };
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        for _ in 0..cores {
            threads.spawn("guest", |queues| {
                lower_priority(libc::SCHED_OTHER, QUICK_NICENESS, QUICK_SLICE);
                queues.quick.work(std::thread::yield_now);
            })?;
            threads.spawn("guest-slow", |queues| {
                lower_priority(libc::SCHED_IDLE, 0, SLOW_SLICE);
                let mut calls = 0;
                queues.slow.work(|| queues.make_room(&mut calls));
            })?;
        }
        threads.spawn("guest-help", |queues| {
            lower_priority(libc::SCHED_OTHER, HELPER_NICENESS, HELPER_SLICE);
            queues.slow.help();
        })?;
        Ok(threads)
    }

    fn spawn(&self, name: &str, work: fn(&Queues)) -> Result<(), EngineError> {
        let queues = Arc::clone(&self.queues);
        let timers = self.timers.as_ref().map(|runtime| runtime.handle().clone());
        let work = move || {
            let _context = timers.as_ref().map(Handle::enter);
            work(&queues);
        };
        std::thread::Builder::new().name(name.to_owned()).spawn(work).map_err(EngineError::Thread)?;
        Ok(())
    }

    /// Runs a future to its end: in place as long as it computes for less than a time slice and waits, and on the guest
    /// threads from then on. After `until` nobody waits for it any longer, though it may not have had a time slice. It is
    /// dropped when the returned future is.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        poll_history: &PollHistory,
        ticket: Ticket,
        until: Instant,
        future: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, Lost> {
        self.queues.call_begins();
        let mut future: Pin<Box<dyn Future<Output = T> + Send>> = Box::pin(future);
        if ticket.is_quick() && !poll_history.is_backing_off() {
            let done = std::future::poll_fn(|cx| {
                let polled = catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx)));
                match polled {
                    Ok(Poll::Ready(done)) => Poll::Ready(Ok(Some(done))),
                    Ok(Poll::Pending) if ticket.is_waiting() => Poll::Pending,
                    Ok(Poll::Pending) => Poll::Ready(Ok(None)),
                    Err(_) => Poll::Ready(Err(Lost::Panicked)),
                }
            });
            let Ok(done) = tokio::time::timeout_at(until.into(), done).await else { return Err(Lost::Late) };
            let done = done?;
            if done.is_none() || ticket.has_used(TICK) {
                poll_history.was_slow();
            }
            if let Some(done) = done {
                return Ok(done);
            }
        }
        let own = ticket.clone();
        let done = tokio::time::timeout_at(until.into(), self.queues.spawn(ticket, future)).await;
        if done.is_err() || own.has_used(TICK) {
            poll_history.was_slow();
        }
        match done {
            Ok(done) => done.ok_or(Lost::Panicked),
            Err(_) => Err(Lost::Late),
        }
    }

    /// Does work that does not yield, on the slow queue.
    pub(crate) async fn compute<T: Send + 'static>(
        &self,
        owner: QueueOwner,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Lost> {
        self.queues.spawn(Ticket { owner, meter: None }, async { work() }).await.ok_or(Lost::Panicked)
    }

    /// Futures on the queues, waiting or not.
    pub(crate) fn tasks(&self) -> usize {
        self.queues.tasks()
    }
}

impl Drop for GuestThreads {
    fn drop(&mut self) {
        self.queues.close();
        // The last handle may be dropped inside a runtime, where waiting for threads is forbidden.
        if let Some(timers) = self.timers.take() {
            timers.shutdown_background();
        }
    }
}
