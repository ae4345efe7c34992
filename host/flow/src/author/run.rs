//! What an author sees of one call.

use lockgate_domain::{LogLine, Problem, Usage};
use lockgate_egress::RecordedExchange;

use crate::call::test::TestResult;
use crate::{CompletedCall, FailedCall};

/// What came of one call.
#[derive(Debug)]
pub struct LocalRun {
    /// The output as JSON text, or why there is none.
    pub result: Result<String, Problem>,
    /// What it used.
    pub usage: Usage,
    /// What it logged.
    pub logs: Vec<LogLine>,
    /// What it sent.
    pub exchanges: Vec<RecordedExchange>,
}

impl From<TestResult> for LocalRun {
    fn from(TestResult { result, exchanges, .. }: TestResult) -> Self {
        match result {
            Ok(CompletedCall { output, usage, logs, .. }) => Self { result: Ok(output), usage, logs, exchanges },
            Err(FailedCall { problem, usage, logs, .. }) => Self { result: Err(*problem), usage, logs, exchanges },
        }
    }
}
