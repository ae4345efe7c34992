//! The way out of one call, as every capability that leaves the sandbox takes it: granted by the group, or refused in
//! the words of the contract.

use lockgate_domain::Capability;
use lockgate_egress::{EgressError, OutboundClient};
use tokio::runtime::Handle;
use tokio::task::{AbortHandle, JoinHandle};

use super::types::Failure;
use crate::state::Phase;

/// Requests of one call that are on their way at one time: a connector that fans out has its use of some dozens, and an
/// upstream that is asked by more of one caller takes it for an attack.
const IN_FLIGHT_MAX: usize = 64;

/// What a call may leave the sandbox with.
#[derive(Debug, Clone)]
pub(crate) struct WayOut {
    pub(crate) outlet: OutboundClient,
    /// The threads that serve connections: those of guests have no I/O of their own.
    pub(crate) io: Handle,
}

/// Why a call may not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// There is no call.
    Describing,
    /// The group does not grant the capability.
    NotGranted(Capability),
    /// The host was built, or the command started, without a way out.
    Closed,
    /// As many requests are on their way as may be.
    TooMany,
    /// It was given up.
    Cancelled,
}

impl Phase {
    /// The way out for one capability; the one place where a grant is asked for.
    pub(crate) fn way_out(&self, capability: Capability) -> Result<WayOut, Refused> {
        let Self::Bound(facts, io) = self else { return Err(Refused::Describing) };
        if !facts.permit.grants(capability) {
            return Err(Refused::NotGranted(capability));
        }
        match (&facts.outlet, io) {
            (Some(outlet), Some(io)) => Ok(WayOut { outlet: outlet.clone(), io: io.clone() }),
            (None, _) | (_, None) => Err(Refused::Closed),
        }
    }
}

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Self {
        let (code, message) = match refused {
            Refused::Describing => (
                "not-during-describe",
                "nothing leaves the sandbox during describe or in a start function: ask in a call".to_owned(),
            ),
            Refused::NotGranted(capability) => (
                "denied",
                format!(
                    "the group does not grant `{capability}`: add it to the group's `capabilities`, or load the plugin \
                     with `--grant`"
                ),
            ),
            Refused::Closed => {
                ("denied", "this call has no way out: name where it may go in the group's `destinations`".to_owned())
            }
            Refused::TooMany => (
                "too-many",
                format!(
                    "{IN_FLIGHT_MAX} requests of this call are on their way, which is as many as may be: wait for one"
                ),
            ),
            Refused::Cancelled => ("cancelled", "the request was given up, or its answer was taken before".to_owned()),
        };
        let retryable = refused == Refused::TooMany;
        Self { code: code.to_owned(), message, retryable, retry_after_ms: None, details: None }
    }
}

impl From<&EgressError> for Failure {
    fn from(error: &EgressError) -> Self {
        let problem = error.problem();
        let wait = error.retry_after().map(|wait| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX));
        Self {
            code: error.code().to_owned(),
            message: problem.detail,
            retryable: error.retryable(),
            retry_after_ms: wait,
            details: Some(serde_json::json!({"code": problem.code.as_str()}).to_string()),
        }
    }
}

/// The requests of one call that are on their way. Nothing of them goes on after its answer.
#[derive(Debug, Default)]
pub(crate) struct InFlight(Vec<AbortHandle>);

impl InFlight {
    /// Lets work run on the threads that serve connections, until it is done, given up or the call ends.
    pub(crate) fn spawn<T: Send + 'static>(
        &mut self,
        io: &Handle,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<JoinHandle<T>, Refused> {
        self.0.retain(|one| !one.is_finished());
        if self.0.len() >= IN_FLIGHT_MAX {
            return Err(Refused::TooMany);
        }
        let task = io.spawn(work);
        self.0.push(task.abort_handle());
        Ok(task)
    }

    /// Gives up whatever is left.
    pub(crate) fn end(&mut self) {
        self.0.drain(..).for_each(|one| one.abort());
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.end();
    }
}
