//! `wasi:http/outgoing-handler@0.2`: requests of guests whose language brings a client of its own, such as `fetch`. They
//! leave by the same egress; only the words are those of WASI.

use std::future::Future;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::HeaderName;
use http::header::{ACCEPT_ENCODING, AUTHORIZATION, CONTENT_LENGTH, PROXY_AUTHORIZATION};
use http_body::{Body as _, Frame};
use http_body_util::{BodyExt, StreamBody};
use lockgate_domain::LogLevel;
use lockgate_egress::{Aborted, Body, Options, Request, Timeouts};
use wasmtime::component::{Linker, ResourceTable};
use wasmtime_wasi_http::{
    DEFAULT_FORBIDDEN_HEADERS, Error, ForbiddenHeaderFilter, RequestOptions, WasiBody, WasiHttpCtx, WasiHttpCtxView,
    WasiHttpHooks,
};

use super::http::{GuestRequest, Incoming};
use super::log::Log;
use super::outbound::{InFlight, Outbound, Refusal};
use super::types::Failure;
use crate::host_calls::BytesMoved;
use crate::limiter::MemoryBudget;
use crate::state::GuestState;

/// Bytes that one write to a body takes.
const CHUNK_MAX: usize = 64 * 1024;
/// Bytes that one read of a body gives.
const READ_MAX: usize = 64 * 1024;
/// Bytes of the headers of one message.
const FIELDS_MAX: usize = 32 * 1024;

type Io = Box<dyn Future<Output = Result<(), Error>> + Send>;
type Sent = Result<(http::Response<WasiBody>, Io), Error>;

/// The state of this interface.
pub(crate) struct WasiHttp {
    ctx: WasiHttpCtx,
    hooks: Hooks,
}

struct Hooks {
    /// What each function brings anew, since it is the call's and not the instance's.
    call: Option<CallParts>,
    in_flight: InFlight,
    log: Log,
}

/// What a function of this interface uses of its call.
pub(crate) struct CallParts {
    pub(crate) outbound: Result<Outbound, Refusal>,
    /// What is left of the call's memory, as of then.
    pub(crate) memory: MemoryBudget,
    pub(crate) moved: BytesMoved,
}

pub(crate) fn link(linker: &mut Linker<GuestState>) -> wasmtime::Result<()> {
    wasmtime_wasi_http::p2::add_only_http_to_linker_async(linker)
}

impl WasiHttp {
    pub(crate) fn new(log: &Log) -> Self {
        let mut ctx = WasiHttpCtx::new();
        // As much as egress lets out; a guest may have a thousand of them.
        ctx.set_field_size_limit(FIELDS_MAX);
        Self { ctx, hooks: Hooks { call: None, in_flight: InFlight::default(), log: log.clone() } }
    }

    pub(crate) fn view<'a>(&'a mut self, call: CallParts, table: &'a mut ResourceTable) -> WasiHttpCtxView<'a> {
        self.hooks.call = Some(call);
        WasiHttpCtxView { hooks: &mut self.hooks, table, ctx: &mut self.ctx }
    }

    /// Cancels whatever is on its way.
    pub(crate) fn end(&mut self) {
        self.hooks.call = None;
        self.hooks.in_flight.end();
    }
}

impl Hooks {
    fn begin(&mut self, request: Request) -> Result<Arc<Incoming>, Failure> {
        let call = self.call.as_ref().ok_or(Refusal::NotInCall)?;
        let outbound = call.outbound.clone()?;
        let own = GuestRequest::new();
        let run = Arc::clone(&own).run(outbound.client, request, call.memory.clone());
        let task = self.in_flight.spawn(&outbound.io.runtime, run)?;
        Ok(Incoming::new(own, task.abort_handle()))
    }
}

impl WasiHttpHooks for Hooks {
    /// A guest that sets one of these gets an error at once.
    fn forbidden_header_filter(&mut self) -> ForbiddenHeaderFilter {
        Arc::new(|name: &HeaderName| {
            DEFAULT_FORBIDDEN_HEADERS.contains(name) || *name == AUTHORIZATION || *name == PROXY_AUTHORIZATION
        })
    }

    /// The host that is connected to decides.
    fn set_host_header(&mut self) -> bool {
        false
    }

    fn p2_outgoing_body_chunk_size(&mut self) -> usize {
        CHUNK_MAX
    }

