//! Export to the collector: traces wait in a bounded queue, and are sent in batches as protobuf over HTTP. A collector that
//! does not answer costs traces, which are counted, and never a call.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use http::header::CONTENT_TYPE;
use prost::Message;
use reqwest::{Client, StatusCode};
use rustls::{ClientConfig, RootCertStore};
use tokio::sync::{mpsc, oneshot};

use crate::otlp::{self, Span};
use crate::settings::{MILLION, TraceSettings};

/// Traces that wait: some kilobytes each.
const QUEUE_MAX: usize = 4096;
/// Traces of one request.
const BATCH_MAX: usize = 512;
/// How long a trace waits for others.
const BATCH_DELAY: Duration = Duration::from_millis(500);
/// How long the collector may take.
const TIMEOUT: Duration = Duration::from_secs(10);
/// How long the end of a host waits for the last traces.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(2);
/// Pauses before a batch is sent again; after the last it is dropped.
const RETRY_PAUSES: [Duration; 3] = [Duration::from_secs(1), Duration::from_secs(2), Duration::from_secs(4)];

/// No client can be made for the collector.
#[derive(Debug, thiserror::Error)]
#[error("no client for the trace collector: {0}")]
pub struct NoClient(#[from] reqwest::Error);

#[derive(Debug)]
enum Queued {
    /// The spans of a trace.
    Trace(Vec<Span>),
    /// Answered when all before is sent.
    Flush(oneshot::Sender<()>),
}

#[derive(Debug)]
pub(crate) struct Exporter {
    queue: mpsc::Sender<Queued>,
    dropped: Arc<AtomicU64>,
    /// Traces are recorded whose number is below.
    threshold: u64,
}

struct Sender {
    client: Client,
    settings: TraceSettings,
    dropped: Arc<AtomicU64>,
    failing: bool,
}

impl Exporter {
    pub(crate) fn start(settings: TraceSettings) -> Result<Self, NoClient> {
        let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        #[expect(clippy::disallowed_methods, reason = "the operator names the collector, and no guest reaches it")]
        let client = Client::builder().no_proxy().timeout(TIMEOUT).redirect(reqwest::redirect::Policy::none());
        let tls = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()));
        let client = match tls.with_safe_default_protocol_versions() {
            Ok(tls) => client.tls_backend_preconfigured(tls.with_root_certificates(roots).with_no_client_auth()),
            // Without it the client refuses `https://`, and says so.
            Err(_) => client,
        };
        let (queue, waiting) = mpsc::channel(QUEUE_MAX);
        let dropped = Arc::new(AtomicU64::new(0));
        // The ends of the range are exact: nothing at 0, everything at 1.
        let threshold = match settings.per_million {
            MILLION => u64::MAX,
            some => u64::MAX / MILLION * some,
        };
        let sender = Sender { client: client.build()?, settings, dropped: Arc::clone(&dropped), failing: false };
        tokio::spawn(sender.run(waiting));
        Ok(Self { queue, dropped, threshold })
    }

    /// By the trace's own random number, so that other hosts decide alike.
    pub(crate) fn samples(&self, trace: &[u8; 16]) -> bool {
        let number = trace.last_chunk::<8>().map_or(0, |end| u64::from_be_bytes(*end));
        number < self.threshold || self.threshold == u64::MAX
    }

    pub(crate) fn enqueue(&self, spans: Vec<Span>) {
        let count = spans.len() as u64;
        if self.queue.try_send(Queued::Trace(spans)).is_err() {
            self.dropped.fetch_add(count, Relaxed);
        }
    }

    /// Waits a moment until everything that was enqueued before is sent.
    pub(crate) async fn flush(&self) {
        let (done, sent) = oneshot::channel();
        let flush = async {
            if self.queue.send(Queued::Flush(done)).await.is_ok() {
                let _ = sent.await;
            }
        };
        let _ = tokio::time::timeout(FLUSH_TIMEOUT, flush).await;
    }

    pub(crate) fn dropped(&self) -> u64 {
        self.dropped.load(Relaxed)
    }
}

impl Sender {
    async fn run(mut self, mut waiting: mpsc::Receiver<Queued>) {
        let mut received = Vec::new();
        while waiting.recv_many(&mut received, BATCH_MAX).await > 0 {
            let (mut few, mut spans, mut flushes) = (received.len() < BATCH_MAX, Vec::new(), Vec::new());
            for one in received.drain(..) {
                match one {
                    Queued::Trace(of_trace) => spans.extend(of_trace),
                    Queued::Flush(done) => flushes.push(done),
                }
            }
            if !spans.is_empty() {
                self.export(spans).await;
            }
            for done in flushes {
                few = false;
                // Who asked may have gone.
                let _ = done.send(());
            }
            // Traces that come one by one go out together.
            if few {
                tokio::time::sleep(BATCH_DELAY).await;
            }
        }
    }

    async fn export(&mut self, spans: Vec<Span>) {
        let count = spans.len() as u64;
        let body = otlp::request(spans).encode_to_vec();
        let mut pauses = RETRY_PAUSES.iter();
        let failed = loop {
            let (why, again) = match self.send(body.clone()).await {
                Ok(status) if status.is_success() => break None,
                Ok(status) => (format!("it answered {status}"), is_retryable(status)),
                // Without the URL: the operator's, but whose log it is may differ.
                Err(error) => (error.without_url().to_string(), true),
            };
            match pauses.next() {
                Some(pause) if again => tokio::time::sleep(*pause).await,
                Some(_) | None => break Some(why),
            }
        };
        match failed {
            Some(why) => {
                self.dropped.fetch_add(count, Relaxed);
                if !self.failing {
                    tracing::warn!(why, "trace collector unavailable: spans are dropped until it answers");
                }
                self.failing = true;
            }
            None if self.failing => {
                tracing::info!("trace collector available again");
                self.failing = false;
            }
            None => {}
        }
    }

    async fn send(&self, body: Vec<u8>) -> Result<StatusCode, reqwest::Error> {
        let request = self.client.post(self.settings.endpoint.clone()).headers(self.settings.headers.clone());
        let request = request.header(CONTENT_TYPE, "application/x-protobuf").body(body);
        Ok(request.send().await?.status())
    }
}

/// Statuses after which a batch is sent again (OTLP/HTTP).
fn is_retryable(status: StatusCode) -> bool {
    matches!(status.as_u16(), 429 | 502 | 503 | 504)
}
