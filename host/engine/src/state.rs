//! What belongs to one instance on the host's side.

use std::sync::Arc;
use std::time::Instant;

use lockgate_domain::{CallId, Capability, Limits, Permit};
use lockgate_egress::OutboundClient;
use lockgate_protobuf::Descriptors;
use tokio::runtime::Handle;
use wasmtime::component::ResourceTable;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtxView, WasiHttpView};

use crate::Stop;
use crate::bytecode::Bytecode;
use crate::callees::ConnectorCalls;
use crate::capability::log::Log;
use crate::capability::outbound::InFlight;
use crate::capability::sessions::OpenSessions;
use crate::capability::wasi;
use crate::capability::wasi_http::{CallParts, WasiHttp};
use crate::cpu::Meter;
use crate::host_calls::HostCalls;
use crate::inline_work::InlineWork;
use crate::limiter::Limiter;
use crate::pool::CountedMemory;

/// The facts of one call, bound to an instance once.
#[derive(Debug, Clone)]
pub struct CallFacts {
    /// The call.
    pub id: CallId,
    /// What it may do, and for which caller.
    pub permit: Permit,
    /// Which attempt of its caller it is, from 1, as the caller counts them.
    pub attempt: u32,
    /// When it is ended.
    pub deadline: Instant,
    /// The visible values that the guest can read.
    pub settings: Arc<serde_json::Map<String, serde_json::Value>>,
    /// What it may use.
    pub limits: Limits,
    /// What it sends requests with; without one it reaches nothing.
    pub outbound: Option<OutboundClient>,
    /// What its code may call.
    pub callees: Option<Arc<dyn ConnectorCalls>>,
    /// What the group knows of the messages of its gRPC servers. Without them messages are bytes.
    pub descriptors: Option<Descriptors>,
    /// The bytecode that it runs, if its plugin is the engine of scripts.
    pub program: Option<Bytecode>,
}

/// Whether a call owns the instance.
#[derive(Debug)]
pub(crate) enum Phase {
    /// None does: it is being made, describes itself, or waits for its next call.
    Idle,
    /// This one does.
    Bound(Box<CallFacts>, Option<Io>),
}

/// Where what leaves the sandbox for a call is done.
#[derive(Debug, Clone)]
pub(crate) struct Io {
    /// The threads that serve connections: those of guests have no I/O of their own.
    pub(crate) runtime: Handle,
    /// What the guest waits for while it runs there itself.
    pub(crate) inline: InlineWork,
}

impl Io {
    pub(crate) fn new(runtime: Handle) -> Self {
        Self { runtime, inline: InlineWork::default() }
    }

    /// Whether the guest is polled on those threads just now.
    pub(crate) fn is_here(&self) -> bool {
        Handle::try_current().is_ok_and(|current| current.id() == self.runtime.id())
    }
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
    /// What the guest's handles stand for; empty until it has one.
    pub(crate) table: ResourceTable,
    pub(crate) in_flight: InFlight,
    pub(crate) open_sessions: OpenSessions,
    // Made when the guest first uses them, so that one without them pays nothing.
    wasi: Option<Box<WasiCtx>>,
    wasi_http: Option<Box<WasiHttp>>,
}

impl Phase {
    /// The facts of the call that owns the instance; the one way by which host functions learn them.
    pub(crate) fn facts(&self, function: &'static str) -> wasmtime::Result<&CallFacts> {
        match self {
            Self::Bound(facts, _) => Ok(facts),
            Self::Idle => Err(Stop::NotInCall(function).into()),
        }
    }
}

impl GuestState {
    pub(crate) fn new(limits: &Limits, deadline: Instant, meter: Arc<Meter>, memory: CountedMemory) -> Self {
        Self {
            phase: Phase::Idle,
            deadline,
            cpu_ms: limits.cpu_ms,
            meter,
            limiter: Limiter::new(limits.memory_bytes, memory),
            calls: HostCalls::new(limits.host_calls),
            log: Log::new(limits),
            table: wasi::table(usize::try_from(limits.handles).unwrap_or(usize::MAX)),
            in_flight: InFlight::default(),
            open_sessions: OpenSessions::default(),
            wasi: None,
            wasi_http: None,
        }
    }

    /// What the functions of WASI see of an instance; who asks has counted the call.
    pub(crate) fn wasi(&mut self) -> WasiCtxView<'_> {
        let log = &self.log;
        let ctx = self.wasi.get_or_insert_with(|| Box::new(wasi::context(log)));
        WasiCtxView { ctx, table: &mut self.table }
    }

    /// Ends the call: nothing of it goes on, and nobody owns the instance.
    pub(crate) fn unbind(&mut self) {
        self.in_flight.end();
        self.open_sessions.end();
        if let Some(http) = &mut self.wasi_http {
            http.end();
        }
        self.phase = Phase::Idle;
    }
}

impl WasiView for GuestState {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        // This accessor can't refuse; the next epoch tick ends a guest that is over its limit.
        let _ = self.calls.count();
        self.wasi()
    }
}

impl WasiHttpView for GuestState {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        let _ = self.calls.count();
        let outbound = self.phase.outbound(Capability::Http);
        let call =
            CallParts { outbound, memory: self.limiter.memory_budget(), moved: self.calls.bytes_moved().clone() };
        let http = self.wasi_http.get_or_insert_with(|| Box::new(WasiHttp::new(&self.log)));
        http.view(call, &mut self.table)
    }
}
