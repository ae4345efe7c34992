//! What every capability that leaves the sandbox begins with: the outbound client of the call, if the group grants the
//! capability, or a refusal in the words of the contract.

use lockgate_domain::Capability;
use lockgate_egress::{EgressError, OutboundClient};
use tokio::runtime::Handle;
use tokio::task::{AbortHandle, JoinHandle};

use super::types::Failure;
use crate::state::{Io, Phase};

/// Requests of one call that are on their way at one time: a connector that fans out has its use of some dozens, and an
/// upstream that is asked by more of one caller takes it for an attack.
const IN_FLIGHT_MAX: usize = 64;

/// Bytes of each text with which a database explains a refusal: what a person reads.
const REFUSAL_TEXT_MAX: usize = 4 * 1024;

/// What a call may leave the sandbox with.
#[derive(Debug, Clone)]
pub(crate) struct Outbound {
    pub(crate) client: OutboundClient,
    pub(crate) io: Io,
}

/// Why a request of a call does not leave, or was ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// There is no call.
    NotInCall,
    /// The group does not grant the capability.
    NotGranted {
        /// Which one.
        capability: Capability,
        /// Whether the call runs a script, which is loaded by nobody.
        is_script: bool,
    },
    /// The command was started without destinations.
    NoDestinations,
    /// As many requests are on their way as may be.
    TooMany,
    /// The request was cancelled.
    Cancelled,
}

impl Phase {
    /// The outbound client, for one capability; the one place where a grant is asked for.
    pub(crate) fn outbound(&self, capability: Capability) -> Result<Outbound, Refusal> {
        let Self::Bound(facts, io) = self else { return Err(Refusal::NotInCall) };
        if !facts.permit.grants(capability) {
            return Err(Refusal::NotGranted { capability, is_script: facts.program.is_some() });
        }
        match (&facts.outbound, io) {
            (Some(client), Some(io)) => Ok(Outbound { client: client.clone(), io: io.clone() }),
            (None, _) | (_, None) => Err(Refusal::NoDestinations),
        }
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        let (code, message) = match refusal {
            Refusal::NotInCall => (
                "not-during-describe",
                "nothing leaves the sandbox during describe or in a start function: ask in a call".to_owned(),
            ),
            Refusal::NotGranted { capability, is_script } => (
                "denied",
                format!(
                    "the group does not grant `{capability}`: add it to the group's `capabilities`{}. `lockgate run` takes \
                     a group with `--group FILE`",
                    if is_script { "" } else { ", or load the plugin with `--grant`" },
                ),
            ),
            Refusal::NoDestinations => {
                ("denied", "this call may go nowhere: name where it may go in the group's `destinations`".to_owned())
            }
            Refusal::TooMany => (
                "too-many",
                format!(
                    "{IN_FLIGHT_MAX} requests of this call are on their way, which is as many as may be: wait for one"
                ),
            ),
            Refusal::Cancelled => ("cancelled", "the request was cancelled, or its answer was taken before".to_owned()),
        };
        let retryable = refusal == Refusal::TooMany;
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
            details: Some(details(problem.code.as_str(), error)),
        }
    }
}

/// The code of the documentation, and what a database says beside its message.
fn details(code: &str, error: &EgressError) -> String {
    let mut details = serde_json::Map::new();
    if let Some(Ok(serde_json::Value::Object(own))) = error.refusal().map(serde_json::to_value) {
        details.extend(own.into_iter().map(|(key, value)| (key, shortened(value))));
    }
    details.insert("code".to_owned(), code.into());
    serde_json::Value::Object(details).to_string()
}

/// What a server says can be as long as a message of its protocol; details have 64 KiB.
fn shortened(value: serde_json::Value) -> serde_json::Value {
    match value {
        serde_json::Value::String(mut text) => {
            text.truncate(text.floor_char_boundary(REFUSAL_TEXT_MAX));
            text.into()
        }
        other => other,
    }
}

/// The requests of one call that are on their way. Nothing of them goes on after its answer.
#[derive(Debug, Default)]
pub(crate) struct InFlight(Vec<AbortHandle>);

impl InFlight {
    /// Lets work run on the threads that serve connections, until it is done, cancelled or the call ends.
    pub(crate) fn spawn<T: Send + 'static>(
        &mut self,
        io: &Handle,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<JoinHandle<T>, Refusal> {
        self.has_room()?;
        let task = io.spawn(work);
        self.0.push(task.abort_handle());
        Ok(task)
    }

    /// Lets work run and waits for it: inline where the guest is polled by a thread that serves connections, as most are;
    /// else in a task of those threads.
    pub(crate) async fn run<T: Send + 'static>(
        &mut self,
        io: &Io,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, Refusal> {
        if io.is_here() {
            self.has_room()?;
            return Ok(io.inline.run(work).await);
        }
        self.spawn(&io.runtime, work)?.await.map_err(|_| Refusal::Cancelled)
    }

    /// Whether one more may be on its way.
    pub(crate) fn has_room(&mut self) -> Result<(), Refusal> {
        self.0.retain(|one| !one.is_finished());
        if self.0.len() >= IN_FLIGHT_MAX { Err(Refusal::TooMany) } else { Ok(()) }
    }

    /// Cancels whatever is left.
    pub(crate) fn end(&mut self) {
        self.0.drain(..).for_each(|one| one.abort());
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.end();
    }
}
