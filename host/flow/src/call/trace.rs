//! What a trace shows of a call: its identity, its stages, what it used. Not its tenant, which is a customer of the workspace.

use lockgate_domain::Usage;
use lockgate_telemetry::Stage;

use crate::call::request::Call;

impl Call {
    /// Names the call in its trace.
    pub(crate) fn describe(&self) {
        let Some(trace) = &self.trace else { return };
        trace.text("lockgate.call.id", || self.id.to_string());
        trace.text("lockgate.group", || self.resolved.group.stored.definition.slug.to_string());
        trace.text("lockgate.connector", || self.resolved.connector.name.to_string());
        if let Some(code) = self.resolved.connector.version().code {
            trace.text("lockgate.plugin", || code.to_string());
        }
    }

    /// Begins a stage, which ends when it is dropped.
    pub(crate) fn stage(&self, name: &'static str) -> Option<Stage> {
        let here = self.ancestors.as_ref().and_then(|ancestors| ancestors.here.as_ref());
        self.trace.as_ref().map(|trace| trace.stage(name)).or_else(|| here.map(|here| here.step(name)))
    }

    /// Adds what the call used.
    pub(crate) fn trace_usage(&self, usage: &Usage) {
        let Some(trace) = &self.trace else { return };
        trace.number("lockgate.guest.cpu_us", usage.cpu_us);
        trace.number("lockgate.guest.host_calls", usage.host_calls);
    }
}
