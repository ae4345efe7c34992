//! One request to one address, and the head of its answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use hyper::body::Incoming;
use lockgate_domain::CredentialName;
use lockgate_domain::auth::Login;
use lockgate_domain::destination::{Destination, Scheme, Target};
use lockgate_domain::{Limit, LimitHit};

use super::send::SendContext;
use crate::auth::{Authorized, reply_error, reply_max};
use crate::connect::breaker::origin;
use crate::connect::pool::{Asked, Key, Lease};
use crate::observe::exchange::{RecordedExchange, Recording};
use crate::observe::trace::Traced;
use crate::transport::http::connection::{Connection, HEAD_MAX, establish};
use crate::transport::http::outbound_request::OutboundRequest;
use crate::transport::http::request_body::Outgoing;
use crate::transport::http::response::Reading;
use crate::transport::http::retry::is_idempotent;
use crate::{Body, EgressError, EgressSession, Phase, Response};

/// Connections from the pool that may turn out to be closed before a new one is opened.
const STALE_MAX: u32 = 3;

/// Where one request goes.
pub(crate) struct Hop<'t> {
    pub(crate) target: &'t Target,
    /// For errors.
    pub(crate) origin: String,
    key: Arc<Key>,
    /// What the answer may have.
    cap: u64,
    purpose: &'static str,
}

impl<'t> Hop<'t> {
    /// To a destination of the group.
    pub(super) fn of(
        call: &SendContext<'_>,
        destination: &Destination,
        target: &'t Target,
        credential: Option<&CredentialName>,
    ) -> Self {
        let private = call.reach.is_private_allowed(destination);
        Self::new(target, credential, private, call.limits.upstream_body_bytes, call.purpose)
    }

    /// To the login of a credential.
    pub(crate) fn login(reach: &EgressSession, login: &Login, target: &'t Target, credential: &CredentialName) -> Self {
        let private = reach.is_private_url_allowed(&login.url, target);
        Self::new(target, Some(credential), private, reply_max(), "login")
    }

    fn new(
        target: &'t Target,
        credential: Option<&CredentialName>,
        private: bool,
        cap: u64,
        purpose: &'static str,
    ) -> Self {
        let key = Key {
            tls: target.scheme() == Scheme::Https,
            host: target.host().clone(),
            port: target.port(),
            credential: credential.cloned(),
            private,
        };
        Self { target, origin: origin(target), key: Arc::new(key), cap, purpose }
    }

    /// Sends a request with its credential.
    pub(crate) async fn exchange(
        &self,
        call: &SendContext<'_>,
        mut draft: OutboundRequest<'_>,
        authorized: &Authorized<'_>,
        attempt: u32,
    ) -> Result<Response, EgressError> {
        let scrubber = authorized.token.as_ref().map_or(&call.reach.scrubber, |token| &token.scrubber);
        let mut shown = call.exchanges.map(|_| RecordedExchange::of(self.purpose, attempt, &draft, scrubber));
        let traced = Traced::begin(call.trace, self.purpose, attempt);
        // Before the credential, which is placed whatever its header is called.
        traced.tell(&mut draft.headers);
        draft.place(&authorized.placed, None, &self.origin)?;
        if let Some(shown) = &mut shown {
            shown.sent(&draft.headers, scrubber);
        }
        let recording = call.exchanges.zip(shown).and_then(|(exchanges, shown)| exchanges.add(shown));
        let answer = self.answer(call, draft, scrubber, recording).await;
        traced.ended(&answer);
        answer
    }

    /// Sends a login, whose reply nobody is shown.
    pub(crate) async fn log_in(
        &self,
        call: &SendContext<'_>,
        draft: OutboundRequest<'_>,
    ) -> Result<Response, EgressError> {
        let scrubber = Arc::new(crate::scrub::Scrubber::new(&[]));
        call.reach.breakers.check(self.target)?;
        let recording = call.exchanges.and_then(|exchanges| {
            let (method, url) = (draft.method.to_string(), self.target.to_string());
            exchanges.add(RecordedExchange {
                purpose: self.purpose,
                method,
                url,
                attempt: 1,
                ..RecordedExchange::default()
            })
        });
        let traced = Traced::begin(call.trace, self.purpose, 1);
        let answer = self.answer(call, draft, &scrubber, recording).await;
        traced.ended(&answer);
        answer
    }

    async fn answer(
        &self,
        call: &SendContext<'_>,
        draft: OutboundRequest<'_>,
        scrubber: &Arc<crate::scrub::Scrubber>,
        recording: Option<Recording>,
    ) -> Result<Response, EgressError> {
        let began = Instant::now();
        let shows = self.purpose != "login";
        let method = draft.method.clone();
        let answer = self.head(call, draft).await;
        match &answer {
            Ok(_) => call.reach.breakers.succeeded(self.target),
            Err(error) if is_failure(error) => call.reach.breakers.failed(self.target),
            Err(_) => {}
        }
        let reading = Reading { origin: &self.origin, clock: call.clock, cap: self.cap, scrubber, method: &method };
        let response = answer.and_then(|(answer, lease)| {
            let response = reading.response(answer, lease);
            response.map_err(|error| if shows { error } else { reply_error(&self.origin, error) })
        });
        let Some(recording) = recording else { return response };
        match response {
            Ok(mut response) => {
                let none = http::HeaderMap::new();
                recording.head(response.status, if shows { &response.headers } else { &none }, began.elapsed());
                if shows {
                    response.body.record(recording);
                }
                Ok(response)
            }
            Err(error) => {
                recording.ended(&error, began.elapsed());
                Err(error)
            }
        }
    }

