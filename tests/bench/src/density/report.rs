//! The figures as a table: on the terminal, and between the marks of a Markdown file.

use super::{Density, Held, Latency};
use crate::{report, table::thousands};
use anyhow::Result;
use std::path::Path;

const BEGIN: &str = "<!-- begin: density, written by lockgate-bench, do not edit -->\n";
const END: &str = "<!-- end: density -->";

/// What is asked of the host at 10,000 plugins.
const LISTENING_MS: f64 = 2_000.0;
const MEMORY: f64 = 400.0;
const FIRST_CALL_MS: f64 = 10.0;

fn rows(density: &Density) -> Vec<[String; 3]> {
    let row = |what: &str, value: String, target: String| [what.to_owned(), value, target];
    let mut rows = Vec::new();
    for loading in &density.loading {
        let how = if loading.compiled { "compiled by the host" } else { "code in the cache" };
        let rate = loading.plugins as f64 / loading.seconds;
        let value = format!("{rate:.1} plugins/s ({} in {:.0} s)", thousands(loading.plugins as f64), loading.seconds);
        rows.push(row(&format!("loading over HTTP, {how}"), value, String::new()));
    }
    let below = |limit: f64, unit: &str| format!("below {} {unit}", thousands(limit));
    let (at_start, called) = (&density.at_start, &density.after_first_calls);
    rows.extend([
        row("from start to listening", format!("{:.0} ms", density.listening_ms), below(LISTENING_MS, "ms")),
        row("from start to ready", format!("{:.0} ms", density.ready_ms), String::new()),
        row("memory after the start", memory(at_start), below(MEMORY, "MB")),
        row("memory after each was called once", memory(called), below(MEMORY, "MB")),
        row("memory after each was called twice", memory(&density.after_second_calls), below(MEMORY, "MB")),
        row("mappings after the start, after the calls", mappings(at_start, called), String::new()),
        row("first call of a plugin", latency(&density.first_calls), format!("p99 {}", below(FIRST_CALL_MS, "ms"))),
        row("second call of a plugin", latency(&density.second_calls), String::new()),
        row("list of 50 groups", latency(&density.list), String::new()),
        row("search for one group", latency(&density.search), String::new()),
    ]);
    rows
}

fn memory(held: &Held) -> String {
    format!("{:.0} MB", held.anonymous_bytes as f64 / 1e6)
}

fn mappings(before: &Held, after: &Held) -> String {
    format!("{}, {}", thousands(before.mappings as f64), thousands(after.mappings as f64))
}

fn latency(latency: &Latency) -> String {
    let [p50, p99, max] = [latency.p50_us, latency.p99_us, latency.max_us].map(|us| us / 1e3);
    format!("p50 {p50:.2} ms, p99 {p99:.2} ms, max {max:.2} ms")
}

#[allow(clippy::print_stdout)]
pub(crate) fn print(density: &Density) {
    for [what, value, target] in rows(density) {
        println!("{what:<45} {value}{}", if target.is_empty() { target } else { format!("   ({target})") });
    }
}

pub(crate) fn write(density: &Density, file: &Path) -> Result<()> {
    let rows: String = rows(density).iter().map(|cells| format!("| {} |\n", cells.join(" | "))).collect();
    let text = format!(
        "\nMeasured on {date}: {machine}. {groups} groups with one plugin each, no two of them alike: the pricing sample \
         ({component} KiB, {code} KiB of compiled code) with another section in each.\n\n\
         | what | measured | target |\n| --- | --- | --- |\n{rows}\n\
         Repeat it: `./dev bench density --groups {groups}`\n\n",
        date = density.date,
        machine = density.machine.line(),
        groups = density.groups,
        component = density.component_bytes / 1024,
        code = density.code_bytes / 1024,
    );
    report::replace(file, BEGIN, END, &text)
}
