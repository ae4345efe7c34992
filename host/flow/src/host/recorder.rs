//! Records of calls. A call does not wait for its record: it goes to a bounded queue and is written in a batch within a
//! second. What does not fit is dropped, and counted.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use lockgate_domain::CallRecord;
use lockgate_store::Store;
use tokio::sync::{Notify, mpsc, oneshot};

/// Records that wait: a second of the busiest host, and 8 MB.
const QUEUE: usize = 32_768;
/// The most records of one transaction: few, since changes wait for it, and enough to make its cost small.
const BATCH: usize = 2_000;
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
}

impl Recorder {
    pub(crate) fn start(store: Store) -> Self {
        let (queue, waiting) = mpsc::channel(QUEUE);
        let dropped = Arc::new(AtomicU64::new(0));
        let wake = Arc::default();
        tokio::spawn(write(store, waiting, Arc::clone(&wake), Arc::clone(&dropped)));
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

async fn write(store: Store, mut waiting: mpsc::Receiver<Message>, wake: Arc<Notify>, dropped: Arc<AtomicU64>) {
    let mut messages = Vec::new();
    while waiting.recv_many(&mut messages, BATCH).await > 0 {
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
