//! Requests of `fetch`.

use rquickjs::{Ctx, Function, Object, Persistent};

use super::{Bytes, of};
use crate::event_loop::{self, Options, Request};

pub(super) fn install<'js>(ctx: &Ctx<'js>, functions: &Object<'js>) -> rquickjs::Result<()> {
    functions.set("send", Function::new(ctx.clone(), send)?)?;
    functions.set("cancel", Function::new(ctx.clone(), event_loop::cancel)?)
}

/// Sends a request once the script has nothing else to do; gives what `cancel` takes. `request` has `method`, `url`,
/// `headers` (names and values, in turn), `body`, `totalTimeoutMs`, `redirects` and `retry` (JSON text). `done` is called
/// with a failure; with null, a status, headers as above and the bytes of the body; or without anything when the call ends
/// before.
fn send<'js>(ctx: Ctx<'js>, request: Object<'js>, done: Function<'js>) -> rquickjs::Result<u32> {
    let texts: Vec<String> = request.get("headers")?;
    let headers = texts.chunks(2).filter_map(|pair| match pair {
        // A byte for each character, as the Fetch standard has them.
        [name, value] => Some((name.clone(), value.chars().map(|char| char as u32 as u8).collect())),
        _ => None,
    });
    let body: Option<Bytes<'js>> = request.get("body")?;
    let body = match &body {
        Some(bytes) => of(&ctx, bytes)?.to_vec(),
        None => Vec::new(),
    };
    let total: Option<f64> = request.get("totalTimeoutMs")?;
    Ok(event_loop::send(Request {
        method: request.get("method")?,
        url: request.get("url")?,
        headers: headers.collect(),
        body,
        options: Options {
            total_timeout_ms: total.map(|ms| ms.max(0.0) as u64),
            redirects: request.get("redirects")?,
            retry: request.get("retry")?,
        },
        done: Persistent::save(&ctx, done),
    }))
}
