//! How exact the limits of time are: guests that never return, and how far beyond its limit each gets before it is ended.

use crate::{
    machine::{Machine, cores},
    rival::lockgate_engine::Loaded,
    sample::{Recorder, Sample},
    workload::root,
};
use anyhow::{Context, Result, ensure};
use lockgate_domain::Limits;
use lockgate_engine::{Ended, Stop};
use std::{
    fs,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    thread,
    time::{Duration, Instant},
};
use tokio::runtime::Runtime;

/// Both limits; an exact multiple of nothing.
const LIMIT: Duration = Duration::from_millis(23);

pub(crate) fn measure(calls: usize) -> Result<String> {
    let machine = Machine::describe();
    let runtime = Runtime::new()?;
    let component = root().join("tests/guests/target/lockgate/limits.wasm");
    let component = fs::read(&component).with_context(|| format!("reading {}", component.display()))?;
    let engine = Loaded::new(&runtime, component)?;
    let mut rows = String::new();
    for busy in [false, true] {
        let stop = AtomicBool::new(false);
        thread::scope(|scope| -> Result<()> {
            for _ in 0..if busy { cores() } else { 0 } {
                scope.spawn(|| {
                    while !stop.load(Relaxed) {
                        std::hint::spin_loop()
                    }
                });
            }
            let measured = [("CPU time", true), ("deadline", false)]
                .map(|(name, cpu)| (name, runtime.block_on(beyond(&engine, calls, cpu))));
            stop.store(true, Relaxed);
            for (name, sample) in measured {
                let sample = sample?;
                let state = if busy { "all cores busy" } else { "idle" };
                rows += &format!(
                    "| {name} | {state} | {} | {:.2} ms | {:.2} ms |\n",
                    sample.requests,
                    sample.p50_us / 1e3,
                    sample.p99_us / 1e3
                );
            }
            Ok(())
        })?;
    }
    Ok(format!(
        "{} ({}, {} cores): guests that spin, one after the other, with a limit of {} ms. Busy means as many other threads \
         that spin as there are cores. CPU time is the thread's own; a deadline is wall time until the caller has its \
         answer.\n\n\
         | limit | machine | guests | beyond it, p50 | p99 |\n| --- | --- | ---: | ---: | ---: |\n{rows}",
        jiff::Timestamp::now().strftime("%Y-%m-%d"),
        machine.processor,
        cores(),
        LIMIT.as_millis(),
    ))
}

async fn beyond(engine: &Loaded, calls: usize, cpu: bool) -> Result<Sample> {
    let (limit, far) = (LIMIT.as_millis() as u64, 300_000);
    let (cpu_ms, deadline_ms) = if cpu { (limit, far) } else { (far, limit) };
    let limits = Limits { cpu_ms, deadline_ms, ..Limits::default() };
    let expected = if cpu { Stop::Cpu } else { Stop::Deadline };
    let mut recorder = Recorder::new()?;
    let start = Instant::now();
    for _ in 0..calls {
        let began = Instant::now();
        let answer = engine.invoke("spin", "1000000000", limits).await;
        let took = if cpu { Duration::from_micros(answer.usage.cpu_us) } else { began.elapsed() };
        let ended = answer.result;
        ensure!(ended == Err(Ended::Stopped(expected.clone())), "the guest ended otherwise: {ended:?}");
        recorder.success(took.saturating_sub(LIMIT));
    }
    Ok(recorder.finish(start.elapsed()))
}