    /// Sends a request until a connection takes it, and waits for the head of the answer.
    async fn head(
        &self,
        call: &SendContext<'_>,
        mut draft: OutboundRequest<'_>,
    ) -> Result<(http::Response<Incoming>, Lease), EgressError> {
        let exceeded = Arc::new(AtomicBool::new(false));
        let cap = call.limits.upstream_body_bytes;
        let mut stale = 0;
        let mut streamed = None;
        loop {
            let (mut connection, reused) = self.connection(call, stale < STALE_MAX).await?;
            let http2 = matches!(connection, Connection::Http2(..));
            let body = match (&mut draft.body, streamed.take()) {
                (_, Some(stream)) => stream,
                (Body::Empty, None) => Outgoing::Whole(None),
                (Body::Bytes(bytes), None) if bytes.len() as u64 > cap => return Err(request_too_large(cap)),
                (Body::Bytes(bytes), None) => Outgoing::Whole(Some(bytes.clone())),
                (body @ Body::Stream(_), None) => {
                    let Body::Stream(body) = std::mem::replace(body, Body::Empty) else {
                        return Err(EgressError::Host("a stream is none"));
                    };
                    Outgoing::Stream { body, left: cap, exceeded: Arc::clone(&exceeded) }
                }
            };
            let is_stream = matches!(body, Outgoing::Stream { .. });
            let message = draft.message(http2, body)?;
            let asked = http2.then(|| Asked::now(&call.reach.pool, &self.key));
            let sent = connection.send(message);
            let clock = &call.clock;
            let mut refused = match clock.within(clock.first_byte, Phase::FirstByte, &self.origin, sent).await? {
                Ok(answer) => {
                    if let Some(asked) = asked {
                        asked.answered();
                    }
                    let pool = Arc::clone(&call.reach.pool);
                    return Ok((answer, Lease { pool, key: Arc::clone(&self.key), connection }));
                }
                Err(refused) => refused,
            };
            stale += 1;
            if let Some(message) = refused.take_message() {
                // It was not sent: the connection was closing.
                if stale <= STALE_MAX {
                    streamed = Some(message.into_body()).filter(|_| is_stream);
                    continue;
                }
            } else if reused && !is_stream && is_idempotent(&draft.method) && refused.error().is_incomplete_message() {
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
            request_too_large(cap)
        } else if connection.flooded() || error.is_parse_too_large() {
            EgressError::HeadTooLarge { origin, max: HEAD_MAX }
        } else if error.is_body_write_aborted() || error.is_user() {
            EgressError::Request("its body was not completed".to_owned())
        } else {
            EgressError::Protocol { origin, cause: error.to_string() }
        }
    }

    /// A connection, and whether it was used before.
    async fn connection(&self, call: &SendContext<'_>, reuse: bool) -> Result<(Connection, bool), EgressError> {
        let pool = &call.reach.pool;
        if reuse && let Some(connection) = pool.take(&self.key).await {
            return Ok((connection, true));
        }
        let opened =
            call.clock.within(Some(call.clock.connect), Phase::Connect, &self.origin, self.open(call)).await??;
        if let Some(shared) = opened.shared() {
            pool.put(&self.key, shared);
        }
        Ok((opened, false))
    }

    async fn open(&self, call: &SendContext<'_>) -> Result<Connection, EgressError> {
        let pool = &call.reach.pool;
        let place = pool.place().await.ok_or(EgressError::Host("the pool is closed"))?;
        if pool.is_unwatched() {
            call.shared.watch(pool);
        }
        let config = call.reach.tls(&call.shared.tls, self.key.credential.as_ref())?;
        let (shared, reach) = (Arc::clone(call.shared), Arc::clone(call.reach));
        let (key, origin) = (Arc::clone(&self.key), self.origin.clone());
        let opening = call.shared.runtime.spawn(async move {
            let rules = reach.rules(key.private);
            let stream = shared.dialer.dial(&key.host, key.port, rules, &reach.pool.lookups).await?;
            let config = key.tls.then_some(config);
            establish(&shared.runtime, stream, config, &key.host, &origin, place).await
        });
        // Dropped with the call, so that nothing goes on after it.
        let mut opening = AbortOnDrop(opening);
        (&mut opening.0).await.map_err(|_| EgressError::Host("a connection was lost while it was opened"))?
    }
}

struct AbortOnDrop<T>(tokio::task::JoinHandle<T>);

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn request_too_large(cap: u64) -> EgressError {
    EgressError::TooLarge { what: "body of the request", limit: LimitHit::new(Limit::UpstreamBody, cap) }
}

/// Whether an error says that the upstream, or the way to it, is down.
fn is_failure(error: &EgressError) -> bool {
    match error {
        EgressError::Dns { .. }
        | EgressError::Connect { .. }
        | EgressError::Tls { .. }
        | EgressError::Protocol { .. }
        | EgressError::HeadTooLarge { .. } => true,
        EgressError::Timeout { phase, .. } => match phase {
            Phase::Connect | Phase::FirstByte => true,
            Phase::Idle | Phase::Total | Phase::Deadline => false,
        },
        EgressError::Denied { .. }
        | EgressError::Address { .. }
        | EgressError::TooLarge { .. }
        | EgressError::Body { .. }
        | EgressError::CircuitOpen { .. }
        | EgressError::NoCredential { .. }
        | EgressError::Field { .. }
        | EgressError::Url(_)
        | EgressError::Request(_)
        | EgressError::Login { .. }
        | EgressError::Unsupported(_)
        | EgressError::Redirect { .. }
        | EgressError::Sign(_)
        | EgressError::Host(_) => false,
    }
}
