//! Tests: calls whose answer shows everything of them.

use std::time::Instant;

use axum::body::Body;
use axum::http::Response;
use axum::http::request::Parts;
use lockgate_domain::{
    CallId, Code, ConnectionChoice, GroupReference, InvalidReference, LogLine, Problem, Usage, Violation, written,
};
use lockgate_flow::{
    Call, CompletedCall, DefinitionCheck, FailedCall, InnerCall, RecordedExchange, ResolvedCall, TestResult,
    TestSubject,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::access::Access;
use crate::api::invoke::{attempt, choice, one_tenant, read, tenant, wait};
use crate::openapi::texts::{AnyObject, NameOrDefinition};
use crate::problem::Document;
use crate::response::{self, Refusal, document};
use crate::route::{EDITOR, Resource, Route};
use crate::{App, body};

/// Definitions beside an input.
const DEFINITIONS_MAX: usize = 1024 * 1024;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Test {
    /// Any JSON; checked against the connector's input schema.
    input: Box<RawValue>,
    /// Which connection the call runs with.
    #[serde(default, deserialize_with = "choice")]
    connection: ConnectionChoice,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct UnsavedTest {
    /// A reference, or the definition of a group.
    #[schemars(with = "NameOrDefinition")]
    group: Box<RawValue>,
    /// A name, or the definition of a connector.
    #[schemars(with = "NameOrDefinition")]
    connector: Box<RawValue>,
    /// Any JSON; checked against the connector's input schema.
    input: Box<RawValue>,
    /// Which connection the call runs with.
    #[serde(default, deserialize_with = "choice")]
    connection: ConnectionChoice,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "DefinitionToCheck")]
struct Unchecked {
    /// A reference, or the definition of a group.
    #[schemars(with = "NameOrDefinition")]
    group: Box<RawValue>,
    /// The definition of a connector.
    #[schemars(with = "AnyObject")]
    connector: Box<RawValue>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "CheckedDefinition")]
struct Checked {
    /// Each rule that the definition breaks; none if it can be saved. Pointers begin with `/connector` or `/group`.
    errors: Vec<Violation>,
    /// What the definition leaves out and a save puts into it, as its script or its method says: `description`,
    /// `input_schema`, `output_schema`. Empty while a script has a mistake.
    #[schemars(with = "AnyObject")]
    derived: Map<String, Value>,
}

/// Everything of a call.
#[derive(Serialize, JsonSchema)]
struct Tested {
    /// What an invoke would have answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<Box<RawValue>>,
    /// Why there is no output.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Document<'static>")]
    problem: Option<Value>,
    /// The call.
    call: CallId,
    /// From the arrival of the request's head, in microseconds.
    duration_us: u128,
    usage: Usage,
    /// What the plugin logged.
    logs: Vec<LogLine>,
    /// Each request that went out.
    exchanges: Vec<RecordedExchange>,
    /// Further ones that were not kept.
    exchanges_dropped: u64,
    /// Each call of another connector that its code made.
    calls: Vec<InnerCall>,
    /// Further ones that were not kept.
    calls_dropped: u64,
    violations: Violations,
    /// Whether the definition leads elsewhere than the saved group, or the token may not change that group, so that no
    /// credential was given to the call.
    credentials_withheld: bool,
}

#[derive(Default, Serialize, JsonSchema)]
#[schemars(inline)]
struct Violations {
    /// Where the input breaks the schema.
    input: Vec<Violation>,
    /// Where the output does.
    output: Vec<Violation>,
}

/// A connector as it is saved.
async fn saved(app: App, access: Access, request: Parts, sent: Body) -> Result<Response<Body>, Refusal> {
    let arrived = Instant::now();
    let (reference, name) = (access.group()?, access.part("connector"));
    let resolved = app.host.calls().resolve(&access.scope()?, &reference, name).await?;
    let bytes = read(&request.headers, sent, &resolved).await?;
    let Test { input, connection } = body::members(&bytes, "{\"input\": …}")?;
    let resolved = app.host.calls().refresh(resolved, &reference, name).await?;
    run(app, access, &request, arrived, resolved, input, connection).await
}

