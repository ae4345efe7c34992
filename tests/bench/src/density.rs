//! Many plugins on one host: what they cost at the start, at rest, and at their first call.

pub(crate) mod host;
mod report;
mod stock;

use crate::{interrupt, machine::Machine, sample::Recorder, setup::Setup, workload::CONNECTOR};
use anyhow::{Result, ensure};
use host::{GROUPS, Host};
pub(crate) use report::{print, write};
use serde::Serialize;
use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

#[derive(Debug, clap::Args)]
pub(crate) struct Plan {
    /// Groups, each with one plugin; no two of them have the same digest
    #[arg(long, default_value_t = 10_000, value_name = "N")]
    groups: usize,
    /// Plugins that are compiled as they are loaded. The others find the same code in the cache, since compiling
    /// thousands takes an hour or more
    #[arg(long, default_value_t = 20, value_name = "N")]
    compiled: usize,
    /// Use this data folder and keep it: what it has is not loaded again
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Density {
    date: String,
    machine: Machine,
    groups: usize,
    component_bytes: usize,
    code_bytes: usize,
    loading: Vec<Loading>,
    /// From the start of the process until the file `address` is there.
    listening_ms: f64,
    /// And until `/readyz` says so.
    ready_ms: f64,
    at_start: Held,
    first_calls: Latency,
    after_first_calls: Held,
    second_calls: Latency,
    after_second_calls: Held,
    list: Latency,
    search: Latency,
}

/// Plugins that were loaded one after the other.
#[derive(Debug, Serialize)]
struct Loading {
    compiled: bool,
    plugins: usize,
    seconds: f64,
}

/// What the host's process holds.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Held {
    pub(crate) anonymous_bytes: u64,
    mappings: usize,
    files: usize,
}

#[derive(Debug, Clone, Copy, Serialize)]
struct Latency {
    requests: u64,
    p50_us: f64,
    p99_us: f64,
    max_us: f64,
}

/// Lists and searches that are timed.
const LISTS: usize = 200;

pub(crate) fn run(setup: &Setup, plan: &Plan) -> Result<Density> {
    let machine = Machine::describe();
    let date = jiff::Timestamp::now().strftime("%Y-%m-%d %H:%M UTC").to_string();
    let temporary = tempfile::tempdir()?;
    let data = plan.data_dir.clone().unwrap_or_else(|| temporary.path().join("data"));

    let stock = stock::Stock::read(&setup.plugin)?;
    let mut host = Host::start(&setup.lockgate, &data)?;
    let (loading, code_bytes) = stock::fill(&mut host, &stock, &data, plan)?;
    host.end()?;

    let mut host = Host::start(&setup.lockgate, &data)?;
    let at_start = host.held()?;
    let first_calls = calls(&mut host, setup, plan.groups)?;
    let after_first_calls = host.held()?;
    let second_calls = calls(&mut host, setup, plan.groups)?;
    let after_second_calls = host.held()?;
    let last = plan.groups.saturating_sub(1);
    Ok(Density {
        date,
        machine,
        groups: plan.groups,
        component_bytes: stock.component(0).len(),
        code_bytes,
        loading,
        listening_ms: milliseconds(host.listening),
        ready_ms: milliseconds(host.ready),
        at_start,
        first_calls,
        after_first_calls,
        second_calls,
        after_second_calls,
        list: lists(&mut host, &format!("{GROUPS}?limit=50"))?,
        search: lists(&mut host, &format!("{GROUPS}?q={}", host::slug(last)))?,
    })
}

/// Calls each plugin once, one after the other.
fn calls(host: &mut Host, setup: &Setup, groups: usize) -> Result<Latency> {
    let body = format!("{{\"input\":{}}}", setup.workload.input);
    let expected = format!("{{\"output\":{},\"call\":", setup.workload.expected);
    let mut recorder = Recorder::new()?;
    for number in 0..groups {
        interrupt::check()?;
        let path = format!("{GROUPS}/{}/connectors/{CONNECTOR}/invoke", host::slug(number));
        let began = Instant::now();
        let answer = host.send("POST", &path, "application/json", body.as_bytes())?;
        recorder.success(began.elapsed());
        ensure!(answer.starts_with(expected.as_bytes()), "a wrong answer: {}", String::from_utf8_lossy(&answer));
    }
    Ok(latency(&recorder))
}

fn lists(host: &mut Host, path: &str) -> Result<Latency> {
    let mut recorder = Recorder::new()?;
    for _ in 0..LISTS {
        let began = Instant::now();
        let answer = host.send("GET", path, "application/json", b"")?;
        recorder.success(began.elapsed());
        ensure!(answer.starts_with(b"{\"items\":[{"), "an empty list: {}", String::from_utf8_lossy(&answer));
    }
    Ok(latency(&recorder))
}

fn latency(recorder: &Recorder) -> Latency {
    let [p50_us, p99_us, max_us] = [0.50, 0.99, 1.0].map(|quantile| recorder.quantile_us(quantile));
    Latency { requests: recorder.len(), p50_us, p99_us, max_us }
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}
