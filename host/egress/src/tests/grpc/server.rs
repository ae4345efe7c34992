//! A server of HTTP/2 that answers as a test says.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use h2::server::SendResponse;
use h2::{Reason, SendStream};
use http::{HeaderMap, HeaderName, Response};
use tokio::net::TcpListener;

/// What the server does with a call.
#[derive(Clone, Debug)]
pub(in crate::tests) enum Do {
    /// The head of an answer.
    Head(u16, Vec<(&'static str, String)>),
    /// A part of its body.
    Data(Vec<u8>),
    /// Its trailers, which end it.
    Trailers(Vec<(&'static str, String)>),
    /// Ends it without trailers.
    End,
    /// Ends it with a reset.
    Reset(Reason),
    /// Sends the same again and again, as fast as somebody takes it.
    Endless(Vec<u8>),
    /// Does nothing until the caller goes away.
    Hold,
}

/// A call as it arrived.
#[derive(Clone, Debug)]
pub(in crate::tests) struct Seen {
    pub(in crate::tests) path: String,
    pub(in crate::tests) headers: HeaderMap,
    pub(in crate::tests) body: Bytes,
}

impl Seen {
    pub(in crate::tests) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

/// A server without TLS on a free port of loopback.
pub(in crate::tests) struct Server {
    pub(in crate::tests) address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
    pub(in crate::tests) connections: Arc<AtomicUsize>,
    /// Calls that the other side broke off.
    pub(in crate::tests) cancelled: Arc<AtomicUsize>,
    /// Bytes of endless answers that somebody took.
    pub(in crate::tests) taken: Arc<AtomicUsize>,
}

impl Server {
    /// Answers each call, by its number from 0, with what the function says.
    pub(in crate::tests) async fn start(answer: impl Fn(usize, &Seen) -> Vec<Do> + Send + Sync + 'static) -> Self {
        Self::with(100, answer).await
    }

    /// With so many calls on one connection at a time.
    pub(in crate::tests) async fn with(
        streams: u32,
        answer: impl Fn(usize, &Seen) -> Vec<Do> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let own = Self {
            address: listener.local_addr().unwrap(),
            seen: Arc::default(),
            connections: Arc::default(),
            cancelled: Arc::default(),
            taken: Arc::default(),
        };
        let (seen, opened) = (Arc::clone(&own.seen), Arc::clone(&own.connections));
        let (cancelled, taken, answer) = (Arc::clone(&own.cancelled), Arc::clone(&own.taken), Arc::new(answer));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                opened.fetch_add(1, Ordering::SeqCst);
                let (seen, cancelled, taken) = (Arc::clone(&seen), Arc::clone(&cancelled), Arc::clone(&taken));
                let answer = Arc::clone(&answer);
                tokio::spawn(async move {
                    let mut builder = h2::server::Builder::new();
                    let Ok(mut connection) = builder.max_concurrent_streams(streams).handshake(stream).await else {
                        return;
                    };
                    while let Some(Ok((request, respond))) = connection.accept().await {
                        let (seen, cancelled, taken) = (Arc::clone(&seen), Arc::clone(&cancelled), Arc::clone(&taken));
                        let answer = Arc::clone(&answer);
                        tokio::spawn(async move {
                            let (head, mut body) = request.into_parts();
                            let mut all = Vec::new();
                            while let Some(Ok(piece)) = body.data().await {
                                let _ = body.flow_control().release_capacity(piece.len());
                                all.extend_from_slice(&piece);
                            }
                            let path = head.uri.path().to_owned();
                            let one = Seen { path, headers: head.headers, body: all.into() };
                            let number = {
                                let mut seen = seen.lock().unwrap();
                                seen.push(one.clone());
                                seen.len() - 1
                            };
                            serve(respond, answer(number, &one), &cancelled, &taken).await;
                        });
                    }
                });
            }
        });
        own
    }

    pub(in crate::tests) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    pub(in crate::tests) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

async fn serve(mut respond: SendResponse<Bytes>, acts: Vec<Do>, cancelled: &AtomicUsize, taken: &AtomicUsize) {
    let mut stream: Option<SendStream<Bytes>> = None;
    for act in acts {
        match act {
            Do::Head(status, headers) => {
                let mut answer = Response::builder().status(status);
                *answer.headers_mut().unwrap() = map(&headers);
                stream = Some(respond.send_response(answer.body(()).unwrap(), false).unwrap());
            }
            Do::Data(bytes) => stream.as_mut().unwrap().send_data(bytes.into(), false).unwrap(),
            Do::Trailers(headers) => stream.as_mut().unwrap().send_trailers(map(&headers)).unwrap(),
            Do::End => stream.as_mut().unwrap().send_data(Bytes::new(), true).unwrap(),
            Do::Reset(reason) => match stream.as_mut() {
                Some(stream) => stream.send_reset(reason),
                None => respond.send_reset(reason),
            },
            Do::Endless(bytes) => {
                let stream = stream.as_mut().unwrap();
                loop {
                    stream.reserve_capacity(bytes.len());
                    let capacity = std::future::poll_fn(|context| stream.poll_capacity(context)).await;
                    let Some(Ok(capacity)) = capacity else { break };
                    if capacity >= bytes.len() && stream.send_data(bytes.clone().into(), false).is_err() {
                        break;
                    }
                    taken.fetch_add(bytes.len(), Ordering::SeqCst);
                }
                cancelled.fetch_add(1, Ordering::SeqCst);
            }
            Do::Hold => {
                let reset = match stream.as_mut() {
                    Some(stream) => std::future::poll_fn(|context| stream.poll_reset(context)).await,
                    None => std::future::poll_fn(|context| respond.poll_reset(context)).await,
                };
                if reset.is_ok() {
                    cancelled.fetch_add(1, Ordering::SeqCst);
                }
            }
        }
    }
}

fn map(headers: &[(&'static str, String)]) -> HeaderMap {
    let pair = |(name, value): &(&'static str, String)| {
        (name.parse::<HeaderName>().unwrap(), http::HeaderValue::from_bytes(value.as_bytes()).unwrap())
    };
    headers.iter().map(pair).collect()
}

/// A message with its prefix.
pub(in crate::tests) fn frame(message: &[u8]) -> Vec<u8> {
    let mut frame = vec![0];
    frame.extend_from_slice(&(message.len() as u32).to_be_bytes());
    frame.extend_from_slice(message);
    frame
}

/// The head of an answer of gRPC.
pub(in crate::tests) fn head() -> Do {
    Do::Head(200, vec![("content-type", "application/grpc".to_owned())])
}

/// Trailers with a status.
pub(in crate::tests) fn status(code: u8, message: &str) -> Do {
    Do::Trailers(vec![("grpc-status", code.to_string()), ("grpc-message", message.to_owned())])
}

/// An answer with one message.
pub(in crate::tests) fn answer(message: &[u8]) -> Vec<Do> {
    vec![head(), Do::Data(frame(message)), status(0, "")]
}
