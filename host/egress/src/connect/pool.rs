//! The open connections of one session to servers of one transport. What authenticates a connection itself is part of
//! its key or of the session: a connection that was opened for one group, workspace, connection or client certificate
//! is never used by another. Credentials that go with each request authenticate none, so a new value of one leaves them
//! open.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use lockgate_domain::destination::Host;
use lockgate_domain::{CredentialName, TenantName};
use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard, OwnedSemaphorePermit, Semaphore};

use super::tenant_permits::{TenantPermit, TenantPermits};
use super::{Network, Reap};

/// Open connections of one pool, each with up to some hundred KiB of buffers.
const CONNECTIONS_MAX: usize = 256;
/// Less than most servers wait before they close, so that few requests meet a connection that is just ending.
const IDLE_MAX: Duration = Duration::from_secs(50);
/// How long a connection may take to be ready again after its answer was read to the end; it never takes longer than
/// the task of the connection needs to be polled.
const READY_MAX: Duration = Duration::from_millis(500);

/// How long a request on an HTTP/2 connection may go without an answer until its end says something about the
/// connection: what is cancelled sooner was most often the slower one of two.
const SILENT_MAX: Duration = Duration::from_secs(1);

/// What a connection may be used for again.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    /// Whether it is encrypted.
    pub(crate) tls: bool,
    pub(crate) host: Host,
    pub(crate) port: u16,
    /// Whose requests it carries: a credential has a TLS identity of its own, or none.
    pub(crate) credential: Option<CredentialName>,
    /// Whether its address need not be public.
    pub(crate) private: bool,
}

/// A connection of some transport.
pub(crate) trait Pooled: Sized + Send + 'static {
    /// Whether it will not take another request.
    fn is_closed(&self) -> bool;

    /// Waits until it takes a request; false if it never will.
    fn ready(&mut self) -> impl Future<Output = bool> + Send;

    /// Whether it takes many requests at one time. Then it is in the pool all the time.
    fn is_multiplexed(&self) -> bool;

    /// The same connection for one request more, if it takes many and has room.
    fn shared(&self) -> Option<Self>;
}

/// The open connections, by what they may be used for again.
pub(crate) struct Pool<C, K = Key> {
    idle: Mutex<HashMap<Arc<K>, Vec<Idle<C>>>>,
    permits: Arc<Semaphore>,
    /// How many of them there are.
    max: usize,
    /// Those who wait for a permit.
    waiting: AtomicUsize,
    /// Who may have one to himself.
    tenants: TenantPermits,
    watched: AtomicBool,
    rotation: AtomicUsize,
    /// Held while somebody opens a connection that others can share.
    opening: Mutex<HashMap<Arc<K>, Weak<AsyncMutex<()>>>>,
}

struct Idle<C> {
    connection: C,
    since: Instant,
}

impl<C, K> Default for Pool<C, K> {
    fn default() -> Self {
        Self::with(CONNECTIONS_MAX)
    }
}

impl<C, K> Pool<C, K> {
    /// With so many connections at the most.
    pub(crate) fn with(max: usize) -> Self {
        let permits = Arc::new(Semaphore::new(max));
        let (waiting, rotation) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let (watched, opening) = (AtomicBool::new(false), Mutex::default());
        Self {
            idle: Mutex::default(),
            permits,
            max,
            waiting,
            tenants: TenantPermits::new(max),
            watched,
            rotation,
            opening,
        }
    }

    /// Which of a server's addresses the next connection begins with, for transports that spread over them.
    pub(crate) fn rotation(&self) -> usize {
        self.rotation.fetch_add(1, Ordering::Relaxed)
    }

    /// The right to have a connection to oneself, for as long as that is in use. `tenant` is whose request it is, where several
    /// tenants share the pool.
    pub(crate) async fn tenant_permit(&self, tenant: Option<&TenantName>) -> Option<TenantPermit> {
        self.tenants.take(tenant).await
    }

