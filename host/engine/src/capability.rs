//! What a guest can ask of the host, a file for each interface. This list names them all. Each has the same parts: `link`
//! puts it into the linker, and its functions are those of a view that borrows what they need of an instance.

mod arrived;
pub(crate) mod connectors;
pub(crate) mod context;
pub(crate) mod database;
pub(crate) mod grpc;
#[allow(unreachable_pub, reason = "the bindings re-export the types of resources")]
pub(crate) mod http;
pub(crate) mod log;
pub(crate) mod outbound;
pub(crate) mod program;
mod ready;
#[allow(unreachable_pub, reason = "the bindings re-export the types of resources")]
pub(crate) mod sessions;
pub(crate) mod settings;
pub(crate) mod signing;
#[allow(unreachable_pub, reason = "the bindings re-export the types of resources")]
mod streams;
mod typed_message;
pub(crate) mod wasi;
pub(crate) mod wasi_http;
mod wasi_io;

use wasmtime::component::{HasSelf, Linker};

use crate::state::GuestState;

/// What the published WIT says, in Rust.
mod bindings {
    wasmtime::component::bindgen!({
        path: "../../wit/worlds",
        world: "lockgate:worlds/full",
        imports: {
            "lockgate:http/client.exchange": async | trappable,
            "lockgate:http/client.send": async | trappable,
            "lockgate:http/client.[method]body-writer.write": async | trappable,
            "lockgate:http/client.[method]pending.get": async | trappable,
            "lockgate:http/client.[method]body.read": async | trappable,
            "lockgate:http/client.[method]body.read-all": async | trappable,
            "lockgate:grpc/client.call": async | trappable,
            "lockgate:grpc/client.call-bytes": async | trappable,
            "lockgate:grpc/client.open": async | trappable,
            "lockgate:grpc/client.open-bytes": async | trappable,
            "lockgate:grpc/client.[method]messages.next": async | trappable,
            "lockgate:grpc/client.[method]messages.next-bytes": async | trappable,
            "lockgate:database/client.query": async | trappable,
            "lockgate:database/client.execute": async | trappable,
            "lockgate:database/client.start": async | trappable,
            "lockgate:database/client.begin": async | trappable,
            "lockgate:database/client.[method]rows.next": async | trappable,
            "lockgate:database/client.[method]transaction.query": async | trappable,
            "lockgate:database/client.[method]transaction.execute": async | trappable,
            "lockgate:database/client.[method]transaction.start": async | trappable,
            "lockgate:database/client.[static]transaction.commit": async | trappable,
            "lockgate:database/client.[static]transaction.roll-back": async | trappable,
            "lockgate:connectors/client.call": async | trappable,
            default: trappable,
        },
        exports: { default: async },
        with: {
            "wasi:io": wasmtime_wasi::p2::bindings::io,
            "wasi:clocks": wasmtime_wasi::p2::bindings::clocks,
            "lockgate:http/client.request": super::http::Request,
            "lockgate:http/client.body-writer": super::http::BodyWriter,
            "lockgate:http/client.pending": super::http::Pending,
            "lockgate:http/client.response": super::http::Response,
            "lockgate:http/client.body": super::http::Body,
            "lockgate:grpc/client.messages": super::streams::Messages,
            "lockgate:database/client.rows": super::sessions::Rows,
            "lockgate:database/client.transaction": super::sessions::Transaction,
        },
    });
}

pub(crate) use bindings::lockgate;
pub(crate) use bindings::{Full, FullPre};
pub(crate) use lockgate::connector::types;

/// Links every capability into `linker`. Linked is not granted: what leaves the sandbox asks its call's permit.
pub(crate) fn link(linker: &mut Linker<GuestState>) -> wasmtime::Result<()> {
    types::add_to_linker::<_, HasSelf<GuestState>>(linker, |state| state)?;
    log::link(linker)?;
    context::link(linker)?;
    settings::link(linker)?;
    http::link(linker)?;
    grpc::link(linker)?;
    database::link(linker)?;
    signing::link(linker)?;
    connectors::link(linker)?;
    program::link(linker)?;
    wasi::link(linker)?;
    // After the rest of WASI, a part of which it takes the place of.
    wasi_io::link(linker)?;
    wasi_http::link(linker)
}

impl types::Host for GuestState {}
