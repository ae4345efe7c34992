//! A script: the engine of scripts runs one of its functions in an instance of its own.

use std::sync::Arc;

use lockgate_domain::Limits;
use lockgate_engine::{Answer, CallFacts};
use lockgate_protobuf::Descriptors;
use lockgate_script::{Entry, Program, Scripts};

use super::{RunContext, RunReport};
use crate::FlowError;

/// A script that is ready to run.
pub(crate) struct ScriptRun {
    /// What runs it.
    pub(crate) scripts: Scripts,
    /// What runs.
    pub(crate) program: Arc<Program>,
    /// What the group knows of gRPC messages, if the script may call.
    pub(crate) descriptors: Option<Arc<Descriptors>>,
}

impl ScriptRun {
    /// Runs one function. How it ended is the answer.
    pub(super) async fn function(
        &self,
        entry: Entry,
        context: &RunContext<'_>,
        input: String,
        limits: Limits,
    ) -> Result<Answer, FlowError> {
        let facts = CallFacts {
            id: context.id,
            permit: context.permit.clone(),
            attempt: context.attempt,
            deadline: context.deadline,
            settings: Arc::clone(&context.settings),
            limits,
            outbound: Some(context.client.clone()),
            callees: context.callees.clone(),
            descriptors: self.descriptors.as_deref().cloned(),
            program: None,
        };
        Ok(self.scripts.run(&self.program, entry, input, facts).await?)
    }
}

/// Calls the default export.
pub(super) async fn run(
    own: &ScriptRun,
    context: &RunContext<'_>,
    input: String,
    report: &mut RunReport,
) -> Result<String, FlowError> {
    let answer = own.function(Entry::Default, context, input, context.limits).await?;
    (report.usage, report.logs) = (answer.usage, answer.logs);
    answer.result.map_err(|ended| context.ended(ended))
}
