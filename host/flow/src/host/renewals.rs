//! Renewals that run in this process, so that whoever wants the same token waits for the same request, and what came of
//! them.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lockgate_domain::{ConnectionId, CredentialName};
use lockgate_egress::EgressError;
use lockgate_vault::KeyError;
use tokio::sync::watch;

/// What came of a renewal; none while it runs.
type Outcome = Option<Result<(), EgressError>>;
/// A credential of a connection.
type Key = (ConnectionId, CredentialName);

/// The renewals of one process.
#[derive(Debug)]
pub(crate) struct Renewals {
    /// By which leases say whose they are: another one for each start.
    pub(crate) holder: [u8; 16],
    running: Mutex<HashMap<Key, watch::Receiver<Outcome>>>,
    issued: AtomicU64,
    failed: AtomicU64,
    ended: AtomicU64,
}

/// How often tokens were renewed since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenCounts {
    /// A provider gave tokens.
    pub issued: u64,
    /// It did not, and may later.
    pub failed: u64,
    /// It did not, and a person must act.
    pub ended: u64,
}

impl Renewals {
    /// With none running.
    pub(crate) fn new() -> Result<Self, KeyError> {
        let random = lockgate_vault::AccessToken::generate()?;
        let mut holder = [0; 16];
        let digest = lockgate_domain::Digest::of(random.reveal().as_bytes());
        holder.iter_mut().zip(digest.as_bytes()).for_each(|(own, byte)| *own = *byte);
        let (issued, failed, ended) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
        Ok(Self { holder, running: Mutex::default(), issued, failed, ended })
    }

    pub(crate) fn counts(&self) -> TokenCounts {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        TokenCounts { issued: read(&self.issued), failed: read(&self.failed), ended: read(&self.ended) }
    }

    pub(crate) fn count_issued(&self) {
        self.issued.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn count_failed(&self) {
        self.failed.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn count_ended(&self) {
        self.ended.fetch_add(1, Ordering::Relaxed);
    }

    /// The renewal of a credential: the one that runs, or a new one. It runs to its end, whoever waits for it.
    pub(crate) fn join<F>(&self, key: Key, renew: impl FnOnce() -> F) -> watch::Receiver<Outcome>
    where
        F: Future<Output = Result<(), EgressError>> + Send + 'static,
    {
        let mut running = self.locked();
        // One that has ended leaves its place to the next.
        running.retain(|_, receiver| receiver.has_changed().is_ok());
        if let Some(receiver) = running.get(&key) {
            return receiver.clone();
        }
        let (sender, receiver) = watch::channel(None);
        running.insert(key, receiver.clone());
        let work = renew();
        tokio::spawn(async move {
            let outcome = work.await;
            sender.send_replace(Some(outcome));
        });
        receiver
    }

    /// Waits until none runs, or the time is over.
    pub(crate) async fn settle(&self, time: Duration) {
        let all: Vec<_> = self.locked().values().cloned().collect();
        let settled = async {
            for mut one in all {
                let _ = one.wait_for(Option::is_some).await;
            }
        };
        if tokio::time::timeout(time, settled).await.is_err() {
            tracing::warn!("the host ends while it waits for tokens of a provider");
        }
    }

    fn locked(&self) -> MutexGuard<'_, HashMap<Key, watch::Receiver<Outcome>>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Waits for the end of a renewal.
pub(crate) async fn outcome(mut receiver: watch::Receiver<Outcome>) -> Result<(), EgressError> {
    match receiver.wait_for(Option::is_some).await {
        Ok(outcome) => outcome.clone().unwrap_or(Ok(())),
        // Its task is gone, as when the host ends.
        Err(_) => Err(EgressError::Host("a renewal of tokens was cut off")),
    }
}
