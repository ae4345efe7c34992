//! Calls that go out: a declarative connector and a compiled one beside a native handler, each with an upstream of its
//! own on this machine that answers at once.

mod native;
mod upstream;

pub(crate) use native::serve as serve_native;
pub(crate) use upstream::serve as serve_upstream;

use crate::{
    guest, interrupt,
    load::{self, Expected, JSON, Target},
    machine::{Machine, cores},
    process::{Process, free_address},
    results::Spread,
    rival::lockgate::Host,
    sample::Sample,
    setup::Setup,
    table::thousands,
};
use anyhow::{Result, ensure};
use serde_json::{Value, json};
use std::{env, net::SocketAddr, process::Command, time::Duration};
use upstream::{KEY, Upstream};

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

/// What is asked of the rivals that are ours, over the native handler's.
const CODE_FREE: f64 = 0.9;
const COMPILED: f64 = 0.75;
const P99: f64 = 1.3;

/// Calls of an instance that is reused: more than a run has.
const REUSED: u64 = 1_000_000;

/// Before the first round: connections are open, code is compiled.
const WARM_UP: Duration = Duration::from_secs(1);

struct Entrant {
    title: &'static str,
    /// Requests per second that are asked of it, over the native handler's.
    wanted: Option<f64>,
    target: Target,
    upstream: Upstream,
    samples: Vec<Sample>,
    process: Process,
}

pub(crate) fn measure(setup: &Setup, plan: &Plan) -> Result<String> {
    let machine = Machine::describe();
    let mut entrants = [native()?, code_free(setup)?, compiled(setup, 1)?, compiled(setup, REUSED)?];
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
    report(&machine, plan, &entrants)
}

impl Entrant {
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

/// Our own program as a handler of axum.
fn native() -> Result<Entrant> {
    let (upstream, address) = (Upstream::start()?, free_address()?);
    let mut command = Command::new(env::current_exe()?);
    command.args(["serve-native", &address.to_string(), &upstream.address.to_string()]);
    let process = Process::serve(&mut command, address)?;
    let expected = Expected::Body(upstream::listed().into_bytes());
    let target = Target::new(address, "/list", JSON, input().to_string().as_bytes(), expected);
    let title = "axum and reqwest, native code";
    Ok(Entrant { title, wanted: None, target, upstream, samples: Vec::new(), process })
}

fn code_free(setup: &Setup) -> Result<Entrant> {
    let upstream = Upstream::start()?;
    let host = host(setup, upstream.address, json!([definition()]), 1)?;
    let expected = format!("{{\"output\":{},\"call\":", upstream::issues());
    ours(
        "Lockgate, declarative connector",
        CODE_FREE,
        "list",
        &json!({"owner": "acme", "name": "rockets"}),
        host,
        upstream,
        expected,
    )
}

/// `calls` of one instance, until the next call has a fresh one.
fn compiled(setup: &Setup, calls: u64) -> Result<Entrant> {
    let upstream = Upstream::start()?;
    let host = host(setup, upstream.address, json!([]), calls)?;
    host.load("bench", &guest::sample("issues")?)?;
    let expected = format!("{{\"output\":{},\"call\":", upstream::listed());
    let title = match calls {
        1 => "Lockgate, compiled connector, fresh instance",
        _ => "Lockgate, compiled connector, instance reused",
    };
    ours(title, COMPILED, "list_issues", &input(), host, upstream, expected)
}

fn ours(
    title: &'static str,
    wanted: f64,
    connector: &str,
    input: &Value,
    host: Host,
    upstream: Upstream,
    expected: String,
) -> Result<Entrant> {
    let body = json!({"input": input, "connection": {"fixed": "main"}});
    let target = host.call("bench", connector, &body, Expected::Start(expected.into_bytes()));
    let process = host.into_process();
    Ok(Entrant { title, wanted: Some(wanted), target, upstream, samples: Vec::new(), process })
}

fn input() -> Value {
    json!({"repository": "acme/rockets"})
}

/// A host with a group that goes to the upstream, and a connection with its key.
fn host(setup: &Setup, upstream: SocketAddr, connectors: Value, calls_per_instance: u64) -> Result<Host> {
    let host = Host::reaching(setup, upstream)?;
    let url = format!("http://{upstream}");
    let method = json!({"type": "api_key", "in": "header", "name": "x-tracker-key"});
    host.post(
        "",
        &json!({
            "slug": "bench", "name": "bench", "resource_type": "INTERNAL", "capabilities": ["http"], "base_url": url,
            "activation": {"credentials": {"main": {"methods": {"key": method}}}},
            "destinations": [{"url": url, "credential": "main", "plaintext": true}],
            "connectors": connectors, "limits": {"calls_per_instance": calls_per_instance},
        }),
    )?;
    let credentials = json!({"main": {"values": {"value": KEY}}});
    host.post("/bench/connections", &json!({"name": "main", "credentials": credentials}))?;
    Ok(host)
}

/// The same request as data.
fn definition() -> Value {
    let text = json!({"type": "string"});
    json!({
        "name": "list", "type": "http",
        "input_schema": {
            "type": "object", "required": ["owner", "name"], "properties": {"owner": text, "name": text},
            "additionalProperties": false,
        },
        "output_schema": {"type": "array", "items": {
            "type": "object", "required": ["number", "title", "state"],
            "properties": {
                "number": {"type": "integer"}, "title": text, "state": text, "body": {"type": ["string", "null"]},
            },
        }},
        "http": {
            "method": "GET", "path": "/repos/{{owner}}/{{name}}/issues",
            "query": {"per_page": "30", "state": "open"},
            "headers": {
                "accept": "application/vnd.github+json", "x-github-api-version": "2022-11-28",
                "user-agent": "lockgate-bench",
            },
        },
    })
}

fn report(machine: &Machine, plan: &Plan, entrants: &[Entrant]) -> Result<String> {
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
         Repeat it: `./dev bench http --rounds {} --seconds {} --connections {}`",
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
