//! Calls that are made to see what happens: they run as others do, and the answer shows what they sent and called.

use std::sync::{Arc, Mutex, PoisonError};

use lockgate_domain::{CallId, ConnectorName, LogLine, Usage};
use lockgate_egress::RecordedExchange;
use serde::Serialize;

use crate::call::environment::Environment;
use crate::call::pipeline;
use crate::call::request::{Call, CompletedCall, FailedCall};

/// Calls that are kept of those that one call's code made: each may have a hundred exchanges.
const INNER_MAX: usize = 20;

/// Everything of a call.
#[derive(Debug)]
pub struct TestResult {
    /// What the caller of such a call sees.
    pub result: Result<CompletedCall, FailedCall>,
    /// What it sent and received, with credentials masked.
    pub exchanges: Vec<RecordedExchange>,
    /// Further exchanges that are not kept.
    pub exchanges_dropped: u64,
    /// The calls that its code made.
    pub calls: Vec<InnerCall>,
    /// Further ones that are not kept.
    pub calls_dropped: u64,
    /// The definition leads elsewhere than the saved group, so the call got no credentials.
    pub credentials_withheld: bool,
}

/// Everything of a call that code of another call made.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct InnerCall {
    /// Its id.
    pub call: CallId,
    /// The entry of `uses`.
    pub name: ConnectorName,
    /// What that entry calls.
    pub connector: String,
    /// `ok`, or the code of the problem.
    pub outcome: &'static str,
    /// What the problem is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub detail: Option<String>,
    /// From its beginning to its end, in microseconds.
    pub duration_us: u64,
    /// What it used, with the calls that it made.
    pub usage: Usage,
    /// What the plugin logged.
    pub logs: Vec<LogLine>,
    /// Each request that went out.
    pub exchanges: Vec<RecordedExchange>,
    /// Further ones that were not kept.
    pub exchanges_dropped: u64,
    /// The calls that its own code made.
    pub calls: Vec<InnerCall>,
    /// Further ones that were not kept.
    pub calls_dropped: u64,
}

/// Keeps the calls that the code of one call makes: the first 20.
#[derive(Debug, Default)]
pub struct InnerCalls(Mutex<(Vec<InnerCall>, u64)>);

impl InnerCalls {
    pub(crate) fn add(&self, call: InnerCall) {
        let (calls, dropped) = &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if calls.len() < INNER_MAX {
            calls.push(call);
        } else {
            *dropped += 1;
        }
    }

    pub(crate) fn take(&self) -> (Vec<InnerCall>, u64) {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Runs a call and keeps what it sends and calls.
pub(crate) async fn test(environment: &impl Environment, mut call: Call) -> TestResult {
    let credentials_withheld = call.resolved.withheld;
    let recorder = Arc::clone(call.exchanges.get_or_insert_default());
    let inner = Arc::clone(call.inner.get_or_insert_default());
    let result = pipeline::run(environment, call).await;
    let (exchanges, exchanges_dropped) = recorder.take();
    let (calls, calls_dropped) = inner.take();
    TestResult { result, exchanges, exchanges_dropped, calls, calls_dropped, credentials_withheld }
}
