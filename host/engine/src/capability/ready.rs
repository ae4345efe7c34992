//! What a guest waits for with `wasi:io/poll`. Each is a resource of its own and no child of what it watches, so that a
//! guest can drop both in any order.

use std::future::Future;
use std::pin::Pin;

use wasmtime::component::{Resource, ResourceTable};
use wasmtime_wasi::p2::{DynPollable, Pollable, subscribe};

type Waiting = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A condition, by what waits for it.
pub(super) struct Ready(Box<dyn Fn() -> Waiting + Send>);

impl Pollable for Ready {
    /// Written out, since the trait is made by a macro for async functions.
    fn ready<'a, 'b>(&'a mut self) -> Pin<Box<dyn Future<Output = ()> + Send + 'b>>
    where
        'a: 'b,
        Self: 'b,
    {
        (self.0)()
    }
}

/// Makes a pollable of a condition.
pub(super) fn when<F: Future<Output = ()> + Send + 'static>(
    table: &mut ResourceTable,
    wait: impl Fn() -> F + Send + 'static,
) -> wasmtime::Result<Resource<DynPollable>> {
    let ready = table.push(Ready(Box::new(move || Box::pin(wait()))))?;
    subscribe(table, ready)
}
