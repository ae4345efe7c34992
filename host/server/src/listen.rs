//! The listener: connections in, graceful end.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use lockgate_flow::Host;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use crate::metrics::Metrics;
use crate::unread::Attended;
use crate::{App, routes};

/// Connections at one time; a further one waits to be accepted.
const CONNECTIONS: usize = 10_000;
/// How long a request's head may take.
const HEAD: Duration = Duration::from_secs(10);
/// Bytes of a request's head.
const HEAD_MAX: usize = 64 * 1024;
/// A pause after an error of `accept`, which is most often a lack of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Serves the API until `stop` completes; then takes no new connections and no new calls, and gives those in flight
/// `drain` to finish. Says whether all of them did.
pub async fn serve(listener: TcpListener, host: Host, stop: impl Future<Output = ()>, drain: Duration) -> bool {
    let app = App { host: host.clone(), metrics: Arc::new(Metrics::new()) };
    let metrics = Arc::clone(&app.metrics);
    let router = routes::router(app);
    let graceful = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let mut stop = std::pin::pin!(stop);
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &places) => accepted,
            () = &mut stop => break,
        };
        let (stream, place) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "a connection was not accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        // Answers are whole when they are written, so waiting to fill a packet only costs time.
        let _ = stream.set_nodelay(true);
        let (router, metrics) = (router.clone(), Arc::clone(&metrics));
        let service = service_fn(move |request: hyper::Request<Incoming>| {
            let (router, metrics) = (router.clone(), Arc::clone(&metrics));
            async move {
                let response: Response<Body> = tower_call(router, request).await;
                metrics.answered(response.status().as_u16());
                Ok::<_, std::convert::Infallible>(response)
            }
        });
        let mut server = http1::Builder::new();
        server.timer(TokioTimer::new()).header_read_timeout(HEAD).max_buf_size(HEAD_MAX).half_close(false);
        let connection = graceful.watch(server.serve_connection(TokioIo::new(stream), service));
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended early");
            }
            drop(place);
        });
    }
    drop(listener);
    host.drain();
    tokio::time::timeout(drain, graceful.shutdown()).await.is_ok()
}

async fn tower_call(router: axum::Router, request: hyper::Request<Incoming>) -> Response<Body> {
    use hyper::service::Service;
    let service = hyper_util::service::TowerToHyperService::new(router);
    match service.call(request.map(Attended::new)).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> io::Result<(TcpStream, Option<tokio::sync::OwnedSemaphorePermit>)> {
    let place = Arc::clone(places).acquire_owned().await.ok();
    let (stream, _) = listener.accept().await?;
    Ok((stream, place))
}
