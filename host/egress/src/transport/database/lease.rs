//! A session in use. However it ends, the next user finds nothing of this one: what ran is cancelled, what was begun is
//! rolled back, and what may have been left is reset.

use std::sync::Arc;

use super::failed::Failed;
use super::server::{Key, Server};
use super::session::Session;
use crate::connect::Pool;
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
}

impl Lease {
    /// A session from the pool, if one that was used before will do, or a new one.
    pub(super) async fn take(context: &SendContext<'_>, server: Arc<Server>, reuse: bool) -> Result<Self, EgressError> {
        let pool = Arc::clone(&context.state.pools.database);
        let message_max = usize::try_from(context.limits.upstream_body_bytes).unwrap_or(usize::MAX);
        let clock = &context.clock;
        let taken = async {
            if reuse && let Some(mut session) = pool.take(&server.key).await {
                session.limit_messages(message_max);
                return Ok(session);
            }
            let permit = pool.permit().await.ok_or(EgressError::Host("the pool is closed"))?;
            pool.watched_by(context.network);
            server.open(permit, message_max).await
        };
        let session = clock.within(Some(clock.connect), Phase::Connect, &server.origin, taken).await??;
        Ok(Self { session: Some(session), server, pool, broken: false })
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
            Ok(_) | Err(Failed::Refused(_) | Failed::Invalid(_)) => false,
            Err(Failed::Login(_) | Failed::Tls(_) | Failed::TooLarge | Failed::Broken(_)) => true,
        };
        done
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(mut session) = self.session.take() else { return };
        let (server, pool) = (Arc::clone(&self.server), Arc::clone(&self.pool));
        if session.is_busy() {
            // Before it is closed: a server notices that nobody listens only when it has something to say.
            self.server.afterwards(async move {
                server.cancel(session.cancel_key()).await;
                drop(session);
            });
        } else if self.broken {
            drop(session);
        } else if session.is_clean() {
            self.pool.put(&self.server.key, session);
        } else {
            self.server.afterwards(async move {
                if session.reset().await.is_ok() {
                    pool.put(&server.key, session);
                }
            });
        }
    }
}
