//! The open connections of one group with one connection's values. A [`crate::EgressSession`] owns its pool, so a connection
//! that was opened for one group, workspace, or set of values is never used by another.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use lockgate_domain::CredentialName;
use lockgate_domain::destination::Host;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::connect::dial::LOOKUPS_MAX;
use crate::transport::http::connection::Connection;

/// Open connections of one pool, each with up to some hundred KiB of buffers.
const CONNECTIONS_MAX: usize = 256;
/// Less than most servers wait before they close, so that few requests meet a connection that is just ending.
const IDLE_MAX: Duration = Duration::from_secs(50);
/// How long a connection may take to be ready again after its answer was read to the end; it never takes longer than
/// the task of the connection needs for its turn.
const READY_MAX: Duration = Duration::from_millis(500);

/// How long a request on an HTTP/2 connection may go without an answer until its end says something about the
/// connection: what is given up sooner was most often the slower one of two.
const SILENT_MAX: Duration = Duration::from_secs(1);

/// What a connection may be used for again.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    /// Whether it is encrypted.
    pub(crate) tls: bool,
    pub(crate) host: Host,
    pub(crate) port: u16,
    /// Whose requests it carries: another credential may come with another client certificate.
    pub(crate) credential: Option<CredentialName>,
    /// Whether its address need not be public.
    pub(crate) private: bool,
}

/// The open connections.
#[derive(Debug)]
pub(crate) struct Pool {
    idle: Mutex<HashMap<Arc<Key>, Vec<Idle>>>,
    places: Arc<Semaphore>,
    watched: AtomicBool,
    pub(crate) lookups: Arc<Semaphore>,
}

struct Idle {
    connection: Connection,
    since: Instant,
}

impl Default for Pool {
    fn default() -> Self {
        Self {
            idle: Mutex::default(),
            places: Arc::new(Semaphore::new(CONNECTIONS_MAX)),
            watched: AtomicBool::new(false),
            lookups: Arc::new(Semaphore::new(LOOKUPS_MAX)),
        }
    }
}

impl Pool {
    /// A connection that is open and takes a request now.
    pub(crate) async fn take(&self, key: &Key) -> Option<Connection> {
        loop {
            let mut connection = self.next(key)?;
            if let Ok(true) = tokio::time::timeout(READY_MAX, connection.ready()).await {
                return Some(connection);
            }
        }
    }

    fn next(&self, key: &Key) -> Option<Connection> {
        let mut all = self.locked();
        let idle = all.get_mut(key)?;
        // The one that was used last is the least likely to be closed by the other side.
        while let Some(mut last) = idle.pop() {
            if last.is_over() {
                continue;
            }
            if let Some(connection) = last.connection.shared() {
                last.since = Instant::now();
                idle.push(last);
                return Some(connection);
            }
            return Some(last.connection);
        }
        all.remove(key);
        None
    }

    /// Keeps a connection for the next request.
    pub(crate) fn put(&self, key: &Arc<Key>, connection: Connection) {
        if !connection.is_closed() {
            let idle = Idle { connection, since: Instant::now() };
            self.locked().entry(Arc::clone(key)).or_default().push(idle);
        }
    }

    /// Takes HTTP/2 connections out of use: a request had no answer in time, and the next would share its fate. What is
    /// on its way goes on.
    fn forget(&self, key: &Key) {
        if let Some(idle) = self.locked().get_mut(key) {
            idle.retain(|one| matches!(one.connection, Connection::Http1(..)));
        }
    }

    /// The right to open another connection.
    pub(crate) async fn place(&self) -> Option<OwnedSemaphorePermit> {
        if let Ok(place) = Arc::clone(&self.places).try_acquire_owned() {
            return Some(place);
        }
        // Those that nobody uses make room for those that somebody waits for.
        self.locked().clear();
        Arc::clone(&self.places).acquire_owned().await.ok()
    }

    /// Closes what was not used for long. False if nothing is left, and nobody needs to look again.
    pub(crate) fn reap(&self) -> bool {
        let mut all = self.locked();
        all.retain(|_, idle| {
            idle.retain(|one| !one.is_over());
            !idle.is_empty()
        });
        let left = !all.is_empty();
        self.watched.store(left, Ordering::Relaxed);
        left
    }

    /// Whether somebody has to begin to look after it.
    pub(crate) fn is_unwatched(&self) -> bool {
        !self.watched.swap(true, Ordering::Relaxed)
    }

    /// How many connections more may be opened.
    #[cfg(test)]
    pub(crate) fn free(&self) -> usize {
        self.places.available_permits()
    }

    fn locked(&self) -> MutexGuard<'_, HashMap<Arc<Key>, Vec<Idle>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Idle {
    fn is_over(&self) -> bool {
        self.connection.is_closed() || self.since.elapsed() > IDLE_MAX
    }
}

impl std::fmt::Debug for Idle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Idle({:?})", self.since)
    }
}

/// A request on an HTTP/2 connection that has no answer yet. Given up after some time, its connection takes no other.
pub(crate) struct Asked {
    pool: Arc<Pool>,
    key: Arc<Key>,
    at: Instant,
    answered: bool,
}

impl Asked {
    pub(crate) fn now(pool: &Arc<Pool>, key: &Arc<Key>) -> Self {
        Self { pool: Arc::clone(pool), key: Arc::clone(key), at: Instant::now(), answered: false }
    }

    pub(crate) fn answered(mut self) {
        self.answered = true;
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        if !self.answered && self.at.elapsed() > SILENT_MAX {
            self.pool.forget(&self.key);
        }
    }
}

/// A connection that carries a request. Dropped before the end of the answer, it is closed.
pub(crate) struct Lease {
    pub(crate) pool: Arc<Pool>,
    pub(crate) key: Arc<Key>,
    pub(crate) connection: Connection,
}

impl Lease {
    /// The upstream fell silent in the middle of the answer.
    pub(crate) fn fell_silent(self) {
        self.pool.forget(&self.key);
    }

    /// The answer was read to its end. An HTTP/2 connection is in the pool all the time.
    pub(crate) fn give_back(self) {
        match self.connection {
            Connection::Http1(..) => self.pool.put(&self.key, self.connection),
            Connection::Http2(..) => {}
        }
    }
}
