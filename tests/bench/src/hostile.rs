//! What hostile guests cost a neighbour: the 99th percentile of its latency before each of them and meanwhile.

use crate::{
    interrupt,
    machine::{Machine, cores},
};
use anyhow::{Context, Result};
use lockgate_tests::hostile::{ALL, Hostile, Strikes};
use lockgate_tests::{Host, Neighbour, Served};
use serde_json::json;
use std::{
    thread::sleep,
    time::{Duration, Instant},
};

#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Plan {
    /// Seconds before each attack, and as many of it
    #[arg(long, default_value_t = 3)]
    seconds: u64,
    /// Callers of the hostile connector at one time
    #[arg(long, default_value_t = 4)]
    callers: usize,
    /// Only these guests
    #[arg(long, value_delimiter = ',', value_name = "NAME")]
    only: Vec<String>,
}

/// What a neighbour saw of one guest.
struct Row {
    name: &'static str,
    attacks: usize,
    before: Duration,
    meanwhile: Duration,
    calls: usize,
    errors: usize,
}

/// Runs all attacks, one after the other; gives a table in Markdown.
pub(crate) fn run(plan: &Plan) -> Result<String> {
    let wanted = |guest: &&Hostile| plan.only.is_empty() || plan.only.iter().any(|name| name == guest.name);
    let machine = Machine::describe();
    let head = "| guest | attacks | neighbour's p99 before | meanwhile | ratio | calls | errors |\n\
                | --- | ---: | ---: | ---: | ---: | ---: | ---: |\n";
    let mut table = head.to_owned();
    for guest in ALL.iter().filter(wanted) {
        interrupt::check()?;
        let row = measure(guest, plan).with_context(|| format!("with the guest {}", guest.name))?;
        table.push_str(&row.markdown());
    }
    Ok(format!(
        "{} ({}, {} cores; load average before the run {:.2}): {} s before each guest, and as long beside it with {} \
         callers.\n\n{table}",
        jiff::Timestamp::now().strftime("%Y-%m-%d"),
        machine.processor,
        cores(),
        machine.load_before,
        plan.seconds,
        plan.callers,
    ))
}

fn measure(guest: &Hostile, plan: &Plan) -> Result<Row> {
    let host = Host::start();
    let neighbour = Neighbour::of(&host);
    host.group("g", json!({"limits": guest.limits(), "capabilities": ["http"]}));
    let component = guest.component();
    if guest.strikes == Strikes::Call {
        host.load("g", component.as_slice()).status(201);
    }
    let time = Duration::from_secs(plan.seconds);
    neighbour.take();
    sleep(time);
    let before = neighbour.take();

    let (began, mut attacks) = (Instant::now(), 0);
    while began.elapsed() < time {
        attacks += match guest.strikes {
            Strikes::Load => {
                host.load("g", component.as_slice());
                1
            }
            Strikes::Call => {
                let calls: Vec<_> = (0..plan.callers).map(|_| host.call("g/attack", &json!(null))).collect();
                host.send_all(calls).len()
            }
        };
    }
    let meanwhile = neighbour.take();
    neighbour.end();
    Ok(Row {
        name: guest.name,
        attacks,
        before: p99(&before).context("the neighbour made no calls before")?,
        meanwhile: p99(&meanwhile).context("the neighbour made no calls meanwhile")?,
        calls: meanwhile.len(),
        errors: before.iter().chain(&meanwhile).filter(|call| call.status != Ok(200)).count(),
    })
}

fn p99(calls: &[Served]) -> Option<Duration> {
    let mut latencies: Vec<_> = calls.iter().map(|call| call.latency).collect();
    latencies.sort_unstable();
    latencies.get((latencies.len() * 99).div_ceil(100).checked_sub(1)?).copied()
}

impl Row {
    fn markdown(&self) -> String {
        let ms = |time: Duration| format!("{:.2} ms", time.as_secs_f64() * 1000.0);
        let ratio = self.meanwhile.as_secs_f64() / self.before.as_secs_f64();
        format!(
            "| {} | {} | {} | {} | {ratio:.1} | {} | {} |\n",
            self.name,
            self.attacks,
            ms(self.before),
            ms(self.meanwhile),
            self.calls,
            self.errors
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_99th_of_a_hundred() {
        let call = |ms| Served { status: Ok(200), latency: Duration::from_millis(ms) };
        let calls: Vec<_> = (1..=100).rev().map(call).collect();
        assert_eq!(p99(&calls), Some(Duration::from_millis(99)));
        assert_eq!(p99(&[]), None);
        assert_eq!(p99(&[call(7)]), Some(Duration::from_millis(7)));
    }
}
