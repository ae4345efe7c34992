//! A request on a connection: one from the pool, or a new one.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hyper::body::Incoming;
use lockgate_domain::{Limit, LimitHit};
use tokio::sync::OwnedSemaphorePermit;

use super::SendContext;
use super::connection::{Connection, HEAD_MAX, SendFailure, establish};
use super::hop::Hop;
use super::outbound_request::OutboundRequest;
use super::request::Body;
use super::request_body::RequestBody;
use super::retry::is_idempotent;
use crate::connect::{Checks, Lease, Pooled, TenantPermit, Unanswered};
use crate::transport::abort_on_drop::AbortOnDrop;
use crate::{EgressError, Phase};

/// Connections from the pool that may turn out to be closed before a new one is opened.
const STALE_MAX: u32 = 3;

impl Hop<'_> {
    /// Sends a request until a connection takes it, and waits for the head of the answer.
    pub(super) async fn head(
        &self,
        context: &SendContext<'_>,
        mut request: OutboundRequest<'_>,
    ) -> Result<(http::Response<Incoming>, Lease<Connection>), EgressError> {
        let exceeded = Arc::new(AtomicBool::new(false));
        let cap = context.limits.upstream_body_bytes;
        let mut stale = 0;
        let mut streamed = None;
        loop {
            let (mut connection, tenant_permit, reused) = self.connection(context, stale < STALE_MAX).await?;
            let multiplexed = connection.is_multiplexed();
            let body = match (&mut request.body, streamed.take()) {
                (_, Some(stream)) => stream,
                (Body::Empty, None) => RequestBody::Whole(None),
                (Body::Bytes(bytes), None) if bytes.len() as u64 > cap => return Err(too_large(cap)),
                (Body::Bytes(bytes), None) => RequestBody::Whole(Some(bytes.clone())),
                (body @ Body::Stream(_), None) => {
                    let Body::Stream(body) = std::mem::replace(body, Body::Empty) else {
                        return Err(EgressError::Host("a stream is none"));
                    };
                    RequestBody::Stream { body, left: cap, exceeded: Arc::clone(&exceeded) }
                }
            };
            let is_stream = matches!(body, RequestBody::Stream { .. });
            let message = request.message(multiplexed, body)?;
            let pool = &context.state.pools.http;
            let unanswered = multiplexed.then(|| Unanswered::new(pool, &self.key));
            let sent = connection.send(message);
            let clock = &context.clock;
            let failure = match clock.within(clock.first_byte, Phase::FirstByte, &self.origin, sent).await? {
                Ok(answer) => {
                    if let Some(unanswered) = unanswered {
                        unanswered.answered();
                    }
                    let (pool, key) = (Arc::clone(pool), Arc::clone(&self.key));
                    return Ok((answer, Lease { pool, key, connection, tenant_permit }));
                }
                Err(failure) => failure,
            };
            stale += 1;
            let mut refused = match failure {
                SendFailure::Told(refused) => refused,
                // The request itself is lost; a stream can't be made again.
                SendFailure::NotTaken if is_stream || stale > STALE_MAX => {
                    let cause = "the connection was closed before the request was sent".to_owned();
                    return Err(EgressError::Protocol { origin: self.origin.clone(), cause });
                }
                SendFailure::NotTaken => continue,
            };
            if let Some(message) = refused.take_message() {
                // It was not sent: the connection was closing.
                if stale <= STALE_MAX {
                    streamed = Some(message.into_body()).filter(|_| is_stream);
                    continue;
                }
            } else if reused && !is_stream && is_idempotent(&request.method) && refused.error().is_incomplete_message()
            {
                // The upstream closed an idle connection in the moment in which the request was sent (RFC 9110
                // section 9.2.2).
                if stale <= STALE_MAX {
                    continue;
                }
            }
            return Err(self.failed(refused.error(), &connection, exceeded.load(Ordering::Relaxed), cap));
        }
    }

    fn failed(&self, error: &hyper::Error, connection: &Connection, exceeded: bool, cap: u64) -> EgressError {
        let origin = self.origin.clone();
        if exceeded {
            too_large(cap)
        } else if connection.flooded() || error.is_parse_too_large() {
            EgressError::HeadTooLarge { origin, max: HEAD_MAX }
        } else if error.is_body_write_aborted() || error.is_user() {
            EgressError::Request("its body was not completed".to_owned())
        } else {
            EgressError::Protocol { origin, cause: error.to_string() }
        }
    }

    /// A connection, the permit by which it is the request's own, and whether it was used before.
    async fn connection(
        &self,
        context: &SendContext<'_>,
        reuse: bool,
    ) -> Result<(Connection, Option<TenantPermit>, bool), EgressError> {
        let pool = &context.state.pools.http;
        if reuse && let Some(connection) = pool.share(&self.key).await {
            return Ok((connection, None, true));
        }
        let clock = &context.clock;
        let waited = async {
            let tenant_permit = pool.tenant_permit(context.tenant).await?;
            let free = if reuse { pool.take(&self.key).await } else { None };
            Some(match free {
                Some(connection) => (tenant_permit, Free::Connection(connection)),
                None => (tenant_permit, Free::Permit(pool.permit().await?)),
            })
        };
        let waited = clock.within(Some(clock.connect), Phase::Waiting, &self.origin, waited).await?;
        let (tenant_permit, free) = waited.ok_or(EgressError::Host("the pool is closed"))?;
        let (connection, reused) = match free {
            Free::Connection(connection) => (connection, true),
            Free::Permit(permit) => {
                let opened = self.open(context, permit);
                let opened = clock.within(Some(clock.connect), Phase::Connect, &self.origin, opened).await??;
                if let Some(shared) = opened.shared() {
                    pool.put(&self.key, shared);
                }
                (opened, false)
            }
        };
        let tenant_permit = Some(tenant_permit).filter(|_| !connection.is_multiplexed());
        Ok((connection, tenant_permit, reused))
    }

    async fn open(&self, context: &SendContext<'_>, permit: OwnedSemaphorePermit) -> Result<Connection, EgressError> {
        context.state.pools.http.watched_by(context.network);
        let credential = self.key.credential.as_ref();
        let certificate = || context.credentials.certificate(credential?);
        let config = context.state.tls.get(&context.network.tls, credential, Checks::Http, certificate)?;
        let (network, policy) = (Arc::clone(context.network), Arc::clone(context.policy));
        let (lookups, key) = (Arc::clone(&context.state.lookups), Arc::clone(&self.key));
        let origin = self.origin.clone();
        let opening = context.network.runtime.spawn(async move {
            let rules = policy.rules(key.private);
            let stream = network.dialer.dial(&key.host, key.port, rules, &lookups, 0).await?;
            let config = key.tls.then_some(config);
            establish(&network.runtime, stream, config, &key.host, &origin, permit).await
        });
        // Dropped with the call, so that nothing goes on after it.
        let mut opening = AbortOnDrop(opening);
        (&mut opening.0).await.map_err(|_| EgressError::Host("a connection was lost while it was opened"))?
    }
}

/// What a request waits for: a connection that is open, or the right to open one.
enum Free {
    Connection(Connection),
    Permit(OwnedSemaphorePermit),
}

fn too_large(cap: u64) -> EgressError {
    EgressError::TooLarge { what: "body of the request", limit: LimitHit::new(Limit::UpstreamBody, cap) }
}
