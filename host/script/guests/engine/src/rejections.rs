//! Promises that were rejected and that nobody handles. The log says what they were rejected with: an error that is lost there
//! is lost to everybody.

use std::cell::RefCell;

use rquickjs::{Ctx, Persistent, Promise, Value};

use crate::bindings::lockgate::connector::log;
use crate::engine::Engine;
use crate::thrown;

/// How many of one call have a line of the log.
const SHOWN: usize = 16;

struct Rejected {
    promise: Persistent<Value<'static>>,
    address: usize,
    reason: Persistent<Value<'static>>,
}

#[derive(Default)]
struct Unhandled {
    shown: Vec<Rejected>,
    /// What is beyond [`SHOWN`], of which nothing is kept.
    more: usize,
}

thread_local! {
    static UNHANDLED: RefCell<Unhandled> = RefCell::default();
}

/// What QuickJS calls when a promise is rejected without a handler, and when such a one gets its first handler.
pub(crate) fn track<'js>(ctx: Ctx<'js>, promise: Value<'js>, reason: Value<'js>, is_handled: bool) {
    let address = address(&promise);
    if is_handled {
        return forget(address);
    }
    UNHANDLED.with_borrow_mut(|unhandled| match unhandled.shown.len() {
        SHOWN.. => unhandled.more += 1,
        _ => unhandled.shown.push(Rejected {
            promise: Persistent::save(&ctx, promise),
            address,
            reason: Persistent::save(&ctx, reason),
        }),
    });
}

/// The engine itself handles a promise.
pub(crate) fn handled(promise: &Promise<'_>) {
    forget(address(promise.as_value()));
}

fn forget(address: usize) {
    let forgotten = UNHANDLED.with_borrow_mut(|unhandled| {
        match unhandled.shown.iter().position(|rejected| rejected.address == address) {
            Some(index) => Some(unhandled.shown.remove(index)),
            None => {
                unhandled.more = unhandled.more.saturating_sub(1);
                None
            }
        }
    });
    drop(forgotten);
}

/// Writes a line for each that is left.
pub(crate) fn report<'js>(engine: &Engine, ctx: &Ctx<'js>) {
    let Unhandled { shown, more } = UNHANDLED.take();
    for Rejected { promise, reason, .. } in shown {
        let text = reason.restore(ctx).map(|reason| thrown::described(engine, ctx, reason));
        let text = text.unwrap_or_default();
        log::write(log::Level::Error, &format!("a promise was rejected and nobody handles it: {text}"), None);
        drop(promise);
    }
    if more > 0 {
        log::write(log::Level::Error, &format!("{more} more promises were rejected and nobody handles them"), None);
    }
}

/// What tells one promise from another as long as it is kept.
fn address(promise: &Value<'_>) -> usize {
    // SAFETY: the value is an object, whose pointer is only compared.
    unsafe { rquickjs::qjs::JS_VALUE_GET_PTR(promise.as_raw()).addr() }
}
