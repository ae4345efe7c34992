//! What a guest can ask of the host, a file for each interface. This list names them all.

pub(crate) mod context;
pub(crate) mod log;
pub(crate) mod settings;
pub(crate) mod wasi;

use wasmtime::component::{HasSelf, Linker};

use crate::state::GuestState;

wasmtime::component::bindgen!({
    path: "../../wit/connector",
    world: "connector",
    imports: { default: trappable },
    exports: { default: async },
});

pub(crate) use lockgate::connector::types;

/// Links every capability into `linker`.
pub(crate) fn link(linker: &mut Linker<GuestState>) -> wasmtime::Result<()> {
    use lockgate::connector as wit;
    type Own = HasSelf<GuestState>;
    wit::types::add_to_linker::<_, Own>(linker, |state| state)?;
    wit::log::add_to_linker::<_, log::HasLog>(linker, log::view)?;
    wit::context::add_to_linker::<_, Own>(linker, |state| state)?;
    wit::settings::add_to_linker::<_, Own>(linker, |state| state)?;
    wasmtime_wasi::p2::add_to_linker_async(linker)
}

impl types::Host for GuestState {}
