//! One call of a script.

use std::ptr::NonNull;

use rquickjs::promise::PromiseState;
use rquickjs::{CatchResultExt, Ctx, Object, Promise, Value, qjs};

use crate::bindings::lockgate::connector::types::Failure;
use crate::bindings::lockgate::script::program;
use crate::bindings::wasi::random::random;
use crate::engine::{Engine, engine};
use crate::event_loop::{self, Idle};
use crate::{rejections, thrown};

/// A module that was read from bytecode.
pub(crate) struct Loaded(NonNull<qjs::JSModuleDef>);

impl Loaded {
    /// Reads a module and finds what it imports. The bytes are those that this engine wrote: the host takes no others.
    pub(crate) fn read<'js>(ctx: &Ctx<'js>, bytes: &[u8]) -> rquickjs::Result<Self> {
        let raw = ctx.as_raw().as_ptr();
        let flags = qjs::JS_READ_OBJ_BYTECODE as i32;
        // SAFETY: the context is alive; the module is one of its own, and lives as long as it.
        unsafe {
            let value = qjs::JS_ReadObject(raw, bytes.as_ptr(), bytes.len() as _, flags);
            if qjs::JS_VALUE_GET_TAG(value) != qjs::JS_TAG_MODULE {
                qjs::JS_FreeValue(raw, value);
                return Err(rquickjs::Error::Exception);
            }
            if qjs::JS_ResolveModule(raw, value) < 0 {
                return Err(rquickjs::Error::Exception);
            }
            NonNull::new(qjs::JS_VALUE_GET_PTR(value).cast()).map(Self).ok_or(rquickjs::Error::Unknown)
        }
    }

    /// Runs its body; the promise is settled once that is over.
    pub(crate) fn evaluate<'js>(&self, ctx: &Ctx<'js>) -> rquickjs::Result<Promise<'js>> {
        // SAFETY: as above; evaluating takes a reference, so one is made.
        let value = unsafe {
            let module = qjs::JS_MKPTR(qjs::JS_TAG_MODULE, self.0.as_ptr().cast());
            qjs::JS_DupValue(ctx.as_raw().as_ptr(), module);
            let value = qjs::JS_EvalFunction(ctx.as_raw().as_ptr(), module);
            if qjs::JS_VALUE_GET_TAG(value) == qjs::JS_TAG_EXCEPTION {
                return Err(rquickjs::Error::Exception);
            }
            Value::from_raw(ctx.clone(), value)
        };
        value.get()
    }

    /// Its exports.
    pub(crate) fn namespace<'js>(&self, ctx: &Ctx<'js>) -> rquickjs::Result<Object<'js>> {
        // SAFETY: as above.
        let value = unsafe {
            let value = qjs::JS_GetModuleNamespace(ctx.as_raw().as_ptr(), self.0.as_ptr());
            if qjs::JS_VALUE_GET_TAG(value) == qjs::JS_TAG_EXCEPTION {
                return Err(rquickjs::Error::Exception);
            }
            Value::from_raw(ctx.clone(), value)
        };
        value.get()
    }
}

/// Runs the exported `function` with the JSON text `input`, and gives its output as JSON text.
pub(crate) fn run(function: &str, input: String) -> Result<String, Failure> {
    let engine = engine();
    engine.reseed(random::get_random_u64());
    let bytes = program::bytecode();
    engine.context.with(|ctx| {
        let result = call(engine, &ctx, &bytes, function, input).catch(&ctx);
        rejections::report(engine, &ctx);
        result.map_err(|caught| thrown::failure(engine, &ctx, caught))
    })
}

fn call<'js>(engine: &Engine, ctx: &Ctx<'js>, bytes: &[u8], function: &str, input: String) -> rquickjs::Result<String> {
    let module = Loaded::read(ctx, bytes)?;
    settle::<Value<'js>>(ctx, &module.evaluate(ctx)?)?;
    let run = engine.library.run.clone().restore(ctx)?;
    let promise: Promise<'js> = run.call((module.namespace(ctx)?, function, input))?;
    let output = settle(ctx, &promise)?;
    event_loop::end(ctx)?;
    Ok(output)
}

/// Goes on until a promise is settled.
fn settle<'js, T: rquickjs::FromJs<'js>>(ctx: &Ctx<'js>, promise: &Promise<'js>) -> rquickjs::Result<T> {
    loop {
        while ctx.execute_pending_job() {}
        if promise.state() != PromiseState::Pending {
            if promise.state() == PromiseState::Rejected {
                rejections::handled(promise);
            }
            return promise.result().unwrap_or(Err(rquickjs::Error::Unknown));
        }
        match event_loop::wait(ctx)? {
            Idle::Progress => {}
            Idle::Nothing => {
                let text = "the script waits for a promise that nothing can settle: no request, no timer is left";
                return Err(rquickjs::Exception::throw_message(ctx, text));
            }
        }
    }
}
