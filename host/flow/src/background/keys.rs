//! Idempotency keys: those of yesterday are deleted, and scopes that have too many of today get no more.

use std::collections::HashSet;
use std::sync::{Arc, Weak};
use std::time::Duration;

use crate::host::Inner;
use crate::{FlowError, Host};

/// How often that is looked at. A scope can go beyond its bounds by what it sends meanwhile.
const EVERY: Duration = Duration::from_secs(60);
/// Keys that a scope can use in a day: eleven a second, all day long.
const KEYS_MAX: i64 = 1_000_000;
/// Bytes of what they were answered.
const BYTES_MAX: i64 = 1024 * 1024 * 1024;

/// Cleans up for as long as the host lives.
pub(crate) async fn sweep(host: Weak<Inner>) {
    let mut times = tokio::time::interval(EVERY);
    loop {
        times.tick().await;
        let Some(inner) = host.upgrade() else { return };
        if let Err(error) = Host(inner).sweep_keys(KEYS_MAX, BYTES_MAX).await {
            tracing::warn!(%error, "old idempotency keys were not deleted");
        }
    }
}

impl Host {
    async fn sweep_keys(&self, keys: i64, bytes: i64) -> Result<(), FlowError> {
        self.0.store.trim_keys().await?;
        let many = self.0.store.scopes_with_many_keys(keys, bytes).await?;
        let many: HashSet<_> = many.into_iter().collect();
        let catalog = self.catalog();
        let scopes = catalog.scopes().all().map(|stored| stored.scope);
        let full: HashSet<_> = scopes.filter(|scope| many.contains(scope.id_bytes())).collect();
        self.0.many_keys.store(Arc::new(full));
        Ok(())
    }
}
