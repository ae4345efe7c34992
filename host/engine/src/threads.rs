//! Where guests run. A guest that turns out to compute runs on threads of its own, apart from those that serve
//! connections, so that it holds up other guests at most and never the answer to a health check. A quick one is not worth
//! the way there: handing a call over and back costs more than a small connector does.
//!
//! Two lanes keep groups apart. A call that has used little CPU time waits in the quick lane; one that has used more goes
//! on in the slow lane, whose threads leave the cores to everything else of the host. In both lanes groups take turns, a
//! slice of one tick each, so a group with many calls gets as much as one with a single call. Where nothing is left for the
//! slow lane, one thread more sees that it gets on all the same.

mod lane;

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::task::Poll;
use std::time::{Duration, Instant};

use async_task::{FallibleTask, Runnable};
use lockgate_domain::{GroupId, Limits};
use tokio::runtime::{Builder, Handle, Runtime};

use crate::EngineError;
use crate::cpu::Meter;
use crate::poll_history::PollHistory;
use crate::ticker::TICK;
use crate::weight::stand_back;

use lane::Lane;

/// CPU time from which on a call is served in the slow lane.
const QUICK: Duration = Duration::from_millis(20);

/// Niceness of the quick lane's threads: a third of the weight of those that serve connections. With a tenth, what they hold
/// when they lose their core (memory that is being mapped, say) made others wait for 30 ms.
const QUICK_NICENESS: i32 = 5;

/// Longer than what threads have that say nothing, so that whoever serves a connection need not wait for its end.
const QUICK_SLICE: Duration = Duration::from_millis(10);

/// Niceness of the thread that helps the slow lane: a tenth of the weight that others have.
const HELPER_NICENESS: i32 = 10;

/// How long that thread may keep a core, once something else of the host wants it.
const HELPER_SLICE: Duration = Duration::from_micros(100);

/// What a thread of the slow lane gives up when it yields: as much as may be due to it, which is a tick of the kernel.
const SLOW_SLICE: Duration = Duration::from_millis(4);

/// How long a thread of the slow lane leaves its core empty after a turn while other calls come. A core that is never empty
/// takes no work off another one but at a tick of the kernel, so what waits there would wait for that; less than this, and
/// the kernel does not think it worth a look.
const ROOM: Duration = Duration::from_micros(300);

/// Who waits with whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Owner {
    /// A call.
    Group(GroupId),
    /// A component that is being loaded, by anybody.
    Describe,
}

/// What the lanes know of a call.
#[derive(Debug, Clone)]
pub(crate) struct Ticket {
    pub(crate) owner: Owner,
    /// What it has used; `None` for work that is slow from the beginning.
    pub(crate) meter: Option<Arc<Meter>>,
}

/// Memory above which a call is slow from the beginning: an instruction that fills all of it can't be interrupted, and
/// takes as long as some slices together.
const LARGE: u64 = 128 * 1024 * 1024;

impl Ticket {
    /// A guest with these limits.
    pub(crate) fn new(owner: Owner, limits: &Limits, meter: &Arc<Meter>) -> Self {
        Self { owner, meter: (limits.memory_bytes <= LARGE).then(|| Arc::clone(meter)) }
    }

    fn is_quick(&self) -> bool {
        !self.has_used(QUICK)
    }

    /// Whether a call that did not end waits for something, and did not just use up its turn.
    fn is_waiting(&self) -> bool {
        self.is_quick() && self.meter.as_ref().is_some_and(|meter| !meter.has_yielded())
    }

    fn has_used(&self, time: Duration) -> bool {
        self.meter.as_ref().is_none_or(|meter| meter.spent() >= time)
    }
}

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
    lanes: Arc<Lanes>,
    /// Timers of guests. It runs none of them.
    timers: Option<Runtime>,
}

#[derive(Debug, Default)]
struct Lanes {
    quick: Lane,
    slow: Lane,
    /// Futures that belong to them, waiting or not.
    tasks: AtomicUsize,
    /// Calls that began, wherever they run.
    calls: AtomicU64,
}

/// Counts a future for as long as it exists.
struct Counted(Arc<Lanes>);

impl Counted {
    fn new(lanes: &Arc<Lanes>) -> Self {
        lanes.tasks.fetch_add(1, Relaxed);
        Self(Arc::clone(lanes))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.tasks.fetch_sub(1, Relaxed);
    }
}

