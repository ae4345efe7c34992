//! Calls that go out: a declarative connector and a compiled one beside a native handler, each with an upstream of its
//! own on this machine that answers at once. A transport is one file here.

mod database;
mod grpc;
mod http;

pub(crate) use database::{measure as measure_database, serve_native as serve_native_database};
pub(crate) use grpc::measure as measure_grpc;
pub(crate) use http::{measure as measure_http, serve_native as serve_native_http, serve_upstream};

use crate::{
    interrupt,
    load::{self, Expected, Target},
    machine::{Machine, cores},
    process::Process,
    results::Spread,
    rival::lockgate::Host,
    sample::Sample,
    table::thousands,
};
use anyhow::{Result, ensure};
use serde_json::{Value, json};
use std::{fmt, time::Duration};

#[derive(Debug, clap::Args)]
pub(crate) struct Plan {
    /// Rounds, in which each rival has its turn
    #[arg(long, default_value_t = 7, value_name = "N")]
    rounds: usize,
    /// Seconds of a turn
    #[arg(long, default_value_t = 3, value_name = "N")]
    seconds: u64,
    /// Requests in flight
    #[arg(long, default_value_t = 16, value_name = "N")]
    connections: usize,
}

/// The 99th percentile that is asked of ours, over the native handler's.
const P99: f64 = 1.3;

/// Calls of an instance that is reused: more than a run has.
const REUSED: u64 = 1_000_000;

/// Before the first round: connections are open, code is compiled.
const WARM_UP: Duration = Duration::from_secs(1);

/// What the connections to an outside system are counted by.
trait Upstream: fmt::Debug {
    /// How many connections a rival opened.
    fn opened(&self) -> Result<u64>;
}

struct Entrant {
    title: &'static str,
    /// Requests per second that are asked of it, over the native handler's.
    wanted: Option<f64>,
    target: Target,
    upstream: Box<dyn Upstream>,
    samples: Vec<Sample>,
    process: Process,
}

/// Measures the native handler, which comes first, and ours. The command is the one that repeats it.
fn measure(command: &str, plan: &Plan, mut entrants: [Entrant; 4]) -> Result<String> {
    let machine = Machine::describe();
    let time = Duration::from_secs(plan.seconds);
    for entrant in &mut entrants {
        entrant.turn(plan.connections, WARM_UP)?;
    }
    for _ in 0..plan.rounds {
        for entrant in &mut entrants {
            let sample = entrant.turn(plan.connections, time)?;
            entrant.samples.push(sample);
        }
    }
    report(command, &machine, plan, &entrants)
}

impl Entrant {
    fn native(process: Process, target: Target, upstream: impl Upstream + 'static, title: &'static str) -> Self {
        Self { title, wanted: None, target, upstream: Box::new(upstream), samples: Vec::new(), process }
    }

    /// A connector of the group `bench`, called with the connection `main`.
    fn lockgate(
        (title, wanted): (&'static str, f64),
        connector: &str,
        input: &Value,
        host: Host,
        upstream: impl Upstream + 'static,
        output: &str,
    ) -> Self {
        let expected = format!("{{\"output\":{output},\"call\":");
        let body = json!({"input": input, "connection": {"fixed": "main"}});
        let target = host.call("bench", connector, &body, Expected::Start(expected.into_bytes()));
        let (process, upstream) = (host.into_process(), Box::new(upstream));
        Self { title, wanted: Some(wanted), target, upstream, samples: Vec::new(), process }
    }

    fn turn(&self, connections: usize, time: Duration) -> Result<Sample> {
        interrupt::check()?;
        let before = self.process.cpu()?;
        let mut sample = load::run(&self.target, connections, time)?;
        let used = self.process.cpu()?.saturating_sub(before);
        sample.cpu_us = used.as_secs_f64() * 1e6 / (sample.requests.max(1) as f64);
        let (title, errors) = (self.title, sample.errors);
        ensure!(errors == 0 && sample.requests > 0, "{title}: {errors} errors, the first: {:?}", sample.first_error);
        Ok(sample)
    }

    fn spread(&self, figure: impl Fn(&Sample) -> f64) -> Spread {
        Spread::of(self.samples.iter().map(figure).collect())
    }

    /// A figure over another's, round by round: what disturbs one round disturbs both.
    fn ratio(&self, other: &Self, figure: impl Fn(&Sample) -> f64) -> f64 {
        let pairs = self.samples.iter().zip(&other.samples);
        Spread::of(pairs.map(|(own, others)| figure(own) / figure(others)).collect()).median
    }
}

/// What an instance of a compiled connector is called, by the calls that it serves.
fn compiled_title(calls: u64) -> &'static str {
    match calls {
        1 => "Lockgate, compiled connector, fresh instance",
        _ => "Lockgate, compiled connector, instance reused",
    }
}

fn report(command: &str, machine: &Machine, plan: &Plan, entrants: &[Entrant]) -> Result<String> {
    let [native, ..] = entrants else { return Ok(String::new()) };
    let mut rows = String::new();
    for entrant in entrants {
        let rate = entrant.spread(Sample::per_second);
        let ms = |figure: fn(&Sample) -> f64| format!("{:.2} ms", entrant.spread(figure).median / 1e3);
        let (times, tail) = (entrant.ratio(native, Sample::per_second), entrant.ratio(native, |sample| sample.p99_us));
        let against = entrant.wanted.map_or_else(String::new, |wanted| {
            let met = times >= wanted && tail <= P99;
            format!("{wanted}x, {P99}x: {}", if met { "met" } else { "missed" })
        });
        rows += &format!(
            "| {} | {} | {}-{} | {} | {} | {:.1} us | {times:.2}x | {tail:.2}x | {against} | {} |\n",
            entrant.title,
            thousands(rate.median),
            thousands(rate.min),
            thousands(rate.max),
            ms(|sample| sample.p50_us),
            ms(|sample| sample.p99_us),
            entrant.spread(|sample| sample.cpu_us).median,
            entrant.upstream.opened()?,
        );
    }
    Ok(format!(
        "{} ({}, {} cores; load average before the run {:.2}): {} rounds of {} s in turns, {} requests in flight.\n\n\
         | what | requests/s | min-max | p50 | p99 | CPU per request | requests/s | p99 | asked for | upstream \
         connections |\n\
         | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- | ---: |\n{rows}\n\
         Repeat it: `./dev bench {command} --rounds {} --seconds {} --connections {}`",
        jiff::Timestamp::now().strftime("%Y-%m-%d"),
        machine.processor,
        cores(),
        machine.load_before,
        plan.rounds,
        plan.seconds,
        plan.connections,
        plan.rounds,
        plan.seconds,
        plan.connections,
    ))
}
