//! What a script waits for: requests on their way, streams, and timers. A request that is alone is one call of the host;
//! several run side by side.

mod flight;

use std::cell::RefCell;
use std::collections::BTreeMap;

use rquickjs::{Ctx, Function, Persistent};

pub(crate) use flight::{Options, Request};

use crate::bindings::wasi::clocks::monotonic_clock;
use crate::bindings::wasi::io::poll::{self, Pollable};
use flight::{Arrived, Flight};

type Callback = Persistent<Function<'static>>;

/// Timers that were set by each other; those behind them wait [`NESTED_LEAST`] at the least. Both are of the HTML standard.
const NESTED: u32 = 5;
/// In nanoseconds.
const NESTED_LEAST: u64 = 4_000_000;

/// What came of waiting.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Idle {
    /// Something was settled.
    Progress,
    /// There is nothing to wait for.
    Nothing,
}

#[derive(Default)]
struct Waiting {
    last: u32,
    /// Requests that the script made and that are not sent.
    queued: Vec<(u32, Request)>,
    flying: Vec<(u32, Flight)>,
    /// What is called back when something else of the host is ready.
    watched: Vec<(u32, Pollable, Callback)>,
    /// By the moment at which they are due, then in the order in which they were set.
    timers: BTreeMap<(u64, u32), Timer>,
    /// Of the timer that is being called; 0 when none is.
    nesting: u32,
}

struct Timer {
    callback: Callback,
    /// How many timers led to it, each set by the one before.
    nesting: u32,
}

/// What can go on.
struct Ready {
    /// Requests, and what is watched.
    ids: Vec<u32>,
    /// Timers that are due by then are to be called.
    due: Option<u64>,
}

thread_local! {
    static WAITING: RefCell<Waiting> = RefCell::default();
}

fn waiting<T>(work: impl FnOnce(&mut Waiting) -> T) -> T {
    WAITING.with_borrow_mut(work)
}

impl Waiting {
    fn next(&mut self) -> u32 {
        self.last = self.last.wrapping_add(1);
        self.last
    }
}

/// Takes a request; it is sent when the script has nothing else to do.
pub(crate) fn send(request: Request) -> u32 {
    waiting(|waiting| {
        let id = waiting.next();
        waiting.queued.push((id, request));
        id
    })
}

/// Calls back when something is ready, such as the next message of a stream.
pub(crate) fn when_ready(pollable: Pollable, callback: Callback) -> u32 {
    waiting(|waiting| {
        let id = waiting.next();
        waiting.watched.push((id, pollable, callback));
        id
    })
}

/// Forgets a request, and ends it if it is on its way; or what waits for something to be ready.
pub(crate) fn cancel(id: u32) {
    let dropped = waiting(|waiting| {
        let queued = waiting.queued.extract_if(.., |(own, _)| *own == id).collect::<Vec<_>>();
        let watched = waiting.watched.extract_if(.., |(own, ..)| *own == id).collect::<Vec<_>>();
        (queued, watched, waiting.flying.extract_if(.., |(own, _)| *own == id).collect::<Vec<_>>())
    });
    drop(dropped);
}

/// Sets a timer that is due in so many nanoseconds.
pub(crate) fn set_timer(delay: u64, callback: Callback) -> u32 {
    waiting(|waiting| {
        let id = waiting.next();
        let delay = if waiting.nesting > NESTED { delay.max(NESTED_LEAST) } else { delay };
        let due = monotonic_clock::now().saturating_add(delay);
        waiting.timers.insert((due, id), Timer { callback, nesting: waiting.nesting.saturating_add(1) });
        id
    })
}

/// Forgets a timer.
pub(crate) fn clear_timer(id: u32) {
    let dropped = waiting(|waiting| {
        let key = waiting.timers.keys().find(|(_, own)| *own == id).copied();
        key.and_then(|key| waiting.timers.remove(&key))
    });
    drop(dropped);
}

