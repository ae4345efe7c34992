//! One connection: HTTP/1.1 or HTTP/2, with bounds on what a client may leave open.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Response;
use hyper::Request;
use hyper::body::{Body as _, Incoming};
use hyper::server::conn::{http1, http2};
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::graceful::Watcher;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};

use super::held_body::held_while_unsent;
use super::lingering_close::LingeringClose;
use super::read_timeout::ReadTimeout;
use super::unread_answers::UnreadAnswers;
use super::write_timeout::WriteTimeout;
use crate::metrics::Metrics;
use crate::peer::{Connection, Peer, RequestBody, STALL};

/// How long a request's head may take.
const HEAD: Duration = Duration::from_secs(10);
/// Bytes of a request's head.
const HEAD_MAX: usize = 64 * 1024;
/// Requests at one time on one connection of HTTP/2: as many as a group takes calls.
const STREAMS: u32 = 64;
/// How often a quiet client of HTTP/2 is asked whether it is there, and how long it may take to say so.
const PING: Duration = Duration::from_secs(20);
/// A client of HTTP/2 that says nothing for so long, not even to a ping, is gone.
const SILENCE: Duration = Duration::from_secs(50);

/// What every request of the host goes to.
#[derive(Debug, Clone)]
pub(crate) struct Service {
    pub(crate) router: Router,
    pub(crate) metrics: Arc<Metrics>,
}

/// The same, for the requests of one connection.
#[derive(Debug, Clone)]
pub(crate) struct PeerService {
    service: Service,
    from: SocketAddr,
    way: Way,
    connection: Arc<Connection>,
}

/// How requests come to a listener.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Way {
    pub(crate) behind_proxy: bool,
    pub(crate) tls: bool,
}

impl Service {
    pub(crate) fn of(self, from: SocketAddr, way: Way, connection: Arc<Connection>) -> PeerService {
        PeerService { service: self, from, way, connection }
    }
}

impl PeerService {
    async fn answer(self, mut request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
        let peer = match self.way {
            Way { behind_proxy: true, .. } => Peer::behind_proxy(self.from, request.headers()),
            Way { behind_proxy: false, tls } => Peer::direct(self.from, tls),
        };
        request.extensions_mut().insert(peer);
        let working = self.connection.request();
        request.extensions_mut().insert(working.clone());
        let router = TowerToHyperService::new(self.service.router);
        let body_of = working.clone();
        let response = router.call(request.map(|body| RequestBody::new(body, body_of))).await?;
        self.service.metrics.answered(response.status().as_u16());
        Ok(match working.answer(response.body().size_hint().lower()) {
            Some(held) => held_while_unsent(response, held),
            None => response,
        })
    }
}

pub(crate) async fn http1<I>(stream: I, service: PeerService, watcher: Watcher) -> hyper::Result<()>
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let mut server = http1::Builder::new();
    server.timer(TokioTimer::new()).header_read_timeout(HEAD).max_buf_size(HEAD_MAX).half_close(false);
    let service = service_fn(move |request| service.clone().answer(request));
    let stream = LingeringClose::new(WriteTimeout::new(stream, STALL));
    watcher.watch(server.serve_connection(TokioIo::new(stream), service)).await
}

pub(crate) async fn http2<I>(stream: I, service: PeerService, watcher: Watcher) -> hyper::Result<()>
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let mut server = http2::Builder::new(TokioExecutor::new());
    server.timer(TokioTimer::new()).keep_alive_interval(PING).keep_alive_timeout(PING);
    server.max_concurrent_streams(STREAMS).max_header_list_size(u32::try_from(HEAD_MAX).unwrap_or(u32::MAX));
    let answers = Arc::new(UnreadAnswers::default());
    let counting = Arc::clone(&answers);
    let service = service_fn(move |request| {
        let (service, answers) = (service.clone(), Arc::clone(&counting));
        async move { Ok::<_, Infallible>(answers.counted(service.answer(request).await?)) }
    });
    let stream = TokioIo::new(ReadTimeout::new(WriteTimeout::new(stream, STALL), SILENCE));
    tokio::select! {
        ended = watcher.watch(server.serve_connection(stream, service)) => ended,
        () = answers.overdue() => {
            tracing::debug!("a connection did not take its answers");
            Ok(())
        }
    }
}
