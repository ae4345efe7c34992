//! Many groups with many connectors: what a start, a list, a search and a call cost beside a host with one group.

use crate::{
    density::host::{GROUPS, Host},
    interrupt,
    machine::{Machine, cores},
    sample::Recorder,
    table::thousands,
};
use anyhow::{Context, Result, ensure};
use lockgate_tests::component::Crafted;
use serde_json::{Value, json};
use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

#[derive(Debug, clap::Args)]
pub(crate) struct Plan {
    /// Groups, each with one plugin; no two of them have the same digest
    #[arg(long, default_value_t = 1_000, value_name = "N")]
    groups: usize,
    /// Connectors of each plugin
    #[arg(long, default_value_t = 10, value_name = "N")]
    connectors: usize,
    /// Rounds, in which both hosts are called in turn
    #[arg(long, default_value_t = 40, value_name = "N")]
    rounds: usize,
    /// The host to measure [default: `lockgate` beside this program]
    #[arg(long, value_name = "FILE")]
    lockgate: Option<PathBuf>,
}

/// Lists and searches that are timed.
const LISTS: usize = 200;
/// Calls of a round.
const CALLS: usize = 2_000;
/// What is asked of a host with that many groups.
const LIST_MS: f64 = 50.0;
const START_MS: f64 = 3_000.0;

pub(crate) fn measure(plan: &Plan) -> Result<String> {
    let machine = Machine::describe();
    let lockgate = plan.lockgate.clone();
    let lockgate = lockgate.unwrap_or_else(|| std::env::current_exe().unwrap_or_default().with_file_name("lockgate"));
    let folder = tempfile::tempdir()?;
    let (few, many) = (folder.path().join("one"), folder.path().join("many"));
    fill(&lockgate, &few, 1, plan.connectors)?;
    fill(&lockgate, &many, plan.groups, plan.connectors)?;
    let mut one = Host::start(&lockgate, &few)?;
    let mut all = Host::start(&lockgate, &many)?;

    let last = slug(plan.groups.saturating_sub(1));
    let mut rows = vec![row("from start to ready", ms(all.ready), &format!("below {START_MS:.0} ms"))];
    let target = format!("below {LIST_MS:.0} ms");
    for (what, path) in [
        ("list of 50 groups", format!("{GROUPS}?limit=50")),
        ("list of 500 groups", format!("{GROUPS}?limit=500")),
        ("search that finds one group", format!("{GROUPS}?q={last}")),
        ("search that finds every group, first page", format!("{GROUPS}?q=group&visible=all")),
        ("list of a group's connectors", format!("{GROUPS}/{last}/connectors")),
        ("search for a connector in a group", format!("{GROUPS}/{last}/connectors?q=connector_3")),
    ] {
        rows.push(row(what, lists(&mut all, &path)?.quantiles(), &target));
    }
    // Each plugin is called once, so that what is compared is calls.
    calls(&mut all, plan.groups, plan.groups, plan.connectors)?;
    let (mut alone, mut beside, mut spread) = (Recorder::new()?, Recorder::new()?, Recorder::new()?);
    for round in 0..plan.rounds {
        // Each goes first as often as the other: what the one before left in the caches is not its own.
        for first in [true, false] {
            if first == (round % 2 == 0) {
                alone.merge(calls(&mut one, CALLS, 1, plan.connectors)?)?;
            } else {
                beside.merge(calls(&mut all, CALLS, 1, plan.connectors)?)?;
            }
        }
    }
    for _ in 0..plan.rounds {
        spread.merge(calls(&mut all, CALLS, plan.groups, plan.connectors)?)?;
    }
    rows.extend([
        row("call on a host with one group", alone.quantiles(), ""),
        row("call of one group of many", beside.quantiles(), "no slower"),
        row("calls of all groups in turn", spread.quantiles(), ""),
    ]);
    let ratio = beside.quantile_us(0.5) / alone.quantile_us(0.5);
    Ok(format!(
        "{} ({}, {} cores): {} groups with {} connectors each, no two plugins alike.\n\n\
         | what | measured | target |\n| --- | --- | --- |\n{}\n\
         A call of one group of many takes {ratio:.2}x of one on a host with one group (medians; {} calls of each, in \
         turns of {}).",
        jiff::Timestamp::now().strftime("%Y-%m-%d"),
        machine.processor,
        cores(),
        thousands(plan.groups as f64),
        plan.connectors,
        rows.concat(),
        thousands((plan.rounds * CALLS) as f64),
        thousands(CALLS as f64),
    ))
}

fn slug(number: usize) -> String {
    format!("group-{number:06}")
}

/// The answer of a group's connectors.
fn output(number: usize) -> Value {
    json!({"group": slug(number)})
}

/// Makes a data folder with that many groups.
fn fill(lockgate: &Path, data: &Path, groups: usize, connectors: usize) -> Result<()> {
    let mut host = Host::start(lockgate, data)?;
    let input = json!({"type": "object", "properties": {"id": {"type": "integer"}}, "required": ["id"]});
    let typed = json!({"type": "object", "properties": {"group": {"type": "string"}}, "required": ["group"]});
    for number in 0..groups {
        interrupt::check()?;
        let slug = slug(number);
        let mut plugin = Crafted::plugin(&slug, "1").returns(&output(number).to_string());
        for connector in 0..connectors {
            plugin = plugin.typed(&format!("connector_{connector}"), input.clone(), typed.clone());
        }
        let group = json!({"slug": slug, "name": slug, "resource_type": "EXTERNAL", "description": "measured"});
        host.send("POST", GROUPS, "application/json", group.to_string().as_bytes())?;
        host.send("POST", &format!("{GROUPS}/{slug}/plugins"), "application/wasm", &plugin.component())?;
    }
    host.end()
}

fn lists(host: &mut Host, path: &str) -> Result<Recorder> {
    let mut recorder = Recorder::new()?;
    for _ in 0..LISTS {
        let began = Instant::now();
        let answer = host.send("GET", path, "application/json", b"")?;
        recorder.success(began.elapsed());
        ensure!(answer.starts_with(b"{\"items\":[{"), "an empty list: {}", String::from_utf8_lossy(&answer));
    }
    Ok(recorder)
}

/// Calls the first groups in turn, one call after the other.
fn calls(host: &mut Host, calls: usize, groups: usize, connectors: usize) -> Result<Recorder> {
    let mut recorder = Recorder::new()?;
    for number in 0..calls {
        interrupt::check()?;
        let (group, connector) = (number.checked_rem(groups).context("no group")?, number % connectors.max(1));
        let path = format!("{GROUPS}/{}/connectors/connector_{connector}/invoke", slug(group));
        let began = Instant::now();
        let answer = host.send("POST", &path, "application/json", b"{\"input\":{\"id\":7}}")?;
        recorder.success(began.elapsed());
        let expected = format!("{{\"output\":{},\"call\":", output(group));
        ensure!(answer.starts_with(expected.as_bytes()), "a wrong answer: {}", String::from_utf8_lossy(&answer));
    }
    Ok(recorder)
}

fn row(what: &str, measured: String, target: &str) -> String {
    format!("| {what} | {measured} | {target} |\n")
}

fn ms(duration: Duration) -> String {
    format!("{:.0} ms", duration.as_secs_f64() * 1e3)
}
