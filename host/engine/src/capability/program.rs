//! `lockgate:script/program`: the bytecode of the script that an instance runs. The engine of scripts alone imports it:
//! `contract.rs` refuses any other component that does.

use std::sync::Arc;

use wasmtime::StoreContextMut;
use wasmtime::component::Linker;

use crate::Stop;
use crate::state::GuestState;

/// Its name in a component.
pub(crate) const INTERFACE: &str = "lockgate:script/program@0.1.0";

pub(crate) fn link(linker: &mut Linker<GuestState>) -> wasmtime::Result<()> {
    linker.instance(INTERFACE)?.func_wrap("bytecode", |store: StoreContextMut<'_, GuestState>, (): ()| {
        let facts = store.data().phase.facts("program.bytecode")?;
        let program = facts.program.as_ref().ok_or(Stop::NotInCall("program.bytecode"))?;
        Ok((Arc::clone(program.bytes()),))
    })
}
