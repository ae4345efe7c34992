//! Calls that are made to see what happens: they run as others do, and the answer shows what they sent.

use std::sync::Arc;

use lockgate_egress::RecordedExchange;

use crate::call::environment::Environment;
use crate::call::pipeline;
use crate::call::request::{Call, CompletedCall, FailedCall};

/// Everything of a call.
#[derive(Debug)]
pub struct TestResult {
    /// What the caller of such a call sees.
    pub result: Result<CompletedCall, FailedCall>,
    /// What it sent and received, with credentials masked.
    pub exchanges: Vec<RecordedExchange>,
    /// Further exchanges that are not kept.
    pub exchanges_dropped: u64,
    /// The definition leads elsewhere than the saved group, so the call got no credentials.
    pub credentials_withheld: bool,
}

/// Runs a call and keeps what it sends.
pub(crate) async fn test(environment: &impl Environment, mut call: Call) -> TestResult {
    let credentials_withheld = call.resolved.withheld;
    let recorder = Arc::clone(call.exchanges.get_or_insert_default());
    let result = pipeline::run(environment, call).await;
    let (exchanges, exchanges_dropped) = recorder.take();
    TestResult { result, exchanges, exchanges_dropped, credentials_withheld }
}
