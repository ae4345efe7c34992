//! The call: its context, its settings, its log, its secrets that sign.

use rquickjs::{Ctx, Function, Object};

use super::{Bytes, of, throw};
use crate::bindings::lockgate::connector::{context, log, settings};
use crate::bindings::lockgate::signing::signing;

pub(super) fn install<'js>(ctx: &Ctx<'js>, functions: &Object<'js>) -> rquickjs::Result<()> {
    functions.set("log", Function::new(ctx.clone(), write)?)?;
    functions.set("callId", Function::new(ctx.clone(), context::call_id)?)?;
    functions.set("attempt", Function::new(ctx.clone(), context::attempt)?)?;
    functions.set("tenant", Function::new(ctx.clone(), context::tenant)?)?;
    functions.set("remainingMs", Function::new(ctx.clone(), || context::remaining_ms() as f64)?)?;
    functions.set("settings", Function::new(ctx.clone(), settings::all)?)?;
    functions.set("sign", Function::new(ctx.clone(), sign)?)?;
    functions.set("verify", Function::new(ctx.clone(), verify)?)
}

/// Writes a line; `level` is an index of the WIT's levels.
fn write(level: u8, message: String, fields: Option<String>) {
    let level = match level {
        0 => log::Level::Trace,
        1 => log::Level::Debug,
        3 => log::Level::Warn,
        4 => log::Level::Error,
        _ => log::Level::Info,
    };
    log::write(level, &message, fields.as_deref());
}

fn sign<'js>(ctx: Ctx<'js>, field: String, algorithm: String, data: Bytes<'js>) -> rquickjs::Result<Bytes<'js>> {
    let signature = signing::sign(&field, &algorithm, of(&ctx, &data)?).map_err(|error| throw(&ctx, error))?;
    Bytes::new(ctx, signature)
}

fn verify<'js>(
    ctx: Ctx<'js>,
    field: String,
    algorithm: String,
    data: Bytes<'js>,
    signature: Bytes<'js>,
) -> rquickjs::Result<bool> {
    let same = signing::verify(&field, &algorithm, of(&ctx, &data)?, of(&ctx, &signature)?);
    same.map_err(|error| throw(&ctx, error))
}
