//! Runs the start of a module once, and keeps the memory that it leaves: an instance then begins where the start ended.

use std::error::Error;
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use wasmi::{Caller, Engine, ExternType, Func, Instance, Linker, Module, Store, Val};
use wasmtime_wizer::{InstanceState, SnapshotVal, ValType, Wizer};

/// The function that a module exports to be started.
const START: &str = "wizer-initialize";

/// The module with its memory as the start leaves it.
pub(crate) fn of(module: &[u8]) -> Result<Vec<u8>, Box<dyn Error>> {
    let wizer = Wizer::new();
    let (context, instrumented) = wizer.instrument(module).map_err(|error| format!("{error:?}"))?;
    let engine = Engine::default();
    let instrumented = Module::new(&engine, &instrumented)?;
    let mut store = Store::new(&engine, ());
    let mut linker = Linker::new(&engine);
    for import in instrumented.imports() {
        let ExternType::Func(r#type) = import.ty() else { continue };
        let name = format!("{}.{}", import.module(), import.name());
        let refused = Func::new(&mut store, r#type.clone(), move |caller: Caller<'_, ()>, values, _| {
            let said = said(&caller, values).unwrap_or_default();
            Err(wasmi::Error::new(format!("the start of the engine asks the host for `{name}`: {said}")))
        });
        linker.define(import.module(), import.name(), refused)?;
    }
    let instance = linker.instantiate_and_start(&mut store, &instrumented)?;
    instance.get_typed_func::<(), ()>(&store, START)?.call(&mut store, ())?;
    let mut state = State { store, instance };
    let mut snapshot = pin!(wizer.snapshot(&context, &mut state));
    // An interpreter waits for nothing.
    match snapshot.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(snapshot) => Ok(snapshot.map_err(|error| format!("{error:?}"))?),
        Poll::Pending => Err("the snapshot waits".into()),
    }
}

/// The text that a function like `abort` was called with.
fn said(caller: &Caller<'_, ()>, values: &[Val]) -> Option<String> {
    let [Val::I32(at), Val::I32(length)] = values else { return None };
    let memory = caller.get_export("memory")?.into_memory()?;
    let bytes = memory.data(caller).get(*at as u32 as usize..)?.get(..*length as u32 as usize)?;
    Some(String::from_utf8_lossy(bytes).into_owned())
}

struct State {
    store: Store<()>,
    instance: Instance,
}

impl InstanceState for State {
    async fn global_get(&mut self, name: &str, _: ValType) -> SnapshotVal {
        let global = self.instance.get_global(&self.store, name).map(|global| global.get(&self.store));
        match global {
            Some(Val::I32(value)) => SnapshotVal::I32(value),
            Some(Val::I64(value)) => SnapshotVal::I64(value),
            Some(Val::F32(value)) => SnapshotVal::F32(value.to_bits()),
            Some(Val::F64(value)) => SnapshotVal::F64(value.to_bits()),
            // The trait has no other way; wizer asks only for globals that it has seen.
            _ => std::process::abort(),
        }
    }

    async fn memory_contents(&mut self, name: &str, contents: impl FnOnce(&[u8]) + Send) {
        if let Some(memory) = self.instance.get_memory(&self.store, name) {
            contents(memory.data(&self.store));
        }
    }
}
