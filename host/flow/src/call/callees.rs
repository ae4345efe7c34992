//! The connectors that the code of a call may call: the granted entries of its group's `uses`. Such a call takes the same
//! way as any other. It has the snapshot, the caller and the tenant of the call that makes it, and what is left of the
//! budget of the whole tree.

use std::sync::Arc;
use std::time::Instant;

use lockgate_domain::{CallId, ConnectionChoice, ConnectorVersion, Failure, Outcome, Problem, TenantName, Usage};
use lockgate_engine::{CallBudget, Called, Calling, ConnectorCalls};
use lockgate_telemetry::Here;

use crate::call::ancestors::{Ancestors, DEPTH_MAX, TooDeep};
use crate::call::failure_of::failure_of;
use crate::call::pipeline;
use crate::call::request::{Call, CompletedCall, FailedCall};
use crate::call::resolve::ResolvedCall;
use crate::call::test::InnerCall;
use crate::catalog::uses::{FoundUse, UseState};
use crate::{Connector, FlowError, Group, Host};

/// What the code of one call may call.
#[derive(Debug)]
pub(crate) struct Callees {
    host: Host,
    call: Call,
    /// Until when all calls of the tree have ended.
    deadline: Instant,
    here: Option<Here>,
}

impl Callees {
    /// For the code of a call on behalf of a tenant, which is ended at a time.
    pub(crate) fn new(host: Host, call: &Call, tenant: Option<&TenantName>, deadline: Instant) -> Self {
        let own = Call {
            id: call.id,
            caller: call.caller.clone(),
            resolved: call.resolved.clone(),
            input: String::new(),
            choice: call.choice.clone(),
            tenant: tenant.cloned(),
            wait: None,
            attempt: call.attempt,
            arrived: call.arrived,
            exchanges: None,
            inner: call.inner.clone(),
            trace: None,
            ancestors: call.ancestors.clone(),
        };
        Self { host, call: own, deadline, here: None }
    }

    /// The same, with spans below this place of the call's trace.
    pub(crate) fn traced(self, here: Here) -> Self {
        Self { here: Some(here), ..self }
    }

    async fn run(&self, name: &str, input: String, left: CallBudget) -> Called {
        match self.prepare(name, input, left).await {
            Ok((found, call)) => self.invoke(&found, call).await,
            Err(failure) => Called { result: Err(failure), usage: Usage::default() },
        }
    }

    /// Finds out what is meant, and whether it may be called from here.
    async fn prepare(&self, name: &str, input: String, left: CallBudget) -> Result<(FoundUse, Call), Failure> {
        let ResolvedCall { catalog, scope, group, withheld, .. } = &self.call.resolved;
        if *withheld {
            let text = "a definition that leads elsewhere than the saved group calls no connector: save it first";
            return Err(refused("denied", text));
        }
        let found = catalog.find_use(scope, group, name).ok_or_else(|| {
            let known: Vec<_> = group.uses.iter().map(|entry| format!("`{}`", entry.name)).collect();
            let known = if known.is_empty() { "the group has none".to_owned() } else { known.join(", ") };
            let text = format!("`uses` of the group has no entry `{}`: {known}", name.escape_debug());
            refused("unknown-connector", text)
        })?;
        let reference = &found.entry.connector;
        let slug = &group.stored.definition.slug;
        let target = match (found.state, &found.target) {
            (UseState::Granted, Some(target)) => Arc::clone(target),
            (UseState::Waiting | UseState::Granted, _) => {
                let text = format!("entry `{name}` waits for an operator: `lockgate group grant {slug} {name}`");
                return Err(refused("not-granted", text));
            }
            (UseState::Changed, _) => {
                let text = format!(
                    "entry `{name}` changed since it was granted: an operator looks at it again, `lockgate group grant \
                     {slug} {name}`"
                );
                return Err(refused("not-granted", text));
            }
        };
        // The grant gives the code no more than its caller has.
        let own = catalog.reference_in(scope, &target).filter(|own| self.call.caller.reaches(scope, own));
        if own.is_none() {
            let text = format!("the caller's token does not reach the group of `{reference}`");
            return Err(refused("denied", text));
        }
        let ancestors = Ancestors::below(&self.call, (target.stored.id, &reference.connector));
        let ancestors = ancestors.map_err(|deep| match deep {
            TooDeep::Cycle => refused("cycle", format!("`{reference}` waits for this call itself")),
            TooDeep::Depth => {
                refused("too-deep", format!("{DEPTH_MAX} calls wait for each other, which is as many as may"))
            }
        })?;
        let tenant = self.call.tenant.as_ref();
        let choice = found.entry.connection.choice(&self.call.choice, tenant);
        let mut choice = choice.map_err(|missing| refused("no-tenant", missing.to_string()))?;
        let connector = self.connector(&found, &target).await.map_err(|error| failure_of(&error.problem(), None))?;
        let mut resolved = ResolvedCall::new(Arc::clone(catalog), *scope, target, connector);
        if !resolved.needs_connection {
            choice = ConnectionChoice::None;
        }
        let (limits, now) = (&mut resolved.limits, Instant::now());
        limits.cpu_ms = limits.cpu_ms.min(left.cpu_us.div_ceil(1000));
        limits.host_calls = limits.host_calls.min(left.host_calls);
        // An instance is kept for calls with the same limits, and no other call has these.
        limits.calls_per_instance = 1;
        let inner = self.call.inner.as_ref();
        let call = Call {
            id: CallId::new(),
            caller: self.call.caller.clone(),
            resolved,
            input,
            choice,
            tenant: tenant.cloned(),
            wait: Some(self.deadline.saturating_duration_since(now)),
            // Who repeats a call repeats those that it makes.
            attempt: self.call.attempt,
            arrived: now,
            exchanges: inner.map(|_| Arc::default()),
            inner: inner.map(|_| Arc::default()),
            trace: None,
            ancestors: Some(ancestors),
        };
        Ok((found, call))
    }

