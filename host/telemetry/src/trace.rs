//! The trace of one call: a root span, and a span for each stage. They are collected without a lock that calls share, and
//! handed over together when the last holder of the trace is gone, also when the caller went away.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crate::TraceParent;
use crate::export::{Exporter, NoClient};
use crate::otlp::{KeyValue, Kind, Span, Status};
use crate::settings::TraceSettings;

/// Spans of one trace: a guest can make a span by every request that it sends.
const SPANS_MAX: usize = 128;

/// Begins traces. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Tracer(Option<Arc<Exporter>>);

/// The trace of one call. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Trace(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    root: TraceParent,
    /// The caller's span.
    parent: Option<[u8; 8]>,
    /// None for a trace that is passed on and not recorded.
    recorded: Option<Recorded>,
}

#[derive(Debug)]
struct Recorded {
    exporter: Arc<Exporter>,
    began: Instant,
    began_at: u64,
    spans: Mutex<Spans>,
}

#[derive(Debug, Default)]
struct Spans {
    ended: Vec<Span>,
    begun: u64,
    attributes: Vec<KeyValue>,
    failed: Option<&'static str>,
    ended_at: Option<Instant>,
}

/// A place in a trace, below which further spans can be made.
#[derive(Debug, Clone)]
pub struct Here {
    trace: Trace,
    span: [u8; 8],
}

/// A stage of a call: its span ends when it is dropped.
#[derive(Debug)]
pub struct Stage {
    here: Here,
    parent: [u8; 8],
    name: &'static str,
    kind: Kind,
    began: Instant,
    attributes: Vec<KeyValue>,
    failed: Option<&'static str>,
}

impl Tracer {
    /// Records, and sends to a collector for as long as the tracer or a trace of it lives.
    ///
    /// # Errors
    /// No client can be made for it.
    pub fn start(settings: TraceSettings) -> Result<Self, NoClient> {
        Exporter::start(settings).map(|exporter| Self(Some(Arc::new(exporter))))
    }

    /// Begins the trace of a call, or continues the caller's (the value of its header `traceparent`). None if nobody traces
    /// it.
    pub fn begin(&self, header: Option<&str>) -> Option<Trace> {
        let parent = header.and_then(TraceParent::parse);
        match (&self.0, parent) {
            (None, None) => None,
            // Passed on as it came.
            (None, Some(parent)) => Some(Trace::passed(parent, None)),
            (Some(exporter), parent) => exporter.begin(parent),
        }
    }

    /// Waits a moment until what has ended is sent.
    pub async fn flush(&self) {
        if let Some(exporter) = &self.0 {
            exporter.flush().await;
        }
    }

    /// Spans that the collector did not take, since the start.
    pub fn dropped(&self) -> u64 {
        self.0.as_ref().map_or(0, |exporter| exporter.dropped())
    }
}

impl Exporter {
    fn begin(self: &Arc<Self>, parent: Option<TraceParent>) -> Option<Trace> {
        let mut random = [0; 24];
        // Without random numbers there is no trace, and the call goes on.
        getrandom::fill(&mut random).ok()?;
        let (trace, span) = random.split_first_chunk::<16>()?;
        let mut span = <[u8; 8]>::try_from(span).ok()?;
        // Never zero, and room for the numbers of its stages.
        span = (u64::from_be_bytes(span) >> 1 | 1 << 62).to_be_bytes();
        let root = match parent {
            Some(parent) => TraceParent { span, ..parent },
            None => TraceParent { trace: *trace, span, sampled: self.samples(trace) },
        };
        if !root.sampled {
            return Some(Trace::passed(root, parent.map(|parent| parent.span)));
        }
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let recorded = Recorded {
            exporter: Arc::clone(self),
            began: Instant::now(),
            began_at: u64::try_from(since.as_nanos()).unwrap_or_default(),
            spans: Mutex::default(),
        };
        let parent = parent.map(|parent| parent.span);
        Some(Trace(Arc::new(Inner { root, parent, recorded: Some(recorded) })))
    }
}

impl Trace {
    fn passed(root: TraceParent, parent: Option<[u8; 8]>) -> Self {
        Self(Arc::new(Inner { root, parent, recorded: None }))
    }

    /// Begins a stage of the call.
    pub fn stage(&self, name: &'static str) -> Stage {
        Here { trace: self.clone(), span: self.0.root.span }.stage(name, Kind::Internal)
    }

