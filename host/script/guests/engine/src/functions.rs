//! What the library asks of the host and of Rust, a file for each subject. This list names them all. Scripts never see
//! these functions: the library takes them while the snapshot is made.

mod bytes;
mod calls;
mod connectors;
mod crypto;
mod database;
mod database_values;
mod dates;
mod encodings;
mod grpc;
mod http;
mod json;
mod plain;
mod timers;
mod urls;

use rquickjs::{Ctx, Exception, Object, TypedArray};

use crate::library::FUNCTIONS;

/// Puts all of them where the library finds them.
pub(crate) fn install(ctx: &Ctx<'_>) -> rquickjs::Result<()> {
    let functions = Object::new(ctx.clone())?;
    bytes::install(ctx, &functions)?;
    calls::install(ctx, &functions)?;
    connectors::install(ctx, &functions)?;
    crypto::install(ctx, &functions)?;
    database::install(ctx, &functions)?;
    dates::install(ctx, &functions)?;
    encodings::install(ctx, &functions)?;
    grpc::install(ctx, &functions)?;
    http::install(ctx, &functions)?;
    json::install(ctx, &functions)?;
    plain::install(ctx, &functions)?;
    timers::install(ctx, &functions)?;
    urls::install(ctx, &functions)?;
    ctx.globals().set(FUNCTIONS, functions)
}

/// Bytes of JavaScript.
type Bytes<'js> = TypedArray<'js, u8>;

/// The bytes, unless their buffer was given away.
fn of<'a>(ctx: &Ctx<'_>, bytes: &'a Bytes<'_>) -> rquickjs::Result<&'a [u8]> {
    // SAFETY: every user copies or reads them before any code of JavaScript runs again.
    let bytes = unsafe { bytes.as_bytes() };
    bytes.ok_or_else(|| Exception::throw_type(ctx, "the buffer of these bytes is detached"))
}

/// A failure of the host as the library makes an error of it: `code`, `message`, `retryable`, `retryAfterMs` if it says how
/// long to wait, and `details` as JSON text if it has some.
pub(crate) fn failure<'js>(
    ctx: &Ctx<'js>,
    failure: crate::bindings::lockgate::connector::types::Failure,
) -> rquickjs::Result<Object<'js>> {
    let object = Object::new(ctx.clone())?;
    object.set("code", failure.code)?;
    object.set("message", failure.message)?;
    object.set("retryable", failure.retryable)?;
    object.set("retryAfterMs", failure.retry_after_ms.map(|ms| ms as f64))?;
    object.set("details", failure.details)?;
    Ok(object)
}

/// Throws a failure of the host; `asked` of `library/lockgate.js` makes it one of the script's.
fn throw<'js>(ctx: &Ctx<'js>, error: crate::bindings::lockgate::connector::types::Failure) -> rquickjs::Error {
    match failure(ctx, error) {
        Ok(object) => ctx.throw(object.into_value()),
        Err(error) => error,
    }
}
