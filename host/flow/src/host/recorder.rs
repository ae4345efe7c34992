//! Records of calls. A call does not wait for its record: it goes to a bounded queue and is written in a batch within a
//! second. What does not fit is dropped, and counted.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use lockgate_domain::CallRecord;
use lockgate_store::{Store, StoreError};
use tokio::sync::{Notify, mpsc, oneshot};

use crate::clock::now;

/// Records that wait: a second of the busiest host, and 8 MB.
const QUEUE: usize = 32_768;
/// The most records of one transaction: few, since changes wait for it, and enough to make its cost small.
const BATCH: usize = 2_000;
/// How long a record waits for others.
const WAIT: Duration = Duration::from_millis(500);
/// What a record takes in the store, with its entries in the indexes.
const RECORD_BYTES: u64 = 200;
/// How often older ones are deleted.
const TRIM_EVERY: Duration = Duration::from_secs(3600);

/// How long records are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Days of records of calls.
    pub calls_days: u32,
    /// Bytes of them, if that is less.
    pub calls_bytes: u64,
    /// Days of the trail of changes.
    pub audit_days: u32,
}

impl Default for Retention {
    /// A week or a gigabyte of calls: long enough to look into an incident. A year of changes.
    fn default() -> Self {
        Self { calls_days: 7, calls_bytes: 1024 * 1024 * 1024, audit_days: 365 }
    }
}

impl Retention {
    async fn apply(self, store: &Store) -> Result<(), StoreError> {
        let days_ago = |days: u32| now() - i64::from(days) * 24 * 3600 * 1000;
        let keep = i64::try_from(self.calls_bytes / RECORD_BYTES).unwrap_or(i64::MAX);
        store.trim_calls(days_ago(self.calls_days), keep).await?;
        store.trim_audit(days_ago(self.audit_days)).await?;
        Ok(())
    }
}

#[derive(Debug)]
enum Message {
    Record(Box<CallRecord>),
    Flush(oneshot::Sender<()>),
}

/// Takes the records of calls, and writes them in the background.
#[derive(Debug)]
pub(crate) struct Recorder {
    queue: mpsc::Sender<Message>,
    /// There is enough to write, or a flush waits for it.
    wake: Arc<Notify>,
    dropped: Arc<AtomicU64>,
}

impl Recorder {
    pub(crate) fn start(store: Store, retention: Retention) -> Self {
        let (queue, waiting) = mpsc::channel(QUEUE);
        let dropped = Arc::new(AtomicU64::new(0));
        let wake = Arc::default();
        tokio::spawn(write(store, waiting, Arc::clone(&wake), Arc::clone(&dropped), retention));
        Self { queue, wake, dropped }
    }

    pub(crate) fn record(&self, record: CallRecord) {
        if self.queue.try_send(Message::Record(Box::new(record))).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
        if self.queue.max_capacity() - self.queue.capacity() >= BATCH {
            self.wake.notify_one();
        }
    }

    pub(crate) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Waits until everything that was queued before is written.
    pub(crate) async fn flush(&self) {
        let (done, written) = oneshot::channel();
        if self.queue.send(Message::Flush(done)).await.is_ok() {
            self.wake.notify_one();
            let _ = written.await;
        }
    }
}

async fn write(
    store: Store,
    mut waiting: mpsc::Receiver<Message>,
    wake: Arc<Notify>,
    dropped: Arc<AtomicU64>,
    retention: Retention,
) {
    let mut messages = Vec::new();
    let mut trim = tokio::time::interval(TRIM_EVERY);
    loop {
        tokio::select! {
            count = waiting.recv_many(&mut messages, BATCH) => if count == 0 { return },
            _ = trim.tick() => {
                if let Err(error) = retention.apply(&store).await {
                    tracing::warn!(%error, "old records were not deleted");
                }
                continue;
            }
        }
        let mut flushes = Vec::new();
        let mut records = Vec::with_capacity(messages.len());
        for message in messages.drain(..) {
            match message {
                Message::Record(record) => records.push(*record),
                Message::Flush(done) => flushes.push(done),
            }
        }
        if !records.is_empty()
            && let Err(error) = store.add_calls(&records).await
        {
            dropped.fetch_add(records.len() as u64, Ordering::Relaxed);
            tracing::warn!(%error, records = records.len(), "records of calls were dropped");
        }
        let flushed = !flushes.is_empty();
        for done in flushes {
            // The caller of `flush` may have gone.
            let _ = done.send(());
        }
        // Records that come one by one wait for each other, and cost one transaction together.
        if !flushed && records.len() < BATCH {
            let _ = tokio::time::timeout(WAIT, wake.notified()).await;
        }
    }
}
