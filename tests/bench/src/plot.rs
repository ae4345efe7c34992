//! The bar plot: one panel per transport, a bar per rival, readable on light and dark pages.

use crate::{
    results::{Cores, Results, Row, Transport},
    table::thousands,
};
use std::fmt::Write;

const WIDTH: f64 = 860.0;
const LABELS: f64 = 300.0;
const NUMBERS: f64 = 90.0;
const BAR: f64 = 13.0;
const ROW: f64 = 44.0;
const TITLE: f64 = 40.0;
const FOOT: f64 = 30.0;

const STYLE: &str = "<style>
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.title { font-weight: 600; font-size: 15px }
.small { font-size: 11px; fill: #59636e }
.all { fill: #0969da } .one { fill: #80b8f0 }
.all.ours { fill: #1a7f37 } .one.ours { fill: #7cc98f }
.range { stroke: #1f2328; stroke-width: 1.2 }
@media (prefers-color-scheme: dark) {
text { fill: #f0f6fc } .small { fill: #9198a1 } .range { stroke: #f0f6fc }
.all { fill: #4493f8 } .one { fill: #1f4f8f } .all.ours { fill: #3fb950 } .one.ours { fill: #1d6b30 }
}
</style>\n";

pub(crate) fn draw(results: &Results) -> String {
    let panels =
        [(Transport::Http, "Requests per second over HTTP"), (Transport::InProcess, "Calls per second in process")];
    let (mut body, mut top) = (String::new(), 10.0);
    for (transport, title) in panels {
        let rows: Vec<&Row> = results.rows.iter().filter(|row| row.transport == transport).collect();
        if !rows.is_empty() {
            panel(&mut body, &rows, title, top);
            top += TITLE + ROW * rows.len() as f64;
        }
    }
    let foot = "Upper bar: all cores. Lower bar: one core. Line: slowest to fastest round.";
    text(&mut body, 10.0, top + FOOT / 2.0, "small", "start", foot);
    let height = top + FOOT;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" \
         aria-label=\"Requests per second of each rival\">\n{STYLE}{body}</svg>\n"
    )
}

fn panel(out: &mut String, rows: &[&Row], title: &str, top: f64) {
    text(out, 10.0, top + TITLE / 2.0, "title", "start", title);
    let rates =
        rows.iter().flat_map(|row| Cores::BOTH.map(|cores| row.spread(cores, |sample| sample.per_second()).max));
    let most = rates.fold(1.0, f64::max);
    let scale = (WIDTH - LABELS - NUMBERS) / most;
    for (index, row) in rows.iter().enumerate() {
        let y = top + TITLE + ROW * index as f64;
        text(out, LABELS - 10.0, y + BAR + 5.0, "label", "end", row.title);
        bar(out, row, Cores::All, y, scale);
        bar(out, row, Cores::One, y + BAR + 3.0, scale);
    }
}

fn bar(out: &mut String, row: &Row, cores: Cores, y: f64, scale: f64) {
    let rate = row.spread(cores, |sample| sample.per_second());
    if rate.median.is_nan() {
        return;
    }
    let color = match cores {
        Cores::All => "all",
        Cores::One => "one",
    };
    let ours = if row.name.starts_with("lockgate") { " ours" } else { "" };
    let width = rate.median * scale;
    let _ = writeln!(
        out,
        "<rect class=\"{color}{ours}\" x=\"{LABELS}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{BAR}\" rx=\"2\"/>"
    );
    let (from, to, middle) = (LABELS + rate.min * scale, LABELS + rate.max * scale, y + BAR / 2.0);
    let _ =
        writeln!(out, "<line class=\"range\" x1=\"{from:.1}\" y1=\"{middle:.1}\" x2=\"{to:.1}\" y2=\"{middle:.1}\"/>");
    text(out, to.max(LABELS + width) + 6.0, y + BAR - 2.5, "small", "start", &thousands(rate.median));
}

fn text(out: &mut String, x: f64, y: f64, class: &str, anchor: &str, words: &str) {
    let words = words.replace('&', "&amp;").replace('<', "&lt;");
    let _ = writeln!(out, "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{words}</text>");
}
