//! A call from the caller's wish to its answer: policy, credential, attempts.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use bytes::Bytes;
use http::header::USER_AGENT;
use http::{HeaderMap, HeaderName, HeaderValue};
use lockgate_domain::auth::Location;
use lockgate_domain::{Limit, LimitHit};
use tonic::client::Grpc;
use tonic::metadata::MetadataMap;

use super::codec::Raw;
use super::metadata::{incoming, outgoing};
use super::recorded::Watched;
use super::request::{Answered, GrpcAnswer, GrpcCall, GrpcStatus, Opened, Pushback, ServerStream, Unary, names};
use super::server::Server;
use super::service::Carrier;
use super::stream::{GrpcStream, failed};
use super::{GrpcCode, carries};
use crate::auth::{CachedToken, authorize};
use crate::connect::{Backoff, Timeouts};
use crate::transport::{SendContext, TransportRequest, http as over_http};
use crate::{EgressError, Phase};

/// What a call without a name of its own is known as.
const AGENT: &str = concat!("lockgate/", env!("CARGO_PKG_VERSION"));
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
/// Belongs to the `traceparent` that it came with.
const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");
/// How often a call was made before (gRPC proposal A6).
const PREVIOUS: HeaderName = HeaderName::from_static("grpc-previous-rpc-attempts");

/// What is made of an answer that began.
trait Wanted {
    type Got: Send;

    fn take(stream: GrpcStream) -> impl Future<Output = Result<Result<Self::Got, GrpcStatus>, EgressError>> + Send;
}

impl Wanted for Unary {
    type Got = GrpcAnswer;

    async fn take(mut stream: GrpcStream) -> Result<Answered, EgressError> {
        let message = stream.message().await?;
        let more = match message {
            Some(_) => stream.message().await?,
            None => None,
        };
        let broken = |cause: &str| EgressError::Body { origin: stream.origin.clone(), cause: cause.to_owned() };
        match (message, more, stream.ended.take()) {
            (_, _, Some(Err(status))) => Ok(Err(status)),
            (Some(message), None, Some(Ok(trailers))) => {
                Ok(Ok(GrpcAnswer { message, metadata: std::mem::take(&mut stream.metadata), trailers }))
            }
            (Some(_), Some(_), _) => Err(broken("it has several messages: expected one")),
            (None, ..) | (Some(_), None, None) => Err(broken("it has no message")),
        }
    }
}

impl Wanted for ServerStream {
    type Got = GrpcStream;

    async fn take(stream: GrpcStream) -> Result<Opened, EgressError> {
        Ok(Ok(stream))
    }
}

impl TransportRequest for Unary {
    type Answer = Answered;

    fn timeouts(&self) -> Timeouts {
        self.0.timeouts
    }

    async fn send(self, context: SendContext<'_>) -> Result<Answered, EgressError> {
        attempts::<Self>(&context, &self.0).await
    }
}

impl TransportRequest for ServerStream {
    type Answer = Opened;

    fn timeouts(&self) -> Timeouts {
        self.0.timeouts
    }

    async fn send(self, context: SendContext<'_>) -> Result<Opened, EgressError> {
        attempts::<Self>(&context, &self.0).await
    }
}

/// Calls until there is an answer that stays.
async fn attempts<W: Wanted>(
    context: &SendContext<'_>,
    call: &GrpcCall,
) -> Result<Result<W::Got, GrpcStatus>, EgressError> {
    names(&call.path)?;
    let cap = context.limits.upstream_body_bytes;
    if call.message.len() as u64 > cap {
        let limit = LimitHit::new(Limit::UpstreamBody, cap);
        return Err(EgressError::TooLarge { what: "message of the call", limit });
    }
    let server = Server::of(context, call)?;
    let own = outgoing(&call.metadata, server.placements())?;
    let (mut attempt, mut renewed) = (1, false);
    context.state.budget.add();
    loop {
        context.state.breakers.check(&server.origin)?;
        let (headers, token) = authorized(context, &server, own.clone()).await?;
        context.attempts.made(attempt);
        let answer = once::<W>(context, call, &server, headers, attempt).await;
        if let (Ok(Err(status)), Some(bound), Some(token)) = (&answer, server.bound, &token)
            && status.code == GrpcCode::Unauthenticated
            && !renewed
            && context.tokens.refused(bound.name, token)
        {
            renewed = true;
            continue;
        }
        let wait = call.retry.as_ref().and_then(|retry| wait(retry, call.idempotent, &answer, attempt + 1));
        let Some(wait) = wait else { return answer };
        if !context.state.budget.take() || !context.clock.wait(wait).await {
            return answer;
        }
        attempt += 1;
    }
}

