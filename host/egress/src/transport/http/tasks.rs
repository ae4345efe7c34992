//! Whether tasks still work on a connection, for the requests that none of them took.
//!
//! hyper hands a request to the task of its connection through a channel of tokio, in two steps. A task that ends between
//! them leaves the request in the channel: nobody takes it out, and nobody tells who waits for its answer. So who waits
//! looks at the tasks too.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;

use futures_util::FutureExt;
use tokio::sync::watch;

/// Held by each task that works on a connection.
#[derive(Debug, Clone)]
pub(super) struct Working(#[expect(dead_code, reason = "it is dropped")] Arc<watch::Sender<()>>);

/// Sees when the last one has ended.
#[derive(Debug, Clone)]
pub(crate) struct Tasks(watch::Receiver<()>);

impl Tasks {
    pub(super) fn watched() -> (Self, Working) {
        let (sender, receiver) = watch::channel(());
        (Self(receiver), Working(Arc::new(sender)))
    }

    /// Waits for an answer that one of the tasks gives; none if they have ended without one.
    pub(super) async fn answer<T>(&self, answer: impl Future<Output = T>) -> Option<T> {
        let (mut tasks, mut answer) = (self.0.clone(), pin!(answer));
        tokio::select! {
            biased;
            answer = &mut answer => Some(answer),
            // Nothing is sent there, so it ends with the last task, which may have given its answer just before. The
            // runtime's budget must not make that look as if there were none.
            _ = tasks.changed() => tokio::task::unconstrained(answer).now_or_never(),
        }
    }
}

/// Starts the tasks that hyper needs for a connection.
#[derive(Debug, Clone)]
pub(super) struct Executor(pub(super) Working);

impl<F: Future<Output: Send> + Send + 'static> hyper::rt::Executor<F> for Executor {
    fn execute(&self, task: F) {
        let working = self.0.clone();
        tokio::spawn(async move {
            task.await;
            drop(working);
        });
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn a_request_that_no_task_took_has_no_answer() {
        let (tasks, working) = Tasks::watched();
        let other = working.clone();
        let waits = tokio::spawn(async move { tasks.answer(pending::<()>()).await });
        drop(working);
        tokio::task::yield_now().await;
        assert!(!waits.is_finished());
        drop(other);
        assert_eq!(waits.await.unwrap(), None);
    }

    #[tokio::test]
    async fn the_last_word_of_a_task_is_heard() {
        let (tasks, working) = Tasks::watched();
        let (sender, answer) = oneshot::channel();
        let waits = tokio::spawn(async move { tasks.answer(answer).await });
        tokio::task::yield_now().await;
        sender.send(1).unwrap();
        drop(working);
        assert_eq!(waits.await.unwrap(), Some(Ok(1)));
        let (tasks, working) = Tasks::watched();
        drop(working);
        assert_eq!(tasks.answer(ready(2)).await, Some(2));
    }

    /// hyper and tokio as they are: some of these requests get lost, and each has an end.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn every_request_ends_when_its_connection_does() {
        use http_body_util::Empty;
        use hyper_util::rt::TokioIo;

        for turn in 0..20_000_u32 {
            let (near, far) = tokio::io::duplex(64);
            let (mut sender, connection) =
                hyper::client::conn::http1::handshake::<_, Empty<bytes::Bytes>>(TokioIo::new(near)).await.unwrap();
            let (tasks, working) = Tasks::watched();
            tokio::spawn(async move {
                let _ = connection.await;
                drop(working);
            });
            tokio::spawn(async move {
                (0..turn % 200).for_each(|_| std::hint::spin_loop());
                drop(far);
            });
            (0..turn / 7 % 400).for_each(|_| std::hint::spin_loop());
            let answer = tasks.answer(sender.try_send_request(http::Request::new(Empty::new()))).await;
            assert!(answer.is_none_or(|answer| answer.is_err()));
        }
    }
}