/// Waits until something is there, and tells the script. Requests are sent first, so that timers which set each other keep
/// none from being sent.
pub(crate) fn wait(ctx: &Ctx<'_>) -> rquickjs::Result<Idle> {
    let (queued, others) = waiting(|waiting| {
        let others = waiting.is_polled() || !waiting.timers.is_empty();
        (std::mem::take(&mut waiting.queued), others)
    });
    match <[_; 1]>::try_from(queued) {
        Ok([(_, request)]) if !others => {
            let (arrived, done) = request.exchange();
            arrived.tell(ctx, done)?;
            return Ok(Idle::Progress);
        }
        Ok([(id, request)]) => waiting(|waiting| waiting.flying.push((id, request.start()))),
        Err(queued) => waiting(|waiting| {
            waiting.flying.extend(queued.into_iter().map(|(id, request)| (id, request.start())));
        }),
    }
    let Some(ready) = waiting(|waiting| waiting.poll()) else { return Ok(Idle::Nothing) };
    for id in ready.ids {
        if watched(ctx, id)? {
            continue;
        }
        // One that a callback has cancelled meanwhile is not there any more.
        let arrived = waiting(|waiting| {
            let index = waiting.flying.iter().position(|(own, _)| *own == id)?;
            let arrived = waiting.flying[index].1.go_on()?;
            Some((arrived, waiting.flying.remove(index).1))
        });
        if let Some((arrived, flight)) = arrived {
            arrived.tell(ctx, flight.into_done())?;
        }
    }
    if let Some(now) = ready.due {
        fire(ctx, now)?;
    }
    Ok(Idle::Progress)
}

/// Cancels every request that is left, sent or not, and says so to those who wait for it: the call is over.
pub(crate) fn end(ctx: &Ctx<'_>) -> rquickjs::Result<()> {
    let (queued, flying) =
        waiting(|waiting| (std::mem::take(&mut waiting.queued), std::mem::take(&mut waiting.flying)));
    let queued = queued.into_iter().map(|(_, request)| request.done);
    for done in queued.chain(flying.into_iter().map(|(_, flight)| flight.into_done())) {
        let () = done.restore(ctx)?.call(())?;
    }
    while ctx.execute_pending_job() {}
    Ok(())
}

impl Waiting {
    /// Whether there is anything but timers to wait for.
    fn is_polled(&self) -> bool {
        !self.flying.is_empty() || !self.watched.is_empty()
    }

    /// Waits for the first of all, and gives what can go on. `None`: there is nothing.
    fn poll(&mut self) -> Option<Ready> {
        let due = self.timers.keys().next().map(|(due, _)| *due);
        let left = due.map(|due| due.saturating_sub(monotonic_clock::now()));
        // Each function of the host counts against the script's limit.
        if left == Some(0) && !self.is_polled() {
            return Some(Ready { ids: Vec::new(), due });
        }
        let timer = left.map(monotonic_clock::subscribe_duration);
        let mut pollables: Vec<&Pollable> = self.flying.iter().map(|(_, flight)| flight.pollable()).collect();
        pollables.extend(self.watched.iter().map(|(_, pollable, _)| pollable));
        let timer_index = pollables.len() as u32;
        pollables.extend(&timer);
        if pollables.is_empty() {
            return None;
        }
        let ready = poll::poll(&pollables);
        let due = due.filter(|_| ready.contains(&timer_index));
        let ids = self.flying.iter().map(|(id, _)| *id).chain(self.watched.iter().map(|(id, ..)| *id));
        let ids: Vec<u32> = ids.collect();
        Some(Ready { ids: ready.into_iter().filter_map(|index| ids.get(index as usize).copied()).collect(), due })
    }
}

/// Calls back what waits for this, if it does. The pollable is a child of what it is for, and goes first.
fn watched(ctx: &Ctx<'_>, id: u32) -> rquickjs::Result<bool> {
    let found = waiting(|waiting| {
        let index = waiting.watched.iter().position(|(own, ..)| *own == id)?;
        Some(waiting.watched.remove(index))
    });
    let Some((_, pollable, callback)) = found else { return Ok(false) };
    drop(pollable);
    let () = callback.restore(ctx)?.call(())?;
    Ok(true)
}

/// Calls the timers that are due by `now`, a moment of the monotonic clock.
fn fire(ctx: &Ctx<'_>, now: u64) -> rquickjs::Result<()> {
    // One at a time, since each may clear others; those that are set meanwhile are due later.
    let last = waiting(|waiting| waiting.last);
    loop {
        let due = waiting(|waiting| {
            let key = waiting.timers.keys().find(|(due, id)| *due <= now && *id <= last).copied()?;
            let timer = waiting.timers.remove(&key)?;
            waiting.nesting = timer.nesting;
            Some(timer.callback)
        });
        let Some(callback) = due else { return Ok(()) };
        let () = callback.restore(ctx)?.call(())?;
        while ctx.execute_pending_job() {}
        waiting(|waiting| waiting.nesting = 0);
    }
}

impl Arrived {
    /// Calls back with what came.
    fn tell(self, ctx: &Ctx<'_>, done: Callback) -> rquickjs::Result<()> {
        self.call(ctx, &done.restore(ctx)?)
    }
}
