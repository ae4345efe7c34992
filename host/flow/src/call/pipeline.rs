//! The life of one call, as a list. A host's calls, its test routes and `lockgate run` all come here: what differs is data
//! of the call or of its [`Environment`].

use std::time::{Duration, Instant};

use lockgate_domain::{Fault, Limit, LimitHit, Outcome};
use lockgate_egress::OutboundClient;
use lockgate_engine::{Ended, Stop};

use crate::FlowError;
use crate::call::environment::{Environment, Loaded};
use crate::call::kept_logs;
use crate::call::outbound::Outbound;
use crate::call::record::Recording;
use crate::call::request::{Call, CompletedCall, FailedCall};
use crate::call::run::{RunContext, RunReport, http};
use crate::call::validation::Validation;

/// Runs a call to its end and records it, whatever the end is.
pub(crate) async fn run(environment: &impl Environment, mut call: Call) -> Result<CompletedCall, FailedCall> {
    // First, so that the decision and the record are about the same tenant.
    call.fill_defaults();
    call.describe();
    // From here on a record is written, also when the caller goes away and the call is dropped where it is.
    let mut recording = environment.recorder().map(|recorder| Recording::begin(recorder, &call));
    let mut report = RunReport::default();
    let result = stages(environment, &mut call, &mut report, recording.as_mut()).await;
    let duration = call.arrived.elapsed();
    let result = result.map_err(|error| report.effect.told(problem(&call, error)));
    let outcome = result.as_ref().map_or_else(|problem| Outcome::Problem(problem.code), |_| Outcome::Success);
    if let Some(recording) = &mut recording {
        recording.end(outcome, report.usage, report.attempts.most());
        if let Err(problem) = &result {
            let code = problem.failure.as_ref().map(|failure| failure.code.clone());
            recording.failed(code, kept_logs::of(&call, &report.logs, environment.keeps_internal_logs()));
        }
    }
    call.trace_usage(&report.usage);
    log(&call, &report);
    let RunReport { usage, logs, began, .. } = report;
    match result {
        Ok(output) => Ok(CompletedCall { output, version: call.resolved.connector.version(), duration, usage, logs }),
        Err(problem) => Err(FailedCall { problem: Box::new(problem), usage, logs, began }),
    }
}

/// The stages. Each may refuse the call, and what costs least to refuse comes first.
async fn stages(
    environment: &impl Environment,
    call: &mut Call,
    report: &mut RunReport,
    recording: Option<&mut Recording<'_>>,
) -> Result<String, FlowError> {
    let (input, tenant) = (std::mem::take(&mut call.input), call.tenant.take());
    let call = &*call;
    let (resolved, connector, limits) = (&call.resolved, &call.resolved.connector, call.resolved.limits);
    let deadline = call.deadline();

    // A host that shuts down ends the calls that it has, with those that they make, and begins none.
    if call.ancestors.is_none() {
        environment.admit()?;
    }
    // Whether the caller may make the call, and with which connection: whatever leaves the sandbox demands this permit.
    let permit = resolved.authorize(&call.caller, &call.choice, tenant)?;
    recording.into_iter().for_each(|recording| recording.permitted(&permit));
    // No token, tenant or group takes all of what the others need. The permit is returned when the call ends.
    let _running = resolved.count(&call.caller, &permit, call.ancestors.as_ref()).await?;
    // After the permit: a caller who may not call the connector does not learn that it is disabled.
    if !connector.is_enabled() {
        return Err(FlowError::ConnectorDisabled(connector.name.clone()));
    }
    // The size comes before the content: a large text costs much to parse.
    if input.len() as u64 > limits.input_bytes {
        return Err(FlowError::input_too_large(input.len(), &limits));
    }
    // A request that took until now to arrive must not run with a snapshot that is older than a deadline.
    if deadline <= Instant::now() {
        return Err(FlowError::Ended { ended: Ended::Stopped(Stop::Deadline), limits: Box::new(limits) });
    }
    // Code and schemas leave memory when they are idle. The deadline counts while they come back.
    let Loaded { schemas, runnable } = environment.load(resolved, deadline).await?;
    // The guest gets only what its schema allows. What the check costs is the call's CPU time.
    let mut validation = Validation::new(environment.engine(), permit.group(), &limits);
    let stage = call.stage("validate_input");
    let input = validation.input(&schemas.input, input).await?;
    drop(stage);
    // Credentials are opened last: an input that is refused reads no secret.
    let Outbound { settings, client } = Outbound::open(environment, resolved, &permit, deadline).await?;
    // What the connector's type does.
    let stage = call.stage("engine");
    let client = call.exchanges.iter().cloned().fold(client, OutboundClient::recording);
    let client = stage.iter().fold(client, |client, stage| client.traced(stage.here().clone()));
    let client = client.counting(report.attempts.clone());
    let engine = environment.engine();
    // What the code of the call may call in turn.
    let callees = match resolved.group.uses.is_empty() {
        true => None,
        false => environment.callees(call, permit.tenant(), deadline, stage.as_ref()),
    };
    let (id, attempt, connector) = (call.id, call.attempt, &connector.name);
    let context = RunContext { engine, id, attempt, connector, permit, deadline, settings, limits, client, callees };
    let unread = runnable.blames_upstream();
    report.began = true;
    let result = runnable.run(context, input, report).await;
    drop(stage);
    report.usage.cpu_us += validation.cpu_us();
    let output = result?;
    // Callers rely on the output schema as guests rely on the input schema.
    let before = validation.cpu_us();
    let stage = call.stage("validate_output");
    let output = validation.output(&schemas.output, output).await;
    drop(stage);
    report.usage.cpu_us += validation.cpu_us() - before;
    output.map_err(|error| if unread { http::unread(error, &limits) } else { error })
}

/// What the caller sees of an error. The host's own faults are logged, since their cause is not for the caller.
fn problem(call: &Call, error: FlowError) -> lockgate_domain::Problem {
    let allowed = call.allowed();
    let error = match error {
        // The caller's own header ended the call, and no setting of the group would have let it go on.
        FlowError::Ended { ended: Ended::Stopped(Stop::Deadline), limits }
            if allowed < Duration::from_millis(limits.deadline_ms) =>
        {
            FlowError::WaitEnded(caller_wait(allowed))
        }
        error => error,
    };
    let problem = call.resolved.problem(&error);
    if problem.code.fault() == Fault::Host {
        tracing::error!(call = %call.id, code = %problem.code, %error, "call failed");
    }
    problem
}

/// The limit that a caller set itself.
fn caller_wait(wait: Duration) -> LimitHit {
    let value = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
    LimitHit { name: Limit::Deadline.name().to_owned(), value, setting: "header lockgate-deadline-ms".to_owned() }
}

fn log(call: &Call, report: &RunReport) {
    for line in &report.logs {
        tracing::debug!(target: "lockgate::guest", call = %call.id, guest_level = line.level.as_str(),
                        fields = line.fields.as_ref().map(|fields| tracing::field::display(fields.text())), "{}", line.message);
    }
}
