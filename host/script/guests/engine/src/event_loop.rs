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
    timers: BTreeMap<(u64, u32), Callback>,
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

/// Sets a timer for a moment of the monotonic clock.
pub(crate) fn set_timer(due: u64, callback: Callback) -> u32 {
    waiting(|waiting| {
        let id = waiting.next();
        waiting.timers.insert((due, id), callback);
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

/// Waits until something is there, and tells the script.
pub(crate) fn wait(ctx: &Ctx<'_>) -> rquickjs::Result<Idle> {
    if fire(ctx)? {
        return Ok(Idle::Progress);
    }
    let (queued, others) = waiting(|waiting| {
        let others = !waiting.flying.is_empty() || !waiting.watched.is_empty() || !waiting.timers.is_empty();
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
    for id in ready {
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
    fire(ctx)?;
    Ok(Idle::Progress)
}

impl Waiting {
    /// Waits for the first of all, and gives what can go on. `None`: there is nothing.
    fn poll(&mut self) -> Option<Vec<u32>> {
        let left = self.timers.keys().next().map(|(due, _)| due.saturating_sub(monotonic_clock::now()));
        let timer = left.map(monotonic_clock::subscribe_duration);
        let mut pollables: Vec<&Pollable> = self.flying.iter().map(|(_, flight)| flight.pollable()).collect();
        pollables.extend(self.watched.iter().map(|(_, pollable, _)| pollable));
        pollables.extend(&timer);
        if pollables.is_empty() {
            return None;
        }
        let ready = poll::poll(&pollables);
        let ids = self.flying.iter().map(|(id, _)| *id).chain(self.watched.iter().map(|(id, ..)| *id));
        let ids: Vec<u32> = ids.collect();
        Some(ready.into_iter().filter_map(|index| ids.get(index as usize).copied()).collect())
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

/// Calls what is due; says whether anything was.
fn fire(ctx: &Ctx<'_>) -> rquickjs::Result<bool> {
    let now = match waiting(|waiting| waiting.timers.keys().next().copied()) {
        Some((due, _)) => {
            let now = monotonic_clock::now();
            if due > now {
                return Ok(false);
            }
            now
        }
        None => return Ok(false),
    };
    // One at a time, since each may clear others; those that are set meanwhile are due later.
    let last = waiting(|waiting| waiting.last);
    loop {
        let due = waiting(|waiting| {
            let key = waiting.timers.keys().find(|(due, id)| *due <= now && *id <= last).copied()?;
            waiting.timers.remove(&key)
        });
        let Some(callback) = due else { return Ok(true) };
        let () = callback.restore(ctx)?.call(())?;
        while ctx.execute_pending_job() {}
    }
}

impl Arrived {
    /// Calls back with what came.
    fn tell(self, ctx: &Ctx<'_>, done: Callback) -> rquickjs::Result<()> {
        self.call(ctx, &done.restore(ctx)?)
    }
}
