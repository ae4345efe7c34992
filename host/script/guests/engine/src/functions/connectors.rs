//! Calls of `lockgate/connectors`.

use rquickjs::{Ctx, Function, Object};

use super::throw;
use crate::bindings::lockgate::connectors::client;

pub(super) fn install<'js>(ctx: &Ctx<'js>, functions: &Object<'js>) -> rquickjs::Result<()> {
    functions.set("callConnector", Function::new(ctx.clone(), call)?)
}

/// Gives the output as JSON text.
fn call(ctx: Ctx<'_>, connector: String, input: String) -> rquickjs::Result<String> {
    client::call(&connector, &input).map_err(|failure| throw(&ctx, failure))
}
