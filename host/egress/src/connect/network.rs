//! What all groups of a host share to open connections.

use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::time::Duration;

use lockgate_domain::GroupId;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::{Dialer, Tls};
use crate::workers::Workers;

/// How often connections that nobody uses are looked for.
const REAP_EVERY: Duration = Duration::from_secs(15);

/// The dialer, what TLS starts from, and the threads. Pools, breakers and tokens belong to a session, so that nothing of
/// a group is another's.
#[derive(Debug)]
pub(crate) struct Network {
    pub(crate) dialer: Dialer,
    pub(crate) tls: Tls,
    /// Where connections live: guests run on threads that do no I/O.
    pub(crate) runtime: Handle,
    /// Who does long work on answers.
    pub(crate) workers: OnceLock<Arc<dyn Workers>>,
    pools: Mutex<Vec<Weak<dyn Reap>>>,
}

/// A pool that is looked after.
pub(crate) trait Reap: std::fmt::Debug + Send + Sync {
    /// Closes what was not used for long. False if nothing is left, and nobody needs to look again.
    fn reap(&self) -> bool;
}

impl Network {
    /// Looks after its pools for as long as it is there.
    pub(crate) fn start(dialer: Dialer, tls: Tls, runtime: Handle) -> Arc<Self> {
        let network = Arc::new(Self { dialer, tls, runtime, workers: OnceLock::new(), pools: Mutex::default() });
        let watched = Arc::downgrade(&network);
        network.runtime.spawn(async move {
            loop {
                tokio::time::sleep(REAP_EVERY).await;
                let Some(network) = watched.upgrade() else { return };
                network.reap();
            }
        });
        network
    }

    /// Does work that untrusted data makes long, in the turn of a group. Nothing comes of work that panicked.
    pub(crate) async fn compute<T: Send + 'static>(
        &self,
        group: GroupId,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        let Some(workers) = self.workers.get() else { return self.runtime.spawn_blocking(work).await.ok() };
        let (done, result) = oneshot::channel();
        let keep = move || drop(done.send(work()));
        workers.work(group, Box::new(keep)).await;
        result.await.ok()
    }

    /// Looks after a pool from now on.
    pub(crate) fn watch(&self, pool: Weak<dyn Reap>) {
        self.pools.lock().unwrap_or_else(PoisonError::into_inner).push(pool);
    }

    /// Closes what was not used for long, and forgets pools without a connection, which come back when they open one.
    fn reap(&self) {
        let mut pools = self.pools.lock().unwrap_or_else(PoisonError::into_inner);
        pools.retain(|pool| pool.upgrade().is_some_and(|pool| pool.reap()));
    }
}