    fn locked(&self) -> MutexGuard<'_, HashMap<Arc<K>, Vec<Idle<C>>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<C: Pooled, K: Eq + Hash + Send + Sync + 'static> Pool<C, K> {
    /// A connection that is open and takes a request now. Of connections that take one at a time, it is for who has a tenant permit.
    pub(crate) async fn take(&self, key: &K) -> Option<C> {
        self.ready(key, |_| true).await
    }

    /// One that takes many, and is for everybody.
    pub(crate) async fn share(&self, key: &K) -> Option<C> {
        self.ready(key, C::is_multiplexed).await
    }

    async fn ready(&self, key: &K, wanted: fn(&C) -> bool) -> Option<C> {
        loop {
            let mut connection = self.next(key, wanted)?;
            if let Ok(true) = tokio::time::timeout(READY_MAX, connection.ready()).await {
                return Some(connection);
            }
        }
    }

    fn next(&self, key: &K, wanted: fn(&C) -> bool) -> Option<C> {
        let mut all = self.locked();
        let idle = all.get_mut(key)?;
        // The one that was used last is the least likely to be closed by the other side.
        let mut index = idle.len();
        while let Some(before) = index.checked_sub(1) {
            index = before;
            if !idle.get(index).is_some_and(|one| wanted(&one.connection)) {
                continue;
            }
            let mut one = idle.remove(index);
            if one.is_over() {
                continue;
            }
            if !one.connection.is_multiplexed() {
                return Some(one.connection);
            }
            let shared = one.connection.shared();
            if shared.is_some() {
                // The others have their turn before it is used again.
                one.since = Instant::now();
                idle.insert(0, one);
                return shared;
            }
            // It carries as many requests as it can.
            idle.insert(index, one);
        }
        if idle.is_empty() {
            all.remove(key);
        }
        None
    }

    /// Keeps a connection for the next request. It is closed when somebody waits for a permit, which it has.
    pub(crate) fn put(&self, key: &Arc<K>, connection: C) {
        if connection.is_closed() {
            return;
        }
        // With the lock: who begins to wait after this look closes what is kept here.
        let mut all = self.locked();
        if self.waiting.load(Ordering::SeqCst) == 0 {
            all.entry(Arc::clone(key)).or_default().push(Idle { connection, since: Instant::now() });
        }
    }

    /// Takes multiplexed connections out of use: a request had no answer in time, and the next would share its fate. What
    /// is on its way goes on.
    fn forget(&self, key: &K) {
        if let Some(idle) = self.locked().get_mut(key) {
            idle.retain(|one| !one.connection.is_multiplexed());
        }
    }

    /// Begins to open a connection that others can share. While somebody else does, it waits for that and is none: then
    /// there may be one to share. It waits once, so that a server that can't be reached costs everybody one time to connect
    /// and not one after another.
    pub(crate) async fn begin_to_open(&self, key: &Arc<K>) -> Option<OwnedMutexGuard<()>> {
        let lock = {
            let mut opening = self.opening.lock().unwrap_or_else(PoisonError::into_inner);
            opening.retain(|_, lock| lock.strong_count() > 0);
            let known = opening.get(key).and_then(Weak::upgrade);
            known.unwrap_or_else(|| {
                let lock = Arc::default();
                opening.insert(Arc::clone(key), Arc::downgrade(&lock));
                lock
            })
        };
        match Arc::clone(&lock).try_lock_owned() {
            Ok(begun) => Some(begun),
            Err(_) => {
                drop(lock.lock().await);
                None
            }
        }
    }

    /// The right to open another connection. Who has a tenant permit waits for it no longer than others need to be closed.
    pub(crate) async fn permit(&self) -> Option<OwnedSemaphorePermit> {
        if let Ok(permit) = Arc::clone(&self.permits).try_acquire_owned() {
            return Some(permit);
        }
        let _waiting = Waiting::begin(&self.waiting);
        // Those that nobody uses make room for those that somebody waits for.
        self.locked().clear();
        Arc::clone(&self.permits).acquire_owned().await.ok()
    }

    /// Has idle connections closed from now on.
    pub(crate) fn watched_by(self: &Arc<Self>, network: &Network) {
        if !self.watched.swap(true, Ordering::Relaxed) {
            let pool: Weak<Self> = Arc::downgrade(self);
            network.watch(pool);
        }
    }

    /// How many connections more may be opened.
    #[cfg(test)]
    pub(crate) fn free(&self) -> usize {
        self.permits.available_permits()
    }

    /// How many connections more may be in use.
    #[cfg(test)]
    pub(crate) fn tenant_permits_left(&self) -> usize {
        self.tenants.left()
    }
}

impl<C: Pooled, K: Eq + Hash + Send + Sync + 'static> Reap for Pool<C, K> {
    fn reap(&self) -> bool {
        let mut all = self.locked();
        all.retain(|_, idle| {
            idle.retain(|one| !one.is_over());
            !idle.is_empty()
        });
        // One in use comes back later, and nobody says so then.
        let left = !all.is_empty() || self.permits.available_permits() < self.max;
        self.watched.store(left, Ordering::Relaxed);
        left
    }
}

