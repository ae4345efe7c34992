//! What a script threw, as the host reports it. A `Failure` is the connector's own answer; everything else is a fault of
//! the script, with its place.

use rquickjs::{Array, CaughtError, Ctx, Value};

use crate::bindings::lockgate::connector::context;
use crate::bindings::lockgate::connector::types::Failure;
use crate::engine::Engine;

/// What places in the library begin with. A script's file has the name of its connector, which has neither.
const LIBRARY: [&str; 2] = ["lockgate:", "lockgate/"];

/// The failure that was thrown. What is none ends the call here.
pub(crate) fn failure<'js>(engine: &Engine, ctx: &Ctx<'js>, caught: CaughtError<'js>) -> Failure {
    let value = match caught {
        CaughtError::Exception(exception) => exception.into_value(),
        CaughtError::Value(value) => value,
        CaughtError::Error(error) => return fault(&error.to_string()),
    };
    match explained(engine, ctx, value) {
        Ok(Explained::Failure(failure)) => failure,
        Ok(Explained::Fault(text)) => fault(&text),
        Err(_) => fault(&unshown(ctx)),
    }
}

/// What was thrown, as a line of the log.
pub(crate) fn described<'js>(engine: &Engine, ctx: &Ctx<'js>, value: Value<'js>) -> String {
    match explained(engine, ctx, value) {
        Ok(Explained::Failure(failure)) => format!("Failure: {}: {}", failure.code, failure.message),
        Ok(Explained::Fault(text)) => text,
        Err(_) => unshown(ctx),
    }
}

/// Its own `toString` threw, or memory was short.
fn unshown(ctx: &Ctx<'_>) -> String {
    ctx.catch();
    "a value was thrown that can't be shown".to_owned()
}

enum Explained {
    Failure(Failure),
    /// Anything else, with its place.
    Fault(String),
}

/// Asks `explain` of `library/run.js`.
fn explained<'js>(engine: &Engine, ctx: &Ctx<'js>, value: Value<'js>) -> rquickjs::Result<Explained> {
    let parts: Array<'js> = engine.library.explain.clone().restore(ctx)?.call((value,))?;
    if parts.get(0)? {
        let retry_after_ms: Option<f64> = parts.get(4)?;
        return Ok(Explained::Failure(Failure {
            code: parts.get(1)?,
            message: parts.get(2)?,
            retryable: parts.get(3)?,
            retry_after_ms: retry_after_ms.map(|ms| ms as u64),
            details: parts.get(5)?,
        }));
    }
    let (text, stack): (String, Option<String>) = (parts.get(1)?, parts.get(2)?);
    let place = stack.as_deref().and_then(first_place).map(|place| format!(", at {place}")).unwrap_or_default();
    Ok(Explained::Fault(format!("{text}{place}")))
}

/// Ends the call as a fault of the script.
fn fault(text: &str) -> Failure {
    context::abort(text);
    // The host never returns from it.
    Failure {
        code: "panic".to_owned(),
        message: text.to_owned(),
        retryable: false,
        retry_after_ms: None,
        details: None,
    }
}

/// The first place of a stack that is the script's own, as `FILE:LINE:COLUMN`. Lines look like `    at name (place)` or
/// `    at place`.
pub(crate) fn first_place(stack: &str) -> Option<&str> {
    stack.lines().filter_map(|line| line.trim().strip_prefix("at ")).find_map(|line| {
        let place = match line.rsplit_once('(') {
            Some((_, place)) => place.strip_suffix(')')?,
            None => line,
        };
        let is_library = LIBRARY.iter().any(|prefix| place.starts_with(prefix));
        (place != "native" && !is_library && place.contains(':')).then_some(place)
    })
}
