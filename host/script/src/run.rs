//! One call of a script.

use lockgate_engine::{Answer, CallFacts, Invocation};

use crate::{Program, ScriptError, Scripts};

/// The function of a script that is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    /// `export default`.
    Default,
    /// `export function request`, before the request of an `http` connector.
    Request,
    /// `export function response`, behind it.
    Response,
}

impl Entry {
    /// Its name among the exports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Request => "request",
            Self::Response => "response",
        }
    }
}

impl Scripts {
    /// Runs a function of a script in a fresh instance.
    ///
    /// # Errors
    /// The engine of scripts could not be loaded. How the script ended is the answer.
    pub async fn run(
        &self,
        program: &Program,
        entry: Entry,
        input: String,
        facts: CallFacts,
    ) -> Result<Answer, ScriptError> {
        let plugin = self.guests().await?.engine.clone();
        let facts = CallFacts { program: Some(program.bytecode.clone()), ..facts };
        Ok(self.engine().invoke(Invocation { plugin, connector: entry.name().to_owned(), input, facts }).await)
    }
}
