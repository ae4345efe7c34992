//! `POST …/connectors/{connector}/test` and `POST S/tests/run`: calls whose answer shows everything of them.

use std::sync::Arc;
use std::time::Instant;

use axum::body::Body;
use axum::http::Response;
use axum::http::request::Parts;
use bytes::Bytes;
use lockgate_domain::{CallId, Code, ConnectionChoice, InvalidReference, Limits, LogLine, Problem, Usage, Violation};
use lockgate_flow::{
    Call, CompletedCall, Connector, ExchangeRecorder, FailedCall, FlowError, RecordedExchange, TestResult, TestRun,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::access::Access;
use crate::invoke::{ENVELOPE_MAX, one_tenant, tenant, wait};
use crate::response::{self, Refusal, document};
use crate::{App, body};

/// Definitions beside an input.
const DEFINITIONS_MAX: usize = 1024 * 1024;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sent {
    input: Box<RawValue>,
    #[serde(default)]
    connection: ConnectionChoice,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SentUnsaved {
    /// A reference, or the definition of a group.
    group: Value,
    /// A name, or the definition of a connector.
    connector: Value,
    input: Box<RawValue>,
    #[serde(default)]
    connection: ConnectionChoice,
}

/// Everything of a call.
#[derive(Serialize)]
struct Shown {
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<Value>,
    call: CallId,
    duration_us: u128,
    usage: Usage,
    logs: Vec<LogLine>,
    exchanges: Vec<RecordedExchange>,
    /// Further ones that are not kept.
    exchanges_dropped: u64,
    violations: Violations,
    /// The definition leads elsewhere than the saved group.
    credentials_withheld: bool,
}

#[derive(Default, Serialize)]
struct Violations {
    input: Vec<Violation>,
    output: Vec<Violation>,
}

/// A connector as it is saved.
pub(crate) async fn saved(app: App, access: Access, request: Parts, sent: Body) -> Result<Response<Body>, Refusal> {
    let arrived = Instant::now();
    let name = access.part("connector");
    let (group, connector) = app.host.connector_at(&access.scope()?, &access.group()?, name).await?;
    let bytes = read(&request, sent, &connector, ENVELOPE_MAX).await?;
    let Sent { input, connection } = serde_json::from_slice(&bytes)
        .map_err(|error| Refusal::malformed(format!("the body is not `{{\"input\": …}}`: {error}")))?;
    let trial = TestRun { group, connector, withheld: false };
    run(app, access, &request, arrived, trial, input, connection).await
}

/// Definitions that are not saved.
pub(crate) async fn unsaved(app: App, access: Access, request: Parts, sent: Body) -> Result<Response<Body>, Refusal> {
    let arrived = Instant::now();
    body::expect_json(&request.headers)?;
    let max = usize::try_from(Limits::default().input_bytes).unwrap_or(usize::MAX) + DEFINITIONS_MAX;
    let too_large = |found| {
        let detail = format!("the body has {found} bytes or more: expected at most {max}");
        Problem::new(Code::InputTooLarge, detail).into()
    };
    let bytes = body::read(&request.headers, sent, max, too_large).await?;
    let SentUnsaved { group, connector, input, connection } = serde_json::from_slice(&bytes).map_err(|error| {
        Refusal::malformed(format!("the body is not `{{\"group\": …, \"connector\": …, \"input\": …}}`: {error}"))
    })?;
    let group = match group {
        Value::String(text) => {
            TestResult::Saved(text.parse().map_err(|error: InvalidReference| Refusal::malformed(error.to_string()))?)
        }
        definition => TestResult::Unsaved(definition),
    };
    let connector = match connector {
        Value::String(name) => TestResult::Saved(name),
        definition => TestResult::Unsaved(definition),
    };
    let trial = app.host.tried(&access.scope()?, group, connector, &access.caller).await?;
    run(app, access, &request, arrived, trial, input, connection).await
}

async fn read(request: &Parts, sent: Body, connector: &Connector, beside: usize) -> Result<Bytes, Refusal> {
    body::expect_json(&request.headers)?;
    let max = usize::try_from(connector.limits.input_bytes).unwrap_or(usize::MAX).saturating_add(beside);
    let too_large = |found: usize| FlowError::input_too_large(found, &connector.limits).into();
    body::read(&request.headers, sent, max, too_large).await
}

async fn run(
    app: App,
    access: Access,
    request: &Parts,
    arrived: Instant,
    TestRun { group, connector, withheld }: TestRun,
    input: Box<RawValue>,
    choice: ConnectionChoice,
) -> Result<Response<Body>, Refusal> {
    let (wait, tenant) = (wait(&request.headers)?, tenant(&request.headers)?);
    let tenant = one_tenant(tenant, &choice)?;
    let choice = if withheld { ConnectionChoice::None } else { choice };
    let (id, scope, exchanges) = (CallId::new(), access.scope()?, Arc::new(ExchangeRecorder::default()));
    let call = Call {
        id,
        caller: access.caller,
        scope,
        group,
        connector,
        input: input.get().to_owned(),
        choice,
        tenant,
        wait,
        arrived,
        exchanges: Some(Arc::clone(&exchanges)),
        trace: None,
    };
    let in_flight = app.metrics.call(arrived);
    let result = app.host.invoke(call).await;
    let duration_us = arrived.elapsed().as_micros();
    let (exchanges, exchanges_dropped) = exchanges.take();
    let mut violations = Violations::default();
    let (output, problem, usage, logs) = match result {
        Ok(CompletedCall { output, usage, logs, .. }) => {
            in_flight.ended("ok", usage.cpu_us);
            (RawValue::from_string(output).ok(), None, usage, logs)
        }
        Err(FailedCall { problem, usage, logs }) => {
            in_flight.ended(problem.code.as_str(), usage.cpu_us);
            if problem.code == Code::InputInvalid {
                violations.input.clone_from(&problem.errors);
            } else if problem.code == Code::OutputInvalid {
                violations.output.clone_from(&problem.errors);
            }
            (None, Some(document(&problem, id)), usage, logs)
        }
    };
    let call = id;
    let shown = Shown {
        output,
        problem,
        call,
        duration_us,
        usage,
        logs,
        exchanges,
        exchanges_dropped,
        violations,
        credentials_withheld: withheld,
    };
    Ok(response::json(&shown))
}
