//! An untrusted component: its header, the compilation, the contract, the linking, and what `describe` says.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use lockgate_domain::Limits;
use lockgate_engine::{CompileCommand, Engine, EngineParts, PoolSize};
use lockgate_vault::DerivedKey;
use tokio::runtime::Runtime;

/// Small, so that a guest that never returns costs little.
const LIMITS: fn() -> Limits = || Limits { cpu_ms: 20, deadline_ms: 200, memory_bytes: 4 << 20, ..Limits::default() };

static HOST: LazyLock<(Runtime, Engine)> = LazyLock::new(|| {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let engine = Engine::start(EngineParts {
        pool: PoolSize { instances: 4, short: false },
        // Nothing is compiled in a child here.
        compile: CompileCommand::this_program("none"),
        cache_folder: std::env::temp_dir().join(format!("lockgate-fuzz-{}", std::process::id())),
        cache_key: DerivedKey::random().unwrap(),
    });
    (runtime, engine.unwrap())
});

fuzz_target!(|bytes: &[u8]| {
    let (runtime, engine) = &*HOST;
    if let Ok(plugin) = engine.load_in_process(bytes, &LIMITS(), None) {
        let described = runtime.block_on(engine.describe(&plugin, LIMITS()));
        // A refusal is an answer; its text is made too.
        let _ = described.map_err(|error| error.to_string());
    }
});
