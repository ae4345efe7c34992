//! From source to bytecode. The context in which that is done can make code of text, and never runs any.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use rquickjs::module::WriteOptions;
use rquickjs::{CatchResultExt, CaughtError, Context, Ctx, Module, Object, Runtime};

use crate::bindings::lockgate::connector::types::Failure;
use crate::engine::engine;
use crate::library::{MODULES, PUBLIC};
use crate::thrown;

/// Sources are compiled and dropped; bytecode keeps lines and columns for errors.
fn options() -> WriteOptions {
    WriteOptions { strip_source: true, ..WriteOptions::default() }
}

/// The bytecode of the library's modules, in their order.
pub(crate) fn library(runtime: &Runtime) -> Vec<Vec<u8>> {
    let context = Context::full(runtime).expect("a context");
    context.with(|ctx| {
        let compiled = MODULES.iter().map(|(name, source)| {
            let module = Module::declare(ctx.clone(), *name, *source).and_then(|module| module.write(options()));
            module.catch(&ctx).unwrap_or_else(|error| panic!("{name}: {error}"))
        });
        compiled.collect()
    })
}

/// The bytecode of a script's module in base64. `input` is the JSON text of an object with `name`, the file's name in
/// messages, and `source`, which is plain JavaScript.
pub(crate) fn module(input: &str) -> Result<String, Failure> {
    let context = Context::full(&engine().runtime).map_err(|error| refused(error.to_string()))?;
    context.with(|ctx| {
        let compiled = bytecode(&ctx, input).catch(&ctx);
        compiled.map(|bytes| BASE64_STANDARD.encode(bytes)).map_err(|error| match error {
            CaughtError::Exception(exception) => {
                let stack = exception.stack().unwrap_or_default();
                let place = thrown::first_place(&stack).map(|place| format!(" ({place})")).unwrap_or_default();
                refused(format!("{}{place}", exception.message().unwrap_or_default()))
            }
            other => refused(other.to_string()),
        })
    })
}

fn bytecode<'js>(ctx: &Ctx<'js>, input: &str) -> rquickjs::Result<Vec<u8>> {
    // Imports are looked up by name when a module is compiled, and nothing more.
    for name in PUBLIC {
        Module::declare(ctx.clone(), name, "")?;
    }
    let input: Object<'js> = ctx.json_parse(input)?.get()?;
    let (name, source): (String, String) = (input.get("name")?, input.get("source")?);
    Module::declare(ctx.clone(), name, source)?.write(options())
}

fn refused(message: String) -> Failure {
    Failure { code: "syntax".to_owned(), message, retryable: false, retry_after_ms: None, details: None }
}