/// Definitions that are not saved.
async fn unsaved(app: App, access: Access, request: Parts, sent: Body) -> Result<Response<Body>, Refusal> {
    let arrived = Instant::now();
    body::expect_json(&request.headers)?;
    // Which limit the input has is known when the definitions are read, and the call checks it. None is above the host's.
    let max = usize::try_from(app.host.calls().input_max()).unwrap_or(usize::MAX).saturating_add(DEFINITIONS_MAX);
    let too_large = |found| {
        let detail = format!("the body has {found} bytes or more: expected at most {max}");
        Problem::new(Code::InputTooLarge, detail).into()
    };
    let bytes = body::read(&request.headers, sent, max, too_large).await?;
    let UnsavedTest { group, connector, input, connection } =
        body::members(&bytes, "{\"group\": …, \"connector\": …, \"input\": …}")?;
    let definitions = group.get().len().saturating_add(connector.get().len());
    if definitions > DEFINITIONS_MAX {
        let detail = format!("the definitions have {definitions} bytes: expected at most {DEFINITIONS_MAX}");
        return Err(Problem::new(Code::InputTooLarge, detail).into());
    }
    let group = subject(&group)?;
    let connector = match written(&connector)? {
        Value::String(name) => TestSubject::Saved(name),
        definition => TestSubject::Unsaved(match &group {
            // Only a database that the group has is asked for schemas.
            TestSubject::Saved(reference) => {
                let calls = app.host.calls();
                calls.complete_definition(&access.scope()?, reference, &connection, definition, &access.caller).await?
            }
            TestSubject::Unsaved(_) => definition,
        }),
    };
    let resolved = app.host.calls().resolve_test(&access.scope()?, group, connector, &access.caller).await?;
    run(app, access, &request, arrived, resolved, input, connection).await
}

/// A group by its reference or its definition.
fn subject(group: &RawValue) -> Result<TestSubject<GroupReference>, Refusal> {
    Ok(match written(group)? {
        Value::String(text) => {
            TestSubject::Saved(text.parse().map_err(|error: InvalidReference| Refusal::malformed(error.to_string()))?)
        }
        definition => TestSubject::Unsaved(definition),
    })
}

/// What is wrong with a definition, for who writes one.
async fn check(app: App, access: Access, request: Parts, sent: Body) -> Result<Response<Body>, Refusal> {
    body::expect_json(&request.headers)?;
    let too_large = |found| {
        let detail = format!("the body has {found} bytes or more: expected at most {DEFINITIONS_MAX}");
        Problem::new(Code::InputTooLarge, detail).into()
    };
    let bytes = body::read(&request.headers, sent, DEFINITIONS_MAX, too_large).await?;
    let Unchecked { group, connector } = body::members(&bytes, "{\"group\": …, \"connector\": …}")?;
    let (group, definition) = (subject(&group)?, written(&connector)?);
    let checked = app.host.calls().check_definition(&access.scope()?, group, definition, &access.caller).await?;
    let DefinitionCheck { errors, derived } = checked;
    Ok(response::json(&Checked { errors, derived }))
}

fn written(text: &RawValue) -> Result<Value, Refusal> {
    written::definition_json(text.get())
        .map_err(|error| Refusal::malformed(format!("a definition is not as expected: {error}")))
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
        attempt: attempt(&request.headers)?,
        arrived,
        exchanges: None,
        inner: None,
        trace: None,
        ancestors: None,
    };
    let in_flight = app.metrics.call(arrived);
    let TestResult { result, exchanges, exchanges_dropped, calls, calls_dropped, credentials_withheld } =
        app.host.calls().test(call).await;
    let duration_us = arrived.elapsed().as_micros();
    let mut violations = Violations::default();
    let (output, problem, usage, logs) = match result {
        Ok(CompletedCall { output, usage, logs, .. }) => {
            in_flight.ended("ok", usage.cpu_us);
            (RawValue::from_string(output).ok(), None, usage, logs)
        }
        Err(FailedCall { problem, usage, logs, .. }) => {
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
    let shown = Tested {
        output,
        problem,
        call,
        duration_us,
        usage,
        logs,
        exchanges,
        exchanges_dropped,
        calls,
        calls_dropped,
        violations,
        credentials_withheld,
    };
    Ok(response::json_as_declared(&shown))
}

pub(crate) fn resource() -> Resource {
    let routes = vec![
        Route::run("{S}/groups/{ref}/connectors/{connector}/test", EDITOR, &saved)
            .operation("test_connector", "Call a connector, and show everything of the call")
            .describe("It answers 200 also when the call failed: `problem` is what an invoke would have answered.")
            .calls()
            .takes::<Test>()
            .gives::<Tested>(),
        Route::run("{S}/tests/run", EDITOR, &unsaved)
            .operation("run_test", "Call a connector that is not saved")
            .describe(
                "Where the call goes and with which credential is what the saved group says. A definition of a group \
                 that says something else runs without credentials, and so does any definition if the token may not \
                 change the group.",
            )
            .calls()
            .takes::<UnsavedTest>()
            .gives::<Tested>()
            .refuses(&[Code::DefinitionInvalid]),
        Route::run("{S}/tests/check", EDITOR, &check)
            .operation("check_definition", "Look for mistakes in the definition of a connector")
            .describe(
                "As saving it would, also in scripts. Nothing is saved or run, and no server is asked: schemas of a \
                 database that are left out are not looked for.",
            )
            .takes::<Unchecked>()
            .gives::<Checked>()
            .refuses(&[Code::InputTooLarge]),
    ];
    Resource { name: "tests", description: "Calls that are made to see what happens.", routes }
}
