//! The rivals. One file each; this one lists them all.

mod bare_wasmtime;
pub(crate) mod lockgate;
pub(crate) mod lockgate_engine;
mod lockgate_script;
mod native_axum;
mod wasmtime_serve;
mod workerd;

pub(crate) use lockgate_engine::COMPILE;
pub(crate) use native_axum::serve as serve_axum;

use crate::{in_process::Callers, load::Target, process::Process, setup::Setup};
use anyhow::Result;

/// All of them, in the order of the report.
pub(crate) const ALL: [&Rival; 11] = [
    &lockgate::FRESH,
    &lockgate::REUSE,
    &wasmtime_serve::USUAL,
    &wasmtime_serve::TUNED,
    &wasmtime_serve::REUSE,
    &workerd::WORKERD,
    &native_axum::NATIVE_AXUM,
    &lockgate_engine::FRESH,
    &lockgate_engine::REUSE,
    &bare_wasmtime::FRESH,
    &bare_wasmtime::WARM,
];

/// The function in JavaScript.
pub(crate) const SCRIPTS: [&Rival; 2] = [&lockgate_script::FRESH, &workerd::WORKERD];

/// Those of an older host.
pub(crate) const BEFORE: [&Rival; 2] = [&lockgate::BEFORE, &lockgate::REUSE_BEFORE];

#[derive(Debug)]
pub(crate) struct Rival {
    /// As it is named on the command line and in JSON.
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    pub(crate) kind: Kind,
}

#[derive(Debug)]
pub(crate) enum Kind {
    /// Starts a server and says how to call it.
    Http(fn(&Setup) -> Result<Server>),
    /// Is called in a process of its own.
    InProcess { describe: fn() -> String, callers: fn(&Setup) -> Result<Callers> },
}

/// A server under test.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) process: Process,
    pub(crate) target: Target,
    /// Program, version and every flag.
    pub(crate) description: String,
}
