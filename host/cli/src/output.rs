//! Everything that is printed goes through here: results to standard output, the rest to standard error.

use std::io::{IsTerminal, Write};

use clap::ValueEnum;
use comfy_table::presets;
use comfy_table::{ContentArrangement, Table};
use lockgate_domain::schema::Document;
use lockgate_domain::{LogLine, Problem};
use serde_json::{Value, json};

/// How results are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    /// Tables and sentences
    Text,
    /// One JSON document
    Json,
}

/// A problem of the domain on its way to the person who typed the command.
#[derive(Debug)]
pub(crate) struct Reported {
    pub(crate) code: String,
    pub(crate) title: String,
    /// The rest of the document, as the HTTP API gives it.
    pub(crate) document: Value,
}

impl std::fmt::Display for Reported {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.code, self.title)
    }
}

impl std::error::Error for Reported {}

impl From<Problem> for Reported {
    fn from(problem: Problem) -> Self {
        let fault = problem.fault();
        let Problem { code, detail, retryable, limit, errors, failure, .. } = problem;
        let mut document = json!({
            "code": code.as_str(), "title": code.title(), "detail": detail, "fault": fault.as_str(),
            "retryable": retryable,
        });
        if let Some(members) = document.as_object_mut() {
            members.extend(limit.map(|limit| ("limit".to_owned(), json!(limit))));
            members.extend((!errors.is_empty()).then(|| ("errors".to_owned(), json!(errors))));
            members.extend(failure.map(|failure| ("failure".to_owned(), json!(failure))));
        }
        Self { code: code.to_string(), title: code.title().to_owned(), document }
    }
}

