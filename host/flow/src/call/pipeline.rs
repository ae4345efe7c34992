//! The life of one call.

use std::sync::Arc;
use std::time::{Duration, Instant};

use lockgate_domain::{
    CallId, CallRecord, Caller, ConnectionChoice, ConnectorName, ConnectorVersion, Digest, GroupFacts, GroupReference,
    Installation, Limit, LimitHit, Limits, LogLine, Outcome, Permit, Problem, Scope, TenantName, Usage, authorize,
};
use lockgate_egress::{ExchangeRecorder, OutboundClient};
use lockgate_engine::{CallFacts, Ended, Invocation, Plugin, Stop};
use lockgate_telemetry::Trace;
use serde_json::{Map, Value};

use crate::call::concurrency::ConcurrencyPermit;
use crate::call::record::Recorder;
use crate::call::run::http::HttpCall;
use crate::call::validation::Checking;
use crate::catalog::definition::DefinitionEntry;
use crate::catalog::manifest::ConnectorSchemas;
use crate::catalog::{Connector, Group, Source};
use crate::clock::now;
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
    /// Where what it sends is kept, with credentials masked.
    pub exchanges: Option<Arc<ExchangeRecorder>>,
    /// Its trace, if anybody traces it.
    pub trace: Option<Trace>,
}

/// A call that returned.
#[derive(Debug)]
pub struct CompletedCall {
    /// The output, as JSON text that matches the connector's schema.
    pub output: String,
    /// The version that ran, of a connector with code.
    pub plugin: Option<Digest>,
    /// The number of the version that ran, of a connector without.
    pub version: Option<i64>,
    /// From the request's arrival until now.
    pub duration: Duration,
    /// What it used.
    pub usage: Usage,
    /// What the guest logged.
    pub logs: Vec<LogLine>,
}