impl GuestThreads {
    pub(crate) fn start() -> Result<Self, EngineError> {
        let timers = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("guest-timers")
            .enable_time()
            .build()
            .map_err(EngineError::Thread)?;
        let threads = Self { lanes: Arc::default(), timers: Some(timers) };
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        for _ in 0..cores {
            threads.spawn("guest", |lanes| {
                stand_back(libc::SCHED_OTHER, QUICK_NICENESS, QUICK_SLICE);
                lanes.quick.work(std::thread::yield_now);
            })?;
            threads.spawn("guest-slow", |lanes| {
                stand_back(libc::SCHED_IDLE, 0, SLOW_SLICE);
                let mut calls = 0;
                lanes.slow.work(|| lanes.make_room(&mut calls));
            })?;
        }
        threads.spawn("guest-help", |lanes| {
            stand_back(libc::SCHED_OTHER, HELPER_NICENESS, HELPER_SLICE);
            lanes.slow.help();
        })?;
        Ok(threads)
    }

    fn spawn(&self, name: &str, work: fn(&Lanes)) -> Result<(), EngineError> {
        let lanes = Arc::clone(&self.lanes);
        let timers = self.timers.as_ref().map(|runtime| runtime.handle().clone());
        let work = move || {
            let _context = timers.as_ref().map(Handle::enter);
            work(&lanes);
        };
        std::thread::Builder::new().name(name.to_owned()).spawn(work).map_err(EngineError::Thread)?;
        Ok(())
    }

    /// Runs a future to its end: in place as long as it computes for less than a turn and waits, and on the guest threads
    /// from then on. After `until` nobody waits for it any longer, though its turn may not have come. It is dropped when the
    /// returned one is.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        poll_history: &PollHistory,
        ticket: Ticket,
        until: Instant,
        future: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, Lost> {
        self.lanes.calls.fetch_add(1, Relaxed);
        let mut future: Pin<Box<dyn Future<Output = T> + Send>> = Box::pin(future);
        if ticket.is_quick() && !poll_history.is_wary() {
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
        let done = tokio::time::timeout_at(until.into(), self.spawn_on_lanes(ticket, future)).await;
        if done.is_err() || own.has_used(TICK) {
            poll_history.was_slow();
        }
        match done {
            Ok(done) => done.ok_or(Lost::Panicked),
            Err(_) => Err(Lost::Late),
        }
    }

    /// Does work that does not yield, on the slow lane.
    pub(crate) async fn compute<T: Send + 'static>(
        &self,
        owner: Owner,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Lost> {
        self.spawn_on_lanes(Ticket { owner, meter: None }, async { work() }).await.ok_or(Lost::Panicked)
    }

    /// Futures on the lanes, waiting or not.
    pub(crate) fn tasks(&self) -> usize {
        self.lanes.tasks.load(Relaxed)
    }

    /// The future runs without being awaited, until the returned task is dropped.
    fn spawn_on_lanes<T: Send + 'static>(
        &self,
        ticket: Ticket,
        future: impl Future<Output = T> + Send + 'static,
    ) -> FallibleTask<T, Ticket> {
        let (lanes, counted) = (Arc::clone(&self.lanes), Counted::new(&self.lanes));
        let schedule = move |runnable| lanes.push(runnable);
        let future = async move {
            let done = future.await;
            drop(counted);
            done
        };
        let (runnable, task) = async_task::Builder::new().metadata(ticket).spawn(|_| future, schedule);
        runnable.schedule();
        task.fallible()
    }
}

impl Lanes {
    fn push(&self, runnable: Runnable<Ticket>) {
        let lane = if runnable.metadata().is_quick() { &self.quick } else { &self.slow };
        lane.push(runnable);
    }

    /// Between two turns of the slow lane. `seen` is how many calls there had been after the turn before.
    fn make_room(&self, seen: &mut u64) {
        let calls = self.calls.load(Relaxed);
        if calls == std::mem::replace(seen, calls) {
            std::thread::yield_now();
        } else {
            std::thread::sleep(ROOM);
        }
    }
}

