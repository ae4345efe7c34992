//! Calls of a guest: `invoke` and `describe`, each in an instance of its own, within its deadline.

use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use lockgate_domain::{Limits, LogLine, Scope, Usage};
use tokio::runtime::Handle;

use crate::binding::Prepared;
use crate::bytecode::Bytecode;
use crate::cpu::Meter;
use crate::idle::ReuseKey;
use crate::poll_history::PollHistory;
use crate::pool::PoolUser;
use crate::state::{CallFacts, Io};
use crate::threads::{Lost, QueueOwner, Ticket};
use crate::{Ended, Engine, LoadError, Plugin, Stop};

/// How long after its deadline a call may still end by itself, and report what it used and logged. One that waits for a time
/// slice behind other guests is dropped then.
const GRACE: Duration = Duration::from_millis(3);

/// How long a piece of work for a scope waits for its turn before whoever wants it has to come back. A text of a usual size
/// takes some milliseconds, so this is for one behind hundreds of them.
const WORK_WAIT: Duration = Duration::from_secs(10);

/// One call of a connector.
#[derive(Debug)]
pub struct Invocation {
    /// The plugin that has it.
    pub plugin: Plugin,
    /// Its name.
    pub connector: String,
    /// JSON text that matches its input schema.
    pub input: String,
    /// Who, where, for how long.
    pub facts: CallFacts,
}

/// What came of a call.
#[derive(Debug)]
pub struct Answer {
    /// The output, or how the call ended.
    pub result: Result<String, Ended>,
    /// What it used.
    pub usage: Usage,
    /// What it logged.
    pub logs: Vec<LogLine>,
}

impl Engine {
    /// Asks a plugin for its manifest, as JSON text, in an instance of its own and under `limits`. It is loaded for a scope, or
    /// for the host itself.
    ///
    /// # Errors
    /// `describe` did not return.
    pub async fn describe(
        &self,
        plugin: &Plugin,
        limits: Limits,
        scope: Option<Scope>,
    ) -> Result<(String, Vec<LogLine>), LoadError> {
        let (engine, own, meter) = (self.clone(), plugin.clone(), Meter::new());
        let ticking = self.0.ticker.guard();
        let deadline = Instant::now() + Duration::from_millis(limits.deadline_ms);
        let owner = scope.map_or(QueueOwner::Host, QueueOwner::Scope);
        let ticket = Ticket::new(owner, &limits, &meter);
        let describe = async move {
            let _ticking = ticking;
            let user = scope.map(PoolUser::load);
            let prepared = engine.prepare(&own, user, &limits, deadline, meter).await?;
            let (manifest, logs) = prepared.describe().await;
            manifest.map(|manifest| (manifest, logs))
        };
        let run = self.0.threads.run(&plugin.0.poll_history, ticket, deadline + GRACE, within(deadline, describe));
        let described = run.await.unwrap_or_else(|lost| Err(lost.into()));
        described.map_err(|ended| match ended {
            Ended::OutputTooLarge | Ended::HandedTooMuch => LoadError::ManifestTooLarge(limits.output_bytes),
            ended @ (Ended::PoolExhausted | Ended::Stopped(Stop::HostMemory)) => {
                LoadError::Busy(Box::new(ended.problem(&limits)))
            }
            ended => LoadError::Describe(Box::new(ended.problem(&limits))),
        })
    }

