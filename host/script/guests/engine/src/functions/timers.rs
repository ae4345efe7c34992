//! Timers and the monotonic clock.

use rquickjs::{Ctx, Function, Object, Persistent};

use crate::bindings::wasi::clocks::monotonic_clock;
use crate::event_loop;

pub(super) fn install<'js>(ctx: &Ctx<'js>, functions: &Object<'js>) -> rquickjs::Result<()> {
    functions.set("setTimer", Function::new(ctx.clone(), set)?)?;
    functions.set("clearTimer", Function::new(ctx.clone(), event_loop::clear_timer)?)?;
    functions.set("now", Function::new(ctx.clone(), || monotonic_clock::now() as f64 / 1e6)?)
}

/// Calls a function in so many milliseconds; gives what `clearTimer` takes.
fn set<'js>(ctx: Ctx<'js>, milliseconds: f64, function: Function<'js>) -> u32 {
    let nanoseconds = (milliseconds.max(0.0) * 1e6) as u64;
    event_loop::set_timer(nanoseconds, Persistent::save(&ctx, function))
}
