//! The record of a call that runs.

use std::time::Instant;

use lockgate_domain::{CallRecord, FailureRecord, LogLine, Outcome, Permit, Usage};

use crate::call::ancestors::Ancestors;
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
            connection: None,
            attempts: 0,
            parent: call.ancestors.as_ref().map(Ancestors::parent),
            failure: None,
        };
        Self { recorder, record: Some(record), arrived: call.arrived }
    }

    /// Sets which connection the call may use.
    pub(crate) fn permitted(&mut self, permit: &Permit) {
        if let Some(record) = &mut self.record {
            record.connection = permit.connection();
        }
    }

    /// Sets what is known at the end.
    pub(crate) fn end(&mut self, outcome: Outcome, usage: Usage, attempts: u32) {
        if let Some(record) = &mut self.record {
            (record.outcome, record.usage, record.attempts) = (outcome, usage, attempts);
        }
    }

    /// Sets why it failed.
    pub(crate) fn failed(&mut self, code: Option<String>, logs: Vec<LogLine>) {
        if let Some(record) = self.record.as_mut().filter(|_| code.is_some() || !logs.is_empty()) {
            record.failure = Some(Box::new(FailureRecord { code, logs }));
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
