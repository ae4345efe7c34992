//! What is cleaned up from time to time, for as long as the host lives: idle code and schemas, old records, and the times of
//! use of tokens, which are kept in memory until they are written here.

use std::sync::Weak;
use std::time::Duration;

use crate::Host;
use crate::catalog::loaded_cache::SWEEP_EVERY;
use crate::host::Inner;

/// How often old records are deleted.
const TRIM_EVERY: Duration = Duration::from_secs(3600);
/// How often the times of use are written.
const NOTE_EVERY: Duration = Duration::from_secs(60);

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
            tracing::warn!(%error, "last-used times of tokens were not saved");
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
        host.loaded_descriptors.sweep();
        host.loaded_programs.sweep();
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

/// Writes when tokens were last used.
pub(crate) async fn note_used(host: Weak<Inner>) {
    let mut times = tokio::time::interval(NOTE_EVERY);
    times.tick().await;
    loop {
        times.tick().await;
        let Some(inner) = host.upgrade() else { return };
        Host(inner).note_used().await;
    }
}
