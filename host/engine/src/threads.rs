//! Where guests run. A guest that turns out to compute runs on threads of its own, apart from those that serve
//! connections, so that it holds up other guests at most and never the answer to a health check. A quick one is not worth
//! the way there: handing a call over and back costs more than a small connector does.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::task::Poll;

use tokio::runtime::{Builder, Runtime};

use crate::EngineError;

/// Calls that go to the guest threads at once after one that did not end in its first slice.
const WARY: u32 = 64;

#[derive(Debug)]
pub(crate) struct GuestThreads {
    runtime: Option<Runtime>,
}

/// What is known of a plugin's calls: above 0, so many more of them are not tried in place.
#[derive(Debug, Default)]
pub(crate) struct Habit(AtomicU32);

impl Habit {
    fn is_wary(&self) -> bool {
        let left = self.0.load(Relaxed);
        // Two calls that both count one are no harm.
        self.0.store(left.saturating_sub(1), Relaxed);
        left > 0
    }

    fn was_slow(&self) {
        self.0.store(WARY, Relaxed);
    }
}

impl GuestThreads {
    pub(crate) fn start() -> Result<Self, EngineError> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let runtime = Builder::new_multi_thread()
            .worker_threads(cores)
            .thread_name("guest")
            .enable_time()
            .build()
            .map_err(EngineError::Thread)?;
        Ok(Self { runtime: Some(runtime) })
    }

    /// Runs a future to its end: in place until it first yields, which a guest does on every tick at the latest, and on
    /// the guest threads from then on. It is dropped when the returned one is.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        habit: &Habit,
        future: impl Future<Output = T> + Send + 'static,
    ) -> Option<T> {
        let runtime = self.runtime.as_ref()?;
        let mut future: Pin<Box<dyn Future<Output = T> + Send>> = Box::pin(future);
        if !habit.is_wary() {
            let polled = std::future::poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx))).await;
            if let Poll::Ready(done) = polled {
                return Some(done);
            }
            habit.was_slow();
        }
        let mut task = AbortOnDrop(runtime.spawn(future));
        (&mut task.0).await.ok()
    }
}

struct AbortOnDrop<T>(tokio::task::JoinHandle<T>);

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Drop for GuestThreads {
    fn drop(&mut self) {
        // The last handle may be dropped inside a runtime, where waiting for threads is forbidden.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
