//! Writes the generated part of `docs/benchmarks.md`, and the plot beside it.

use crate::{plot, results::Results, table};
use anyhow::{Context, Result};
use std::{fs, path::Path};

const BEGIN: &str = "<!-- begin: written by lockgate-bench, do not edit -->\n";
const END: &str = "<!-- end -->";

pub(crate) fn write(results: &Results, file: &Path) -> Result<()> {
    let svg = file.with_extension("svg");
    fs::write(&svg, plot::draw(results))?;
    let image = svg.file_name().unwrap_or_default().display().to_string();
    replace(file, BEGIN, END, &generated(results, &image))
}

/// Writes between the first `begin` of a file and the `end` that follows it.
pub(crate) fn replace(file: &Path, begin: &str, end: &str, generated: &str) -> Result<()> {
    let shown = file.display();
    let text = fs::read_to_string(file).with_context(|| format!("reading {shown}"))?;
    let marks = || format!("{shown} has no lines `{}` and `{end}` to write between", begin.trim());
    let (before, rest) = text.split_once(begin).with_context(marks)?;
    let (_, after) = rest.split_once(end).with_context(marks)?;
    Ok(fs::write(file, format!("{before}{begin}{generated}{end}{after}"))?)
}

/// Replaces what stands between the marks of that name.
pub(crate) fn part(file: &Path, name: &str, text: &str) -> Result<()> {
    let (begin, end) = (format!("<!-- begin {name}: written by lockgate-bench -->\n"), format!("<!-- end {name} -->"));
    replace(file, &begin, &end, &format!("\n{}\n\n", text.trim()))
}

fn generated(results: &Results, image: &str) -> String {
    let figures: Vec<String> = table::figures(results).iter().map(table::Figures::markdown).collect();
    let rivals: String = results
        .rows
        .iter()
        .map(|row| format!("| {} | {} |\n", row.title, row.description.replace('|', "\\|")))
        .collect();
    format!(
        "\n![requests per second]({image})\n\n\
         Measured on {date}: {machine}. {rounds} rounds of {seconds} s, {connections} connections.\n\n\
         {figures}\n\
         | rival | program, version, flags |\n| --- | --- |\n{rivals}\n\
         Repeat it: `./dev bench --rounds {rounds} --seconds {seconds} --connections {connections}`\n\n",
        date = results.date,
        machine = results.machine.line(),
        rounds = results.rounds,
        seconds = results.seconds,
        connections = results.connections,
        figures = figures.join("\n"),
    )
}
