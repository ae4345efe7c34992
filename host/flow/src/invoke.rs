//! The life of one call.

use std::sync::Arc;
use std::time::{Duration, Instant};

use lockgate_domain::{
    CallId, CallRecord, Caller, ConnectionChoice, ConnectorName, Digest, GroupFacts, GroupReference, Installation,
    Limit, LimitHit, Limits, LogLine, Outcome, Problem, Scope, TenantName, Usage, authorize,
};
use lockgate_egress::Reach;
use lockgate_engine::{CallFacts, Ended, Invocation, Stop};

use serde_json::{Map, Value};

use crate::catalog::{Connector, Group, Ready};
use crate::checking::Checking;
use crate::clock::now;
use crate::places::Turn;
use crate::record::Recorder;
use crate::{Connection, FlowError, Host};

/// The longest time that a caller can ask for.
const DEADLINE_MAX: Duration = Duration::from_secs(15 * 60);

/// One call, as an edge has parsed it.
#[derive(Debug)]
pub struct Call {
    /// Its id.
    pub id: CallId,
    /// Who asks.
    pub caller: Caller,
    /// Where.
    pub scope: Scope,
    /// The connector that [`Host::connector`] resolved.
    pub group: Arc<Group>,
    /// And its name there.
    pub connector: Arc<Connector>,
    /// JSON text.
    pub input: String,
    /// As whom.
    pub choice: ConnectionChoice,
    /// For whom.
    pub tenant: Option<TenantName>,
    /// How long the caller waits, if less than the group allows.
    pub wait: Option<Duration>,
    /// When the request arrived.
    pub arrived: Instant,
}

/// A call that returned.
#[derive(Debug)]
pub struct Answered {
    /// The output, as JSON text that matches the connector's schema.
    pub output: String,
    /// The version that ran.
    pub plugin: Digest,
    /// From the request's arrival until now.
    pub duration: Duration,
    /// What it used.
    pub usage: Usage,
    /// What the guest logged.
    pub logs: Vec<LogLine>,
}

/// A call that did not.
#[derive(Debug)]
pub struct Refused {
    /// Why, for the caller.
    pub problem: Problem,
    /// What it used until then.
    pub usage: Usage,
    /// What the guest logged before.
    pub logs: Vec<LogLine>,
}

impl Host {
    /// Finds the connector of a call.
    ///
    /// # Errors
    /// [`FlowError::NotFound`], which names what is missing.
    pub fn connector(
        &self,
        scope: &Scope,
        reference: &GroupReference,
        name: &str,
    ) -> Result<(Arc<Group>, Arc<Connector>), FlowError> {
        let group = self.group(scope, reference)?;
        let missing = || FlowError::NotFound(format!("connector `{name}` of group `{reference}`"));
        let name: ConnectorName = name.parse().map_err(|_| missing())?;
        let connector = group.connectors.get(&name).cloned().ok_or_else(missing)?;
        Ok((group, connector))
    }

    fn installed(&self, scope: &Scope, group: &Group, connector: &Connector) -> (Arc<Installation>, ConnectorName) {
        (self.catalog().installed(scope, &group.stored.id), connector.name.clone())
    }

    /// The limits of a connector's calls in a scope.
    pub fn limits(&self, scope: &Scope, group: &Group, connector: &Connector) -> Limits {
        let (installed, name) = self.installed(scope, group, connector);
        installed.limits.installed(connector.limits, &name)
    }

    /// Runs a call to its end and records it.
    ///
    /// # Errors
    /// [`Refused`], with the problem that the caller sees.
    pub async fn invoke(&self, mut call: Call) -> Result<Answered, Refused> {
        // So that the record has it too.
        call.tenant = call.tenant.or_else(|| call.caller.reach.implied_tenant().cloned());
        let (id, arrived) = (call.id, call.arrived);
        let (installed, connector) = self.installed(&call.scope, &call.group, &call.connector);
        let mut recording = Recording::of(&call, &self.0.recorder);
        let (mut usage, mut logs) = (Usage::default(), Vec::new());
        let result = self.run(call, &mut usage, &mut logs).await;
        let duration = arrived.elapsed();
        let result = result.map_err(|error| {
            let mut problem = error.problem();
            if let Some(limit) = problem.limit.as_mut().filter(|limit| installed.limits.sets(&limit.name, &connector)) {
                limit.setting = format!("limits.{} of the installation", limit.name);
            }
            if problem.code.fault() == lockgate_domain::Fault::Host {
                tracing::error!(call = %id, code = %problem.code, %error, "call failed");
            }
            problem
        });
        let outcome = result.as_ref().map_or_else(|problem| Outcome::Problem(problem.code), |_| Outcome::Success);
        recording.ended(outcome, usage);
        for line in &logs {
            tracing::debug!(target: "lockgate::guest", call = %id, level = line.level.as_str(),
                            fields = line.fields.as_ref().map(tracing::field::display), "{}", line.message);
        }
        match result {
            Ok((output, plugin)) => Ok(Answered { output, plugin, duration, usage, logs }),
            Err(problem) => Err(Refused { problem, usage, logs }),
        }
    }

