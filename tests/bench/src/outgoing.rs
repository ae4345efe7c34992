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

/// Ours beside a native handler, with outside systems of one kind.
struct Comparison {
    /// The kind, where a command measures several.
    title: Option<&'static str>,
    load: Load,
    native: Entrant,
    ours: Vec<Entrant>,
}

/// How a turn is spent.
#[derive(Debug, Clone, Copy)]
enum Load {
    /// With as many requests in flight as the plan says, for its time.
    Steady,
    /// With one request.
    Single,
}

/// Shorter than any answer takes.
const SINGLE: Duration = Duration::from_millis(1);

struct Entrant {
    title: &'static str,
    /// Requests per second that are asked of it, over the native handler's.
    wanted: Option<f64>,
    target: Target,
    upstream: Box<dyn Upstream>,
    samples: Vec<Sample>,
    process: Process,
}

/// Measures each native handler and ours beside it. The command is the one that repeats it.
fn measure(command: &str, plan: &Plan, mut comparisons: Vec<Comparison>) -> Result<String> {
    let machine = Machine::describe();
    for comparison in &mut comparisons {
        comparison.turns(plan.connections, WARM_UP)?;
    }
    for _ in 0..plan.rounds {
        for comparison in &mut comparisons {
            let samples = comparison.turns(plan.connections, Duration::from_secs(plan.seconds))?;
            comparison.entrants().zip(samples).for_each(|(entrant, sample)| entrant.samples.push(sample));
        }
    }
    report(command, &machine, plan, &comparisons)
}

impl Comparison {
    /// The only one of a command.
    fn of(native: Entrant, ours: impl Into<Vec<Entrant>>) -> Vec<Self> {
        vec![Self { title: None, load: Load::Steady, native, ours: ours.into() }]
    }

    fn entrants(&mut self) -> impl Iterator<Item = &mut Entrant> {
        std::iter::once(&mut self.native).chain(&mut self.ours)
    }

    /// Each has its turn.
    fn turns(&mut self, connections: usize, time: Duration) -> Result<Vec<Sample>> {
        let (connections, time) = match self.load {
            Load::Steady => (connections, time),
            Load::Single => (1, SINGLE),
        };
        self.entrants().map(|entrant| entrant.turn(connections, time)).collect()
    }

    fn table(&self) -> Result<String> {
        let title = self.title.map_or_else(String::new, |title| format!("**{title}**\n\n"));
        let head = match self.load {
            Load::Steady => {
                "| what | requests/s | min-max | p50 | p99 | CPU per request | requests/s | p99 | asked for | upstream \
                 connections |\n\
                 | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- | ---: |\n"
            }
            Load::Single => "| what | time | min-max | CPU | time |\n| --- | ---: | ---: | ---: | ---: |\n",
        };
        let row = |entrant: &Entrant| match self.load {
            Load::Steady => entrant.row(&self.native),
            Load::Single => Ok(entrant.single(&self.native)),
        };
        let rows: Vec<String> = std::iter::once(&self.native).chain(&self.ours).map(row).collect::<Result<_>>()?;
        Ok(format!("{title}{head}{}", rows.concat()))
    }
}

impl Entrant {
    fn native(process: Process, target: Target, upstream: impl Upstream + 'static, title: &'static str) -> Self {
        Self { title, wanted: None, target, upstream: Box::new(upstream), samples: Vec::new(), process }
    }

    /// A connector of the group `bench`, called with the connection `main`.
    fn lockgate(
        (title, wanted): (&'static str, Option<f64>),
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
        Self { title, wanted, target, upstream, samples: Vec::new(), process }
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

    /// The time of its requests, one after the other, and what it is beside the native handler's.
    fn single(&self, native: &Self) -> String {
        let time = self.spread(|sample| sample.p50_us / 1e3);
        format!(
            "| {} | {:.0} ms | {:.0}-{:.0} ms | {:.0} ms | {:.2}x |\n",
            self.title,
            time.median,
            time.min,
            time.max,
            self.spread(|sample| sample.cpu_us / 1e3).median,
            self.ratio(native, |sample| sample.p50_us),
        )
    }

    /// Its figures, and what they are beside the native handler's.
    fn row(&self, native: &Self) -> Result<String> {
        let rate = self.spread(Sample::per_second);
        let ms = |figure: fn(&Sample) -> f64| format!("{:.2} ms", self.spread(figure).median / 1e3);
        let (times, tail) = (self.ratio(native, Sample::per_second), self.ratio(native, |sample| sample.p99_us));
        let against = self.wanted.map_or_else(String::new, |wanted| {
            let met = times >= wanted && tail <= P99;
            format!("{wanted}x, {P99}x: {}", if met { "met" } else { "missed" })
        });
        Ok(format!(
            "| {} | {} | {}-{} | {} | {} | {:.1} us | {times:.2}x | {tail:.2}x | {against} | {} |\n",
            self.title,
            thousands(rate.median),
            thousands(rate.min),
            thousands(rate.max),
            ms(|sample| sample.p50_us),
            ms(|sample| sample.p99_us),
            self.spread(|sample| sample.cpu_us).median,
            self.upstream.opened()?,
        ))
    }
}

/// What an instance of a compiled connector is called, by the calls that it serves.
fn compiled_title(calls: u64) -> &'static str {
    match calls {
        1 => "Lockgate, compiled connector, fresh instance",
        _ => "Lockgate, compiled connector, instance reused",
    }
}

fn report(command: &str, machine: &Machine, plan: &Plan, comparisons: &[Comparison]) -> Result<String> {
    let tables: Vec<String> = comparisons.iter().map(Comparison::table).collect::<Result<_>>()?;
    Ok(format!(
        "{} ({}, {} cores; load average before the run {:.2}): {} rounds of {} s in turns, {} requests in flight.\n\n\
         {}\n\
         Repeat it: `./dev bench {command} --rounds {} --seconds {} --connections {}`",
        jiff::Timestamp::now().strftime("%Y-%m-%d"),
        machine.processor,
        cores(),
        machine.load_before,
        plan.rounds,
        plan.seconds,
        plan.connections,
        tables.join("\n"),
        plan.rounds,
        plan.seconds,
        plan.connections,
    ))
}
