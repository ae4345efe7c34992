//! Everything that is printed goes through here: results to standard output, the rest to standard error.

use std::collections::BTreeMap;
use std::io::{ErrorKind, IsTerminal, Write};

use clap::ValueEnum;
use comfy_table::presets;
use comfy_table::{ContentArrangement, Table};
use lockgate_domain::schema::Document;
use lockgate_domain::{JsonText, LogLine, Problem, printable_json, printable_lines};
use serde::Serialize;
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
    /// The members of the document, as the HTTP API gives it, with every digit of their numbers.
    pub(crate) document: BTreeMap<String, JsonText>,
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
        let reported = Self { code: code.to_string(), title: code.title().to_owned(), document: BTreeMap::new() };
        let reported = reported.with("code", &code.as_str()).with("title", &code.title()).with("detail", &detail);
        let mut reported = reported.with("fault", &fault.as_str()).with("retryable", &retryable);
        if let Some(limit) = limit {
            reported = reported.with("limit", &limit);
        }
        if !errors.is_empty() {
            reported = reported.with("errors", &errors);
        }
        match failure {
            Some(failure) => reported.with("failure", &failure),
            None => reported,
        }
    }
}

impl Reported {
    /// Adds a member to the document.
    pub(crate) fn with(mut self, name: &str, value: &impl Serialize) -> Self {
        let text = serde_json::to_string(value).ok().and_then(|text| JsonText::parse(&text).ok());
        self.document.insert(name.to_owned(), text.unwrap_or_default());
        self
    }

    /// Reads the document of an answer.
    pub(crate) fn of_answer(text: &str) -> Option<Self> {
        let document: BTreeMap<String, JsonText> = serde_json::from_str(text).ok()?;
        let text = |name: &str| document.get(name)?.value().as_str().map(str::to_owned);
        Some(Self { code: text("code")?, title: text("title")?, document })
    }

    fn member(&self, name: &str) -> Value {
        self.document.get(name).map(JsonText::value).unwrap_or_default()
    }

    /// The details of the connector's failure, as they are written.
    fn details(&self) -> Option<JsonText> {
        let failure: BTreeMap<String, JsonText> = serde_json::from_str(self.document.get("failure")?.text()).ok()?;
        failure.get("details").cloned()
    }
}

/// Sentences and tables. Much of what they show are words of guests, upstreams and other users, and none of these moves a
/// cursor.
fn out(text: &str) {
    written(&printable_lines(text));
}

/// JSON: the same value, with what acts on a terminal escaped.
fn out_json(text: &str) {
    written(&printable_json(text));
}

/// Prints a text as it is.
pub(crate) fn raw(text: &str) {
    written(text.trim_end_matches('\n'));
}

fn written(text: &str) {
    let written = writeln!(std::io::stdout().lock(), "{text}");
    if written.is_err_and(|error| error.kind() == ErrorKind::BrokenPipe) {
        // Whoever reads has what they wanted (`| head`); what was asked for is done before it is printed.
        std::process::exit(0);
    }
}

fn err(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{}", printable_lines(text));
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
    out_json(&serde_json::to_string_pretty(value).unwrap_or_default());
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
    if std::io::stdout().is_terminal() { indented(text) } else { out_json(text) }
}

/// JSON text with line breaks, and every digit of its numbers.
pub(crate) fn indented(text: &str) {
    match Document::parse(text) {
        Ok(document) => out_json(&document.root().to_indented()),
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
        let fields = line.fields.as_ref().map(|fields| format!(" {}", fields.text())).unwrap_or_default();
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
        if exchange.get("service").is_some() {
            grpc(exchange);
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

/// A call of a gRPC method, and the messages that came.
fn grpc(exchange: &Value) {
    let text = |name: &str| exchange.get(name).and_then(Value::as_str).unwrap_or_default();
    let number = |name: &str| exchange.get(name).and_then(Value::as_u64).unwrap_or_default();
    let list = |name: &str| exchange.get(name).and_then(Value::as_array).into_iter().flatten();
    let metadata = |name: &str, mark: &str| {
        for pair in list(name) {
            let part = |place: usize| pair.get(place).and_then(Value::as_str).unwrap_or_default();
            err(&format!("{mark} {}: {}", part(0), part(1)));
        }
    };
    err(&format!("> {}/{} at {}", text("service"), text("method"), text("target")));
    metadata("request_metadata", ">");
    err(&format!(">   {}", exchange.get("request_message").unwrap_or(&Value::Null)));
    metadata("response_metadata", "<");
    list("response_messages").for_each(|message| err(&format!("<   {message}")));
    let left_out = number("response_count").saturating_sub(list("response_messages").count() as u64);
    if left_out > 0 {
        err(&format!("<   and {left_out} more messages"));
    }
    metadata("response_trailers", "<");
    let ms = number("duration_us") / 1000;
    match (text("status"), text("error")) {
        ("", "") => err(&format!("< left before its end after {ms} ms")),
        ("", error) => err(&format!("< no answer after {ms} ms: {error}")),
        (status, _) => {
            let message = text("status_message");
            let gap = if message.is_empty() { "" } else { ": " };
            err(&format!("< {status} after {ms} ms{gap}{message}"));
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
        indented(&serde_json::to_string(&reported.document).unwrap_or_default());
        return;
    }
    let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    err(&format!("error: {} ({})", reported.member("detail").as_str().unwrap_or_default(), reported.code));
    for violation in reported.member("errors").as_array().into_iter().flatten() {
        let pointer = text(violation, "pointer");
        let pointer = if pointer.is_empty() { "/" } else { &pointer };
        err(&format!("  at {pointer}: {} ({})", text(violation, "detail"), text(violation, "rule")));
    }
    if reported.document.contains_key("failure") {
        let failure = reported.member("failure");
        err(&format!("  failure `{}`", text(&failure, "code")));
        match failure.get("details") {
            // The stack of an error that the plugin did not expect: as its author reads it.
            Some(Value::Object(details))
                if details.len() == 1 && details.get("stack").is_some_and(Value::is_string) =>
            {
                details
                    .values()
                    .filter_map(Value::as_str)
                    .flat_map(str::lines)
                    .for_each(|line| err(&format!("    {line}")));
            }
            Some(_) => {
                if let Some(details) = reported.details() {
                    err(&format!("  details: {}", details.text()));
                }
            }
            None => {}
        }
    }
    if let Some(call) = reported.member("instance").as_str() {
        err(&format!("  call {call}"));
    }
}

/// Any other error: its sentence, and the causes below it.
pub(crate) fn error(error: &anyhow::Error, output: Output) {
    let causes: Vec<_> = error.chain().map(ToString::to_string).collect();
    if output == Output::Json {
        out_json(&json!({"detail": causes.join(": ")}).to_string());
        return;
    }
    let mut causes = causes.into_iter();
    err(&format!("error: {}", causes.next().unwrap_or_default()));
    causes.for_each(|cause| err(&format!("  because: {cause}")));
}
