//! One instance on its way through a call: `Prepared` and `Idle` belong to nobody, `Running` belongs to one call. Each
//! step consumes the one before, so there is no moment in which an instance has the facts of another call, and no way
//! to set them twice.

use std::sync::Arc;
use std::time::{Duration, Instant};

use lockgate_domain::{Failure, JsonText, Limits, LogLine, Usage, is_failure_code, printable, printable_lines};
use wasmtime::{Engine, Store, UpdateDeadline};

use crate::capability::{Full as Connector, types};
use crate::cpu::{Meter, Metered};
use crate::host_calls::HostCalls;
use crate::inline_work::WithInlineWork;
use crate::plugin::Plugin;
use crate::pool::PoolPermit;
use crate::state::{CallFacts, GuestState, Io, Phase};
use crate::ticker::TICK;
use crate::{Ended, Stop};

/// A fresh instance that no call has used.
pub(crate) struct Prepared(Parts);

/// An instance that came back clean from `calls` calls.
pub(crate) struct Idle {
    parts: Parts,
    calls: u64,
}

/// An instance that belongs to a call.
pub(crate) struct Running {
    parts: Parts,
    calls: u64,
    max_calls: u64,
    output_max: usize,
    io: Option<Io>,
}

struct Parts {
    store: Store<GuestState>,
    connector: Connector,
    /// For its part of the pool; the last field, so that it is free only after the instance is gone.
    permit: PoolPermit,
}

impl Prepared {
    /// Makes an instance. Start functions run here, under the limits of the call that it is made for; the future counts
    /// on its meter.
    pub(crate) async fn new(
        engine: &Engine,
        permit: PoolPermit,
        plugin: &Plugin,
        limits: &Limits,
        deadline: Instant,
        meter: Arc<Meter>,
    ) -> Result<Self, Ended> {
        let mut store = Store::new(engine, GuestState::new(limits, deadline, Arc::clone(&meter), permit.memory()));
        store.limiter(|state| &mut state.limiter);
        store.set_epoch_deadline(first_look(limits));
        store.epoch_deadline_callback(|context| tick(context.data()));
        store.set_max_component_handles(usize::try_from(limits.handles).unwrap_or(usize::MAX));
        // Twice the output, so that a message and its details fit beside it; what is above is no honest guest.
        store.set_hostcall_fuel(usize::try_from(limits.output_bytes.saturating_mul(2)).unwrap_or(usize::MAX));
        let instantiate = Box::pin(plugin.0.pre.instantiate_async(&mut store));
        match (Metered { meter, inner: instantiate }).await {
            Ok(connector) => Ok(Self(Parts { store, connector, permit })),
            Err(error) => Err(Ended::of(&error)),
        }
    }

    /// Asks for the manifest. The instance is not used again.
    pub(crate) async fn describe(mut self) -> (Result<String, Ended>, Vec<LogLine>) {
        let Parts { store, connector, .. } = &mut self.0;
        let meter = Arc::clone(&store.data().meter);
        let describe = Box::pin(connector.lockgate_connector_handler().call_describe(&mut *store));
        let described = Metered { meter, inner: describe }.await.map_err(|error| Ended::of(&error));
        (described, store.data().log.take())
    }

    /// Has a function of the host's own component do its work, of which no call is the owner: it can ask the host for
    /// nothing. The instance is not used again.
    pub(crate) async fn work(mut self, function: &str, input: &str) -> Result<String, Ended> {
        let Parts { store, connector, .. } = &mut self.0;
        let meter = Arc::clone(&store.data().meter);
        let work = Box::pin(connector.lockgate_connector_handler().call_invoke(&mut *store, function, input));
        match (Metered { meter, inner: work }).await {
            Ok(Ok(output)) => Ok(output),
            Ok(Err(failure)) => Err(failed(failure)),
            Err(error) => Err(Ended::of(&error)),
        }
    }

    /// `io` is where what leaves the sandbox is done.
    pub(crate) fn bind(self, facts: CallFacts, io: Option<Io>) -> Running {
        Running::bind(self.0, 0, facts, io)
    }
}

impl Idle {
    /// Whether it may wait for another call: not if its group has little of the pool left for fresh instances.
    pub(crate) fn may_wait(&self) -> bool {
        self.parts.permit.may_idle()
    }

    /// With a meter of the call's own, so that it pays for nothing of the one before.
    pub(crate) fn bind(mut self, facts: CallFacts, io: Option<Io>, meter: Arc<Meter>) -> Running {
        self.parts.store.data_mut().meter = meter;
        Running::bind(self.parts, self.calls, facts, io)
    }
}

impl Running {
    fn bind(mut parts: Parts, calls: u64, facts: CallFacts, io: Option<Io>) -> Self {
        let limits = facts.limits;
        let state = parts.store.data_mut();
        state.deadline = facts.deadline;
        state.cpu_ms = limits.cpu_ms;
        state.limiter.begin(limits.memory_bytes);
        state.calls = HostCalls::new(limits.host_calls);
        state.phase = Phase::Bound(Box::new(facts), io.clone());
        parts.store.set_epoch_deadline(first_look(&limits));
        let output_max = usize::try_from(limits.output_bytes).unwrap_or(usize::MAX);
        Self { parts, calls: calls + 1, max_calls: limits.calls_per_instance, output_max, io }
    }

