//! A call as its entry point (HTTP, command line, guest) has parsed it, and what comes of it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use lockgate_domain::{CallId, Caller, ConnectionChoice, LogLine, Problem, TenantName, Usage, VersionId};
use lockgate_egress::ExchangeRecorder;
use lockgate_telemetry::Trace;

use crate::call::ancestors::Ancestors;
use crate::call::resolve::ResolvedCall;
use crate::call::test::InnerCalls;

/// The longest time that a caller can ask for.
const DEADLINE_MAX: Duration = Duration::from_secs(15 * 60);

/// One call, as its entry point has parsed it.
#[derive(Debug)]
pub struct Call {
    /// Its id.
    pub id: CallId,
    /// Whose token the request shows.
    pub caller: Caller,
    /// The connector, and the state of the catalog that the call runs with.
    pub resolved: ResolvedCall,
    /// JSON text.
    pub input: String,
    /// Whose credentials it uses.
    pub choice: ConnectionChoice,
    /// The tenant on whose behalf it runs, if the request names one beside its choice.
    pub tenant: Option<TenantName>,
    /// How long the caller waits, if less than the limits allow.
    pub wait: Option<Duration>,
    /// Which attempt this is, as its caller counts them, from 1. The host makes one of each call.
    pub attempt: u32,
    /// When the request arrived.
    pub arrived: Instant,
    /// Records what it sends, with credentials masked; none for a call whose answer does not show that.
    pub exchanges: Option<Arc<ExchangeRecorder>>,
    /// Keeps the calls that its code makes, where its exchanges are recorded.
    pub inner: Option<Arc<InnerCalls>>,
    /// Its trace, if it is traced.
    pub trace: Option<Trace>,
    /// The calls above it, if code of another call made it.
    pub ancestors: Option<Ancestors>,
}

/// A call that returned.
#[derive(Debug)]
pub struct CompletedCall {
    /// The output, as JSON text that matches the connector's schema.
    pub output: String,
    /// The version that ran.
    pub version: VersionId,
    /// From the request's arrival until now.
    pub duration: Duration,
    /// What it used.
    pub usage: Usage,
    /// What the guest logged.
    pub logs: Vec<LogLine>,
}

/// A call that did not return an output.
#[derive(Debug)]
pub struct FailedCall {
    /// Why, for the caller.
    pub problem: Box<Problem>,
    /// What it used until then.
    pub usage: Usage,
    /// What the guest logged before.
    pub logs: Vec<LogLine>,
    /// Whether anything of the connector ran: a refusal before that has no effect anywhere.
    pub began: bool,
}

impl Call {
    /// Fills in what the request left open: the tenant that the token stands for, and the connection that is meant.
    pub(crate) fn fill_defaults(&mut self) {
        if self.tenant.is_none() {
            self.tenant = self.caller.restrictions.implied_tenant().cloned();
        }
        if self.resolved.withheld {
            self.choice = ConnectionChoice::None;
        }
        // A caller that names a tenant and no connection means a connection of the tenant.
        if let (ConnectionChoice::None, Some(tenant), true) =
            (&self.choice, &self.tenant, self.resolved.needs_connection)
        {
            self.choice = ConnectionChoice::Dynamic { tenant: tenant.clone(), name: None };
        }
    }

    /// How long it may take.
    pub(crate) fn allowed(&self) -> Duration {
        let limit = Duration::from_millis(self.resolved.limits.deadline_ms);
        limit.min(self.wait.unwrap_or(DEADLINE_MAX))
    }

    /// When it is ended. It counts from the arrival of the request, so it bounds how old the call's snapshot can be too.
    pub(crate) fn deadline(&self) -> Instant {
        self.arrived + self.allowed()
    }
}