    async fn run(&self, call: Call, usage: &mut Usage, logs: &mut Vec<LogLine>) -> Result<(String, Digest), FlowError> {
        if self.is_draining() {
            return Err(FlowError::Draining);
        }
        let Call { id, caller, scope, group, connector, input: text, choice, tenant, wait, arrived } = call;
        let installed = self.catalog().installed(&scope, &group.stored.id);
        let limits = installed.limits.installed(connector.limits, &connector.name);
        let (permit, token, connection) = {
            let catalog = self.catalog();
            let (connections, limited) = (catalog.connections(&group.stored.id), caller.reach.tenants.is_some());
            let facts = GroupFacts {
                id: group.stored.id,
                scope,
                enabled: group.stored.definition.enabled && installed.enabled.unwrap_or(true),
                capabilities: &group.stored.definition.capabilities,
                scope_enabled: catalog.scopes().is_enabled(&scope),
                tenants: catalog.scopes().tenants(&scope),
                activation: group.egress.activation.is_some(),
                connections: connections.map_or(&[], |all| all.facts(&scope, &choice, limited)),
                now: now(),
            };
            let permit = authorize(&caller, facts, &choice, tenant)?;
            let chosen = permit.connection().and_then(|id| connections?.get(&id)).cloned();
            (permit, catalog.places(&caller.token).cloned(), chosen)
        };
        let _turn = Turn::take(token.as_deref(), permit.tenant(), &group.places).await?;
        if text.len() as u64 > limits.input_bytes {
            return Err(FlowError::input_too_large(text.len(), &limits));
        }
        let allowed = Duration::from_millis(limits.deadline_ms).min(wait.unwrap_or(DEADLINE_MAX));
        let ready = self.loaded(&connector, arrived + allowed).await?;
        let schemas = ready.schemas.get(&connector.name);
        let schemas = schemas.ok_or_else(|| FlowError::NotFound(format!("connector `{}`", connector.name)))?;
        let owner = group.stored.id;
        let mut checking = Checking::new(&self.0.engine, owner, &limits);
        let text = checking.input(&schemas.input, text).await?;

        let (settings, _reach) = self.way_out(&group, scope, connection).await?;

        let answer = self.0.engine.invoke(Invocation {
            plugin: ready.plugin.clone(),
            connector: connector.name.to_string(),
            input: text,
            facts: CallFacts {
                id,
                permit,
                attempt: 1,
                deadline: arrived + allowed,
                settings,
                limits,
                outlet: None,
            },
        });
        let answer = answer.await;
        (*usage, *logs) = (answer.usage, answer.logs);
        usage.cpu_us += checking.cpu_us();
        let output = answer.result.map_err(|ended| match ended {
            Ended::Stopped(Stop::Deadline) if allowed < Duration::from_millis(limits.deadline_ms) => {
                FlowError::WaitEnded(caller_wait(allowed))
            }
            ended => FlowError::Ended { ended, limits: Box::new(limits) },
        })?;

        let before = checking.cpu_us();
        let output = checking.output(&schemas.output, output).await;
        usage.cpu_us += checking.cpu_us() - before;
        Ok((output?, ready.plugin.digest()))
    }
}

/// The record of a call, written when it ends: also when its caller goes away, which drops the call where it is.
struct Recording<'h> {
    recorder: &'h Recorder,
    record: Option<CallRecord>,
    arrived: Instant,
}

impl<'h> Recording<'h> {
    fn of(call: &Call, recorder: &'h Recorder) -> Self {
        let record = CallRecord {
            id: call.id,
            scope: call.scope,
            group: call.group.stored.id,
            connector: call.connector.name.clone(),
            plugin: Some(call.connector.plugin.stored.digest),
            token: call.caller.token,
            tenant: call.tenant.clone(),
            outcome: Outcome::Gone,
            duration_us: 0,
            usage: Usage::default(),
            ended_at: 0,
        };
        Self { recorder, record: Some(record), arrived: call.arrived }
    }

    fn ended(&mut self, outcome: Outcome, usage: Usage) {
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

impl Host {
    /// The settings that a call's guest reads, and where the call may go with its connection.
    async fn way_out(
        &self,
        group: &Group,
        scope: Scope,
        connection: Option<Arc<Connection>>,
    ) -> Result<(Arc<Map<String, Value>>, Arc<Reach>), FlowError> {
        let place = (group.stored.id, scope);
        let Some(connection) = connection else {
            let reach = self.reach(&group.reaches, place, &group.egress, None)?;
            return Ok((Arc::clone(&group.settings), reach));
        };
        let (connection, account) = self.opened(connection).await?;
        let reach = self.reach(&connection.reaches, place, &connection.egress, Some(&account))?;
        Ok((connection.settings(&group.settings), reach))
    }

    /// Loads a connector's plugin if it is not in memory. The deadline counts meanwhile, but ends only
    /// the wait: the work goes on for the calls that follow.
    async fn loaded(&self, connector: &Connector, deadline: Instant) -> Result<Arc<Ready>, FlowError> {
        if let Some(ready) = self.0.residents.get(&connector.plugin.slot) {
            return Ok(ready);
        }
        let (host, plugin, limits) = (Arc::clone(&self.0), Arc::clone(&connector.plugin), connector.limits);
        let load = tokio::spawn(async move { plugin.ready(&host.engine, &host.store, &host.residents, &limits).await });
        match tokio::time::timeout_at(deadline.into(), load).await {
            Ok(Ok(loaded)) => loaded,
            Ok(Err(_)) | Err(_) => {
                Err(FlowError::Ended { ended: Ended::Stopped(Stop::Deadline), limits: Box::new(limits) })
            }
        }
    }
}

/// The limit that a caller set itself.
fn caller_wait(wait: Duration) -> LimitHit {
    let value = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
    LimitHit { name: Limit::Deadline.name().to_owned(), value, setting: "header lockgate-deadline-ms".to_owned() }
}
