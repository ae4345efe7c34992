//! The port through which the code of a call calls other connectors: whoever knows connectors implements it.

use std::fmt::Debug;
use std::pin::Pin;
use std::sync::Arc;

use lockgate_domain::{Failure, Usage};

/// A call that is under way. Dropping it ends the call.
pub type Calling = Pin<Box<dyn Future<Output = Called> + Send>>;

/// What the code of one call may call.
pub trait ConnectorCalls: Debug + Send + Sync {
    /// Calls a connector by the name that the code has for it, with JSON text, within what is left of the budget.
    fn call(self: Arc<Self>, name: String, input: String, left: CallBudget) -> Calling;
}

/// What a call has left, for itself and for the calls that its code makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallBudget {
    /// CPU time, in microseconds; not 0.
    pub cpu_us: u64,
    /// Calls of host functions.
    pub host_calls: u64,
}

/// What came of a call.
#[derive(Debug)]
pub struct Called {
    /// The output as JSON text, or why there is none.
    pub result: Result<String, Failure>,
    /// What it used, with the calls that its own code made.
    pub usage: Usage,
}