/// A call that did not.
#[derive(Debug)]
pub struct FailedCall {
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
        let connector = group.connector(reference, name)?;
        Ok((group, connector))
    }

    /// Finds the connector of a call by its name, or by `name@version` a version of it: the number of one without code,
    /// the digest of one of a plugin.
    ///
    /// # Errors
    /// [`FlowError::NotFound`], which names what is missing.
    pub async fn connector_at(
        &self,
        scope: &Scope,
        reference: &GroupReference,
        text: &str,
    ) -> Result<(Arc<Group>, Arc<Connector>), FlowError> {
        let Some((name, version)) = text.split_once('@') else { return self.connector(scope, reference, text) };
        let group = self.group(scope, reference)?;
        let missing = || FlowError::NotFound(format!("connector `{text}` of group `{reference}`"));
        let connector = match version.parse::<ConnectorVersion>().map_err(|_| missing())? {
            ConnectorVersion::Number(number) => {
                let current = group.connector(reference, name)?;
                self.defined(&group, &current, number).await?
            }
            ConnectorVersion::Digest(digest) => group.function(name, &digest).ok_or_else(missing)?,
        };
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
    /// [`FailedCall`], with the problem that the caller sees.
    pub async fn invoke(&self, mut call: Call) -> Result<CompletedCall, FailedCall> {
        // So that the record has it too.
        call.tenant = call.tenant.or_else(|| call.caller.restrictions.implied_tenant().cloned());
        let needed = call.group.egress.activation.is_some();
        // Who speaks for a tenant and names no connection means one of the tenant's.
        if let (ConnectionChoice::None, Some(tenant), true) = (&call.choice, &call.tenant, needed) {
            call.choice = ConnectionChoice::Dynamic { tenant: tenant.clone(), name: None };
        }
        let (id, arrived) = (call.id, call.arrived);
        let (installed, connector) = self.installed(&call.scope, &call.group, &call.connector);
        let (plugin, version) = (call.connector.digest(), call.connector.number());
        let trace = call.trace.clone();
        trace.iter().for_each(|trace| describe(trace, &call));
        let mut recording = Recording::of(&call, &self.0.recorder);
        let (mut usage, mut logs) = (Usage::default(), Vec::new());
        let result = self.run(call, &installed, &mut usage, &mut logs).await;
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
        if let Some(trace) = trace {
            trace.number("lockgate.guest.cpu_us", usage.cpu_us);
            trace.number("lockgate.guest.host_calls", usage.host_calls);
        }
        for line in &logs {
            tracing::debug!(target: "lockgate::guest", call = %id, level = line.level.as_str(),
                            fields = line.fields.as_ref().map(tracing::field::display), "{}", line.message);
        }
        match result {
            Ok(output) => Ok(CompletedCall { output, plugin, version, duration, usage, logs }),
            Err(problem) => Err(FailedCall { problem, usage, logs }),
        }
    }

    async fn run(
        &self,
        call: Call,
        installed: &Installation,
        usage: &mut Usage,
        logs: &mut Vec<LogLine>,
    ) -> Result<String, FlowError> {
        if self.is_draining() {
            return Err(FlowError::Draining);
        }
        let Call { id, caller, scope, group, connector, input: text, choice, tenant, wait, arrived, exchanges, trace } =
            call;
        let stage = |name| trace.as_ref().map(|trace| trace.stage(name));
        let limits = installed.limits.installed(connector.limits, &connector.name);
        let (permit, token, connection) = {
            let catalog = self.catalog();
            let (connections, limited) = (catalog.connections(&group.stored.id), caller.restrictions.tenants.is_some());
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
        let _turn = ConcurrencyPermit::take(token.as_deref(), permit.tenant(), &group.places).await?;
        if connector.definition().is_some_and(|entry| !entry.stored.definition.enabled) {
            return Err(FlowError::ConnectorDisabled(connector.name.clone()));
        }
        if text.len() as u64 > limits.input_bytes {
            return Err(FlowError::input_too_large(text.len(), &limits));
        }
        let allowed = Duration::from_millis(limits.deadline_ms).min(wait.unwrap_or(DEADLINE_MAX));
        let deadline = arrived + allowed;
        let (schemas, work) = self.loaded(&connector, deadline).await?;
        let owner = group.stored.id;
        let mut checking = Checking::new(&self.0.engine, owner, &limits);
        let validating = stage("validate_input");
        let text = checking.input(&schemas.input, text).await?;
        drop(validating);

        let (settings, outlet) = self.way_out(&group, &permit, connection, deadline, &limits).await?;
        let running = stage("engine");
        let outlet = exchanges.into_iter().fold(outlet, OutboundClient::recording);
        let outlet = running.iter().fold(outlet, |outlet, running| outlet.traced(running.here().clone()));
        let result = match work {
            Work::Plugin(plugin) => {
                let answer = self.0.engine.invoke(Invocation {
                    plugin,
                    connector: connector.name.to_string(),
                    input: text,
                    facts: CallFacts { id, permit, attempt: 1, deadline, settings, limits, outlet: Some(outlet) },
                });
                let answer = answer.await;
                (*usage, *logs) = (answer.usage, answer.logs);
                answer.result.map_err(|ended| FlowError::Ended { ended, limits: Box::new(limits) })
            }
            Work::Http(entry) => {
                let call =
                    HttpCall { engine: &self.0.engine, group: owner, outlet: &outlet, limits: &limits, deadline };
                call.run(&entry.stored.definition, &text, usage).await
            }
        };
        drop(running);
        usage.cpu_us += checking.cpu_us();
        let output = result.map_err(|error| match error {
            FlowError::Ended { ended: Ended::Stopped(Stop::Deadline), .. }
                if allowed < Duration::from_millis(limits.deadline_ms) =>
            {
                FlowError::WaitEnded(caller_wait(allowed))
            }
            error => error,
        })?;

        let before = checking.cpu_us();
        let validating = stage("validate_output");
        let output = checking.output(&schemas.output, output).await;
        drop(validating);
        usage.cpu_us += checking.cpu_us() - before;
        output
    }
}

/// What a trace tells of a call. Not its tenant, who is somebody's customer.
fn describe(trace: &Trace, call: &Call) {
    trace.text("lockgate.call.id", || call.id.to_string());
    trace.text("lockgate.group", || call.group.stored.definition.slug.to_string());
    trace.text("lockgate.connector", || call.connector.name.to_string());
    if let Some(plugin) = call.connector.digest() {
        trace.text("lockgate.plugin", || plugin.to_string());
    }
}

/// What a call does between its two checks.
enum Work {
    Plugin(Plugin),
    Http(Arc<DefinitionEntry>),
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
            plugin: call.connector.digest(),
            version: call.connector.number(),
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
    /// The settings that a call reads, and its way out with its connection.
    async fn way_out(
        &self,
        group: &Group,
        permit: &Permit,
        connection: Option<Arc<Connection>>,
        deadline: Instant,
        limits: &Limits,
    ) -> Result<(Arc<Map<String, Value>>, OutboundClient), FlowError> {
        let place = (group.stored.id, permit.scope());
        let (settings, session) = match connection {
            None => {
                (Arc::clone(&group.settings), self.egress_session(&group.egress_sessions, place, &group.egress, None)?)
            }
            Some(connection) => {
                let (connection, account) = self.opened(connection).await?;
                let session =
                    self.egress_session(&connection.egress_sessions, place, &connection.egress, Some(&account))?;
                (connection.settings(&group.settings), session)
            }
        };
        Ok((settings, OutboundClient::new(self.0.egress.clone(), permit.clone(), session, deadline, limits)))
    }

    /// Loads what a connector needs if it is not in memory. The deadline counts meanwhile, but ends only the wait: the
    /// work goes on for the calls that follow.
    async fn loaded(&self, connector: &Connector, deadline: Instant) -> Result<(ConnectorSchemas, Work), FlowError> {
        match &connector.source {
            Source::Plugin { plugin, .. } => {
                let ready = match self.0.residents.get(&plugin.slot) {
                    Some(ready) => ready,
                    None => {
                        let (host, plugin, limits) = (Arc::clone(&self.0), Arc::clone(plugin), connector.limits);
                        let load =
                            async move { plugin.ready(&host.engine, &host.store, &host.residents, &limits).await };
                        in_time(load, deadline, connector).await?
                    }
                };
                let schemas = ready.schemas.get(&connector.name).cloned();
                let schemas = schemas.ok_or_else(|| FlowError::NotFound(format!("connector `{}`", connector.name)))?;
                Ok((schemas, Work::Plugin(ready.plugin.clone())))
            }
            Source::Definition(entry) => {
                let schemas = match self.0.schemas.get(entry.slot()) {
                    Some(schemas) => schemas,
                    None => {
                        let (host, own) = (Arc::clone(&self.0), Arc::clone(entry));
                        let load = async move { own.schemas(&host.engine, &host.schemas).await };
                        in_time(load, deadline, connector).await?
                    }
                };
                Ok((ConnectorSchemas::clone(&schemas), Work::Http(Arc::clone(entry))))
            }
        }
    }
}

/// Waits for a load until the deadline.
async fn in_time<T: Send + 'static>(
    load: impl Future<Output = Result<T, FlowError>> + Send + 'static,
    deadline: Instant,
    connector: &Connector,
) -> Result<T, FlowError> {
    match tokio::time::timeout_at(deadline.into(), tokio::spawn(load)).await {
        Ok(Ok(loaded)) => loaded,
        Ok(Err(_)) | Err(_) => {
            let limits = Box::new(connector.limits);
            Err(FlowError::Ended { ended: Ended::Stopped(Stop::Deadline), limits })
        }
    }
}

/// The limit that a caller set itself.
fn caller_wait(wait: Duration) -> LimitHit {
    let value = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
    LimitHit { name: Limit::Deadline.name().to_owned(), value, setting: "header lockgate-deadline-ms".to_owned() }
}
