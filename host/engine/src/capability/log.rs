//! `lockgate:connector/log`: lines for the people who operate the connector. Also takes what a guest writes to its
//! standard output and error.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lockgate_domain::{JsonText, Limits, LogLevel, LogLine, printable};
use wasmtime::component::{HasData, Linker};

use super::lockgate::connector::log::{self, Host, Level};
use crate::host_calls::HostCalls;
use crate::state::GuestState;

/// The lines of one call. Shared with the guest's output streams.
#[derive(Debug, Clone)]
pub(crate) struct Log(Arc<Mutex<Lines>>);

#[derive(Debug)]
struct Lines {
    kept: Vec<LogLine>,
    dropped: u64,
    max_lines: usize,
    max_bytes: usize,
}

impl Log {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self(Arc::new(Mutex::new(Lines {
            kept: Vec::new(),
            dropped: 0,
            max_lines: usize::try_from(limits.log_lines).unwrap_or(usize::MAX),
            max_bytes: usize::try_from(limits.log_line_bytes).unwrap_or(usize::MAX),
        })))
    }

    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a line, cut and escaped, as far as the limits allow.
    pub(crate) fn write(&self, level: LogLevel, message: &str, fields: Option<String>) {
        let mut lines = self.lines();
        if lines.kept.len() >= lines.max_lines {
            lines.dropped += 1;
            return;
        }
        let max = lines.max_bytes;
        let fields = fields.map(|text| {
            let read = if text.len() <= max { JsonText::parse(&text).ok() } else { None };
            read.filter(JsonText::is_object).map_or_else(|| as_text(cut(&text, max)), JsonText::printable)
        });
        lines.kept.push(LogLine { level, message: printable(cut(message, max)).into_owned(), fields });
    }

    /// Hands over the lines of a call and starts anew. Lines that were dropped leave one that says so.
    pub(crate) fn take(&self) -> Vec<LogLine> {
        let mut lines = self.lines();
        let mut kept = std::mem::take(&mut lines.kept);
        if std::mem::take(&mut lines.dropped) > 0 {
            let message = format!("further lines were dropped: limits.log_lines = {}", lines.max_lines);
            kept.push(LogLine { level: LogLevel::Warn, message, fields: None });
        }
        kept
    }
}

fn cut(text: &str, max: usize) -> &str {
    text.get(..text.floor_char_boundary(max)).unwrap_or_default()
}

/// Fields that are no object.
fn as_text(text: &str) -> JsonText {
    JsonText::parse(&serde_json::json!({"fields": printable(text)}).to_string()).unwrap_or_default()
}

/// What the functions of this interface see of an instance.
pub(crate) struct LogView<'a> {
    log: &'a Log,
    calls: &'a mut HostCalls,
}

struct HasLog;

impl HasData for HasLog {
    type Data<'a> = LogView<'a>;
}

pub(crate) fn link(linker: &mut Linker<GuestState>) -> wasmtime::Result<()> {
    log::add_to_linker::<_, HasLog>(linker, view)
}

fn view(state: &mut GuestState) -> LogView<'_> {
    LogView { log: &state.log, calls: &mut state.calls }
}

impl Host for LogView<'_> {
    fn write(&mut self, level: Level, message: String, fields: Option<String>) -> wasmtime::Result<()> {
        self.calls.count()?;
        let level = match level {
            Level::Trace => LogLevel::Trace,
            Level::Debug => LogLevel::Debug,
            Level::Info => LogLevel::Info,
            Level::Warn => LogLevel::Warn,
            Level::Error => LogLevel::Error,
        };
        self.log.write(level, &message, fields);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(lines: u64, bytes: u64) -> Log {
        Log::new(&Limits { log_lines: lines, log_line_bytes: bytes, ..Limits::default() })
    }

    #[test]
    fn lines_are_cut_escaped_and_counted() {
        let log = log(2, 64);
        log.write(LogLevel::Info, "a\n{\"level\":\"error\"}\u{1b}[2J", None);
        log.write(LogLevel::Info, &"ü".repeat(100), Some("[1]".into()));
        log.write(LogLevel::Info, "too many", None);
        let lines = log.take();
        assert_eq!(lines[0].message, "a\\n{\"level\":\"error\"}\\u{1b}[2J");
        assert_eq!(lines[1].message, "ü".repeat(32));
        assert_eq!(lines[1].fields.as_ref().unwrap().text(), r#"{"fields":"[1]"}"#);
        assert!(lines[2].message.contains("log_lines = 2") && lines.len() == 3);
        assert!(log.take().is_empty());
    }

    #[test]
    fn an_object_stays_an_object() {
        let log = log(2, 64);
        log.write(LogLevel::Info, "m", Some(r#"{"order": 12345678901234567890.10}"#.into()));
        log.write(LogLevel::Info, "m", Some("{\"a\u{9b}\": \"\u{2066}\u{1b}\"}".into()));
        let lines = log.take();
        assert_eq!(lines[0].fields.as_ref().unwrap().text(), r#"{"order":12345678901234567890.10}"#);
        // A raw escape is no JSON, so it is a text, and no character in it is one that acts.
        let shown = lines[1].fields.as_ref().unwrap().text().to_owned();
        assert!(!shown.chars().any(lockgate_domain::is_control), "{shown:?}");
    }
}
