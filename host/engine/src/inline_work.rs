//! Work of the host that a guest waits for, done by the future that runs the guest: it needs no task of its own, and nobody
//! has to be woken when it is done. It is polled beside the guest, not inside of it, so it counts as no CPU time of the guest
//! and runs on no stack of one.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use tokio::runtime::Handle;

type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Where a guest leaves such work. While there is some, the guest waits for it and for nothing else.
#[derive(Clone, Default)]
pub(crate) struct InlineWork(Arc<Mutex<Option<Work>>>);

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl InlineWork {
    /// Leaves some work, and waits for what comes of it.
    pub(crate) async fn run<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> T {
        let result = Arc::new(Mutex::new(None));
        let own = Arc::clone(&result);
        let work: Work = Box::pin(async move {
            let done = work.await;
            *lock(&own) = Some(done);
        });
        *lock(&self.0) = Some(work);
        // Without a waker: the guest is polled again as soon as the work is done.
        std::future::poll_fn(|_| lock(&result).take().map_or(Poll::Pending, Poll::Ready)).await
    }

    fn take(&self) -> Option<Work> {
        lock(&self.0).take()
    }
}

impl std::fmt::Debug for InlineWork {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InlineWork").finish_non_exhaustive()
    }
}

/// Runs a guest, and in between the work that it waits for.
pub(crate) struct WithInlineWork<F> {
    guest: F,
    work: InlineWork,
    /// The runtime that the work belongs to, wherever the guest is polled.
    io: Handle,
}

impl<F> WithInlineWork<F> {
    pub(crate) fn new(guest: F, work: InlineWork, io: Handle) -> Self {
        Self { guest, work, io }
    }
}

impl<F: Future + Unpin> Future for WithInlineWork<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let mut work = self.work.take();
        loop {
            if let Some(mut pending) = work.take() {
                // Also where it is dropped: what it holds may need its runtime then.
                let _context = self.io.enter();
                if pending.as_mut().poll(cx).is_pending() {
                    *lock(&self.work.0) = Some(pending);
                    return Poll::Pending;
                }
                drop(pending);
            }
            if let Poll::Ready(done) = Pin::new(&mut self.guest).poll(cx) {
                return Poll::Ready(done);
            }
            work = self.work.take();
            if work.is_none() {
                return Poll::Pending;
            }
        }
    }
}

impl<F> Drop for WithInlineWork<F> {
    /// Work that was not finished is cancelled.
    fn drop(&mut self) {
        let _context = self.io.enter();
        drop(self.work.take());
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn a_guest_goes_on_with_what_came_of_its_work() {
        let work = InlineWork::default();
        let own = work.clone();
        let guest = Box::pin(async move {
            let first = own.run(async { 1 }).await;
            own.run(tokio::time::sleep(Duration::from_millis(1))).await;
            tokio::task::yield_now().await;
            (first, own.run(async { "three" }).await)
        });
        assert_eq!(WithInlineWork::new(guest, work, Handle::current()).await, (1, "three"));
    }

    /// As a guest that computes moves to threads without I/O.
    #[test]
    fn work_runs_in_its_own_runtime_wherever_the_guest_is_polled() {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let work = InlineWork::default();
        let own = work.clone();
        let guest = Box::pin(async move {
            own.run(async {
                tokio::time::sleep(Duration::from_millis(1)).await;
                Handle::current().id()
            })
            .await
        });
        let other = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let id = other.block_on(WithInlineWork::new(guest, work, runtime.handle().clone()));
        assert_eq!(id, runtime.handle().id());
    }

    #[tokio::test]
    async fn a_guest_that_is_dropped_cancels_its_work() {
        struct Dropped(Arc<AtomicBool>);
        impl Drop for Dropped {
            fn drop(&mut self) {
                self.0.store(true, SeqCst);
            }
        }
        let (work, dropped) = (InlineWork::default(), Arc::<AtomicBool>::default());
        let (own, guard) = (work.clone(), Dropped(Arc::clone(&dropped)));
        let guest = Box::pin(async move {
            own.run(async move {
                let _guard = guard;
                std::future::pending::<()>().await;
            })
            .await;
        });
        let run = WithInlineWork::new(guest, work.clone(), Handle::current());
        assert!(tokio::time::timeout(Duration::from_millis(5), run).await.is_err());
        assert!(dropped.load(SeqCst) && work.take().is_none());
    }
}
