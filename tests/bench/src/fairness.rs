//! What one group's calls feel of another's: group A keeps 64 guests spinning, group B calls at half of what it could do
//! alone, and a load balancer asks for the host's health.

use crate::{
    load::{self, Expected, Target},
    machine::{Machine, cores},
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
/// How often the health is asked for.
const HEALTH_EVERY: Duration = Duration::from_millis(10);

pub(crate) fn measure(setup: &Setup, time: Duration) -> Result<String> {
    let machine = Machine::describe();
    let host = Host::start(setup)?;
    host.group("calm", &json!({}), &setup.plugin)?;
    let forever = json!({"cpu_ms": 300_000, "deadline_ms": 900_000});
    host.group("spinning", &forever, &root().join("tests/guests/target/lockgate/limits.wasm"))?;
    let calm = host.workload(setup, "calm");
    let spin = host.target("spinning", "spin", "1000000000", Expected::Start(Vec::new()));

    load::run(&calm, CONNECTIONS, Duration::from_secs(2))?;
    let most = load::run(&calm, CONNECTIONS, time)?;
    let rate = most.per_second() / 2.0;
    let (alone, health_alone) = beside_health(&host, &calm, rate, time)?;
    let spinners = (0..SPINNING).map(|_| begin(&spin)).collect::<Result<Vec<_>>>()?;
    // Until each was looked at, and lies in the lane where it belongs.
    thread::sleep(Duration::from_secs(2));
    let (beside, health_beside) = beside_health(&host, &calm, rate, time)?;
    drop(spinners);
    for sample in [&most, &alone, &beside, &health_alone, &health_beside] {
        ensure!(sample.errors == 0, "{} errors, the first: {:?}", sample.errors, sample.first_error);
    }

    let row = |name: &str, sample: &Sample| {
        format!(
            "| {name} | {:.0} | {} | {:.2} ms | {:.2} ms |\n",
            sample.per_second(),
            sample.errors,
            sample.p50_us / 1e3,
            sample.p99_us / 1e3
        )
    };
    Ok(format!(
        "{} ({}, {} cores): group A keeps {SPINNING} guests spinning; group B sends half of the requests that it could \
         alone ({:.0}/s with {CONNECTIONS} connections), latencies count from the moment at which a request was due.\n\n\
         | what | requests/s | errors | p50 | p99 |\n| --- | ---: | ---: | ---: | ---: |\n{}{}{}{}\n\
         B's p99 beside A: {:.2}x of alone.",
        jiff::Timestamp::now().strftime("%Y-%m-%d"),
        machine.processor,
        cores(),
        most.per_second(),
        row("B alone", &alone),
        row("B beside A", &beside),
        row("`/healthz`, B alone", &health_alone),
        row("`/healthz`, B beside A", &health_beside),
        beside.p99_us / alone.p99_us,
    ))
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