    fn send_request(
        &mut self,
        request: http::Request<WasiBody>,
        options: Option<RequestOptions>,
        _: Io,
    ) -> Box<dyn Future<Output = Sent> + Send> {
        let moved = self.call.as_ref().map(|call| call.moved.clone()).unwrap_or_default();
        let started = self.begin(outgoing(request, options, moved.clone()));
        let log = self.log.clone();
        Box::new(async move {
            let answer = async {
                let incoming = started?;
                let head = incoming.head().await?;
                Ok::<_, Failure>((head, incoming))
            };
            match answer.await {
                Ok((head, incoming)) => {
                    let mut response = http::Response::new(body(incoming, moved));
                    *response.status_mut() = head.status;
                    *response.headers_mut() = head.headers;
                    Ok((response, Box::new(std::future::ready(Ok(()))) as Io))
                }
                Err(failure) => Err(logged(&log, failure)),
            }
        })
    }
}

/// In the words of egress. What clients set as a matter of course and the host decides is left out.
fn outgoing(request: http::Request<WasiBody>, options: Option<RequestOptions>, moved: BytesMoved) -> Request {
    let (mut head, body) = request.into_parts();
    head.headers.remove(ACCEPT_ENCODING);
    let length = head.headers.remove(CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok().and_then(|length| length.parse().ok()));
    let body = if body.is_end_stream() || body.size_hint().exact() == Some(0) {
        Body::Empty
    } else {
        Body::stream(Counted { body, left: length, moved })
    };
    let options = options.unwrap_or_default();
    let timeouts = Timeouts {
        connect: options.connect_timeout,
        first_byte: options.first_byte_timeout,
        idle: options.between_bytes_timeout,
        total: None,
    };
    let options = Options { timeouts, ..Options::default() };
    Request { method: head.method, url: head.uri.to_string(), headers: head.headers, body, options }
}

/// A body with the length that its header said, whose bytes are counted as they are sent.
struct Counted {
    body: WasiBody,
    left: Option<u64>,
    moved: BytesMoved,
}

impl http_body::Body for Counted {
    type Data = Bytes;
    type Error = Aborted;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<Frame<Bytes>, Aborted>>> {
        let polled = std::pin::Pin::new(&mut self.body).poll_frame(cx);
        polled.map(|frame| {
            let frame = frame?.map_err(|_| Aborted);
            if let Ok(frame) = &frame {
                let sent = frame.data_ref().map_or(0, Bytes::len);
                self.left = self.left.map(|left| left.saturating_sub(sent as u64));
                self.moved.add(sent);
            }
            Some(frame)
        })
    }

    fn size_hint(&self) -> http_body::SizeHint {
        self.left.map_or_else(http_body::SizeHint::default, http_body::SizeHint::with_exact)
    }
}

/// The body of an answer, whose bytes are counted as the guest takes them.
fn body(incoming: Arc<Incoming>, moved: BytesMoved) -> WasiBody {
    let chunks = stream::unfold(Some((incoming, moved)), |state| async move {
        let (incoming, moved) = state?;
        match incoming.read(READ_MAX).await {
            Ok(Some(chunk)) => {
                moved.add(chunk.len());
                Some((Ok(Frame::data(chunk)), Some((incoming, moved))))
            }
            Ok(None) => None,
            Err(failure) => Some((Err(error(failure)), None)),
        }
    });
    StreamBody::new(chunks.boxed()).boxed_unsync()
}

/// WASI's errors have no words, so the log gets what the author needs to know.
fn logged(log: &Log, failure: Failure) -> Error {
    log.write(LogLevel::Warn, &format!("wasi:http: {}: {}", failure.code, failure.message), None);
    error(failure)
}

fn error(failure: Failure) -> Error {
    match failure.code.as_str() {
        "denied" | "no-credential" | "not-during-describe" => Error::HttpRequestDenied,
        "invalid-request" => Error::HttpRequestUriInvalid,
        "dns" => Error::DnsError { rcode: None, info_code: None },
        "connect" => Error::ConnectionRefused,
        "tls" => Error::TlsProtocolError,
        "timeout" => Error::HttpResponseTimeout,
        "protocol" => Error::HttpProtocolError,
        "too-large" => Error::HttpResponseBodySize(None),
        "body" | "cancelled" => Error::HttpResponseIncomplete,
        "circuit-open" => Error::DestinationUnavailable,
        "too-many" => Error::ConnectionLimitReached,
        _ => Error::InternalError(Some(failure.message)),
    }
}
