//! A session in use. However it ends, the next user finds nothing of this one: what ran is cancelled, what was begun is
//! rolled back, and what may have been left is reset.

use std::sync::Arc;

use tokio::sync::OwnedSemaphorePermit;

use super::failed::Failed;
use super::server::{Key, Server};
use super::session::{Prepared, Session};
use crate::connect::{Pool, TenantPermit};
use crate::transport::SendContext;
use crate::{EgressError, Phase};

/// The sessions of a group with one connection.
pub(crate) type Sessions = Pool<Session, Key>;

/// A session that somebody uses.
pub(super) struct Lease {
    /// None once it is lost.
    session: Option<Session>,
    pub(super) server: Arc<Server>,
    pool: Arc<Sessions>,
    /// Whether what is read next would be another answer than the one that is expected.
    broken: bool,
    /// Given back when the session is in the pool or closed.
    tenant_permit: Option<TenantPermit>,
}

impl Lease {
    /// A session from the pool, if one that was used before will do, or a new one.
    pub(super) async fn take(context: &SendContext<'_>, server: Arc<Server>, reuse: bool) -> Result<Self, EgressError> {
        let pool = Arc::clone(&context.state.pools.database);
        let message_max = usize::try_from(context.limits.upstream_body_bytes).unwrap_or(usize::MAX);
        let (clock, breakers) = (&context.clock, &context.state.breakers);
        let waited = async {
            let tenant_permit = pool.tenant_permit(context.tenant).await?;
            let free = if reuse { pool.take(&server.key).await } else { None };
            Some(match free {
                Some(session) => (tenant_permit, Free::Session(session)),
                None => (tenant_permit, Free::Permit(pool.permit().await?)),
            })
        };
        let waited = clock.within(Some(clock.connect), Phase::Waiting, &server.origin, waited).await?;
        let (tenant_permit, free) = waited.ok_or(EgressError::Host("the pool is closed"))?;
        let session = match free {
            Free::Session(mut session) => {
                session.limit_messages(message_max);
                session
            }
            Free::Permit(permit) => {
                pool.watched_by(context.network);
                let opened = server.open(permit, message_max);
                let opened = clock.within(Some(clock.connect), Phase::Connect, &server.origin, opened).await;
                let opened = opened.and_then(|opened| opened);
                match &opened {
                    Ok(_) => breakers.succeeded(&server.origin),
                    Err(error) if error.is_of_the_way() => breakers.failed(&server.origin),
                    Err(_) => {}
                }
                opened?
            }
        };
        Ok(Self { session: Some(session), server, pool, broken: false, tenant_permit: Some(tenant_permit) })
    }

    /// Does something with the session, which is lost when it fails in any other way than by a refusal.
    pub(super) async fn with<T>(
        &mut self,
        work: impl AsyncFnOnce(&mut Session) -> Result<T, Failed>,
    ) -> Result<T, Failed> {
        let session = self.session.as_mut().filter(|_| !self.broken);
        let session = session.ok_or_else(|| Failed::Broken("the session was lost before".to_owned()))?;
        // Also when nobody waits for its end: what comes next would be the answer to this.
        self.broken = true;
        let done = work(session).await;
        self.broken = match &done {
            Ok(_) => false,
            // In the middle of an answer the next one would be the rest of it.
            Err(Failed::Refused(_) | Failed::Stale(_) | Failed::Invalid(_)) => session.is_busy(),
            Err(Failed::Login(_) | Failed::Tls(_) | Failed::TooLarge | Failed::Broken(_) | Failed::Host(_)) => true,
        };
        done
    }

    /// The session is used no more: the rest of an answer stands before whatever is asked next.
    pub(super) fn lose(&mut self) {
        self.broken = true;
    }

    /// Whether the session is used no more.
    pub(super) fn is_lost(&self) -> bool {
        self.broken || self.session.is_none()
    }

    /// Whether a transaction was begun; none where the session is lost.
    pub(super) fn in_transaction(&self) -> Option<bool> {
        self.session.as_ref().filter(|_| !self.broken).map(Session::in_transaction)
    }

    /// An answer that is read in steps is not needed any more.
    pub(super) fn release(&mut self, prepared: &Prepared, portal: String) {
        if let Some(session) = &mut self.session {
            session.release(prepared, portal);
        }
    }
}

/// What a request waits for: a session that is open, or the right to open one.
enum Free {
    Session(Session),
    Permit(OwnedSemaphorePermit),
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(mut session) = self.session.take() else { return };
        let tenant_permit = self.tenant_permit.take();
        let (server, pool) = (Arc::clone(&self.server), Arc::clone(&self.pool));
        if session.is_busy() {
            // Before it is closed: a server notices that nobody listens only when it has something to say.
            self.server.afterwards(async move {
                server.cancel(session.peer(), session.cancel_key()).await;
                drop((session, tenant_permit));
            });
        } else if self.broken {
            drop(session);
        } else if session.is_clean() {
            session.trim();
            self.pool.put(&self.server.key, session);
        } else {
            self.server.afterwards(async move {
                if session.reset().await.is_ok() {
                    session.trim();
                    pool.put(&server.key, session);
                }
                drop(tenant_permit);
            });
        }
    }
}
