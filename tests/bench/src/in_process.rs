//! Rivals that are called in process, without HTTP. Each still gets a process of its own, so that its memory and its
//! threads are its own: the benchmark starts itself again with the rival's name and talks to it line by line, JSON in
//! both directions.

use crate::{
    process::Process,
    rival::Rival,
    sample::{Recorder, Sample},
    setup::Setup,
    workload::Workload,
};
use anyhow::{Context, Result, anyhow, ensure};
use futures_util::{StreamExt, future::LocalBoxFuture, stream::FuturesUnordered};
use serde::{Deserialize, Serialize};
use std::{
    env,
    io::{self, BufRead, BufReader, Write},
    process::{ChildStdin, ChildStdout, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// Calls the function, one call after the other.
pub(crate) trait Caller {
    fn call<'a>(&'a mut self, input: &'a str) -> LocalBoxFuture<'a, Result<String>>;
}

/// Makes callers.
pub(crate) type Callers = Box<dyn Fn() -> Result<Box<dyn Caller>> + Sync>;

#[derive(Debug, Serialize, Deserialize)]
struct Order {
    threads: usize,
    /// Callers of each thread.
    callers: usize,
    seconds: f64,
}

/// Our end of the conversation.
#[derive(Debug)]
pub(crate) struct Remote {
    pub(crate) process: Process,
    orders: ChildStdin,
    samples: BufReader<ChildStdout>,
}

impl Remote {
    pub(crate) fn start(rival: &Rival, setup: &Setup) -> Result<Self> {
        let mut command = Command::new(env::current_exe()?);
        command.args(["in-process", rival.name, "--plugin"]).arg(&setup.plugin);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = Process::start(&mut command)?;
        let orders = process.child().stdin.take().context("a pipe to the rival")?;
        let samples = BufReader::new(process.child().stdout.take().context("a pipe from the rival")?);
        Ok(Self { process, orders, samples })
    }

    /// Calls from so many threads, with so many calls in flight on each.
    pub(crate) fn run(&mut self, threads: usize, callers: usize, duration: Duration) -> Result<Sample> {
        let order = Order { threads, callers, seconds: duration.as_secs_f64() };
        writeln!(self.orders, "{}", serde_json::to_string(&order)?)?;
        let mut line = String::new();
        self.samples.read_line(&mut line)?;
        ensure!(!line.is_empty(), "the rival ended:\n{}", self.process.complaint());
        Ok(serde_json::from_str(&line)?)
    }
}

/// The rival's end: runs rounds until standard input closes.
pub(crate) fn serve(callers: Callers, workload: &Workload) -> Result<()> {
    for line in io::stdin().lines() {
        let order: Order = serde_json::from_str(&line?)?;
        let sample = run(&callers, workload, &order)?;
        let mut out = io::stdout().lock();
        writeln!(out, "{}", serde_json::to_string(&sample)?)?;
    }
    Ok(())
}

fn run(callers: &Callers, workload: &Workload, order: &Order) -> Result<Sample> {
    let mut all = Recorder::new()?;
    let elapsed = thread::scope(|scope| {
        let start = Instant::now();
        let one = || one_thread(callers, workload, order);
        let others: Vec<_> = (1..order.threads).map(|_| scope.spawn(one)).collect();
        all.merge(one()?)?;
        for other in others {
            all.merge(other.join().map_err(|_| anyhow!("a thread of the rival panicked"))??)?;
        }
        anyhow::Ok(start.elapsed())
    })?;
    Ok(all.finish(elapsed))
}

fn one_thread(callers: &Callers, workload: &Workload, order: &Order) -> Result<Recorder> {
    let callers = (0..order.callers).map(|_| callers()).collect::<Result<Vec<_>>>()?;
    let end = Instant::now() + Duration::from_secs_f64(order.seconds);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut all = Recorder::new()?;
        let mut lanes: FuturesUnordered<_> = callers.into_iter().map(|caller| repeat(caller, workload, end)).collect();
        while let Some(recorder) = lanes.next().await {
            all.merge(recorder?)?;
        }
        Ok(all)
    })
}

async fn repeat(mut caller: Box<dyn Caller>, workload: &Workload, end: Instant) -> Result<Recorder> {
    let mut recorder = Recorder::new()?;
    loop {
        let start = Instant::now();
        if start >= end {
            return Ok(recorder);
        }
        match caller.call(&workload.input).await {
            Ok(output) if output == workload.expected => recorder.success(start.elapsed()),
            Ok(output) => recorder.error(&anyhow!("not the expected answer: {output}")),
            Err(error) => recorder.error(&error),
        }
    }
}
