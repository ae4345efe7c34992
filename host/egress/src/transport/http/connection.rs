//! Opening a connection to an origin: dial, TLS, and the HTTP version that both sides speak.

use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::client::conn::{TrySendError, http1, http2};
use hyper_util::rt::{TokioIo, TokioTimer};
use lockgate_domain::destination::Host;
use rustls::ClientConfig;
use tokio::net::TcpStream;
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use super::request_body::RequestBody;
use super::tasks::{Executor, Tasks, Working};
use super::wire::{Meter, Wire};
use crate::EgressError;
use crate::connect::{Pooled, secure};

/// What the head of an answer may have in bytes, as [`EgressError::HeadTooLarge`] says it; also the read buffer.
pub(super) const HEAD_MAX: usize = 64 * 1024;
/// The same for HTTP/2, which counts 32 bytes more for each header (RFC 9113 section 6.5.2).
const HEAD_MAX_H2: u32 = 64 * 1024;
/// What an upstream may send of one answer, and of all answers on a connection, before somebody reads it.
const STREAM_WINDOW: u32 = 256 * 1024;
const CONNECTION_WINDOW: u32 = 1024 * 1024;

/// How long an HTTP/2 connection that nobody holds any longer may take to say so.
const GOODBYE_MAX: Duration = Duration::from_secs(1);

/// An open connection that takes requests. It is closed when it is dropped.
pub(crate) enum Connection {
    /// One request at a time.
    Http1(http1::SendRequest<RequestBody>, Meter, Tasks, #[expect(dead_code, reason = "it is dropped")] InUse),
    /// Many; it is cloned.
    Http2(http2::SendRequest<RequestBody>, Tasks, InUse),
}

/// Why a request has no answer.
pub(super) enum SendFailure {
    /// hyper says why, and gives the request back if nothing of it was sent.
    Told(Box<TrySendError<http::Request<RequestBody>>>),
    /// Its connection ended without taking it.
    NotTaken,
}

/// That somebody still has a connection. Its task would else wait for an upstream that reads nothing, with what was not
/// sent yet, and its permit of the pool, for as long as that likes.
#[derive(Debug, Clone)]
pub(crate) struct InUse(#[expect(dead_code, reason = "it is dropped")] Arc<oneshot::Sender<()>>);

impl Connection {
    /// Sends a request and waits for the head of its answer.
    pub(super) async fn send(
        &mut self,
        request: http::Request<RequestBody>,
    ) -> Result<http::Response<Incoming>, SendFailure> {
        let answer = match self {
            Self::Http1(sender, meter, tasks, _) => {
                meter.start();
                let answer = tasks.answer(sender.try_send_request(request)).await;
                if let Some(Ok(_)) = &answer {
                    meter.stop();
                }
                answer
            }
            Self::Http2(sender, tasks, _) => tasks.answer(sender.try_send_request(request)).await,
        };
        answer.ok_or(SendFailure::NotTaken)?.map_err(|refused| SendFailure::Told(Box::new(refused)))
    }

    /// Whether the upstream sent more before its answer than it may.
    pub(super) fn flooded(&self) -> bool {
        match self {
            Self::Http1(_, meter, ..) => meter.exceeded(),
            Self::Http2(..) => false,
        }
    }
}

impl Pooled for Connection {
    fn is_closed(&self) -> bool {
        match self {
            Self::Http1(sender, ..) => sender.is_closed(),
            Self::Http2(sender, ..) => sender.is_closed(),
        }
    }

    async fn ready(&mut self) -> bool {
        match self {
            Self::Http1(sender, ..) => sender.ready().await.is_ok(),
            Self::Http2(sender, ..) => sender.ready().await.is_ok(),
        }
    }

    fn is_multiplexed(&self) -> bool {
        match self {
            Self::Http1(..) => false,
            Self::Http2(..) => true,
        }
    }

    fn shared(&self) -> Option<Self> {
        match self {
            Self::Http1(..) => None,
            Self::Http2(sender, tasks, in_use) => Some(Self::Http2(sender.clone(), tasks.clone(), in_use.clone())),
        }
    }
}

/// Drives a connection until it ends, or nobody has it any longer: then it may say goodbye, as far as the upstream takes
/// that at once or within a time. Requests that are on the way get errors themselves.
async fn drive(
    connection: impl Future<Output = hyper::Result<()>>,
    gone: oneshot::Receiver<()>,
    goodbye: Duration,
    _permit: OwnedSemaphorePermit,
    _working: Working,
) {
    let mut connection = std::pin::pin!(connection);
    tokio::select! {
        // First, so that what can be written at once is.
        biased;
        _ = &mut connection => return,
        _ = gone => {}
    }
    let _ = tokio::time::timeout(goodbye, connection).await;
}

/// Speaks HTTP over a connection that was dialled, with TLS if there are settings for it. The permit is given back when
/// the connection ends.
pub(super) async fn establish(
    runtime: &Handle,
    stream: TcpStream,
    config: Option<Arc<ClientConfig>>,
    host: &Host,
    origin: &str,
    permit: OwnedSemaphorePermit,
) -> Result<Connection, EgressError> {
    let protocol = |error: hyper::Error| EgressError::Protocol { origin: origin.to_owned(), cause: error.to_string() };
    let wire = match config {
        Some(config) => Wire::tls(secure(config, host, stream, origin).await?),
        None => Wire::plain(stream),
    };
    let (in_use, gone) = oneshot::channel();
    let in_use = InUse(Arc::new(in_use));
    let (tasks, working) = Tasks::watched();
    if wire.speaks_http2() {
        let mut builder = http2::Builder::new(Executor(working.clone()));
        builder
            .timer(TokioTimer::new())
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .max_header_list_size(HEAD_MAX_H2);
        let (sender, connection) = builder.handshake(TokioIo::new(wire)).await.map_err(protocol)?;
        runtime.spawn(drive(connection, gone, GOODBYE_MAX, permit, working));
        Ok(Connection::Http2(sender, tasks, in_use))
    } else {
        let meter = wire.meter();
        let mut builder = http1::Builder::new();
        // A fold becomes blanks (RFC 9112 section 5.2); old servers send them, and no request has one.
        builder.max_buf_size(HEAD_MAX).allow_obsolete_multiline_headers_in_responses(true);
        let (sender, connection) = builder.handshake(TokioIo::new(wire)).await.map_err(protocol)?;
        runtime.spawn(drive(connection, gone, Duration::ZERO, permit, working));
        Ok(Connection::Http1(sender, meter, tasks, in_use))
    }
}
