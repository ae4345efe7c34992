//! Connections of HTTP/2 to gRPC servers. They are of the library below hyper, which tells why a stream ended: that a
//! server never began to work on a call is what allows to send it again.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use h2::client::{Builder, ResponseFuture, SendRequest};
use lockgate_domain::destination::Host;
use rustls::ClientConfig;
use tokio::net::TcpStream;
use tokio::runtime::Handle;
use tokio::sync::{Notify, OwnedSemaphorePermit, oneshot};

use crate::EgressError;
use crate::connect::{Pooled, Stream, secure};

/// Calls on one connection at a time; what servers allow by default. With more another one is opened, to the next of the
/// addresses.
const STREAMS_MAX: usize = 100;
/// What a server may send of one answer before somebody reads it.
const STREAM_WINDOW: u32 = 256 * 1024;
/// The same of all answers on a connection: never the smaller one, so that an answer that nobody reads holds up no other.
const CONNECTION_WINDOW: u32 = STREAM_WINDOW * STREAMS_MAX as u32;
/// What the head or the trailers of an answer may have (RFC 9113 section 6.5.2).
const HEAD_MAX: u32 = 64 * 1024;
/// How long a connection that nobody holds any longer may take to say so.
const GOODBYE_MAX: Duration = Duration::from_secs(1);

/// An open connection. It is closed when the last clone is dropped.
pub(crate) struct Connection {
    sender: SendRequest<Bytes>,
    shared: Arc<Shared>,
    /// The place of one call on it; none of the one that is kept for others.
    _place: Option<Place>,
    _in_use: Arc<oneshot::Sender<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    calls: AtomicUsize,
    closed: AtomicBool,
    /// Ends it.
    end: Notify,
}

/// One of the calls that a connection carries.
struct Place(Arc<Shared>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.calls.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Connection {
    /// Sends a request with its whole body. It fails at once if it never left.
    pub(super) fn send(&mut self, request: http::Request<()>, body: Bytes) -> Result<ResponseFuture, h2::Error> {
        let (answer, mut stream) = self.sender.send_request(request, body.is_empty())?;
        if !body.is_empty() {
            // Sent as the windows of the server allow, also after this handle is gone.
            stream.send_data(body, true)?;
        }
        Ok(answer)
    }

    /// Closes it, unless it carries other calls: a server that kept to no limit of one may go on to send, and nobody would
    /// read it.
    pub(super) fn end_if_alone(&self) {
        // With all places taken nobody begins to use it meanwhile.
        if self.shared.calls.compare_exchange(1, STREAMS_MAX, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
            self.shared.closed.store(true, Ordering::Relaxed);
            self.shared.end.notify_one();
        }
    }
}

impl Pooled for Connection {
    fn is_closed(&self) -> bool {
        self.shared.closed.load(Ordering::Relaxed)
    }

    async fn ready(&mut self) -> bool {
        let ready = poll_fn(|context| self.sender.poll_ready(context)).await.is_ok();
        if !ready {
            self.shared.closed.store(true, Ordering::Relaxed);
        }
        ready
    }

    fn is_multiplexed(&self) -> bool {
        true
    }

    fn shared(&self) -> Option<Self> {
        let max = STREAMS_MAX.min(self.sender.current_max_send_streams());
        let calls = &self.shared.calls;
        let free = |count: usize| (count < max).then_some(count + 1);
        calls.fetch_update(Ordering::Relaxed, Ordering::Relaxed, free).ok()?;
        Some(Self {
            sender: self.sender.clone(),
            shared: Arc::clone(&self.shared),
            _place: Some(Place(Arc::clone(&self.shared))),
            _in_use: Arc::clone(&self._in_use),
        })
    }
}

/// Speaks HTTP/2 over a connection that was dialled, and no other version: with TLS it is agreed on (ALPN), without it the
/// server must know (RFC 9113 section 3.3). The permit is given back when the connection ends.
pub(super) async fn establish(
    runtime: &Handle,
    stream: TcpStream,
    config: Option<Arc<ClientConfig>>,
    host: &Host,
    origin: &str,
    permit: OwnedSemaphorePermit,
) -> Result<Connection, EgressError> {
    let stream = match config {
        Some(config) => {
            let stream = secure(config, host, stream, origin).await?;
            if stream.get_ref().1.alpn_protocol() != Some(b"h2") {
                let cause = "the server does not offer HTTP/2 (ALPN `h2`), which gRPC needs".to_owned();
                return Err(EgressError::Tls { origin: origin.to_owned(), cause });
            }
            Stream::Tls(Box::new(stream))
        }
        None => Stream::Plain(stream),
    };
    let mut builder = Builder::new();
    builder
        .initial_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_header_list_size(HEAD_MAX)
        // Until the server says how many it takes.
        .initial_max_send_streams(0)
        .enable_push(false);
    let protocol = |error: h2::Error| EgressError::Protocol { origin: origin.to_owned(), cause: error.to_string() };
    let (sender, mut connection) = builder.handshake(stream).await.map_err(protocol)?;
    settled(&mut connection, &sender).await.map_err(protocol)?;
    let ((in_use, gone), shared) = (oneshot::channel(), Arc::new(Shared::default()));
    let ended = Arc::clone(&shared);
    runtime.spawn(async move {
        drive(connection, gone, &ended.end).await;
        ended.closed.store(true, Ordering::Relaxed);
        drop(permit);
    });
    Ok(Connection { sender, shared, _place: None, _in_use: Arc::new(in_use) })
}

/// Waits for the server's settings, which are its first frame (RFC 9113 section 3.4): calls beyond its limit would else
/// wait on this connection for the end of others, and not be made on another one.
async fn settled(
    connection: &mut h2::client::Connection<Stream, Bytes>,
    sender: &SendRequest<Bytes>,
) -> Result<(), h2::Error> {
    let mut connection = Pin::new(connection);
    poll_fn(|context| match connection.as_mut().poll(context) {
        Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
        Poll::Ready(Ok(())) => Poll::Ready(Err(h2::Reason::NO_ERROR.into())),
        Poll::Pending if sender.current_max_send_streams() > 0 => Poll::Ready(Ok(())),
        Poll::Pending => Poll::Pending,
    })
    .await
}

/// Drives a connection until it ends, or nobody has it any longer or is to have it: then it may say goodbye, as far as the server takes
/// that within a time.
async fn drive(connection: impl Future<Output = Result<(), h2::Error>>, gone: oneshot::Receiver<()>, end: &Notify) {
    let mut connection = std::pin::pin!(connection);
    tokio::select! {
        // First, so that what can be written at once is.
        biased;
        _ = &mut connection => return,
        _ = gone => {}
        () = end.notified() => {}
    }
    let _ = tokio::time::timeout(GOODBYE_MAX, connection).await;
}