    /// Has a component of the host's own do a piece of work, as the work of a scope: in an instance of its own, under
    /// `limits`, outside of any call. It is for what untrusted data can make long or hard, so that only a few pieces are
    /// done at one time, and scopes take turns. The deadline begins when it is the turn of this one.
    ///
    /// # Errors
    /// [`Ended::Failed`] is the component's own answer, [`Ended::PoolExhausted`] says that its turn did not come within
    /// 10 seconds; the others say how it ended without an answer.
    pub async fn work(
        &self,
        plugin: &Plugin,
        (function, input): (&'static str, String),
        limits: Limits,
        scope: Scope,
    ) -> Result<String, Ended> {
        let turn = tokio::time::timeout(WORK_WAIT, self.0.work_permits.acquire(Some(scope)));
        let permit = turn.await.ok().flatten().ok_or(Ended::PoolExhausted)?;
        let (engine, own, meter) = (self.clone(), plugin.clone(), Meter::new());
        let ticking = self.0.ticker.guard();
        let deadline = Instant::now() + Duration::from_millis(limits.deadline_ms);
        let ticket = Ticket::new(scope.into(), &limits, &meter);
        let work = async move {
            // Both until the instance is gone.
            let (_ticking, _permit) = (ticking, permit);
            let prepared = engine.prepare(&own, Some(PoolUser::load(scope)), &limits, deadline, meter).await?;
            let output = prepared.work(function, &input).await?;
            if output.len() as u64 > limits.output_bytes { Err(Ended::OutputTooLarge) } else { Ok(output) }
        };
        // How long a text takes says nothing of the next one, and nothing of calls.
        let poll_history = PollHistory::default();
        let run = self.0.threads.run(&poll_history, ticket, deadline + GRACE, within(deadline, work));
        run.await.unwrap_or_else(|lost| Err(lost.into()))
    }

    /// Runs a connector. The future can be dropped at any time, which ends the guest.
    pub async fn invoke(&self, invocation: Invocation) -> Answer {
        let (engine, plugin, meter) = (self.clone(), invocation.plugin.clone(), Meter::new());
        let owner = QueueOwner::Group(invocation.facts.permit.group());
        let ticket = Ticket::new(owner, &invocation.facts.limits, &meter);
        let until = invocation.facts.deadline + GRACE;
        let program = invocation.facts.program.clone();
        let poll_history = program.as_ref().map_or(&plugin.0.poll_history, Bytecode::poll_history);
        // Taken here, where connections are served: the threads of guests have a runtime of their own.
        let io = invocation.facts.outbound.as_ref().and_then(|_| Handle::try_current().ok()).map(Io::new);
        let run = {
            let (ticking, meter) = (self.0.ticker.guard(), Arc::clone(&meter));
            async move {
                let _ticking = ticking;
                engine.run(invocation, io, meter).await
            }
        };
        match self.0.threads.run(poll_history, ticket, until, run).await {
            Ok(answer) => answer,
            Err(lost) => {
                let usage = Usage { cpu_us: micros(meter.spent()), ..Usage::default() };
                Answer { result: Err(lost.into()), usage, logs: Vec::new() }
            }
        }
    }

    async fn run(&self, invocation: Invocation, io: Option<Io>, meter: Arc<Meter>) -> Answer {
        let Invocation { plugin, connector, input, facts } = invocation;
        let (deadline, limits) = (facts.deadline, facts.limits);
        // The engine of scripts has one digest for all of them, and an instance is of one script.
        let may_reuse = limits.calls_per_instance > 1 && facts.program.is_none();
        let reuse = may_reuse.then(|| ReuseKey::of(&facts));
        let waiting = reuse.as_ref().and_then(|key| plugin.0.idle.take(key));
        let prepared = match waiting {
            Some(idle) => Ok(idle.bind(facts, io, meter)),
            None => {
                let user = PoolUser::call(&facts.permit);
                let prepared = self.prepare(&plugin, Some(user), &limits, deadline, meter).await;
                prepared.map(|fresh| fresh.bind(facts, io))
            }
        };
        let mut running = match prepared {
            Ok(running) => running,
            Err(ended) => return Answer::ended(ended),
        };
        let result = within(deadline, running.invoke(&connector, &input)).await;
        let clean = matches!(result, Ok(_) | Err(Ended::Failed(_)));
        let (usage, logs, idle) = running.finish(clean);
        if let (Some(key), Some(idle)) = (reuse, idle) {
            plugin.0.idle.put(key, idle, &self.0.idle_permits);
        }
        Answer { result, usage, logs }
    }

    /// Makes an instance once its user can have a part of the pool.
    async fn prepare(
        &self,
        plugin: &Plugin,
        user: Option<PoolUser>,
        limits: &Limits,
        deadline: Instant,
        meter: Arc<Meter>,
    ) -> Result<Prepared, Ended> {
        let permit = self.0.pool.acquire(user, plugin.0.takes).await.ok_or(Ended::PoolExhausted)?;
        Prepared::new(&self.0.wasmtime, permit, plugin, limits, deadline, meter).await
    }
}

/// Ends a future at the call's deadline. A guest that computes is ended by its tick; this is for one that waits.
async fn within<T>(deadline: Instant, future: impl Future<Output = Result<T, Ended>>) -> Result<T, Ended> {
    let mut future = std::pin::pin!(future);
    // Most guests return without waiting, and need no timer.
    if let Poll::Ready(result) = std::future::poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx))).await {
        return result;
    }
    match tokio::time::timeout_at(deadline.into(), future).await {
        Ok(result) => result,
        Err(_) => Err(Ended::Stopped(Stop::Deadline)),
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

impl From<Lost> for Ended {
    fn from(lost: Lost) -> Self {
        match lost {
            Lost::Late => Self::Stopped(Stop::Deadline),
            Lost::Panicked => Self::HostFailed,
        }
    }
}

impl Answer {
    fn ended(ended: Ended) -> Self {
        Self { result: Err(ended), usage: Usage::default(), logs: Vec::new() }
    }
}
