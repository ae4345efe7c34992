//! What one group's calls feel of another's: group A keeps 64 guests spinning, group B calls at half of what it could do
//! alone, and a load balancer asks for the host's health.

use crate::{
    interrupt,
    load::{self, Expected, Target},
    machine::{Machine, cores},
    results::Spread,
    rival::lockgate::Host,
    sample::{Recorder, Sample},
    setup::Setup,
    workload::root,
};
use anyhow::{Result, ensure};
use serde_json::json;
use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    thread,
    time::{Duration, Instant},
};

/// Guests that spin: as many as a group may have in flight.
const SPINNING: usize = 64;
/// Connections of the other group.
const CONNECTIONS: usize = 16;
/// How long it takes until all of them spin, or none does.
const SETTLING: Duration = Duration::from_secs(2);
/// How often the health is asked for.
const HEALTH_EVERY: Duration = Duration::from_millis(10);

#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Plan {
    /// Rounds, each without the other group and beside it
    #[arg(long, default_value_t = 5, value_name = "N")]
    rounds: usize,
    /// Seconds of each phase
    #[arg(long, default_value_t = 5, value_name = "N")]
    seconds: u64,
}

/// What one group and the health check saw in one phase of each round.
#[derive(Default)]
struct Phase {
    calls: Vec<Sample>,
    health: Vec<Sample>,
}

pub(crate) fn measure(setup: &Setup, plan: &Plan) -> Result<String> {
    let machine = Machine::describe();
    let time = Duration::from_secs(plan.seconds);
    let host = Host::start(setup)?;
    host.group("calm", &json!({}), &setup.plugin)?;
    let forever = json!({"cpu_ms": 300_000, "deadline_ms": 900_000});
    host.group("spinning", &forever, &root().join("tests/guests/target/lockgate/limits.wasm"))?;
    let calm = host.workload(setup, "calm");
    let spin = host.target("spinning", "spin", "1000000000", Expected::Start(Vec::new()));

    load::run(&calm, CONNECTIONS, Duration::from_secs(2))?;
    let most = load::run(&calm, CONNECTIONS, time)?;
    let rate = most.per_second() / 2.0;
    let (mut alone, mut beside) = (Phase::default(), Phase::default());
    for _ in 0..plan.rounds {
        interrupt::check()?;
        alone.round(&host, &calm, rate, time)?;
        let spinners = (0..SPINNING).map(|_| begin(&spin)).collect::<Result<Vec<_>>>()?;
        // Until each was looked at, and waits in the queue where it belongs.
        thread::sleep(SETTLING);
        beside.round(&host, &calm, rate, time)?;
        drop(spinners);
        thread::sleep(SETTLING);
    }
    let all = alone.calls.iter().chain(&alone.health).chain(&beside.calls).chain(&beside.health);
    for sample in all.chain([&most]) {
        ensure!(sample.errors == 0, "{} errors, the first: {:?}", sample.errors, sample.first_error);
    }
    let ratios = beside.calls.iter().zip(&alone.calls).map(|(beside, alone)| beside.p99_us / alone.p99_us);
    let ratio = Spread::of(ratios.collect());
    Ok(format!(
        "{} ({}, {} cores; load average before the run {:.2}): group A keeps {SPINNING} guests spinning; group B sends \
         half of the requests that it could alone ({:.0}/s with {CONNECTIONS} connections), latencies count from the \
         moment at which a request was due. {} rounds of {} s without A and as long beside it; medians of the rounds.\n\n\
         | what | requests/s | errors | p50 | p99 | least and most |\n| --- | ---: | ---: | ---: | ---: | ---: |\n{}{}{}{}\n\
         B's p99 beside A: {:.2}x of alone ({:.2}x to {:.2}x).",
        jiff::Timestamp::now().strftime("%Y-%m-%d"),
        machine.processor,
        cores(),
        machine.load_before,
        most.per_second(),
        plan.rounds,
        plan.seconds,
        row("B alone", &alone.calls),
        row("B beside A", &beside.calls),
        row("`/healthz`, B alone", &alone.health),
        row("`/healthz`, B beside A", &beside.health),
        ratio.median,
        ratio.min,
        ratio.max,
    ))
}

fn row(name: &str, samples: &[Sample]) -> String {
    let spread = |figure: fn(&Sample) -> f64| Spread::of(samples.iter().map(figure).collect());
    let p99 = spread(|sample| sample.p99_us / 1e3);
    format!(
        "| {name} | {:.0} | 0 | {:.2} ms | {:.2} ms | {:.2}-{:.2} ms |\n",
        spread(Sample::per_second).median,
        spread(|sample| sample.p50_us / 1e3).median,
        p99.median,
        p99.min,
        p99.max,
    )
}

impl Phase {
    fn round(&mut self, host: &Host, calm: &Target, rate: f64, time: Duration) -> Result<()> {
        let (calls, health) = beside_health(host, calm, rate, time)?;
        self.calls.push(calls);
        self.health.push(health);
        Ok(())
    }
}

fn beside_health(host: &Host, calm: &Target, rate: f64, time: Duration) -> Result<(Sample, Sample)> {
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        let health = scope.spawn(|| health(host.address, &stop));
        let calls = load::paced(calm, 4 * CONNECTIONS, rate, time);
        stop.store(true, Relaxed);
        let health = health.join().map_err(|_| anyhow::anyhow!("the thread that asks for the health panicked"))?;
        Ok((calls?, health?))
    })
}

/// Sends a request whose answer nobody waits for; the call ends with the connection.
fn begin(target: &Target) -> Result<TcpStream> {
    let mut stream = TcpStream::connect(target.address)?;
    stream.write_all(&target.request)?;
    Ok(stream)
}

fn health(address: SocketAddr, stop: &AtomicBool) -> Result<Sample> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    let mut recorder = Recorder::new()?;
    let start = Instant::now();
    while !stop.load(Relaxed) {
        let sent = Instant::now();
        stream.write_all(format!("GET /healthz HTTP/1.1\r\nHost: {address}\r\n\r\n").as_bytes())?;
        let mut received = [0; 1024];
        let count = stream.read(&mut received)?;
        match received.get(..count).is_some_and(|bytes| bytes.starts_with(b"HTTP/1.1 200")) {
            true => recorder.success(sent.elapsed()),
            false => recorder.error(&anyhow::anyhow!("not healthy")),
        }
        thread::sleep(HEALTH_EVERY);
    }
    Ok(recorder.finish(start.elapsed()))
}
