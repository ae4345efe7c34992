//! Writes the generated part of `docs/benchmarks.md`, and the plot beside it.

use crate::{plot, results::Results, table};
use anyhow::{Context, Result};
use std::{fs, path::Path};

const BEGIN: &str = "<!-- begin: written by lockgate-bench, do not edit -->\n";
const END: &str = "<!-- end -->";

pub(crate) fn write(results: &Results, file: &Path) -> Result<()> {
    let shown = file.display();
    let text = fs::read_to_string(file).with_context(|| format!("reading {shown}"))?;
    let marks = || format!("{shown} has no lines `{}` and `{END}` to write between", BEGIN.trim());
    let (before, rest) = text.split_once(BEGIN).with_context(marks)?;
    let (_, after) = rest.split_once(END).with_context(marks)?;

    let svg = file.with_extension("svg");
    fs::write(&svg, plot::draw(results))?;
    let image = svg.file_name().unwrap_or_default().display().to_string();
    fs::write(file, format!("{before}{BEGIN}{}{END}{after}", generated(results, &image)))?;
    Ok(())
}

/// Replaces what stands between the marks of that name.
pub(crate) fn part(file: &Path, name: &str, text: &str) -> Result<()> {
    let shown = file.display();
    let whole = fs::read_to_string(file).with_context(|| format!("reading {shown}"))?;
    let (begin, end) = (format!("<!-- begin {name}: written by lockgate-bench -->\n"), format!("<!-- end {name} -->"));
    let marks = || format!("{shown} has no lines `{}` and `{end}` to write between", begin.trim());
    let (before, rest) = whole.split_once(&begin).with_context(marks)?;
    let (_, after) = rest.split_once(&end).with_context(marks)?;
    Ok(fs::write(file, format!("{before}{begin}\n{}\n\n{end}{after}", text.trim()))?)
}

fn generated(results: &Results, image: &str) -> String {
    let machine = &results.machine;
    let gib = |bytes: u64| format!("{:.1} GiB", bytes as f64 / f64::from(1 << 30));
    let swap = if machine.swap_bytes == 0 { "no swap".into() } else { format!("{} of swap", gib(machine.swap_bytes)) };
    let figures: Vec<String> = table::figures(results).iter().map(table::Figures::markdown).collect();
    let rivals: String = results
        .rows
        .iter()
        .map(|row| format!("| {} | {} |\n", row.title, row.description.replace('|', "\\|")))
        .collect();
    format!(
        "\n![requests per second]({image})\n\n\
         Measured on {date}: {processor}, {cores} cores, {memory} of memory, {swap}, Linux {kernel}; load average \
         before the run {load:.2}. {rounds} rounds of {seconds} s, {connections} connections.\n\n\
         {figures}\n\
         | rival | program, version, flags |\n| --- | --- |\n{rivals}\n\
         Repeat it: `./dev bench --rounds {rounds} --seconds {seconds} --connections {connections}`\n\n",
        date = results.date,
        processor = machine.processor,
        cores = machine.cores,
        memory = gib(machine.memory_bytes),
        kernel = machine.kernel,
        load = machine.load_before,
        rounds = results.rounds,
        seconds = results.seconds,
        connections = results.connections,
        figures = figures.join("\n"),
    )
}
