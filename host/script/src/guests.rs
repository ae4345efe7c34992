//! The two guests, loaded when the first script needs them.

use std::sync::Arc;

use bytes::Bytes;
use lockgate_domain::{Digest, Limits};
use lockgate_engine::{Engine, LoadError, Plugin};
use tokio::sync::OnceCell;

use crate::kept::Recent;

/// The component that reads texts.
const COMPILER: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/compiler.wasm"));
/// The component that makes and runs bytecode.
const ENGINE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/engine.wasm"));

/// How long compiling each may take. They are the host's own, so only the machine decides, and a busy one takes minutes.
const COMPILE_MS: u64 = 600_000;

/// What compiles and runs scripts. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Scripts(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    engine: Engine,
    guests: OnceCell<Guests>,
    recent: Recent,
}

/// Both guests, ready to make instances.
#[derive(Debug, Clone)]
pub(crate) struct Guests {
    pub(crate) compiler: Plugin,
    pub(crate) engine: Plugin,
}

/// The digests of both guests, whose compiled code is kept.
pub fn digests() -> [Digest; 2] {
    [Digest::of(COMPILER), Digest::of(ENGINE)]
}

impl Scripts {
    /// Scripts that an engine runs. Nothing is loaded yet.
    pub fn new(engine: Engine) -> Self {
        Self(Arc::new(Inner { engine, guests: OnceCell::new(), recent: Recent::default() }))
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.0.engine
    }

    pub(crate) fn recent(&self) -> &Recent {
        &self.0.recent
    }

    /// Loads the guests, unless another script has done so: compiled once on a machine, and from the cache after that.
    pub(crate) async fn guests(&self) -> Result<&Guests, LoadError> {
        let load = async {
            let (engine, limits) = (&self.0.engine, Limits { compile_ms: COMPILE_MS, ..Limits::default() });
            let compiler = engine.load_own(Bytes::from_static(COMPILER), &limits).await?;
            Ok(Guests { compiler, engine: engine.load_own(Bytes::from_static(ENGINE), &limits).await? })
        };
        self.0.guests.get_or_try_init(|| load).await
    }
}
