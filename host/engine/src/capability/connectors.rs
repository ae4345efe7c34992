//! `lockgate:connectors/client`: calls of other connectors. What they are, and whether they may be called, decides whoever
//! made the call's facts; here is what they cost the guest.

use std::sync::Arc;

use lockgate_domain::Capability;
use wasmtime::component::{HasData, Linker};

use super::lockgate::connectors::client::{self, Host};
use super::outbound::{InFlight, Refusal};
use super::types::Failure;
use crate::Stop;
use crate::callees::{CallBudget, Called, ConnectorCalls};
use crate::cpu::Meter;
use crate::host_calls::HostCalls;
use crate::limiter::Limiter;
use crate::state::{GuestState, Io, Phase};

/// What the functions of this interface see of an instance.
pub(crate) struct ConnectorsView<'a> {
    phase: &'a Phase,
    in_flight: &'a mut InFlight,
    limiter: &'a mut Limiter,
    calls: &'a mut HostCalls,
    meter: &'a Meter,
}

struct HasConnectors;

impl HasData for HasConnectors {
    type Data<'a> = ConnectorsView<'a>;
}

pub(crate) fn link(linker: &mut Linker<GuestState>) -> wasmtime::Result<()> {
    client::add_to_linker::<_, HasConnectors>(linker, view)
}

fn view(state: &mut GuestState) -> ConnectorsView<'_> {
    ConnectorsView {
        phase: &state.phase,
        in_flight: &mut state.in_flight,
        limiter: &mut state.limiter,
        calls: &mut state.calls,
        meter: &state.meter,
    }
}

/// What the guest may call, and where that runs.
struct Callees {
    calls: Arc<dyn ConnectorCalls>,
    io: Io,
    /// The CPU time that the call has in all.
    cpu_us: u64,
}

impl Phase {
    fn callees(&self) -> Result<Callees, Failure> {
        let Self::Bound(facts, io) = self else { return Err(Refusal::NotInCall.into()) };
        if !facts.permit.grants(Capability::Connectors) {
            let is_script = facts.program.is_some();
            return Err(Refusal::NotGranted { capability: Capability::Connectors, is_script }.into());
        }
        match (&facts.callees, io) {
            (Some(calls), Some(io)) => {
                let cpu_us = facts.limits.cpu_ms.saturating_mul(1000);
                Ok(Callees { calls: Arc::clone(calls), io: io.clone(), cpu_us })
            }
            (None, _) | (_, None) => Err(nothing_to_call()),
        }
    }
}

fn nothing_to_call() -> Failure {
    let message = "there is no connector to call: name it in the group's `uses`; `lockgate run` has no other groups";
    let (code, message) = ("unknown-connector".to_owned(), message.to_owned());
    Failure { code, message, retryable: false, retry_after_ms: None, details: None }
}

impl Host for ConnectorsView<'_> {
    async fn call(&mut self, connector: String, input: String) -> wasmtime::Result<Result<String, Failure>> {
        self.calls.count()?;
        let callees = match self.phase.callees() {
            Ok(callees) => callees,
            Err(failure) => return Ok(Err(failure)),
        };
        let _input = self.limiter.reserve(connector.len() + input.len())?;
        let left = CallBudget { cpu_us: self.cpu_left(&callees)?, host_calls: self.calls.left() };
        let call = Arc::clone(&callees.calls).call(connector, input, left);
        let Called { result, usage } = match self.in_flight.run(&callees.io, call).await {
            Ok(called) => called,
            Err(refused) => return Ok(Err(refused.into())),
        };
        // What the other call used is this one's, so that a tree costs no more than one call may.
        self.meter.charge(usage.cpu_us);
        self.calls.charge(usage.host_calls)?;
        self.cpu_left(&callees)?;
        let output = match result {
            Ok(output) => output,
            Err(failure) => return Ok(Err(failure.into())),
        };
        let _output = self.limiter.reserve(output.len())?;
        if self.limiter.memory_budget().is_exceeded_by(output.len()) {
            return Err(Stop::Memory.into());
        }
        Ok(Ok(output))
    }
}

impl ConnectorsView<'_> {
    /// The CPU time that is left, in microseconds.
    fn cpu_left(&self, callees: &Callees) -> wasmtime::Result<u64> {
        let spent = u64::try_from(self.meter.tick().1.as_micros()).unwrap_or(u64::MAX);
        match callees.cpu_us.saturating_sub(spent) {
            0 => Err(Stop::Cpu.into()),
            left => Ok(left),
        }
    }
}

impl From<lockgate_domain::Failure> for Failure {
    fn from(failure: lockgate_domain::Failure) -> Self {
        let lockgate_domain::Failure { code, message, retryable, retry_after_ms, details } = failure;
        Self { code, message, retryable, retry_after_ms, details: details.map(|text| text.text().to_owned()) }
    }
}
