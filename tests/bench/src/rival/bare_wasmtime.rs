//! A loop over the same component with nothing but wasmtime: what is left for a host to win or lose.

use super::{Kind, Rival};
use crate::{
    in_process::{Caller, Callers},
    setup::Setup,
    tool::locked,
    workload::CONNECTOR,
};
use anyhow::Result;
use futures_util::{FutureExt, future::LocalBoxFuture};
use std::{fs, path::Path, sync::Arc};
use wasmtime::{
    Engine, Store,
    component::{Component, ComponentExportIndex, ComponentType, InstancePre, Lift, Linker, TypedFunc},
    error::Context,
    format_err,
};

pub(crate) const FRESH: Rival = Rival {
    name: "bare-fresh",
    title: "bare wasmtime loop, fresh instance",
    kind: Kind::InProcess { describe, callers: fresh },
};

pub(crate) const WARM: Rival = Rival {
    name: "bare-warm",
    title: "bare wasmtime loop, warm instance",
    kind: Kind::InProcess { describe, callers: warm },
};

fn describe() -> String {
    format!("{}, set up as in `host/engine/src/settings.rs`", locked("wasmtime"))
}

fn fresh(setup: &Setup) -> Result<Callers> {
    let guest = Arc::new(Guest::load(&setup.plugin).map_err(plain)?);
    Ok(Box::new(move || Ok(Box::new(Fresh(Arc::clone(&guest))))))
}

fn warm(setup: &Setup) -> Result<Callers> {
    let guest = Guest::load(&setup.plugin).map_err(plain)?;
    // These futures never wait, so whichever runtime polls them will do.
    Ok(Box::new(move || {
        Ok(Box::new(Warm(guest.instance().now_or_never().context("the guest waits").flatten().map_err(plain)?)))
    }))
}

struct Fresh(Arc<Guest>);

impl Caller for Fresh {
    fn call<'a>(&'a mut self, input: &'a str) -> LocalBoxFuture<'a, Result<String>> {
        Box::pin(async { self.0.instance().await.map_err(plain)?.call(input).await.map_err(plain) })
    }
}

struct Warm(Instance);

impl Caller for Warm {
    fn call<'a>(&'a mut self, input: &'a str) -> LocalBoxFuture<'a, Result<String>> {
        Box::pin(async { self.0.call(input).await.map_err(plain) })
    }
}

/// `failure` of `lockgate:connector/types`.
#[allow(dead_code)]
#[derive(Debug, ComponentType, Lift)]
#[component(record)]
struct Failure {
    code: String,
    message: String,
    retryable: bool,
    #[component(name = "retry-after-ms")]
    retry_after_ms: Option<u64>,
    details: Option<String>,
}

type Invoke = TypedFunc<(String, String), (Result<String, Failure>,)>;

struct Guest {
    engine: Engine,
    instance: InstancePre<()>,
    invoke: ComponentExportIndex,
}

impl Guest {
    fn load(path: &Path) -> wasmtime::Result<Self> {
        let engine = Engine::new(&lockgate_engine::pooled(lockgate_engine::PoolSize::fitting(1000)))?;
        let component = Component::new(&engine, fs::read(path).with_context(|| path.display().to_string())?)?;
        let handler = component.get_export_index(None, "lockgate:connector/handler@0.1.0");
        let invoke = component.get_export_index(handler.as_ref(), "invoke").context("the plugin exports no handler")?;
        let mut linker = Linker::new(&engine);
        // The pricing function calls none of them.
        linker.define_unknown_imports_as_traps(&component)?;
        Ok(Self { instance: linker.instantiate_pre(&component)?, engine, invoke })
    }

    async fn instance(&self) -> wasmtime::Result<Instance> {
        let mut store = Store::new(&self.engine, ());
        store.set_epoch_deadline(u64::MAX / 2);
        let instance = self.instance.instantiate_async(&mut store).await?;
        let invoke = instance.get_func(&mut store, self.invoke).context("the plugin exports no `invoke`")?;
        Ok(Instance { invoke: invoke.typed(&store)?, store })
    }
}

struct Instance {
    store: Store<()>,
    invoke: Invoke,
}

impl Instance {
    async fn call(&mut self, input: &str) -> wasmtime::Result<String> {
        let (output,) = self.invoke.call_async(&mut self.store, (CONNECTOR.into(), input.into())).await?;
        output.map_err(|failure| format_err!("{}: {}", failure.code, failure.message))
    }
}

fn plain(error: wasmtime::Error) -> anyhow::Error {
    anyhow::Error::from_boxed(error.into_boxed_dyn_error())
}
