//! The beginning and the end of a host's work.

use std::sync::Arc;
use std::time::Duration;

use crate::background::{follow, keys, sweep};
use crate::host::{HostParts, HostSettings};
use crate::{FlowError, Host};

/// How long the end of a host waits for answers of providers: as long as they usually take.
const TOKENS: Duration = Duration::from_secs(15);

impl Host {
    /// Reads the catalog, and begins to record calls and to compile what this engine has not compiled yet.
    ///
    /// # Errors
    /// The store can't be read.
    pub async fn start(parts: HostParts, settings: HostSettings) -> Result<Self, FlowError> {
        let shared = parts.store.clone();
        let host = Self::assemble(parts, settings).await?;
        tokio::spawn(host.clone().compile_missing());
        tokio::spawn(follow::poll(Arc::downgrade(&host.0), shared));
        tokio::spawn(sweep::unload_idle(Arc::downgrade(&host.0)));
        tokio::spawn(sweep::trim_records(Arc::downgrade(&host.0)));
        tokio::spawn(keys::sweep(Arc::downgrade(&host.0)));
        tokio::spawn(sweep::note_used(Arc::downgrade(&host.0)));
        Ok(host)
    }

    /// Writes what is still queued, and closes the store.
    pub async fn close(&self) {
        // A token that a provider has given and nobody keeps is lost.
        self.0.renewals.settle(TOKENS).await;
        self.0.recorder.flush().await;
        self.tracer().flush().await;
        self.note_used().await;
        self.0.store.close().await;
    }
}
