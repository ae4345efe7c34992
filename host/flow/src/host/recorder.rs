//! Records of calls. A call does not wait for its record: it goes to a bounded queue and is written in a batch within a
//! second. What does not fit is dropped, and counted.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use lockgate_domain::CallRecord;
use lockgate_store::Store;
use tokio::sync::{Notify, mpsc, oneshot};

use crate::retention::Retention;

/// Records that wait: a second of the busiest host, and 8 MB.
const QUEUE: usize = 32_768;
/// The most records of one transaction: few, since changes wait for it, and enough to make its cost small.
const BATCH: usize = 2_000;
/// Bytes of log lines that wait with records. What a call logged beyond them is not kept.
const LOGS: usize = 8 * 1024 * 1024;
/// After so many bytes of log lines the oldest are deleted; what is kept between is this much above the retention.
const TRIM_LOGS: u64 = 32 * 1024 * 1024;
/// How long a record waits for others.
const WAIT: Duration = Duration::from_millis(500);

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
    /// Bytes of log lines that wait.
    logs: Arc<AtomicUsize>,
}

impl Recorder {
    pub(crate) fn start(store: Store, retention: Retention) -> Self {
        let (queue, waiting) = mpsc::channel(QUEUE);
        let dropped = Arc::new(AtomicU64::new(0));
        let wake = Arc::default();
        let logs: Arc<AtomicUsize> = Arc::default();
        let writer = Writer {
            store,
            retention,
            wake: Arc::clone(&wake),
            dropped: Arc::clone(&dropped),
            logs: Arc::clone(&logs),
        };
        tokio::spawn(writer.run(waiting));
        Self { queue, wake, dropped, logs }
    }

    pub(crate) fn record(&self, mut record: CallRecord) {
        let bytes = log_bytes(&record);
        if bytes > 0 && self.logs.load(Ordering::Relaxed).saturating_add(bytes) > LOGS {
            record.failure.iter_mut().for_each(|failure| failure.logs.clear());
        } else {
            self.logs.fetch_add(bytes, Ordering::Relaxed);
        }
        if let Err(error) = self.queue.try_send(Message::Record(Box::new(record))) {
            if let Message::Record(record) = error.into_inner() {
                self.logs.fetch_sub(log_bytes(&record), Ordering::Relaxed);
            }
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

/// Texts of log lines that a record has.
fn log_bytes(record: &CallRecord) -> usize {
    let lines = record.failure.iter().flat_map(|failure| &failure.logs);
    lines.map(|line| line.message.len() + line.fields.as_ref().map_or(0, |fields| fields.text().len())).sum()
}

/// Writes what was recorded.
struct Writer {
    store: Store,
    retention: Retention,
    wake: Arc<Notify>,
    dropped: Arc<AtomicU64>,
    logs: Arc<AtomicUsize>,
}

impl Writer {
    async fn run(self, mut waiting: mpsc::Receiver<Message>) {
        let (mut messages, mut logged) = (Vec::new(), 0);
        while waiting.recv_many(&mut messages, BATCH).await > 0 {
            let mut flushes = Vec::new();
            let mut records = Vec::with_capacity(messages.len());
            for message in messages.drain(..) {
                match message {
                    Message::Record(record) => records.push(*record),
                    Message::Flush(done) => flushes.push(done),
                }
            }
            if !records.is_empty() {
                self.logs.fetch_sub(records.iter().map(log_bytes).sum(), Ordering::Relaxed);
                logged += self.write(&records).await;
            }
            let flushed = !flushes.is_empty();
            for done in flushes {
                // The caller of `flush` may have gone.
                let _ = done.send(());
            }
            if logged > TRIM_LOGS {
                logged = 0;
                self.trim_logs().await;
            }
            // Records that come one by one wait for each other, and cost one transaction together.
            if !flushed && records.len() < BATCH {
                let _ = tokio::time::timeout(WAIT, self.wake.notified()).await;
            }
        }
    }

    /// Gives the bytes of log lines that were written.
    async fn write(&self, records: &[CallRecord]) -> u64 {
        match self.store.add_calls(records).await {
            Ok(logged) => logged,
            Err(error) => {
                self.dropped.fetch_add(records.len() as u64, Ordering::Relaxed);
                tracing::warn!(%error, records = records.len(), "records of calls were dropped");
                0
            }
        }
    }

    async fn trim_logs(&self) {
        if let Err(error) = self.retention.apply_to_logs(&self.store).await {
            tracing::warn!(%error, "old log lines of calls were not deleted");
        }
    }
}
