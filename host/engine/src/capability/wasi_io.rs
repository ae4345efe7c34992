//! `wasi:io@0.2`: streams, and what waits for them.

use wasmtime::component::{HasData, Linker, ResourceTable};
use wasmtime_wasi::p2::bindings::io;

use crate::state::GuestState;

struct HasTable;

impl HasData for HasTable {
    type Data<'a> = &'a mut ResourceTable;
}

/// Links the interfaces anew, in place of those that came with the rest of WASI: what moves a body is counted otherwise than
/// what asks for something.
pub(crate) fn link(linker: &mut Linker<GuestState>) -> wasmtime::Result<()> {
    linker.allow_shadowing(true);
    io::error::add_to_linker::<_, HasTable>(linker, table)?;
    io::poll::add_to_linker::<_, HasTable>(linker, table)?;
    io::streams::add_to_linker::<_, HasTable>(linker, table)?;
    linker.allow_shadowing(false);
    Ok(())
}

fn table(state: &mut GuestState) -> &mut ResourceTable {
    // This accessor can't refuse; the next epoch tick ends a guest that is over its limit.
    let _ = state.calls.count_streaming();
    &mut state.table
}
