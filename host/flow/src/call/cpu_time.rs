//! CPU time that the host uses for a call: making a request of the input, reading an answer. It counts as the call's, as what a
//! guest computes does. Time in which a thread waits for a core, or work for its time slice, is nobody's.

use std::time::{Duration, Instant};

use lockgate_domain::{GroupId, Usage};
use lockgate_engine::Engine;
use rustix::time::{ClockId, clock_gettime};

use crate::FlowError;

/// Work that took less wall time than this counts with it: asking for the thread's time once more would cost another system
/// call, and a thread is seldom taken off its core for so short.
const SHORT: Duration = Duration::from_micros(500);

/// CPU time of this thread.
fn thread_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let seconds = Duration::from_secs(u64::try_from(time.tv_sec).unwrap_or(0));
    seconds + Duration::from_nanos(u64::try_from(time.tv_nsec).unwrap_or(0))
}

/// Measures work that stays on its thread.
#[derive(Debug, Clone, Copy)]
pub(super) struct CpuTimer {
    began: Instant,
    cpu: Duration,
}

impl CpuTimer {
    pub(super) fn start() -> Self {
        Self { began: Instant::now(), cpu: thread_time() }
    }

    /// Since the start, on the same thread.
    pub(super) fn used(&self) -> Duration {
        let wall = self.began.elapsed();
        if wall < SHORT { wall } else { thread_time().saturating_sub(self.cpu).min(wall) }
    }

    /// Whether so much is used. It never is more than the time that has passed, so the kernel is asked when that is over.
    pub(super) fn has_used(&self, time: Duration) -> bool {
        self.began.elapsed() >= time && self.used() >= time
    }
}

/// Does work where the call is.
pub(super) fn counted<T>(usage: &mut Usage, work: impl FnOnce() -> T) -> T {
    let timer = CpuTimer::start();
    let done = work();
    count(usage, timer.used());
    done
}

/// Does work of a size that others would feel, in its time slice beside other groups' guests.
///
/// # Errors
/// The work panicked.
pub(super) async fn computed<T: Send + 'static>(
    engine: &Engine,
    group: GroupId,
    usage: &mut Usage,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, FlowError> {
    let timed = move || {
        let timer = CpuTimer::start();
        (work(), timer.used())
    };
    let (done, used) = engine.compute(group, timed).await?;
    count(usage, used);
    Ok(done)
}

fn count(usage: &mut Usage, used: Duration) {
    let used = u64::try_from(used.as_micros()).unwrap_or(u64::MAX);
    usage.cpu_us = usage.cpu_us.saturating_add(used);
}

#[cfg(test)]
mod tests {
    use lockgate_engine::{CompileCommand, EngineParts, PoolSize};
    use lockgate_vault::DerivedKey;

    use super::*;

    /// Longer than anything here computes.
    const LONG: Duration = Duration::from_millis(100);

    fn is_small(usage: &Usage) -> bool {
        u128::from(usage.cpu_us) < LONG.as_micros() / 2
    }

    #[test]
    fn a_thread_that_waits_uses_nothing() {
        let mut usage = Usage::default();
        counted(&mut usage, || std::thread::sleep(LONG));
        assert!(is_small(&usage), "{usage:?}");
    }

    #[test]
    fn what_is_computed_counts_wherever_it_is() {
        let spin = || {
            let began = thread_time();
            while thread_time() - began < LONG {
                std::hint::spin_loop();
            }
        };
        let mut usage = Usage::default();
        counted(&mut usage, spin);
        assert!(!is_small(&usage), "{usage:?}");
    }

    #[tokio::test]
    async fn work_that_waits_behind_others_uses_nothing_meanwhile() {
        let folder = tempfile::tempdir().unwrap();
        let parts = EngineParts {
            pool: PoolSize::fitting(1),
            compile: CompileCommand::this_program("compile"),
            cache_folder: folder.path().join("cache"),
            cache_key: DerivedKey::random().unwrap(),
        };
        let engine = Engine::start(parts).unwrap();
        // More than there are threads, each of a group of its own and so before the one that comes last.
        let threads = std::thread::available_parallelism().map_or(1, usize::from) + 1;
        let others: Vec<_> = (0..2 * threads)
            .map(|_| {
                let engine = engine.clone();
                tokio::spawn(async move { engine.compute(GroupId::new(), || std::thread::sleep(LONG)).await })
            })
            .collect();
        tokio::task::yield_now().await;
        let mut usage = Usage::default();
        let began = Instant::now();
        computed(&engine, GroupId::new(), &mut usage, || ()).await.unwrap();
        assert!(began.elapsed() >= LONG / 2, "it has waited");
        assert!(is_small(&usage), "{usage:?}");
        for other in others {
            other.await.unwrap().unwrap();
        }
    }
}