    /// Notes a name of the call: one that the operator or the author of a plugin chose, never a caller's or a guest's text.
    pub fn text(&self, key: &'static str, value: impl FnOnce() -> String) {
        self.with_spans(|spans| spans.attributes.push(KeyValue::text(key, value())));
    }

    /// Notes a number of the call.
    pub fn number(&self, key: &'static str, value: u64) {
        self.with_spans(|spans| spans.attributes.push(KeyValue::number(key, value)));
    }

    /// Notes how the call ended; `failed` is the code of what went wrong.
    pub fn ended(&self, failed: Option<&'static str>) {
        self.with_spans(|spans| (spans.failed, spans.ended_at) = (failed, Some(Instant::now())));
    }

    fn with_spans<T>(&self, change: impl FnOnce(&mut Spans) -> T) -> Option<T> {
        let recorded = self.0.recorded.as_ref()?;
        Some(change(&mut recorded.spans.lock().unwrap_or_else(PoisonError::into_inner)))
    }
}

impl Here {
    /// What a request that is sent from here says in its header `traceparent`.
    pub fn traceparent(&self) -> TraceParent {
        TraceParent { span: self.span, ..self.trace.0.root }
    }

    /// Begins a span for a request to an upstream.
    pub fn request(&self, name: &'static str) -> Stage {
        self.stage(name, Kind::Client)
    }

    /// Begins a step of the host's own work.
    pub fn step(&self, name: &'static str) -> Stage {
        self.stage(name, Kind::Internal)
    }

    fn stage(&self, name: &'static str, kind: Kind) -> Stage {
        let trace = self.trace.clone();
        // A trace that is passed on says the same span everywhere.
        let own = trace.with_spans(|spans| {
            spans.begun += 1;
            u64::from_be_bytes(trace.0.root.span).wrapping_add(spans.begun).to_be_bytes()
        });
        let here = Self { span: own.unwrap_or(self.span), trace };
        Stage { here, parent: self.span, name, kind, began: Instant::now(), attributes: Vec::new(), failed: None }
    }
}

impl Stage {
    /// The place of this stage.
    pub fn here(&self) -> &Here {
        &self.here
    }

    /// Notes a number.
    pub fn number(&mut self, key: &'static str, value: u64) {
        self.attributes.push(KeyValue::number(key, value));
    }

    /// Notes a name: the operator's or the author's, never a caller's or a guest's text.
    pub fn text(&mut self, key: &'static str, value: &str) {
        self.attributes.push(KeyValue::text(key, value.to_owned()));
    }

    /// Notes that it failed, with the code of what went wrong.
    pub fn failed(&mut self, code: &'static str) {
        self.failed = Some(code);
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let Some(recorded) = &self.here.trace.0.recorded else { return };
        let span = Span {
            trace_id: self.here.trace.0.root.trace.to_vec(),
            span_id: self.here.span.to_vec(),
            parent_span_id: self.parent.to_vec(),
            name: self.name.to_owned(),
            kind: self.kind as i32,
            start_time_unix_nano: recorded.at(self.began),
            end_time_unix_nano: recorded.at(Instant::now()),
            attributes: std::mem::take(&mut self.attributes),
            status: self.failed.map(Status::failed),
        };
        self.here.trace.with_spans(|spans| {
            if spans.ended.len() < SPANS_MAX {
                spans.ended.push(span);
            }
        });
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        let Some(recorded) = self.recorded.take() else { return };
        let spans = std::mem::take(&mut *recorded.spans.lock().unwrap_or_else(PoisonError::into_inner));
        let mut all = spans.ended;
        all.push(Span {
            trace_id: self.root.trace.to_vec(),
            span_id: self.root.span.to_vec(),
            parent_span_id: self.parent.map(Vec::from).unwrap_or_default(),
            name: "lockgate.invoke".to_owned(),
            kind: Kind::Server as i32,
            start_time_unix_nano: recorded.began_at,
            end_time_unix_nano: recorded.at(spans.ended_at.unwrap_or_else(Instant::now)),
            attributes: spans.attributes,
            status: spans.failed.map(Status::failed),
        });
        recorded.exporter.enqueue(all);
    }
}

impl Recorded {
    /// Times of day by the monotonic clock, so that no stage ends before it began.
    fn at(&self, instant: Instant) -> u64 {
        let since = instant.saturating_duration_since(self.began);
        self.began_at.saturating_add(u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
    }
}
