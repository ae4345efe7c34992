//! Answers that a client of HTTP/2 does not take. There each answer waits for the client's own flow control, so a client
//! that gives no window keeps the connection busy without a write that stands still.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Body;
use axum::http::Response;
use hyper::body::Body as _;
use tokio::time::{Instant, sleep};

use super::held_body::held_while_unsent;
use crate::peer::{STALL, time_for};

/// The answers of one connection that are not sent yet, with the time until which each may take.
#[derive(Debug, Default)]
pub(crate) struct UnreadAnswers {
    until: Mutex<BTreeMap<u64, Instant>>,
    next: AtomicU64,
}

impl UnreadAnswers {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, Instant>> {
        self.until.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts an answer until all of its bytes are sent. Answers are whole, so their size is known.
    pub(crate) fn counted(self: &Arc<Self>, answer: Response<Body>) -> Response<Body> {
        if answer.body().is_end_stream() {
            return answer;
        }
        let number = self.next.fetch_add(1, Relaxed);
        let size = answer.body().size_hint().lower();
        self.lock().insert(number, Instant::now() + STALL + time_for(size));
        let unread = Unread { answers: Arc::clone(self), number };
        held_while_unsent(answer, unread)
    }

    /// Completes when an answer was not taken in time.
    pub(crate) async fn overdue(&self) {
        loop {
            sleep(STALL / 3).await;
            let now = Instant::now();
            if self.lock().values().any(|until| *until <= now) {
                return;
            }
        }
    }
}

/// One of them, for as long as any of its bytes are there.
#[derive(Debug)]
struct Unread {
    answers: Arc<UnreadAnswers>,
    number: u64,
}

impl Drop for Unread {
    fn drop(&mut self) {
        self.answers.lock().remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;

    #[tokio::test]
    async fn an_answer_counts_until_its_bytes_are_gone() {
        let answers = Arc::new(UnreadAnswers::default());
        let mut answer = answers.counted(Response::new(Body::from("text")));
        let bytes = answer.body_mut().frame().await.unwrap().unwrap().into_data().unwrap();
        drop(answer);
        assert_eq!((bytes.as_ref(), answers.lock().len()), (&b"text"[..], 1));
        drop(bytes);
        assert!(answers.lock().is_empty());
        drop(answers.counted(Response::new(Body::from("not sent"))));
        assert!(answers.lock().is_empty());
    }
}
