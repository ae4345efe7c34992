//! `POST …/connectors/{connector}/invoke`: the hot path.

use std::fmt::Write;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response};
use axum::response::IntoResponse;
use bytes::Bytes;
use lockgate_domain::{CallId, Code, ConnectionChoice, Digest, TenantName, Usage};
use lockgate_flow::{CompletedCall, IdempotencyKey, OnceAnswer, ResolvedCall};
use lockgate_telemetry::Trace;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::access::Access;
use crate::openapi::problems::{CONNECTION, OUTGOING, RUNNING};
use crate::openapi::{JSON, parameter};
use crate::response::{Refusal, with_type};
use crate::route::{INVOKER, Route};
use crate::{App, body, single};

/// What a body has beside its input.
const ENVELOPE_MAX: usize = 4 * 1024;

/// On the answer to a repeat.
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// The longest deadline of a caller, in milliseconds.
const DEADLINE_MAX_MS: u64 = 15 * 60 * 1000;

/// The highest attempt that a caller can count.
const ATTEMPT_MAX: u32 = 1000;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Invocation<'a> {
    /// Any JSON; checked against the connector's input schema.
    #[serde(borrow)]
    input: &'a RawValue,
    /// Which connection the call runs with.
    #[serde(default, deserialize_with = "choice")]
    connection: ConnectionChoice,
}

/// A choice; `null` is as none.
pub(crate) fn choice<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<ConnectionChoice, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// The answer; [`text`] writes it.
#[derive(Serialize, JsonSchema)]
struct Answer<'a> {
    /// Any JSON that matches the connector's output schema.
    output: &'a RawValue,
    call: Call,
}

#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
struct Call {
    /// As in the record and in the log.
    id: CallId,
    /// From the arrival of the request's head, in microseconds.
    duration_us: u64,
    /// What ran, of a connector with code.
    #[serde(skip_serializing_if = "Option::is_none")]
    plugin: Option<Digest>,
    /// The version that ran, of a declarative connector.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    version: Option<i64>,
    usage: Usage,
}

async fn invoke(app: App, access: Access, request: Parts, sent: Body) -> Result<Response<Body>, Refusal> {
    let arrived = Instant::now();
    let parent = request.headers.get("traceparent").and_then(|value| value.to_str().ok());
    let trace = app.host.tracer().begin(parent);
    let answer = call(app, access, request, sent, arrived, trace.clone()).await;
    if let Some(trace) = trace {
        trace.ended(answer.as_ref().err().map(|refusal| refusal.code().as_str()));
    }
    answer
}

async fn call(
    app: App,
    access: Access,
    request: Parts,
    sent: Body,
    arrived: Instant,
    trace: Option<Trace>,
) -> Result<Response<Body>, Refusal> {
    let scope = access.scope()?;
    let resolving = trace.as_ref().map(|trace| trace.stage("resolve"));
    let (reference, name) = (access.group()?, access.part("connector"));
    let resolved = app.host.calls().resolve(&scope, &reference, name).await?;
    drop(resolving);
    let (wait, attempt) = (wait(&request.headers)?, attempt(&request.headers)?);
    let tenant = tenant(&request.headers)?;
    refuse_reserved(&request.headers)?;
    let key = key(&request.headers, name)?;
    let bytes = read(&request.headers, sent, &resolved).await?;
    let Invocation { input, connection } = body::members(&bytes, "{\"input\": …}")?;
    let (input, tenant) = (input.get().to_owned(), one_tenant(tenant, &connection)?);
    // The call has its own copy, and may take long.
    drop(bytes);
    let resolved = app.host.calls().refresh(resolved, &reference, name).await?;

    let id = CallId::new();
    let call = lockgate_flow::Call {
        id,
        caller: access.caller,
        resolved,
        input,
        choice: connection,
        tenant,
        wait,
        attempt,
        arrived,
        exchanges: None,
        inner: None,
        trace,
        ancestors: None,
    };
    let in_flight = app.metrics.call(arrived);
    let (id, result, replayed) = match key {
        None => (id, app.host.calls().invoke(call).await, false),
        Some(key) => {
            let OnceAnswer { id, result, replayed } = app.host.calls().invoke_once(call, &key).await;
            (id, result, replayed)
        }
    };
    // A replay used nothing.
    let cpu_us = |usage: &Usage| if replayed { 0 } else { usage.cpu_us };
    let mut response = match result {
        Ok(answered) => {
            in_flight.ended("ok", cpu_us(&answered.usage));
            with_type(Body::from(text(id, answered)), JSON)
        }
        Err(refused) => {
            in_flight.ended(refused.problem.code.as_str(), cpu_us(&refused.usage));
            let refusal = Refusal::of_call(id, refused);
            if !replayed {
                return Err(refusal);
            }
            refusal.into_response()
        }
    };
    if replayed {
        response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    }
    Ok(response)
}

/// Reads the body of a call or of its test: no more than its input may have, and the envelope.
pub(crate) async fn read(headers: &HeaderMap, sent: Body, resolved: &ResolvedCall) -> Result<Bytes, Refusal> {
    body::expect_json(headers)?;
    let max = usize::try_from(resolved.limits().input_bytes).unwrap_or(usize::MAX).saturating_add(ENVELOPE_MAX);
    body::read(headers, sent, max, |found| resolved.input_too_large(found).into()).await
}

