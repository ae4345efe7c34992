//! A function of a plugin: the engine runs it in an instance of its own.

use lockgate_engine::{CallFacts, Invocation, Plugin};
use lockgate_protobuf::Descriptors;

use super::{RunContext, RunReport};
use crate::FlowError;

/// Calls the function that the connector names.
pub(super) async fn run(
    plugin: Plugin,
    descriptors: Option<&Descriptors>,
    context: RunContext<'_>,
    input: String,
    report: &mut RunReport,
) -> Result<String, FlowError> {
    let RunContext { engine, id, attempt, connector, permit, deadline, settings, limits, client, callees } = context;
    let facts = CallFacts {
        id,
        permit,
        attempt,
        deadline,
        settings,
        limits,
        outbound: Some(client),
        callees,
        descriptors: descriptors.cloned(),
        program: None,
    };
    let answer = engine.invoke(Invocation { plugin, connector: connector.to_string(), input, facts }).await;
    (report.usage, report.logs) = (answer.usage, answer.logs);
    answer.result.map_err(|ended| FlowError::Ended { ended, limits: Box::new(limits) })
}
