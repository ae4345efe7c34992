//! The server that a call goes to, found in the group's destinations, with what opens connections to it.

use std::sync::Arc;

use bytes::Bytes;
use h2::RecvStream;
use lockgate_domain::CredentialName;
use lockgate_domain::auth::{Location, Placement};
use lockgate_domain::destination::{Destination, Target};

use super::carries;
use super::connection::{Connection, establish};
use super::request::GrpcCall;
use crate::auth::Bound;
use crate::connect::{Checks, Key, Lease, Pooled, Unanswered};
use crate::transport::SendContext;
use crate::transport::abort_on_drop::AbortOnDrop;
use crate::{EgressError, Phase};

/// Connections that may turn out to be closing, and servers that refuse to begin, before the call is given up.
const UNPROCESSED_MAX: u32 = 3;

/// Where a call goes.
pub(super) struct Server<'r> {
    pub(super) target: Target,
    /// For errors and records.
    pub(super) origin: String,
    pub(super) bound: Option<Bound<'r>>,
    /// Host and port, with the scheme of what carries it.
    pub(super) uri: http::Uri,
    key: Arc<Key>,
}

impl<'r> Server<'r> {
    /// The server of a call. Policy decides before anything is resolved.
    pub(super) fn of(context: &SendContext<'r>, call: &GrpcCall) -> Result<Self, EgressError> {
        let target = context.policy.grpc(call.destination.as_deref(), &call.path)?;
        let destination = context.policy.destination(&target, "POST")?;
        Self::at(context, destination, target)
    }

    /// The server of a destination, at an address that it holds.
    pub(super) fn at(
        context: &SendContext<'r>,
        destination: &Destination,
        target: Target,
    ) -> Result<Self, EgressError> {
        let origin = target.origin();
        let bound = context.credentials.bound(destination, &origin)?;
        if let Some(bound) = bound {
            carried(bound, &origin)?;
        }
        let uri = uri(&target, destination)?;
        let key = Key {
            tls: !destination.is_clear(),
            host: target.host().clone(),
            port: target.port(),
            credential: bound.map(|bound| bound.name).cloned(),
            private: context.policy.is_private_allowed(destination),
        };
        Ok(Self { target, origin, bound, uri, key: Arc::new(key) })
    }