/// The headers of a call with what the credential places, and the token that is in them.
pub(super) async fn authorized(
    context: &SendContext<'_>,
    server: &Server<'_>,
    mut headers: HeaderMap,
) -> Result<(HeaderMap, Option<Arc<CachedToken>>), EgressError> {
    headers.entry(USER_AGENT).or_insert(HeaderValue::from_static(AGENT));
    let Some(bound) = server.bound else { return Ok((headers, None)) };
    let token = over_http::login_token(context, bound).await?;
    let value = token.as_deref().map(CachedToken::token);
    for placed in authorize(bound, value, carries, &server.origin)? {
        if let Location::Header(name) = placed.location {
            let name: HeaderName = name.parse().map_err(|_| EgressError::Host("a placement has no name"))?;
            headers.insert(name, over_http::sensitive(&placed.value, &server.origin)?);
        }
    }
    Ok((headers, token))
}

/// One attempt: watched by the breaker, the recorder and the trace.
async fn once<W: Wanted>(
    context: &SendContext<'_>,
    call: &GrpcCall,
    server: &Server<'_>,
    mut headers: HeaderMap,
    attempt: u32,
) -> Result<Result<W::Got, GrpcStatus>, EgressError> {
    let scrubber = context.tokens.scrubber(context.credentials);
    let mut watched = Watched::begin(context, call, server, &scrubber, attempt)?;
    if let Some(traceparent) = watched.traceparent() {
        headers.remove(TRACESTATE);
        headers.insert(TRACEPARENT, traceparent);
    }
    if attempt > 1 {
        headers.insert(PREVIOUS, HeaderValue::from(attempt - 1));
    }
    watched.sent(&headers, &scrubber);
    let silent = Arc::new(AtomicBool::new(false));
    let carrier = Carrier { context, server, gzip: call.gzip, silent: Arc::clone(&silent) };
    let begun = begin(carrier, headers, call.message.clone(), server, context).await;
    let begun = match begun {
        Ok(answer) => Ok(Ok(answer)),
        Err(status) => failed(status, &server.origin, &context.clock, &scrubber).map(Err),
    };
    match &begun {
        Ok(_) => context.state.breakers.succeeded(&server.origin),
        Err(error) if error.is_of_the_way() => context.state.breakers.failed(&server.origin),
        Err(_) => {}
    }
    match begun {
        Ok(Ok(answer)) => {
            let (metadata, source, _) = answer.into_parts();
            let metadata = incoming(metadata.into_headers(), &scrubber, &server.origin);
            let metadata = metadata.inspect_err(|error| watched.failed(error))?;
            watched.begun(&metadata);
            let (origin, clock) = (server.origin.clone(), context.clock);
            let source = Some(source);
            W::take(GrpcStream { metadata, origin, clock, scrubber, source, silent, watched, ended: None }).await
        }
        Ok(Err(status)) => {
            watched.ended(Err(&status));
            Ok(Err(status))
        }
        Err(error) => {
            // The names in a certificate are the peer's own words too.
            let error = error.cleaned(|text| scrubber.clean_text(text));
            watched.failed(&error);
            Err(error)
        }
    }
}

async fn begin(
    carrier: Carrier<'_>,
    headers: HeaderMap,
    message: Bytes,
    server: &Server<'_>,
    context: &SendContext<'_>,
) -> Result<tonic::Response<tonic::Streaming<Bytes>>, tonic::Status> {
    let path = server.uri.path_and_query().cloned();
    let path = path.unwrap_or_else(|| http::uri::PathAndQuery::from_static("/"));
    let request = tonic::Request::from_parts(MetadataMap::from_headers(headers), tonic::Extensions::default(), message);
    let cap = usize::try_from(context.limits.upstream_body_bytes).unwrap_or(usize::MAX);
    let mut client = Grpc::new(carrier).max_decoding_message_size(cap);
    client.server_streaming(request, path, Raw).await
}

/// How long to wait before a call is made for the time of a number, from 2; none if it is not.
fn wait<T>(
    retry: &Backoff,
    idempotent: bool,
    answer: &Result<Result<T, GrpcStatus>, EgressError>,
    attempt: u32,
) -> Option<Duration> {
    match answer {
        Ok(Ok(_)) => None,
        Ok(Err(_)) if !idempotent => None,
        Ok(Err(status)) => match status.pushback {
            Pushback::Never => None,
            // That a server says when to come back makes no other code one to repeat (gRPC proposal A6).
            Pushback::After(wait) => retry.before(attempt, Some(wait)).filter(|_| may_pass(status.code)),
            Pushback::None => retry.before(attempt, None).filter(|_| status.code == GrpcCode::Unavailable),
        },
        Err(error) => retry.before(attempt, None).filter(|_| is_unsent(error) || (idempotent && is_lost(error))),
    }
}

/// Whether the same call may have another end later.
fn may_pass(code: GrpcCode) -> bool {
    matches!(code, GrpcCode::Unavailable | GrpcCode::ResourceExhausted | GrpcCode::Aborted)
}

/// Whether the call did not leave the host.
fn is_unsent(error: &EgressError) -> bool {
    matches!(error, EgressError::Dns { .. } | EgressError::Connect { .. })
        || matches!(error, EgressError::Timeout { phase: Phase::Waiting | Phase::Connect, .. })
}

/// Whether it left, and no answer came.
fn is_lost(error: &EgressError) -> bool {
    matches!(error, EgressError::Protocol { .. } | EgressError::Timeout { phase: Phase::FirstByte, .. })
}
