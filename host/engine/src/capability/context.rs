//! `lockgate:connector/context`: facts of the running call.

use std::time::Instant;

use lockgate_domain::printable;
use wasmtime::component::{HasData, Linker};

use super::lockgate::connector::context::{self, Host};
use crate::Stop;
use crate::host_calls::HostCalls;
use crate::state::{GuestState, Phase};

/// Bytes that are kept of an abort's message.
const MESSAGE_MAX: usize = 4096;

/// What the functions of this interface see of an instance.
pub(crate) struct ContextView<'a> {
    phase: &'a Phase,
    calls: &'a mut HostCalls,
}

struct HasContext;

impl HasData for HasContext {
    type Data<'a> = ContextView<'a>;
}

pub(crate) fn link(linker: &mut Linker<GuestState>) -> wasmtime::Result<()> {
    context::add_to_linker::<_, HasContext>(linker, view)
}

fn view(state: &mut GuestState) -> ContextView<'_> {
    ContextView { phase: &state.phase, calls: &mut state.calls }
}

impl Host for ContextView<'_> {
    fn call_id(&mut self) -> wasmtime::Result<String> {
        self.calls.count()?;
        Ok(self.phase.facts("context.call-id")?.id.to_string())
    }

    fn attempt(&mut self) -> wasmtime::Result<u32> {
        self.calls.count()?;
        Ok(self.phase.facts("context.attempt")?.attempt)
    }

    fn remaining_ms(&mut self) -> wasmtime::Result<u64> {
        self.calls.count()?;
        let left = self.phase.facts("context.remaining-ms")?.deadline.saturating_duration_since(Instant::now());
        Ok(u64::try_from(left.as_millis()).unwrap_or(u64::MAX))
    }

    fn tenant(&mut self) -> wasmtime::Result<Option<String>> {
        self.calls.count()?;
        Ok(self.phase.facts("context.tenant")?.permit.tenant().map(|tenant| tenant.as_str().to_owned()))
    }

    /// Works without a call too: a panic in `describe` is a panic.
    fn abort(&mut self, mut message: String) -> wasmtime::Result<()> {
        message.truncate(message.floor_char_boundary(MESSAGE_MAX));
        let message = printable(&message).into_owned();
        let is_script = matches!(self.phase, Phase::Bound(facts, _) if facts.program.is_some());
        Err(if is_script { Stop::Script(message) } else { Stop::Abort(message) }.into())
    }
}