/// Somebody who waits for a permit.
struct Waiting<'w>(&'w AtomicUsize);

impl<'w> Waiting<'w> {
    fn begin(waiting: &'w AtomicUsize) -> Self {
        waiting.fetch_add(1, Ordering::SeqCst);
        Self(waiting)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl<C: Pooled> Idle<C> {
    fn is_over(&self) -> bool {
        self.connection.is_closed() || self.since.elapsed() > IDLE_MAX
    }
}

impl<C, K> std::fmt::Debug for Pool<C, K> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Pool({} permits left)", self.permits.available_permits())
    }
}

/// A request on a multiplexed connection that has no answer yet. Dropped after some time without one, it takes the
/// connection out of use.
pub(crate) struct Unanswered<C: Pooled> {
    pool: Arc<Pool<C>>,
    key: Arc<Key>,
    since: Instant,
    answered: bool,
}

impl<C: Pooled> Unanswered<C> {
    pub(crate) fn new(pool: &Arc<Pool<C>>, key: &Arc<Key>) -> Self {
        Self { pool: Arc::clone(pool), key: Arc::clone(key), since: Instant::now(), answered: false }
    }

    pub(crate) fn answered(mut self) {
        self.answered = true;
    }
}

impl<C: Pooled> Drop for Unanswered<C> {
    fn drop(&mut self) {
        if !self.answered && self.since.elapsed() > SILENT_MAX {
            self.pool.forget(&self.key);
        }
    }
}

/// A connection that carries a request. Dropped before the end of the answer, it is closed.
pub(crate) struct Lease<C: Pooled> {
    pub(crate) pool: Arc<Pool<C>>,
    pub(crate) key: Arc<Key>,
    pub(crate) connection: C,
    /// Where it carries no other request. The last of the fields: whoever is next finds the connection in the pool or closed.
    pub(crate) tenant_permit: Option<TenantPermit>,
}

impl<C: Pooled> Lease<C> {
    /// The upstream fell silent in the middle of the answer.
    pub(crate) fn fell_silent(self) {
        self.pool.forget(&self.key);
    }

    /// The answer was read to its end. A multiplexed connection is in the pool all the time.
    pub(crate) fn give_back(self) {
        let Self { pool, key, connection, tenant_permit } = self;
        if !connection.is_multiplexed() {
            pool.put(&key, connection);
        }
        drop(tenant_permit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A connection that takes one request at a time.
    struct One(#[expect(dead_code, reason = "it is given back when the connection is dropped")] OwnedSemaphorePermit);

    impl Pooled for One {
        fn is_closed(&self) -> bool {
            false
        }

        async fn ready(&mut self) -> bool {
            true
        }

        fn is_multiplexed(&self) -> bool {
            false
        }

        fn shared(&self) -> Option<Self> {
            None
        }
    }

    /// Nobody says it again when a connection comes back.
    #[tokio::test]
    async fn a_pool_is_looked_after_while_one_is_in_use() {
        let pool: Pool<One, u8> = Pool::with(2);
        assert!(!pool.reap());
        let one = One(pool.permit().await.unwrap());
        assert!(pool.reap());
        pool.put(&Arc::new(1), one);
        assert!(pool.reap());
        pool.locked().clear();
        assert!(!pool.reap());
    }
}
