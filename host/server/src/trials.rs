//! `POST …/connectors/{connector}/test` and `POST S/tests/run`: calls whose answer shows everything of them.

use std::time::Instant;

use axum::body::Body;
use axum::http::Response;
use axum::http::request::Parts;
use lockgate_domain::{CallId, Code, ConnectionChoice, InvalidReference, Limits, LogLine, Problem, Usage, Violation};
use lockgate_flow::{Call, CompletedCall, FailedCall, RecordedExchange, ResolvedCall, TestResult, TestSubject};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::access::Access;
use crate::invoke::{one_tenant, read, tenant, wait};
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
    let resolved = app.host.calls().resolve(&access.scope()?, &access.group()?, name).await?;
    let bytes = read(&request.headers, sent, &resolved).await?;
    let Sent { input, connection } = serde_json::from_slice(&bytes)
        .map_err(|error| Refusal::malformed(format!("the body is not `{{\"input\": …}}`: {error}")))?;
    run(app, access, &request, arrived, resolved, input, connection).await
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
            TestSubject::Saved(text.parse().map_err(|error: InvalidReference| Refusal::malformed(error.to_string()))?)
        }
        definition => TestSubject::Unsaved(definition),
    };
    let connector = match connector {
        Value::String(name) => TestSubject::Saved(name),
        definition => TestSubject::Unsaved(definition),
    };
    let resolved = app.host.calls().resolve_test(&access.scope()?, group, connector, &access.caller).await?;
    run(app, access, &request, arrived, resolved, input, connection).await
}

async fn run(
    app: App,
    access: Access,
    request: &Parts,
    arrived: Instant,
    resolved: ResolvedCall,
    input: Box<RawValue>,
    choice: ConnectionChoice,
) -> Result<Response<Body>, Refusal> {
    let (wait, tenant) = (wait(&request.headers)?, tenant(&request.headers)?);
    let tenant = one_tenant(tenant, &choice)?;
    let id = CallId::new();
    let call = Call {
        id,
        caller: access.caller,
        resolved,
        input: input.get().to_owned(),
        choice,
        tenant,
        wait,
        arrived,
        exchanges: None,
        trace: None,
    };
    let in_flight = app.metrics.call(arrived);
    let TestResult { result, exchanges, exchanges_dropped, credentials_withheld } = app.host.calls().test(call).await;
    let duration_us = arrived.elapsed().as_micros();
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
        credentials_withheld,
    };
    Ok(response::json(&shown))
}