/// The output is JSON text already, so the [`Answer`] is put around it.
fn text(id: CallId, answered: CompletedCall) -> String {
    let CompletedCall { output, version, duration, usage, .. } = answered;
    let mut text = String::with_capacity(output.len() + 320);
    text.push_str("{\"output\":");
    text.push_str(&output);
    // Writing to a string can't fail.
    let _ = write!(text, ",\"call\":{{\"id\":\"{id}\",\"duration_us\":{},", duration.as_micros());
    let _ = version.code.map(|code| write!(text, "\"plugin\":\"{code}\","));
    let _ = version.number.map(|number| write!(text, "\"version\":{number},"));
    let _ = write!(
        text,
        "\"usage\":{{\"cpu_us\":{},\"peak_memory_bytes\":{},\"host_calls\":{}}}}}}}",
        usage.cpu_us, usage.peak_memory_bytes, usage.host_calls,
    );
    text
}

pub(crate) fn wait(headers: &HeaderMap) -> Result<Option<Duration>, Refusal> {
    let Some(value) = single::value(headers, "lockgate-deadline-ms")? else { return Ok(None) };
    let ms = value.to_str().ok().and_then(|text| text.parse().ok()).filter(|ms| (1..=DEADLINE_MAX_MS).contains(ms));
    let ms =
        ms.ok_or_else(|| Refusal::malformed(format!("`lockgate-deadline-ms`: expected 1 to {DEADLINE_MAX_MS}")))?;
    Ok(Some(Duration::from_millis(ms)))
}

/// Which attempt of its caller a call is. What the host does is the same for each; the connector can read it.
pub(crate) fn attempt(headers: &HeaderMap) -> Result<u32, Refusal> {
    let Some(value) = single::value(headers, "lockgate-attempt")? else { return Ok(1) };
    let number = value.to_str().ok().and_then(|text| text.parse().ok()).filter(|own| (1..=ATTEMPT_MAX).contains(own));
    number.ok_or_else(|| Refusal::malformed(format!("`lockgate-attempt`: expected 1 to {ATTEMPT_MAX}")))
}

pub(crate) fn tenant(headers: &HeaderMap) -> Result<Option<TenantName>, Refusal> {
    let Some(value) = single::value(headers, "lockgate-tenant")? else { return Ok(None) };
    let tenant = value.to_str().unwrap_or_default().parse();
    tenant
        .map(Some)
        .map_err(|error: lockgate_domain::InvalidName| Refusal::malformed(format!("`lockgate-tenant`: {error}")))
}

pub(crate) fn one_tenant(header: Option<TenantName>, choice: &ConnectionChoice) -> Result<Option<TenantName>, Refusal> {
    match (header, choice) {
        (Some(header), ConnectionChoice::Dynamic { tenant, .. }) if header != *tenant => {
            Err(Refusal::malformed("`lockgate-tenant` and the connection name different tenants"))
        }
        (None, ConnectionChoice::Dynamic { tenant, .. }) => Ok(Some(tenant.clone())),
        (header, _) => Ok(header),
    }
}

fn key(headers: &HeaderMap, named: &str) -> Result<Option<IdempotencyKey>, Refusal> {
    let Some(value) = single::value(headers, "idempotency-key")? else { return Ok(None) };
    let key = value.to_str().ok().and_then(|text| IdempotencyKey::parse(text, named));
    let expected = "`Idempotency-Key`: expected 1 to 255 printable ASCII characters";
    key.map(Some).ok_or_else(|| Refusal::malformed(expected))
}

/// What callers may rely on elsewhere must not be ignored in silence: a second run of a call that was meant to run once
/// is worse than a refusal.
fn refuse_reserved(headers: &HeaderMap) -> Result<(), Refusal> {
    let asynchronous = |value: &axum::http::HeaderValue| {
        String::from_utf8_lossy(value.as_bytes()).to_ascii_lowercase().contains("respond-async")
    };
    if headers.get_all("prefer").iter().any(asynchronous) {
        return Err(Refusal::malformed("`Prefer: respond-async` is reserved and not supported by this version"));
    }
    Ok(())
}

pub(crate) fn route() -> Route {
    Route::run("{S}/groups/{ref}/connectors/{connector}/invoke", INVOKER, &invoke)
        .operation("invoke", "Call a connector")
        .describe("The call ends when its client closes the connection. `Prefer: respond-async` is refused. With an `Idempotency-Key` it runs once and to its end: a repeat within 24 hours gets the same answer, with the header `idempotent-replayed`.")
        .calls()
        .parameter(parameter::idempotency_key())
        .refuses(&[Code::KeyInUse, Code::KeyOfOther, Code::OutcomeUnknown, Code::OutcomeNotKept, Code::TooManyKeys])
        .takes::<Invocation<'_>>()
        .gives::<Answer<'_>>()
        .refuses(CONNECTION)
        .refuses(RUNNING)
        .refuses(OUTGOING)
}

#[cfg(test)]
mod tests;
