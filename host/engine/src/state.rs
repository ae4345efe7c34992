//! What belongs to one instance on the host's side.

use std::sync::Arc;
use std::time::Instant;

use lockgate_domain::{CallId, Limits, Permit};
use wasmtime::component::ResourceTable;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

use crate::Stop;
use crate::capability::{log::Log, wasi};
use crate::cpu::Meter;
use crate::limiter::Limiter;

/// The facts of one call, bound to an instance once.
#[derive(Debug, Clone)]
pub struct CallFacts {
    /// The call.
    pub id: CallId,
    /// What it may do, and as whom.
    pub permit: Permit,
    /// Which attempt of its caller it is, from 1.
    pub attempt: u32,
    /// When it is ended.
    pub deadline: Instant,
    /// The visible values that the guest can read.
    pub settings: Arc<serde_json::Map<String, serde_json::Value>>,
    /// What it may use.
    pub limits: Limits,
}

/// Whether a call owns the instance.
#[derive(Debug)]
pub(crate) enum Phase {
    /// None does: it is being made, describes itself, or waits for its next call.
    Idle,
    /// This one does.
    Bound(Box<CallFacts>),
}

/// The data of a store. Host functions never see it whole: each capability gets a small view of its own part.
pub(crate) struct GuestState {
    pub(crate) phase: Phase,
    pub(crate) deadline: Instant,
    pub(crate) cpu_ms: u64,
    pub(crate) meter: Arc<Meter>,
    pub(crate) limiter: Limiter,
    pub(crate) calls: HostCalls,
    pub(crate) log: Log,
    handles: usize,
    wasi: Option<Box<Wasi>>,
}

/// Made when the guest first uses WASI, so that one without it pays nothing.
struct Wasi {
    ctx: WasiCtx,
    table: ResourceTable,
}

/// Calls of host functions.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HostCalls {
    pub(crate) made: u64,
    pub(crate) max: u64,
}

impl HostCalls {
    /// Counts one, before the host does anything for it.
    pub(crate) fn count(&mut self) -> wasmtime::Result<()> {
        self.made += 1;
        if self.made > self.max { Err(Stop::HostCalls.into()) } else { Ok(()) }
    }

    pub(crate) fn exceeded(&self) -> bool {
        self.made > self.max
    }
}

impl GuestState {
    pub(crate) fn new(limits: &Limits, deadline: Instant, meter: Arc<Meter>) -> Self {
        Self {
            phase: Phase::Idle,
            deadline,
            cpu_ms: limits.cpu_ms,
            meter,
            limiter: Limiter::new(limits.memory_bytes),
            calls: HostCalls { made: 0, max: limits.host_calls },
            log: Log::new(limits),
            handles: usize::try_from(limits.handles).unwrap_or(usize::MAX),
            wasi: None,
        }
    }

    /// The facts of the call that owns the instance; the one way by which host functions learn them.
    pub(crate) fn facts(&self, function: &'static str) -> wasmtime::Result<&CallFacts> {
        match &self.phase {
            Phase::Bound(facts) => Ok(facts),
            Phase::Idle => Err(Stop::NotInCall(function).into()),
        }
    }
}

impl WasiView for GuestState {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        // This accessor can't refuse; the next epoch tick ends a guest that is over its limit.
        let _ = self.calls.count();
        let (log, handles) = (&self.log, self.handles);
        let wasi =
            self.wasi.get_or_insert_with(|| Box::new(Wasi { ctx: wasi::context(log), table: wasi::table(handles) }));
        WasiCtxView { ctx: &mut wasi.ctx, table: &mut wasi.table }
    }
}
