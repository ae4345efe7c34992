//! The host's log: a line of JSON for each event, on standard error.

use std::io::{Result, Stderr, Write, stderr};

use lockgate_domain::printable_json;

/// Where lines are written. What guests and outside systems say stands in some of them, and acts on no terminal.
pub(super) struct Lines(Stderr);

pub(super) fn writer() -> Lines {
    Lines(stderr())
}

impl Write for Lines {
    /// Takes a whole line.
    fn write(&mut self, line: &[u8]) -> Result<usize> {
        self.0.lock().write_all(printable_json(&String::from_utf8_lossy(line)).as_bytes())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> Result<()> {
        self.0.flush()
    }
}