impl Drop for GuestThreads {
    fn drop(&mut self) {
        self.lanes.quick.close();
        self.lanes.slow.close();
        // The last handle may be dropped inside a runtime, where waiting for threads is forbidden.
        if let Some(timers) = self.timers.take() {
            timers.shutdown_background();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::Metered;
    use crate::cpu::tests::spin;

    fn ticket() -> Ticket {
        Ticket { owner: Owner::Describe, meter: Some(Meter::new()) }
    }

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(10)
    }

    /// Pending once; where it goes on.
    async fn later() -> Option<String> {
        tokio::task::yield_now().await;
        std::thread::current().name().map(str::to_owned)
    }

    /// Of a guest that used up its turn.
    fn computing() -> Ticket {
        let ticket = ticket();
        ticket.meter.as_ref().unwrap().yields();
        ticket
    }

    #[tokio::test]
    async fn what_computes_moves_to_the_guest_threads_and_what_waits_stays() {
        let threads = GuestThreads::start().unwrap();
        let poll_history = PollHistory::default();
        let own = std::thread::current().name().map(str::to_owned);
        assert_eq!(threads.run(&poll_history, ticket(), soon(), later()).await.unwrap(), own);
        assert!(!poll_history.is_wary(), "it only waited");
        let name = threads.run(&poll_history, computing(), soon(), later()).await.unwrap();
        assert_eq!(name.as_deref(), Some("guest"));
        assert!(poll_history.is_wary(), "the next one is not tried in place");
    }

    #[tokio::test]
    async fn after_one_that_took_its_whole_turn_others_are_not_tried_in_place() {
        let threads = GuestThreads::start().unwrap();
        for (time, wary) in [(Duration::ZERO, false), (2 * TICK, true)] {
            let (poll_history, meter) = (PollHistory::default(), Meter::new());
            let inner = std::future::poll_fn(move |_| {
                spin(time);
                Poll::Ready(())
            });
            let ticket = Ticket { owner: Owner::Describe, meter: Some(Arc::clone(&meter)) };
            threads.run(&poll_history, ticket, soon(), Metered { meter, inner }).await.unwrap();
            assert_eq!(poll_history.is_wary(), wary, "{time:?}");
        }
    }

    #[tokio::test]
    async fn a_plugin_whose_calls_all_compute_is_tried_in_place_once() {
        let threads = GuestThreads::start().unwrap();
        let (poll_history, own) = (PollHistory::default(), std::thread::current().id());
        let mut in_place = 0;
        for _ in 0..200 {
            let meter = Meter::new();
            let inner = std::future::poll_fn(|_| {
                spin(2 * TICK);
                Poll::Ready(std::thread::current().id())
            });
            let ticket = Ticket { owner: Owner::Describe, meter: Some(Arc::clone(&meter)) };
            let ran_on = threads.run(&poll_history, ticket, soon(), Metered { meter, inner }).await.unwrap();
            in_place += usize::from(ran_on == own);
        }
        assert_eq!(in_place, 1);
    }

    #[tokio::test]
    async fn a_panic_ends_its_call_and_no_thread() {
        let threads = GuestThreads::start().unwrap();
        for _ in 0..20 {
            let fails = async {
                later().await;
                panic!("as asked");
            };
            let lost = threads.run(&PollHistory::default(), computing(), soon(), fails).await;
            assert_eq!(lost, Err::<(), _>(Lost::Panicked));
        }
        let in_place = async { panic!("as asked") };
        assert_eq!(
            threads.run(&PollHistory::default(), ticket(), soon(), in_place).await,
            Err::<(), _>(Lost::Panicked)
        );
        assert!(threads.run(&PollHistory::default(), ticket(), soon(), later()).await.is_ok());
    }

    #[tokio::test]
    async fn work_of_the_host_is_done_on_the_slow_lane() {
        let threads = GuestThreads::start().unwrap();
        let name = threads.compute(Owner::Describe, || std::thread::current().name().map(str::to_owned)).await.unwrap();
        // The helper takes it where no core is empty.
        assert!(matches!(name.as_deref(), Some("guest-slow" | "guest-help")), "{name:?}");
        assert_eq!(threads.tasks(), 0);
    }

    #[tokio::test]
    async fn a_lane_whose_threads_have_no_core_gets_on() {
        let threads = GuestThreads { lanes: Arc::default(), timers: None };
        threads.spawn("guest-help", |lanes| lanes.slow.help()).unwrap();
        for _ in 0..3 {
            let name = threads.compute(Owner::Describe, || std::thread::current().name().map(str::to_owned)).await;
            assert_eq!(name.unwrap().as_deref(), Some("guest-help"));
        }
    }

    #[tokio::test]
    async fn nobody_waits_longer_than_asked() {
        let threads = GuestThreads::start().unwrap();
        for ticket in [computing(), ticket()] {
            let until = Instant::now() + Duration::from_millis(20);
            let lost = threads.run(&PollHistory::default(), ticket, until, std::future::pending::<()>()).await;
            assert_eq!(lost, Err(Lost::Late));
        }
    }
}
