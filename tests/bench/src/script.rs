//! Scripts: a fresh call of the pricing function in JavaScript beside `workerd`, and what many scripts cost a host.

mod many;
mod source;

use crate::{
    machine::{Machine, cores},
    results::{Cores, Results, Row},
    rival, rounds,
    sample::Sample,
    setup::Setup,
    table::{thousands, time},
};
use anyhow::{Context, Result, bail};

// Its group of arguments would have the name of the one within.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(crate) struct Plan {
    #[command(flatten)]
    rounds: rounds::Plan,
    /// Scripts that one host is given, no two of them alike
    #[arg(long, default_value_t = 10_000, value_name = "N")]
    scripts: usize,
}

/// Requests per second that are asked of ours, over those of `workerd`.
const TIMES: f64 = 1.5;
/// CPU time of a call that is asked of ours, in microseconds.
const CPU_US: f64 = 250.0;

pub(crate) fn measure(setup: &Setup, plan: &Plan) -> Result<String> {
    let results = rounds::run(&rival::SCRIPTS, setup, &plan.rounds)?;
    let calls = calls(&results)?;
    let many = many::measure(&setup.lockgate, plan.scripts)?;
    let Results { rounds, seconds, connections, machine: Machine { processor, load_before, .. }, .. } = &results;
    Ok(format!(
        "{} ({processor}, {} cores; load average before the run {load_before:.2}): {rounds} rounds of {seconds} s in turns, \
         {connections} requests in flight.\n\n\
         {calls}\n\
         Then {} scripts of {} lines of TypeScript in one host, no two of them alike.\n\n\
         {many}\n\
         Repeat it: `./dev bench script --rounds {rounds} --seconds {seconds} --connections {connections} --scripts {}`",
        jiff::Timestamp::now().strftime("%Y-%m-%d"),
        cores(),
        thousands(plan.scripts as f64),
        source::LINES,
        plan.scripts,
    ))
}

/// Both rivals on all cores and on one.
fn calls(results: &Results) -> Result<String> {
    let [ours, workerd] = results.rows.as_slice() else { bail!("two rivals were to be measured") };
    let mut text =
        "| what | cores | requests/s | min-max | p50 | p99 | CPU per request | memory | x workerd | asked for |\n\
                    | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |\n"
            .to_owned();
    for cores in Cores::BOTH {
        text += &line(ours, workerd, cores, &asked(ours, workerd, cores))?;
        text += &line(workerd, workerd, cores, "")?;
    }
    let versions = results.rows.iter().map(|row| format!("- {}: {}\n", row.title, row.description));
    Ok(format!("{text}\n{}", versions.collect::<String>()))
}

/// What is asked of ours, where a server has all cores.
fn asked(ours: &Row, workerd: &Row, cores: Cores) -> String {
    let met = |met: bool| if met { "met" } else { "missed" };
    match cores {
        Cores::One => String::new(),
        Cores::All => {
            let times = ours.ratio(workerd, cores).median;
            let cpu = ours.spread(cores, |sample| sample.cpu_us).median;
            format!("{TIMES}x: {}; {CPU_US} us: {}", met(times >= TIMES), met(cpu <= CPU_US))
        }
    }
}

fn line(row: &Row, workerd: &Row, cores: Cores, asked: &str) -> Result<String> {
    if let Some(first) = row.first_error() {
        bail!("{} had {} errors, the first: {first}", row.name, row.errors());
    }
    row.samples(cores).first().context("no round was measured")?;
    let rate = row.spread(cores, Sample::per_second);
    Ok(format!(
        "| {} | {} | {} | {}-{} | {} | {} | {} | {:.1} MiB | {:.2} | {asked} |\n",
        row.title,
        cores.title(),
        thousands(rate.median),
        thousands(rate.min),
        thousands(rate.max),
        time(row.spread(cores, |sample| sample.p50_us)),
        time(row.spread(cores, |sample| sample.p99_us)),
        time(row.spread(cores, |sample| sample.cpu_us)),
        row.memory_bytes as f64 / f64::from(1 << 20),
        row.ratio(workerd, cores).median,
    ))
}
