//! Counters for operators, in the Prometheus text format. Labels are bounded: codes and routes, never names that callers
//! choose.

use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use lockgate_flow::TokenCounts;

use crate::App;

/// Seconds; from a fresh instance of a small connector to the default deadline.
const BUCKETS: [f64; 14] =
    [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.25, 1.0, 2.5, 10.0, 30.0];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabel {
    outcome: Word,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StatusLabel {
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Word(&'static str);

impl EncodeLabelValue for Word {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> Result<(), std::fmt::Error> {
        EncodeLabelValue::encode(&self.0, encoder)
    }
}

/// A connection that is open.
#[derive(Debug)]
pub(crate) struct CountedConnection(Gauge);

impl Drop for CountedConnection {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// The outcome of a call whose caller did not wait for it.
const GONE: &str = "gone";

/// A call that runs.
#[derive(Debug)]
pub(crate) struct InFlight<'a> {
    metrics: &'a Metrics,
    arrived: Instant,
    outcome: &'static str,
}

impl InFlight<'_> {
    pub(crate) fn ended(mut self, outcome: &'static str, cpu_us: u64) {
        self.outcome = outcome;
        self.metrics.cpu.inc_by(Duration::from_micros(cpu_us).as_secs_f64());
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.metrics.in_flight.dec();
        self.metrics.calls.get_or_create(&OutcomeLabel { outcome: Word(self.outcome) }).inc();
        self.metrics.duration.observe(self.arrived.elapsed().as_secs_f64());
    }
}

#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    calls: Family<OutcomeLabel, Counter>,
    duration: Histogram,
    cpu: Counter<f64, AtomicU64>,
    requests: Family<StatusLabel, Counter>,
    in_flight: Gauge,
    connections: Gauge,
    groups: Gauge,
    connectors: Gauge,
    dropped: Gauge,
    instances: Gauge,
    tasks: Gauge,
    loaded: Gauge,
    to_compile: Gauge,
    spans_dropped: Gauge,
    tokens: Family<OutcomeLabel, Gauge>,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let mut registry = Registry::with_prefix("lockgate");
        let metrics = Self {
            calls: Family::default(),
            duration: Histogram::new(BUCKETS),
            cpu: Counter::default(),
            requests: Family::default(),
            in_flight: Gauge::default(),
            connections: Gauge::default(),
            groups: Gauge::default(),
            connectors: Gauge::default(),
            dropped: Gauge::default(),
            instances: Gauge::default(),
            tasks: Gauge::default(),
            loaded: Gauge::default(),
            to_compile: Gauge::default(),
            spans_dropped: Gauge::default(),
            tokens: Family::default(),
            registry: Registry::default(),
        };
        registry.register("calls", "Calls by outcome: ok, or the code of the problem", metrics.calls.clone());
        registry.register("call_duration_seconds", "From arrival to answer", metrics.duration.clone());
        registry.register("guest_cpu_seconds", "CPU time of guests", metrics.cpu.clone());
        registry.register("http_requests", "Requests by status", metrics.requests.clone());
        registry.register("calls_in_flight", "Calls that run now", metrics.in_flight.clone());
        registry.register("connections", "Connections that are open", metrics.connections.clone());
        registry.register("groups", "Groups over all scopes", metrics.groups.clone());
        registry.register("connectors", "Connectors that can be called", metrics.connectors.clone());
        registry.register(
            "call_records_dropped",
            "Records of calls that the store could not take",
            metrics.dropped.clone(),
        );
        registry.register("instances_in_use", "Instances of plugins that exist now", metrics.instances.clone());
        registry.register("guest_tasks", "Guests on the guest threads, running or waiting", metrics.tasks.clone());
        registry.register("plugins_loaded", "Plugins whose code is in memory", metrics.loaded.clone());
        registry.register(
            "plugins_to_compile",
            "Current plugins not compiled for this engine",
            metrics.to_compile.clone(),
        );
        registry.register(
            "spans_dropped",
            "Spans that the collector of traces did not take",
            metrics.spans_dropped.clone(),
        );
        registry.register(
            "token_renewals",
            "Requests of tokens since the start: issued, failed (may work later), ended (a person must act)",
            metrics.tokens.clone(),
        );
        Self { registry, ..metrics }
    }

    /// Counts a call from now until the returned value is ended, or dropped because its caller went away.
    pub(crate) fn call(&self, arrived: Instant) -> InFlight<'_> {
        self.in_flight.inc();
        InFlight { metrics: self, arrived, outcome: GONE }
    }

    /// Counts a connection for as long as it is open.
    pub(crate) fn connection(&self) -> CountedConnection {
        self.connections.inc();
        CountedConnection(self.connections.clone())
    }

    pub(crate) fn answered(&self, status: u16) {
        self.requests.get_or_create(&StatusLabel { status }).inc();
    }

    pub(crate) fn text(&self, app: &App) -> String {
        let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        let catalog = app.host.queries().catalog();
        self.groups.set(number(catalog.count_groups()));
        self.connectors.set(number(catalog.count_connectors()));
        self.spans_dropped.set(i64::try_from(app.host.tracer().dropped()).unwrap_or(i64::MAX));
        let usage = app.host.usage();
        self.dropped.set(i64::try_from(usage.records_dropped).unwrap_or(i64::MAX));
        self.instances.set(number(usage.engine.instances));
        self.tasks.set(number(usage.engine.tasks));
        self.loaded.set(number(usage.plugins));
        self.to_compile.set(number(usage.plugins_to_compile));
        let TokenCounts { issued, failed, ended } = usage.tokens;
        for (word, count) in [("issued", issued), ("failed", failed), ("ended", ended)] {
            let counter = self.tokens.get_or_create(&OutcomeLabel { outcome: Word(word) });
            counter.set(i64::try_from(count).unwrap_or(i64::MAX));
        }
        let mut text = String::new();
        // Writing to a string can't fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}
