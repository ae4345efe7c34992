//! CPU time of a guest. Epochs are wall time and run on while a guest is parked or its thread is not scheduled, so they
//! only give the occasions to look; what counts is measured here.

use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, LazyLock};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

/// A poll that took less wall time than this counts with it: reading the thread's clock once more would cost another
/// system call, and a thread is seldom taken off its core for so short.
const SHORT: Duration = Duration::from_micros(500);

/// How old what is known of a thread's CPU time may be when a poll begins. To ask the kernel at each poll takes longer than
/// a small guest's own work; what the thread did for others since then is the most by which a poll that lost its core is
/// charged too much.
const RECENT: Duration = Duration::from_micros(500);

/// What wall time is counted from.
static ORIGIN: LazyLock<Instant> = LazyLock::new(Instant::now);

thread_local! {
    /// When this thread's CPU time was asked for last, and what it was.
    static ASKED: Cell<Option<(Duration, Duration)>> = const { Cell::new(None) };
}

/// What one call has used so far. Shared by the future that is polled and the store's epoch callback, which run on one
/// thread at a time.
#[derive(Debug)]
pub(crate) struct Meter {
    /// Nanoseconds of the polls that ended.
    spent: AtomicU64,
    /// When the running poll began, in nanoseconds after `ORIGIN`.
    poll_began: AtomicU64,
    /// The thread's CPU time at that moment, or not long before.
    thread_base: AtomicU64,
    /// Whether the running poll, or the last one, ended since its time slice was over.
    yielded: AtomicBool,
}

impl Meter {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            spent: AtomicU64::new(0),
            poll_began: AtomicU64::new(0),
            thread_base: AtomicU64::new(0),
            yielded: AtomicBool::new(false),
        })
    }

    /// CPU time of the polls that ended.
    pub(crate) fn spent(&self) -> Duration {
        Duration::from_nanos(self.spent.load(Relaxed))
    }

    /// The guest is interrupted, since its time slice is over.
    pub(crate) fn yields(&self) {
        self.yielded.store(true, Relaxed);
    }

    /// Whether it was interrupted when it was polled last; otherwise it waits for something.
    pub(crate) fn has_yielded(&self) -> bool {
        self.yielded.load(Relaxed)
    }

    /// Adds what others did for the call, in microseconds.
    pub(crate) fn charge(&self, cpu_us: u64) {
        self.spent.fetch_add(cpu_us.saturating_mul(1000), Relaxed);
    }

    fn begin(&self) {
        self.yielded.store(false, Relaxed);
        let now = ORIGIN.elapsed();
        let known = ASKED.get().filter(|(asked, _)| now.saturating_sub(*asked) < RECENT);
        let base = known.map_or_else(|| thread_time(now), |(_, time)| time);
        self.poll_began.store(nanoseconds(now), Relaxed);
        self.thread_base.store(nanoseconds(base), Relaxed);
    }

    fn end(&self) {
        let wall = self.wall();
        let used = if wall < SHORT { wall } else { self.of_this_poll() };
        self.spent.fetch_add(nanoseconds(used), Relaxed);
    }

    /// Wall time of the running poll.
    fn wall(&self) -> Duration {
        ORIGIN.elapsed().saturating_sub(Duration::from_nanos(self.poll_began.load(Relaxed)))
    }

    /// The thread's own time, so that a guest does not pay for time in which its thread was not running.
    fn of_this_poll(&self) -> Duration {
        let base = Duration::from_nanos(self.thread_base.load(Relaxed));
        thread_time(ORIGIN.elapsed()).saturating_sub(base).min(self.wall())
    }

    /// CPU time of the running poll, and of all polls until now: asked by the epoch callback.
    pub(crate) fn tick(&self) -> (Duration, Duration) {
        let slice = self.of_this_poll();
        (slice, self.spent() + slice)
    }
}

/// Asks the kernel, and remembers the answer.
fn thread_time(now: Duration) -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let whole = Duration::from_secs(u64::try_from(time.tv_sec).unwrap_or(0));
    let time = whole + Duration::from_nanos(u64::try_from(time.tv_nsec).unwrap_or(0));
    ASKED.set(Some((now, time)));
    time
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// A future whose polls count on a meter.
pub(crate) struct Metered<F> {
    pub(crate) meter: Arc<Meter>,
    pub(crate) inner: F,
}

impl<F: Future + Unpin> Future for Metered<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        self.meter.begin();
        let polled = Pin::new(&mut self.inner).poll(cx);
        self.meter.end();
        polled
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Computes for so long, as the thread's own clock has it.
    pub(crate) fn spin(time: Duration) {
        let own = || {
            let time = clock_gettime(ClockId::ThreadCPUTime);
            Duration::new(time.tv_sec.try_into().unwrap(), time.tv_nsec.try_into().unwrap())
        };
        let began = own();
        while own() - began < time {
            std::hint::spin_loop();
        }
    }

    #[test]
    fn time_outside_of_polls_is_free() {
        let meter = Meter::new();
        meter.begin();
        spin(Duration::from_millis(2));
        meter.end();
        std::thread::sleep(Duration::from_millis(20));
        assert!((1..15).contains(&meter.spent().as_millis()), "{:?}", meter.spent());
    }

    #[test]
    fn what_the_thread_did_before_costs_nothing() {
        let meter = Meter::new();
        for _ in 0..20 {
            meter.begin();
            meter.end();
            spin(Duration::from_micros(300));
        }
        assert!(meter.spent() < Duration::from_millis(1), "{:?}", meter.spent());
        // A thread that lost its core pays for what it did just before, at the most.
        meter.begin();
        std::thread::sleep(Duration::from_millis(30));
        meter.end();
        assert!(meter.spent() < Duration::from_millis(3), "{:?}", meter.spent());
    }

    #[test]
    fn only_the_threads_own_time_counts() {
        let meter = Meter::new();
        meter.begin();
        std::thread::sleep(Duration::from_millis(30));
        let (slice, all) = meter.tick();
        assert!(slice == all && all < Duration::from_millis(15), "{slice:?}, {all:?}");
        meter.end();
        assert!(meter.spent() < Duration::from_millis(15), "{:?}", meter.spent());
    }
}