    /// Runs one connector.
    pub(crate) async fn invoke(&mut self, connector: &str, input: &str) -> Result<String, Ended> {
        let Parts { store, connector: instance, .. } = &mut self.parts;
        let meter = Arc::clone(&store.data().meter);
        let invoke = Box::pin(instance.lockgate_connector_handler().call_invoke(&mut *store, connector, input));
        let invoke = Metered { meter, inner: invoke };
        let returned = match self.io.clone() {
            Some(io) => WithInlineWork::new(invoke, io.inline, io.runtime).await,
            None => invoke.await,
        };
        // Functions of WASI can't refuse, and no tick may have come since the one too many.
        if returned.is_ok() && store.data().calls.exceeded() {
            return Err(Ended::Stopped(Stop::HostCalls));
        }
        match returned {
            Ok(Ok(output)) if output.len() > self.output_max => Err(Ended::OutputTooLarge),
            Ok(Ok(output)) => Ok(output),
            Ok(Err(failure)) => Err(failed(failure)),
            Err(error) => Err(Ended::of(&error)),
        }
    }

    /// Ends the call: what it used, what it logged, and the instance again if `clean` and its group lets it be reused.
    pub(crate) fn finish(mut self, clean: bool) -> (Usage, Vec<LogLine>, Option<Idle>) {
        let state = self.parts.store.data_mut();
        let usage = Usage {
            cpu_us: u64::try_from(state.meter.spent().as_micros()).unwrap_or(u64::MAX),
            peak_memory_bytes: u64::try_from(state.limiter.peak).unwrap_or(u64::MAX),
            host_calls: state.calls.made(),
        };
        let logs = state.log.take();
        state.unbind();
        let again = clean && self.calls < self.max_calls;
        (usage, logs, again.then_some(Idle { parts: self.parts, calls: self.calls }))
    }
}

/// Ticks until a guest is looked at first. The next tick may come at any moment, so with one a guest that takes
/// microseconds would yield now and then; with two, only one that has run for a whole tick does. A limit below that needs
/// the earlier look.
fn first_look(limits: &Limits) -> u64 {
    let whole = 2 * TICK;
    if Duration::from_millis(limits.cpu_ms.min(limits.deadline_ms)) < whole { 1 } else { 2 }
}

/// Looks at a running guest on every tick, and interrupts it for the others of its queue once its time slice is over. A guest
/// whose thread had no core meanwhile goes on: it has used nothing.
fn tick(state: &GuestState) -> wasmtime::Result<UpdateDeadline> {
    let (slice, all) = state.meter.tick();
    if u64::try_from(all.as_millis()).unwrap_or(u64::MAX) >= state.cpu_ms {
        return Err(Stop::Cpu.into());
    }
    if Instant::now() >= state.deadline {
        return Err(Stop::Deadline.into());
    }
    if state.calls.exceeded() {
        return Err(Stop::HostCalls.into());
    }
    if slice < TICK {
        return Ok(UpdateDeadline::Continue(1));
    }
    state.meter.yields();
    Ok(UpdateDeadline::Yield(1))
}

/// Bytes of a failure's message that are kept.
const MESSAGE_MAX: usize = 4096;
/// Bytes of a failure's details that are kept.
const DETAILS_MAX: usize = 64 * 1024;
/// Bytes of a failure's code that are kept.
const CODE_MAX: usize = 64;

/// The guest's own failure. Callers branch on its code, so one that the contract does not allow is the plugin's fault.
fn failed(failure: types::Failure) -> Ended {
    if is_failure_code(&failure.code) {
        return Ended::Failed(failure.into());
    }
    let Failure { code, message, .. } = failure.into();
    Ended::ContractBroken(format!(
        "its failure has the code `{}`: expected `^[a-z][a-z0-9_.-]{{0,63}}$`; the message of the failure is: {message}",
        code.escape_debug()
    ))
}

impl From<types::Failure> for Failure {
    fn from(failure: types::Failure) -> Self {
        let cut = |mut text: String, max: usize| {
            text.truncate(text.floor_char_boundary(max));
            text
        };
        Self {
            code: printable(&cut(failure.code, CODE_MAX)).into_owned(),
            message: printable_lines(&cut(failure.message, MESSAGE_MAX)).into_owned(),
            retryable: failure.retryable,
            retry_after_ms: failure.retry_after_ms,
            details: failure.details.map(|text| match JsonText::parse(&text) {
                Ok(value) if text.len() <= DETAILS_MAX => value.printable(),
                Ok(_) | Err(_) => JsonText::string(&cut(text, DETAILS_MAX)).printable(),
            }),
        }
    }
}