    async fn connector(&self, found: &FoundUse, target: &Arc<Group>) -> Result<Arc<Connector>, FlowError> {
        let reference = &found.entry.connector;
        let current = target.connector(&reference.group, reference.connector.as_str());
        match &reference.version {
            None => current,
            Some(ConnectorVersion::Number(number)) => {
                self.host.0.earlier.find(&self.host.0.store, target, &current?, *number).await
            }
            Some(ConnectorVersion::Digest(digest)) => {
                let missing = || FlowError::NotFound(format!("connector `{reference}`"));
                target.function(reference.connector.as_str(), digest).ok_or_else(missing)
            }
        }
    }

    async fn invoke(&self, found: &FoundUse, mut call: Call) -> Called {
        let mut stage = self.here.as_ref().map(|here| here.step("call"));
        if let (Some(stage), Some(ancestors)) = (&mut stage, &mut call.ancestors) {
            stage.text("lockgate.call.id", &call.id.to_string());
            stage.text("lockgate.group", call.resolved.group.stored.definition.slug.as_str());
            stage.text("lockgate.connector", call.resolved.connector.name.as_str());
            ancestors.here = Some(stage.here().clone());
        }
        let (id, arrived, exchanges, inner) = (call.id, call.arrived, call.exchanges.clone(), call.inner.clone());
        let ended = pipeline::run(&self.host, call).await;
        let (result, usage, logs) = match ended {
            Ok(CompletedCall { output, usage, logs, .. }) => (Ok(output), usage, logs),
            Err(FailedCall { problem, usage, logs, .. }) => (Err(*problem), usage, logs),
        };
        if let (Some(stage), Err(problem)) = (&mut stage, &result) {
            stage.failed(problem.code.as_str());
        }
        if let (Some(shown), Some(exchanges), Some(inner)) = (&self.call.inner, exchanges, inner) {
            let outcome = result.as_ref().map_or_else(|problem| Outcome::Problem(problem.code), |_| Outcome::Success);
            let (exchanges, exchanges_dropped) = exchanges.take();
            let (calls, calls_dropped) = inner.take();
            shown.add(InnerCall {
                call: id,
                name: found.entry.name.clone(),
                connector: found.entry.connector.to_string(),
                outcome: outcome.as_str(),
                detail: result.as_ref().err().map(|problem: &Problem| problem.detail.clone()),
                duration_us: u64::try_from(arrived.elapsed().as_micros()).unwrap_or(u64::MAX),
                usage,
                logs,
                exchanges,
                exchanges_dropped,
                calls,
                calls_dropped,
            });
        }
        Called { result: result.map_err(|problem| failure_of(&problem, Some(id))), usage }
    }
}

impl ConnectorCalls for Callees {
    fn call(self: Arc<Self>, name: String, input: String, left: CallBudget) -> Calling {
        Box::pin(async move { self.run(&name, input, left).await })
    }
}

fn refused(code: &str, message: impl Into<String>) -> Failure {
    Failure { code: code.to_owned(), message: message.into(), retryable: false, retry_after_ms: None, details: None }
}
