//! The clock of all guests: one thread that moves the epoch on while there are guests.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::thread::{JoinHandle, Thread};
use std::time::Duration;

/// How often a running guest hands control to the host: how exact its CPU limit and deadline are, and how long it keeps a
/// core that something else of the host waits for.
pub(crate) const TICK: Duration = Duration::from_millis(1);

/// Ticks without a guest after which the clock rests. To wake it costs a call more than a tick costs the host.
const LINGER: u32 = 100;

/// Ends its thread when dropped.
#[derive(Debug)]
pub(crate) struct Ticker {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    guests: AtomicUsize,
    resting: AtomicBool,
    ended: AtomicBool,
}

/// Keeps the clock going. It belongs into the future that runs the guest, which may outlive who waits for it.
#[derive(Debug)]
pub(crate) struct TickerGuard(Arc<Shared>);

impl Ticker {
    pub(crate) fn start(engine: &wasmtime::Engine) -> std::io::Result<Self> {
        let shared = Arc::<Shared>::default();
        let (own, engine) = (Arc::clone(&shared), engine.weak());
        let thread = std::thread::Builder::new().name("epoch".into()).spawn(move || {
            let mut quiet = 0;
            while !own.ended.load(SeqCst) {
                quiet = if own.guests.load(SeqCst) == 0 { quiet + 1 } else { 0 };
                if quiet > LINGER {
                    own.rest();
                    quiet = 0;
                }
                std::thread::sleep(TICK);
                match engine.upgrade() {
                    Some(engine) => engine.increment_epoch(),
                    None => break,
                }
            }
        })?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// Announces a guest.
    pub(crate) fn guard(&self) -> TickerGuard {
        if self.shared.guests.fetch_add(1, SeqCst) == 0 && self.shared.resting.load(SeqCst) {
            self.wake();
        }
        TickerGuard(Arc::clone(&self.shared))
    }

    fn wake(&self) {
        self.thread.as_ref().map(JoinHandle::thread).into_iter().for_each(Thread::unpark);
    }
}

impl Shared {
    /// Waits for a guest, or the end. Who comes after `resting` is set wakes it; who came before is seen here.
    fn rest(&self) {
        self.resting.store(true, SeqCst);
        while self.guests.load(SeqCst) == 0 && !self.ended.load(SeqCst) {
            std::thread::park();
        }
        self.resting.store(false, SeqCst);
    }
}

impl Drop for TickerGuard {
    fn drop(&mut self) {
        self.0.guests.fetch_sub(1, SeqCst);
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.shared.ended.store(true, SeqCst);
        self.wake();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    fn comes(what: impl Fn() -> bool) -> bool {
        let began = Instant::now();
        while !what() && began.elapsed() < Duration::from_secs(20) {
            std::thread::sleep(TICK);
        }
        what()
    }

    #[test]
    fn the_clock_rests_without_guests_and_goes_with_one() {
        let mut config = wasmtime::Config::new();
        config.epoch_interruption(true);
        let engine = wasmtime::Engine::new(&config).unwrap();
        let ticker = Ticker::start(&engine).unwrap();
        for _ in 0..3 {
            assert!(comes(|| ticker.shared.resting.load(SeqCst)), "it rests");
            let ticking = ticker.guard();
            assert!(comes(|| !ticker.shared.resting.load(SeqCst)), "it goes");
            std::thread::sleep(2 * LINGER * TICK);
            assert!(!ticker.shared.resting.load(SeqCst), "it goes on as long as there is a guest");
            drop(ticking);
        }
    }
}
