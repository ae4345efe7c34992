//! `wasi:io@0.2` and `wasi:clocks/monotonic-clock@0.2`: streams, what waits for them, and the clock that event loops look at
//! in between. What moves a body is counted otherwise than what asks for something.

use wasmtime::component::{HasData, Linker, ResourceTable};
use wasmtime_wasi::WasiCtxView;
use wasmtime_wasi::clocks::{WasiClocks, WasiClocksCtxView};
use wasmtime_wasi::p2::bindings::{clocks, io};

use crate::state::GuestState;

struct HasTable;

impl HasData for HasTable {
    type Data<'a> = &'a mut ResourceTable;
}

/// Links these interfaces anew, in place of those that came with the rest of WASI.
pub(crate) fn link(linker: &mut Linker<GuestState>) -> wasmtime::Result<()> {
    linker.allow_shadowing(true);
    io::error::add_to_linker::<_, HasTable>(linker, table)?;
    io::poll::add_to_linker::<_, HasTable>(linker, table)?;
    io::streams::add_to_linker::<_, HasTable>(linker, table)?;
    clocks::monotonic_clock::add_to_linker::<_, WasiClocks>(linker, clock)?;
    linker.allow_shadowing(false);
    Ok(())
}

// These accessors can't refuse; the next epoch tick ends a guest that is over its limit.

fn table(state: &mut GuestState) -> &mut ResourceTable {
    let _ = state.calls.count_streaming();
    &mut state.table
}

fn clock(state: &mut GuestState) -> WasiClocksCtxView<'_> {
    let _ = state.calls.count_streaming();
    let WasiCtxView { ctx, table } = state.wasi();
    WasiClocksCtxView { ctx: ctx.clocks(), table }
}
