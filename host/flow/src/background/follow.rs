//! Hosts of one store follow each other's changes. Each polls the store's revision every second and takes over what changed
//! since the last one it knows; a notification of the store only makes it look sooner.

use std::sync::{Arc, Weak};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use lockgate_store::Store;
use tokio::sync::Notify;

use crate::Host;
use crate::host::Inner;

/// The shortest pause between two looks; the longest is half as much again, so that hosts don't look in step.
const PAUSE_MS: u64 = 800;

/// Follows the other hosts for as long as this one lives.
pub(crate) async fn poll(host: Weak<Inner>, store: Store) {
    if !store.is_shared() {
        return;
    }
    let hint = Arc::new(Notify::new());
    let woken = Arc::clone(&hint);
    let listener = tokio::spawn(async move { store.listen(&woken).await });
    let mut failing = false;
    loop {
        // Nobody is there to hear a hint in time more often than this.
        let _ = tokio::time::timeout(pause(), hint.notified()).await;
        let Some(inner) = host.upgrade() else { break };
        let caught_up = Host(inner).catch_up().await;
        match &caught_up {
            Err(error) if !failing => {
                tracing::warn!(%error, "changes of other hosts are not seen until the store answers");
            }
            Ok(()) if failing => tracing::info!("changes of other hosts are seen again"),
            Ok(()) | Err(_) => {}
        }
        failing = caught_up.is_err();
    }
    listener.abort();
}

/// The digits of the clock below a millisecond are as good as random here.
fn pause() -> Duration {
    let nanoseconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().subsec_nanos();
    Duration::from_millis(PAUSE_MS + u64::from(nanoseconds % 401))
}
