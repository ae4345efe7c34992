//! The one runtime and the one context of an instance: made for the snapshot, used by the one call that follows.

use std::cell::{Cell, OnceCell};

use rquickjs::context::intrinsic;
use rquickjs::{Context, Runtime};

use crate::arenas::Arenas;
use crate::exports::report_panics;
use crate::library::Entries;
use crate::seeds::Seeds;
use crate::{allocator, arenas, compile, functions, rejections};

/// The stack that scripts may use: what `build.rs` links, less what the host functions below them need.
const STACK_BYTES: usize = 192 * 1024;

/// What the intrinsics of scripts are: all but those that make code of text.
type Intrinsics = (
    intrinsic::Date,
    intrinsic::RegExpCompiler,
    intrinsic::RegExp,
    intrinsic::Json,
    intrinsic::Proxy,
    intrinsic::MapSet,
    intrinsic::TypedArrays,
    intrinsic::Promise,
    intrinsic::WeakRef,
    intrinsic::DOMException,
);

/// What a fresh instance starts with.
pub(crate) struct Engine {
    pub(crate) runtime: Runtime,
    pub(crate) context: Context,
    seeds: Seeds,
    pub(crate) library: Entries,
}

/// This target has one thread.
pub(crate) struct OneThread<T>(pub(crate) T);
// SAFETY: see above.
unsafe impl<T> Sync for OneThread<T> {}

static ENGINE: OneThread<OnceCell<Engine>> = OneThread(OnceCell::new());
static BEING_MADE: OneThread<Cell<bool>> = OneThread(Cell::new(true));

/// Whether the snapshot is being made: nothing of the host can be asked then.
pub(crate) fn is_being_made() -> bool {
    BEING_MADE.0.get()
}

/// The engine of this instance.
pub(crate) fn engine() -> &'static Engine {
    ENGINE.0.get().expect("the snapshot has the engine")
}

/// Makes the engine; the host's build calls this once, and keeps the memory that it leaves.
// SAFETY: nothing else in the engine has this name.
#[unsafe(export_name = "wizer-initialize")]
extern "C" fn initialize() {
    wit_bindgen::rt::run_ctors_once();
    report_panics();
    let runtime = Runtime::new_with_alloc(Arenas::new()).expect("a runtime");
    runtime.set_max_stack_size(STACK_BYTES);
    // An instance serves one call within its memory limit: collecting cycles would cost more than it gives.
    runtime.set_gc_threshold(GC_BYTES);
    let context = Context::custom::<Intrinsics>(&runtime).expect("a context");
    arenas::begin_library();
    let seeds = Seeds::find(&context).expect("the seeds of this QuickJS");
    let compiled = compile::library(&runtime);
    let library = context.with(|ctx| {
        functions::install(&ctx).expect("the functions of the host");
        crate::library::load(&ctx, &compiled).expect("the library")
    });
    runtime.set_host_promise_rejection_tracker(Some(Box::new(rejections::track)));
    runtime.run_gc();
    context.with(|ctx| allocator::prepare(&ctx));
    let _ = ENGINE.0.set(Engine { runtime, context, seeds, library });
    BEING_MADE.0.set(false);
}

/// Bytes after which cycles are collected.
const GC_BYTES: usize = 16 * 1024 * 1024;

impl Engine {
    /// Makes what must differ from call to call differ.
    pub(crate) fn reseed(&self, random: u64) {
        arenas::write_between();
        self.seeds.set(&self.context, random);
    }
}