impl Reported {
    /// Adds members to the document.
    pub(crate) fn with(mut self, members: impl IntoIterator<Item = (&'static str, Value)>) -> Self {
        add(&mut self.document, members);
        self
    }

    /// Reads the document of an answer.
    pub(crate) fn of_answer(document: Value) -> Option<Self> {
        let text = |name: &str| document.get(name).and_then(Value::as_str).map(str::to_owned);
        Some(Self { code: text("code")?, title: text("title")?, document })
    }
}

/// Adds members to an object.
pub(crate) fn add(object: &mut Value, members: impl IntoIterator<Item = (&'static str, Value)>) {
    if let Some(object) = object.as_object_mut() {
        object.extend(members.into_iter().map(|(name, value)| (name.to_owned(), value)));
    }
}

fn out(text: &str) {
    // A closed pipe (`| head`) is not an error.
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}

fn err(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// Prints a line of a result.
pub(crate) fn line(text: impl AsRef<str>) {
    out(text.as_ref());
}

/// A line beside the result: what happens, what to do next.
pub(crate) fn note(text: impl AsRef<str>) {
    err(text.as_ref());
}

/// Prints a result as one JSON document.
pub(crate) fn json(value: &Value) {
    out(&serde_json::to_string_pretty(value).unwrap_or_default());
}

/// Prints an object after a change.
pub(crate) fn changed(object: &Value, what: &str, output: Output) {
    if output == Output::Json {
        json(object);
    } else {
        let version = object.get("version").map(ToString::to_string).unwrap_or_default();
        line(format!("{what} is at version {version}"));
    }
}

/// A result that is JSON text: indented on a terminal, as it is in a pipe.
pub(crate) fn json_text(text: &str) {
    if std::io::stdout().is_terminal() { indented(text) } else { out(text) }
}

/// JSON text with line breaks, and every digit of its numbers.
pub(crate) fn indented(text: &str) {
    match Document::parse(text) {
        Ok(document) => out(&document.root().to_indented()),
        Err(_) => out(text),
    }
}

/// Prints a table with these column headings.
pub(crate) fn table(heading: &[&str], rows: Vec<Vec<String>>) {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(heading);
    table.add_rows(rows);
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    let text = table.to_string();
    text.lines().for_each(|line| out(line.trim_end()));
}

/// Prints a guest's log lines to standard error.
pub(crate) fn logs(lines: &[LogLine]) {
    for line in lines {
        let fields = line.fields.as_ref().map(|fields| format!(" {fields}")).unwrap_or_default();
        err(&format!("{:>5} {}{fields}", line.level.as_str(), line.message));
    }
}

/// What a call sent and got, to standard error; credentials are masked already.
pub(crate) fn exchanges(found: &[Value]) {
    for exchange in found {
        let text = |name: &str| exchange.get(name).and_then(Value::as_str).unwrap_or_default();
        let number = |name: &str| exchange.get(name).and_then(Value::as_u64);
        let headers = |name: &str, mark: &str| {
            for pair in exchange.get(name).and_then(Value::as_array).into_iter().flatten() {
                let part = |place: usize| pair.get(place).and_then(Value::as_str).unwrap_or_default();
                err(&format!("{mark} {}: {}", part(0), part(1)));
            }
        };
        let body = |name: &str, mark: &str| text(name).lines().for_each(|line| err(&format!("{mark}   {line}")));
        if exchange.get("statement").is_some() {
            statement(exchange);
            continue;
        }
        err(&format!("> {} {}", text("method"), text("url")));
        headers("request_headers", ">");
        body("request_body", ">");
        let ms = number("duration_us").unwrap_or_default() / 1000;
        match (number("status"), text("error")) {
            (Some(status), error) => {
                err(&format!("< {status} after {ms} ms"));
                headers("response_headers", "<");
                body("response_body", "<");
                if !error.is_empty() {
                    err(&format!("< {error}"));
                }
            }
            (None, error) => err(&format!("< no answer after {ms} ms: {error}")),
        }
    }
}

/// A statement that was sent to a database, and how many rows came.
fn statement(exchange: &Value) {
    let text = |name: &str| exchange.get(name).and_then(Value::as_str).unwrap_or_default();
    let number = |name: &str| exchange.get(name).and_then(Value::as_u64);
    err(&format!("> {}", text("database")));
    text("statement").lines().for_each(|line| err(&format!(">   {line}")));
    for (index, value) in exchange.get("parameters").and_then(Value::as_array).into_iter().flatten().enumerate() {
        err(&format!("> {}: {value}", index + 1));
    }
    let ms = number("duration_us").unwrap_or_default() / 1000;
    match (text("error"), number("changed")) {
        ("", Some(changed)) => err(&format!("< {changed} rows changed after {ms} ms")),
        ("", None) => err(&format!("< {} rows after {ms} ms", number("rows").unwrap_or_default())),
        (error, _) => err(&format!("< {error}")),
    }
}

/// A problem: code and sentence, then what belongs to it, each on a line.
pub(crate) fn problem(reported: &Reported, output: Output) {
    if output == Output::Json {
        out(&serde_json::to_string_pretty(&reported.document).unwrap_or_default());
        return;
    }
    let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    err(&format!("error: {} ({})", text(&reported.document, "detail"), reported.code));
    for violation in reported.document.get("errors").and_then(Value::as_array).into_iter().flatten() {
        let pointer = text(violation, "pointer");
        let pointer = if pointer.is_empty() { "/" } else { &pointer };
        err(&format!("  at {pointer}: {} ({})", text(violation, "detail"), text(violation, "rule")));
    }
    if let Some(failure) = reported.document.get("failure") {
        err(&format!("  failure `{}`", text(failure, "code")));
        if let Some(details) = failure.get("details") {
            err(&format!("  details: {details}"));
        }
    }
    if let Some(call) = reported.document.get("instance").and_then(Value::as_str) {
        err(&format!("  call {call}"));
    }
}

/// Any other error: its sentence, and the causes below it.
pub(crate) fn error(error: &anyhow::Error, output: Output) {
    let causes: Vec<_> = error.chain().map(ToString::to_string).collect();
    if output == Output::Json {
        out(&json!({"detail": causes.join(": ")}).to_string());
        return;
    }
    let mut causes = causes.into_iter();
    err(&format!("error: {}", causes.next().unwrap_or_default()));
    causes.for_each(|cause| err(&format!("  because: {cause}")));
}