    /// What the auth method places.
    pub(super) fn placements(&self) -> &'r [Placement] {
        self.bound.map_or(&[][..], |bound| bound.method.placements())
    }

    /// Sends a call and waits for the head of its answer. What no server began to work on is sent again, whatever it does.
    pub(super) async fn head(
        &self,
        context: &SendContext<'_>,
        request: &http::Request<()>,
        body: &Bytes,
    ) -> Result<(http::Response<RecvStream>, Lease<Connection>), EgressError> {
        let pool = &context.state.pools.grpc;
        let mut unprocessed = 0;
        loop {
            let mut connection = self.connection(context).await?;
            let unanswered = Unanswered::new(pool, &self.key);
            let mut was_sent = false;
            let error = match connection.send(request.clone(), body.clone()) {
                Ok(answer) => {
                    let clock = &context.clock;
                    let answer = clock.within(clock.first_byte, Phase::FirstByte, &self.origin, answer).await;
                    match answer.inspect_err(|_| connection.end_if_alone())? {
                        Ok(answer) => {
                            unanswered.answered();
                            let (pool, key) = (Arc::clone(pool), Arc::clone(&self.key));
                            return Ok((answer, Lease { pool, key, connection, tenant_permit: None }));
                        }
                        Err(error) if !was_refused(&error) => return Err(self.broken(&error)),
                        Err(error) => {
                            was_sent = true;
                            error
                        }
                    }
                }
                Err(error) => error,
            };
            unprocessed += 1;
            if unprocessed > UNPROCESSED_MAX || (was_sent && !context.state.budget.take()) {
                return Err(self.broken(&error));
            }
        }
    }

    fn broken(&self, error: &h2::Error) -> EgressError {
        EgressError::Protocol { origin: self.origin.clone(), cause: error.to_string() }
    }

    /// A connection with a place for one call more.
    async fn connection(&self, context: &SendContext<'_>) -> Result<Connection, EgressError> {
        let pool = &context.state.pools.grpc;
        if let Some(connection) = pool.take(&self.key).await {
            return Ok(connection);
        }
        self.open_or_share(context).await
    }

    /// Many calls that come at one time to a server without a connection open one, and not one each.
    async fn open_or_share(&self, context: &SendContext<'_>) -> Result<Connection, EgressError> {
        let (pool, clock) = (&context.state.pools.grpc, &context.clock);
        let begun = pool.begin_to_open(&self.key);
        let begun = clock.within(Some(clock.connect), Phase::Connect, &self.origin, begun).await?;
        if begun.is_none()
            && let Some(connection) = pool.take(&self.key).await
        {
            return Ok(connection);
        }
        let opened = self.open(context).await?;
        let shared = opened.shared().ok_or_else(|| EgressError::Protocol {
            origin: self.origin.clone(),
            cause: "the server takes no call on a new connection".to_owned(),
        })?;
        pool.put(&self.key, opened);
        Ok(shared)
    }

    /// Opens a connection, whether there are others or not.
    pub(super) async fn open_anew(&self, context: &SendContext<'_>) -> Result<(), EgressError> {
        let opened = self.open(context).await?;
        context.state.pools.grpc.put(&self.key, opened);
        Ok(())
    }

    async fn open(&self, context: &SendContext<'_>) -> Result<Connection, EgressError> {
        let (pool, clock) = (&context.state.pools.grpc, &context.clock);
        let permit = clock.within(Some(clock.connect), Phase::Waiting, &self.origin, pool.permit()).await?;
        let permit = permit.ok_or(EgressError::Host("the pool is closed"))?;
        pool.watched_by(context.network);
        let credential: Option<&CredentialName> = self.key.credential.as_ref();
        let certificate = || context.credentials.certificate(credential?);
        let config = context.state.tls.get(&context.network.tls, credential, Checks::Grpc, certificate)?;
        let (network, policy) = (Arc::clone(context.network), Arc::clone(context.policy));
        let (lookups, key) = (Arc::clone(&context.state.lookups), Arc::clone(&self.key));
        let (origin, rotation) = (self.origin.clone(), pool.rotation());
        let opening = context.network.runtime.spawn(async move {
            let rules = policy.rules(key.private);
            let stream = network.dialer.dial(&key.host, key.port, rules, &lookups, rotation).await?;
            let config = key.tls.then_some(config);
            establish(&network.runtime, stream, config, &key.host, &origin, permit).await
        });
        // Dropped with the call, so that nothing goes on after it.
        let mut opening = AbortOnDrop(opening);
        let opened = clock.within(Some(clock.connect), Phase::Connect, &self.origin, &mut opening.0).await?;
        opened.map_err(|_| EgressError::Host("a connection was lost while it was opened"))?
    }
}

/// Refuses a credential whose method places something where gRPC has no place: it would be left out, and the call would
/// go without it.
fn carried(bound: Bound<'_>, origin: &str) -> Result<(), EgressError> {
    let of_http = |placement: &&Placement| match &placement.location {
        Location::Query(_) | Location::Cookie(_) | Location::Body(_) => true,
        Location::Header(_) | Location::User | Location::Password | Location::Option(_) | Location::Certificate => {
            false
        }
    };
    let placements = bound.method.placements();
    let kept = |placement: &Placement| carries(&placement.location) || placement.location == Location::Certificate;
    let lost = placements.iter().find(of_http).or_else(|| placements.first().filter(|_| !placements.iter().any(kept)));
    lost.map_or(Ok(()), |lost| {
        Err(EgressError::Request(format!(
            "credential `{}` goes into a {} at {origin}, and a gRPC call has only headers: expected `in: header`",
            bound.name, lost.location
        )))
    })
}

fn uri(target: &Target, destination: &Destination) -> Result<http::Uri, EgressError> {
    let (scheme, default) = if destination.is_clear() { ("http", 80) } else { ("https", 443) };
    let (host, port) = (target.host(), target.port());
    let authority = if port == default { host.to_string() } else { format!("{host}:{port}") };
    let uri = http::Uri::builder().scheme(scheme).authority(authority).path_and_query(target.path());
    uri.build().map_err(|_| EgressError::Host("a checked address is none"))
}

/// Whether the server says that it did not begin to work on a call (RFC 9113 section 8.7).
fn was_refused(error: &h2::Error) -> bool {
    let reason = error.reason();
    error.is_remote()
        && ((error.is_reset() && reason == Some(h2::Reason::REFUSED_STREAM))
            || (error.is_go_away() && reason == Some(h2::Reason::NO_ERROR)))
}
