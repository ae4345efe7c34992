//! The figures as tables: on the terminal and in Markdown.

use crate::results::{Cores, Results, Row, Spread, Transport};
use comfy_table::{CellAlignment, ContentArrangement, Table, presets::UTF8_FULL_CONDENSED};

/// One table: rivals of one transport on one number of cores.
#[derive(Debug)]
pub(crate) struct Figures {
    pub(crate) title: String,
    head: Vec<String>,
    rows: Vec<Vec<String>>,
}

/// Whom the others of a transport are compared with, and the column's title.
fn references(transport: Transport) -> &'static [(&'static str, &'static str)] {
    match transport {
        Transport::Http => &[
            ("wasmtime-serve", "x wasmtime serve"),
            ("wasmtime-serve-tuned", "x tuned"),
            ("native-axum", "x axum"),
            ("lockgate-before", "x before, fresh"),
            ("lockgate-before-reuse", "x before, reused"),
        ],
        Transport::InProcess => &[("bare-fresh", "x bare fresh"), ("bare-warm", "x bare warm")],
    }
}

/// All tables that have rows.
pub(crate) fn figures(results: &Results) -> Vec<Figures> {
    let both = [Transport::Http, Transport::InProcess];
    let all = both.iter().flat_map(|transport| Cores::BOTH.iter().map(|cores| one(results, *transport, *cores)));
    all.filter(|figures| !figures.rows.is_empty()).collect()
}

fn one(results: &Results, transport: Transport, cores: Cores) -> Figures {
    let title = match transport {
        Transport::Http => format!("Over HTTP, {}", cores.title()),
        Transport::InProcess => format!("In process, {}", cores.title()),
    };
    let references: Vec<(&Row, &str)> = references(transport)
        .iter()
        .filter_map(|(name, title)| Some((results.rows.iter().find(|row| row.name == *name)?, *title)))
        .collect();
    let fixed = ["rival", "requests/s", "min-max", "p50", "p99", "CPU per request", "memory", "errors"];
    let head = fixed.iter().copied().chain(references.iter().map(|(_, title)| *title)).map(String::from).collect();
    let rows = results.rows.iter().filter(|row| row.transport == transport).map(|row| {
        let rate = row.spread(cores, |sample| sample.per_second());
        let mut cells = vec![
            row.title.to_owned(),
            thousands(rate.median),
            format!("{}-{}", thousands(rate.min), thousands(rate.max)),
            time(row.spread(cores, |sample| sample.p50_us)),
            time(row.spread(cores, |sample| sample.p99_us)),
            time(row.spread(cores, |sample| sample.cpu_us)),
            format!("{:.1} MiB", row.memory_bytes as f64 / f64::from(1 << 20)),
            row.errors().to_string(),
        ];
        cells.extend(references.iter().map(|(other, _)| format!("{:.2}", row.ratio(other, cores).median)));
        cells
    });
    Figures { title, rows: rows.collect(), head }
}

impl Figures {
    pub(crate) fn terminal(&self) -> String {
        let mut table = Table::new();
        table.load_style(UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Disabled);
        table.set_header(&self.head).add_rows(&self.rows);
        for column in table.column_iter_mut().skip(1) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        format!("{}\n{table}\n", self.title)
    }

    pub(crate) fn markdown(&self) -> String {
        let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
        let rule = format!("| --- |{}\n", " ---: |".repeat(self.head.len().saturating_sub(1)));
        let rows: String = self.rows.iter().map(|cells| line(cells)).collect();
        format!("**{}**\n\n{}{rule}{rows}", self.title, line(&self.head))
    }
}

/// A whole number with commas.
pub(crate) fn thousands(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The median as a time.
pub(crate) fn time(microseconds: Spread) -> String {
    let value = microseconds.median;
    if value < 1000.0 { format!("{value:.1} us") } else { format!("{:.2} ms", value / 1000.0) }
}

#[cfg(test)]
mod tests {
    use super::thousands;

    #[test]
    fn groups_digits() {
        let texts: Vec<String> = [7.4, 999.5, 12_345.0, 1_234_567.0].into_iter().map(thousands).collect();
        assert_eq!(texts, ["7", "1,000", "12,345", "1,234,567"]);
    }
}
