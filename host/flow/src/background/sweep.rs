//! What is tidied up from time to time, for as long as the host lives: idle code and schemas, old records, and the times of
//! use of tokens, which are kept in memory until they are written here.

use std::sync::Weak;
use std::time::Duration;

use lockgate_store::{Store, StoreError};

use crate::Host;
use crate::catalog::loaded_cache::SWEEP_EVERY;
use crate::clock::now;
use crate::host::Inner;

/// What a record takes in the store, with its places in the indexes.
const RECORD_BYTES: u64 = 200;
/// How often old records are deleted.
const TRIM_EVERY: Duration = Duration::from_secs(3600);
/// How often the times of use are written.
const NOTE_EVERY: Duration = Duration::from_secs(60);

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

impl Host {
    /// Writes when tokens were shown last, where that is not written yet.
    pub(crate) async fn note_used(&self) {
        let catalog = self.catalog().clone();
        let unwritten = catalog.tokens().iter().filter_map(|token| {
            let at = token.take_unwritten_use()?;
            Some((token.stored.caller.token, at))
        });
        let times: Vec<_> = unwritten.collect();
        if !times.is_empty()
            && let Err(error) = self.0.store.note_used(&times).await
        {
            tracing::warn!(%error, "the times of use of tokens were not written");
        }
    }
}

/// Unloads idle plugins and schemas.
pub(crate) async fn unload_idle(host: Weak<Inner>) {
    let mut times = tokio::time::interval(SWEEP_EVERY);
    loop {
        times.tick().await;
        let Some(host) = host.upgrade() else { return };
        host.loaded_plugins.sweep();
        host.loaded_schemas.sweep();
    }
}

/// Deletes old records.
pub(crate) async fn trim_records(host: Weak<Inner>) {
    let mut times = tokio::time::interval(TRIM_EVERY);
    loop {
        times.tick().await;
        let Some(inner) = host.upgrade() else { return };
        if let Err(error) = inner.settings.retention.apply(&inner.store).await {
            tracing::warn!(%error, "old records were not deleted");
        }
    }
}

/// Writes the times of use of tokens.
pub(crate) async fn note_used(host: Weak<Inner>) {
    let mut times = tokio::time::interval(NOTE_EVERY);
    times.tick().await;
    loop {
        times.tick().await;
        let Some(inner) = host.upgrade() else { return };
        Host(inner).note_used().await;
    }
}
