//! What one rival did in one round.

use anyhow::Result;
use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Latencies above this are counted as this: longer than any round's grace.
const LONGEST: Duration = Duration::from_secs(60);

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Sample {
    /// Right answers.
    pub(crate) requests: u64,
    pub(crate) errors: u64,
    pub(crate) first_error: Option<String>,
    pub(crate) seconds: f64,
    pub(crate) p50_us: f64,
    pub(crate) p99_us: f64,
    /// CPU time of the rival's processes for one request, both user and system.
    pub(crate) cpu_us: f64,
}

impl Sample {
    pub(crate) fn per_second(&self) -> f64 {
        self.requests as f64 / self.seconds
    }
}

/// Collects the latencies of one round.
#[derive(Debug)]
pub(crate) struct Recorder {
    latencies: Histogram<u64>,
    errors: u64,
    first_error: Option<String>,
}

impl Recorder {
    pub(crate) fn new() -> Result<Self> {
        let latencies = Histogram::new_with_max(LONGEST.as_nanos() as u64, 3)?;
        Ok(Self { latencies, errors: 0, first_error: None })
    }

    pub(crate) fn success(&mut self, latency: Duration) {
        self.latencies.saturating_record(latency.as_nanos() as u64);
    }

    pub(crate) fn error(&mut self, error: &anyhow::Error) {
        self.errors += 1;
        self.first_error.get_or_insert_with(|| format!("{error:#}"));
    }

    /// What was recorded as a success so far.
    pub(crate) fn len(&self) -> u64 {
        self.latencies.len()
    }

    pub(crate) fn quantile_us(&self, quantile: f64) -> f64 {
        self.latencies.value_at_quantile(quantile) as f64 / 1e3
    }

    /// Median, 99th percentile and maximum, for a report.
    pub(crate) fn quantiles(&self) -> String {
        let [p50, p99, max] = [0.5, 0.99, 1.0].map(|quantile| self.quantile_us(quantile) / 1e3);
        format!("p50 {p50:.3} ms, p99 {p99:.3} ms, max {max:.2} ms")
    }

    /// Adds what another thread has recorded.
    pub(crate) fn merge(&mut self, other: Self) -> Result<()> {
        self.latencies.add(other.latencies)?;
        self.errors += other.errors;
        self.first_error = self.first_error.take().or(other.first_error);
        Ok(())
    }

    pub(crate) fn finish(self, elapsed: Duration) -> Sample {
        Sample {
            requests: self.len(),
            errors: self.errors,
            seconds: elapsed.as_secs_f64(),
            p50_us: self.quantile_us(0.50),
            p99_us: self.quantile_us(0.99),
            first_error: self.first_error,
            cpu_us: 0.0,
        }
    }
}
