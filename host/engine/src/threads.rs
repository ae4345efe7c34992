//! Threads for guests, apart from those that serve connections: a guest that computes holds up other guests at most,
//! never the answer to a health check.

use std::future::Future;

use tokio::runtime::{Builder, Runtime};

use crate::EngineError;

#[derive(Debug)]
pub(crate) struct GuestThreads {
    runtime: Option<Runtime>,
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

    /// Runs a future there. It is dropped when the returned one is.
    pub(crate) async fn run<T: Send + 'static>(&self, future: impl Future<Output = T> + Send + 'static) -> Option<T> {
        let runtime = self.runtime.as_ref()?;
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
