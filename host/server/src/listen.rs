//! The listeners: connections in, graceful end.

mod connection;
mod held_body;
mod lingering_close;
mod read_timeout;
mod tls;
mod unread_answers;
mod write_timeout;

use std::sync::Arc;
use std::time::Duration;

use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use lockgate_flow::Host;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::console::Console;
use crate::metrics::Metrics;
use crate::peer::{Connections, Room};
use crate::{App, routes};
use connection::{Service, Way};

pub use tls::{Tls, TlsError};

/// How long a client may take to agree on TLS.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// A pause after an error of `accept`, which is most often a lack of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Where requests come in, and how.
#[derive(Debug)]
pub struct BoundListener {
    /// The bound socket.
    pub socket: TcpListener,
    /// Plain HTTP without it.
    pub tls: Option<Tls>,
    /// Whether its clients are proxies, whose `X-Forwarded-*` headers are believed.
    pub behind_proxy: bool,
}

/// Serves the API until `stop` completes with its reason; then takes no new connections and no new calls, and gives those
/// in flight `drain` to finish. Says whether all of them did.
pub async fn serve(
    listeners: Vec<BoundListener>,
    room: Room,
    host: Host,
    console: Console,
    stop: impl Future<Output = &'static str>,
    drain: Duration,
) -> bool {
    let app = App { host: host.clone(), metrics: Arc::new(Metrics::new()), console };
    let service = Service { metrics: Arc::clone(&app.metrics), router: routes::router(app) };
    let graceful = Arc::new(GracefulShutdown::new());
    let connections = Connections::new(room);
    let mut open = JoinSet::new();
    for listener in listeners {
        let (service, graceful, connections) = (service.clone(), Arc::clone(&graceful), Arc::clone(&connections));
        open.spawn(async move { listener.accept_all(service, &graceful, &connections).await });
    }
    let signal = stop.await;
    // Closes the listeners.
    open.shutdown().await;
    host.drain();
    // Whoever reads it finds the listeners closed.
    tracing::info!(signal, "draining");
    match Arc::try_unwrap(graceful) {
        Ok(graceful) => tokio::time::timeout(drain, graceful.shutdown()).await.is_ok(),
        // Never: whoever else had it has ended.
        Err(_) => false,
    }
}

impl BoundListener {
    async fn accept_all(self, service: Service, graceful: &GracefulShutdown, connections: &Arc<Connections>) {
        loop {
            match self.socket.accept().await {
                Ok((stream, from)) => {
                    // Answers are whole when they are written, so waiting to fill a packet only costs time.
                    let _ = stream.set_nodelay(true);
                    let (tls, behind_proxy) = (self.tls.clone(), self.behind_proxy);
                    let way = Way { behind_proxy, tls: tls.is_some() };
                    let counted = service.metrics.connection();
                    let open = connections.open((!behind_proxy).then(|| from.ip()));
                    let connection = Arc::clone(&open.connection);
                    let (service, watcher) = (service.clone(), graceful.watcher());
                    tokio::spawn(async move {
                        let service = service.of(from, way, Arc::clone(&connection));
                        tokio::select! {
                            () = serve_connection(stream, tls, service, watcher) => {}
                            () = connection.closed() => tracing::debug!("a connection was closed for another one"),
                        }
                        drop((open, counted));
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection was not accepted");
                    connections.make_room();
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }
}

async fn serve_connection(stream: TcpStream, tls: Option<Tls>, service: connection::PeerService, watcher: Watcher) {
    let ended = match tls {
        None => connection::http1(stream, service, watcher).await,
        Some(tls) => match tokio::time::timeout(HANDSHAKE, tls.acceptor().accept(stream)).await {
            Ok(Ok(stream)) => match stream.get_ref().1.alpn_protocol() {
                Some(tls::H2) => connection::http2(stream, service, watcher).await,
                Some(_) | None => connection::http1(stream, service, watcher).await,
            },
            Ok(Err(error)) => {
                tracing::debug!(%error, "a connection did not agree on TLS");
                return;
            }
            Err(_) => {
                tracing::debug!("a connection took too long to agree on TLS");
                return;
            }
        },
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}
