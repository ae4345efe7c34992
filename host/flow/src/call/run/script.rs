//! A script: the engine of scripts runs its program in an instance of its own.

use lockgate_engine::CallFacts;
use lockgate_script::{Entry, Program, Scripts};

use super::{RunContext, RunReport};
use crate::FlowError;

/// Calls the default export.
pub(super) async fn run(
    scripts: &Scripts,
    program: &Program,
    context: RunContext<'_>,
    input: String,
    report: &mut RunReport,
) -> Result<String, FlowError> {
    let RunContext { id, permit, deadline, settings, limits, client, callees, .. } = context;
    let facts = CallFacts {
        id,
        permit,
        attempt: 1,
        deadline,
        settings,
        limits,
        outbound: Some(client),
        callees,
        descriptors: None,
        program: None,
    };
    let answer = scripts.run(program, Entry::Default, input, facts).await?;
    (report.usage, report.logs) = (answer.usage, answer.logs);
    answer.result.map_err(|ended| FlowError::Ended { ended, limits: Box::new(limits) })
}
