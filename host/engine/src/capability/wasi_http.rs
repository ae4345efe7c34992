//! `wasi:http/outgoing-handler@0.2`: the way out for guests whose language brings a client of its own, such as `fetch`.
//! It is the same egress; only the words are those of WASI.

use std::future::Future;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::HeaderName;
use http::header::{ACCEPT_ENCODING, AUTHORIZATION, CONTENT_LENGTH, PROXY_AUTHORIZATION};
use http_body::{Body as _, Frame};
use http_body_util::{BodyExt, StreamBody};
use lockgate_domain::LogLevel;
use lockgate_egress::{Aborted, Body, Options, Request};
use wasmtime::component::ResourceTable;
use wasmtime_wasi_http::{
    DEFAULT_FORBIDDEN_HEADERS, Error, ForbiddenHeaderFilter, RequestOptions, WasiBody, WasiHttpCtx, WasiHttpCtxView,
    WasiHttpHooks,
};

use super::http::{GuestRequest, Incoming, Take};
use super::log::Log;
use super::types::Failure;
use super::way_out::{InFlight, Refused, WayOut};
use crate::limiter::MemoryBudget;

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
    /// That of the call, asked for anew with each function.
    way: Result<WayOut, Refused>,
    /// What is left of the call's memory, as of then.
    memory_budget: MemoryBudget,
    in_flight: InFlight,
    log: Log,
}

impl WasiHttp {
    pub(crate) fn new(log: &Log, memory_budget: MemoryBudget) -> Self {
        let hooks =
            Hooks { way: Err(Refused::Describing), memory_budget, in_flight: InFlight::default(), log: log.clone() };
        let mut ctx = WasiHttpCtx::new();
        // As much as egress lets out; a guest may have a thousand of them.
        ctx.set_field_size_limit(FIELDS_MAX);
        Self { ctx, hooks }
    }

    pub(crate) fn view<'a>(
        &'a mut self,
        way: Result<WayOut, Refused>,
        memory_budget: MemoryBudget,
        table: &'a mut ResourceTable,
    ) -> WasiHttpCtxView<'a> {
        (self.hooks.way, self.hooks.memory_budget) = (way, memory_budget);
        WasiHttpCtxView { hooks: &mut self.hooks, table, ctx: &mut self.ctx }
    }

    /// Gives up whatever is on its way.
    pub(crate) fn end(&mut self) {
        self.hooks.way = Err(Refused::Describing);
        self.hooks.in_flight.end();
    }
}

impl Hooks {
    fn begin(&mut self, request: Request) -> Result<Arc<Incoming>, Failure> {
        let way = self.way.clone()?;
        let exchange = GuestRequest::new();
        let run = Arc::clone(&exchange).run(way.outlet, request, Take::Streamed, self.memory_budget.clone());
        let task = self.in_flight.spawn(&way.io, run)?;
        Ok(Incoming::new(exchange, task.abort_handle()))
    }
}

impl WasiHttpHooks for Hooks {
    /// A guest that sets one of these is told so at once.
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
        let (started, log) = (self.begin(outgoing(request, options)), self.log.clone());
        Box::new(async move {
            let answer = async {
                let incoming = started?;
                let head = incoming.head().await?;
                Ok::<_, Failure>((head, incoming))
            };
            match answer.await {
                Ok((head, incoming)) => {
                    let mut response = http::Response::new(body(incoming));
                    *response.status_mut() = head.status;
                    *response.headers_mut() = head.headers;
                    Ok((response, Box::new(std::future::ready(Ok(()))) as Io))
                }
                Err(failure) => Err(told(&log, failure)),
            }
        })
    }
}

/// In the words of egress. What a client sets out of poll_history and the host decides is left out.
fn outgoing(request: http::Request<WasiBody>, options: Option<RequestOptions>) -> Request {
    let (mut head, body) = request.into_parts();
    head.headers.remove(ACCEPT_ENCODING);
    let length = head.headers.remove(CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok().and_then(|length| length.parse().ok()));
    let body = if body.is_end_stream() || body.size_hint().exact() == Some(0) {
        Body::Empty
    } else {
        Body::stream(Counted { body, left: length })
    };
    let options = options.unwrap_or_default();
    let options = Options {
        connect: options.connect_timeout,
        first_byte: options.first_byte_timeout,
        idle: options.between_bytes_timeout,
        ..Options::default()
    };
    Request { method: head.method, url: head.uri.to_string(), headers: head.headers, body, options }
}

/// A body with the length that its header said.
struct Counted {
    body: WasiBody,
    left: Option<u64>,
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
                let read = frame.data_ref().map_or(0, |data| data.len() as u64);
                self.left = self.left.map(|left| left.saturating_sub(read));
            }
            Some(frame)
        })
    }

    fn size_hint(&self) -> http_body::SizeHint {
        self.left.map_or_else(http_body::SizeHint::default, http_body::SizeHint::with_exact)
    }
}

fn body(incoming: Arc<Incoming>) -> WasiBody {
    let chunks = stream::unfold(Some(incoming), |state| async move {
        let incoming = state?;
        match incoming.read(READ_MAX).await {
            Ok(Some(chunk)) => Some((Ok(Frame::data(chunk)), Some(incoming))),
            Ok(None) => None,
            Err(failure) => Some((Err(error(failure)), None)),
        }
    });
    StreamBody::new(chunks.boxed()).boxed_unsync()
}

/// WASI's errors have no words, so the log gets what the author needs to know.
fn told(log: &Log, failure: Failure) -> Error {
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
