//! Exit codes: 0 it worked, 1 the call or check failed, 2 wrong usage, 3 a dry run found something to change.

use std::process::ExitCode;

use crate::output::{self, Output, Reported};

/// Wrong usage: exit code 2.
#[derive(Debug)]
pub(crate) struct Usage(pub(crate) String);

impl std::fmt::Display for Usage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Usage {}

/// A call failed, and its message is printed already: exit code 1.
#[derive(Debug)]
pub(crate) struct Failed;

impl std::fmt::Display for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the call failed")
    }
}

impl std::error::Error for Failed {}

/// A dry run found something to change, and has printed what: exit code 3.
#[derive(Debug)]
pub(crate) struct WouldChange;

impl std::fmt::Display for WouldChange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("something would change")
    }
}

impl std::error::Error for WouldChange {}

/// Prints an error, and returns its exit code.
pub(crate) fn code(result: anyhow::Result<()>, output: Output) -> ExitCode {
    let Err(error) = result else { return ExitCode::SUCCESS };
    if let Some(reported) = error.downcast_ref::<Reported>() {
        output::problem(reported, output);
        return ExitCode::from(1);
    }
    if error.is::<Failed>() {
        return ExitCode::from(1);
    }
    if error.is::<WouldChange>() {
        return ExitCode::from(3);
    }
    let code = if error.is::<Usage>() { 2 } else { 1 };
    output::error(&error, output);
    ExitCode::from(code)
}
