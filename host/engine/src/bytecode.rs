//! The code of one script, as the engine of scripts runs it.

use std::fmt;
use std::sync::Arc;

use crate::poll_history::PollHistory;

/// Bytecode, and what the host knows of its calls: one component runs all scripts, so that is known of each for itself. Cheap
/// to clone; all clones share both.
#[derive(Clone)]
pub struct Bytecode(Arc<Inner>);

struct Inner {
    bytes: Arc<[u8]>,
    poll_history: PollHistory,
}

impl Bytecode {
    /// Of a script that was not called yet.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Arc::new(Inner { bytes: bytes.into(), poll_history: PollHistory::default() }))
    }

    /// What the engine of scripts reads.
    pub fn bytes(&self) -> &Arc<[u8]> {
        &self.0.bytes
    }

    pub(crate) fn poll_history(&self) -> &PollHistory {
        &self.0.poll_history
    }
}

impl fmt::Debug for Bytecode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bytecode").field("bytes", &self.0.bytes.len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::task::Poll;
    use std::time::{Duration, Instant};

    use super::*;
    use crate::cpu::tests::spin;
    use crate::cpu::{Meter, Metered};
    use crate::threads::{GuestThreads, QueueOwner, Ticket};
    use crate::ticker::TICK;

    /// The thread on which a call that computes for so long is polled.
    async fn ran_on(threads: &GuestThreads, script: &Bytecode, time: Duration) -> std::thread::ThreadId {
        let meter = Meter::new();
        let inner = std::future::poll_fn(move |_| {
            spin(time);
            Poll::Ready(std::thread::current().id())
        });
        let ticket = Ticket { owner: QueueOwner::Host, meter: Some(Arc::clone(&meter)) };
        let until = Instant::now() + Duration::from_secs(10);
        threads.run(script.poll_history(), ticket, until, Metered { meter, inner }).await.unwrap()
    }

    #[tokio::test]
    async fn a_script_that_computes_sends_no_other_one_to_the_guest_threads() {
        let (threads, own) = (GuestThreads::start().unwrap(), std::thread::current().id());
        let [computes, other] = [(); 2].map(|()| Bytecode::new(vec![1]));
        assert_eq!(ran_on(&threads, &computes, 2 * TICK).await, own);
        assert_ne!(ran_on(&threads, &computes.clone(), Duration::ZERO).await, own, "it has computed");
        assert_eq!(ran_on(&threads, &other, Duration::ZERO).await, own);
    }
}
