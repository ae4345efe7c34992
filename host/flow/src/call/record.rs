//! The record of a call that runs.

use std::time::Instant;

use lockgate_domain::{CallRecord, Outcome, Usage};

use crate::call::request::Call;
use crate::clock::now;
use crate::host::recorder::Recorder;

/// The record of a call that runs. Written when it is dropped: at the end of the call, or when its caller goes away, which
/// drops the call where it is.
pub(crate) struct Recording<'r> {
    recorder: &'r Recorder,
    record: Option<CallRecord>,
    arrived: Instant,
}

impl<'r> Recording<'r> {
    pub(crate) fn begin(recorder: &'r Recorder, call: &Call) -> Self {
        let resolved = &call.resolved;
        let version = resolved.connector.version();
        let record = CallRecord {
            id: call.id,
            scope: resolved.scope,
            group: resolved.group.stored.id,
            connector: resolved.connector.name.clone(),
            plugin: version.code,
            version: version.number,
            token: call.caller.token,
            tenant: call.tenant.clone(),
            outcome: Outcome::Gone,
            duration_us: 0,
            usage: Usage::default(),
            ended_at: 0,
        };
        Self { recorder, record: Some(record), arrived: call.arrived }
    }

    /// Sets what is known at the end.
    pub(crate) fn end(&mut self, outcome: Outcome, usage: Usage) {
        if let Some(record) = &mut self.record {
            (record.outcome, record.usage) = (outcome, usage);
        }
    }
}

impl Drop for Recording<'_> {
    fn drop(&mut self) {
        if let Some(mut record) = self.record.take() {
            record.duration_us = u64::try_from(self.arrived.elapsed().as_micros()).unwrap_or(u64::MAX);
            record.ended_at = now();
            self.recorder.record(record);
        }
    }
}
