//! `lockgate:http/client`: requests to the group's destinations. The work is done on the threads that serve connections;
//! a guest that waits for it takes no turn of the guest threads and no CPU time.

mod answer;
mod guest_request;
mod ready;
mod request;
mod retry;
mod writer;

use std::sync::Arc;

use lockgate_domain::Capability;
use wasmtime::component::{HasData, Resource, ResourceTable};

pub use answer::{Body, Pending, Response};
pub(crate) use guest_request::{GuestRequest, Incoming, Take};
pub use request::Request;
pub use writer::BodyWriter;

use super::lockgate::http::client::Host;
use super::types::Failure;
use super::way_out::InFlight;
use crate::limiter::Limiter;
use crate::state::{GuestState, HostCalls, Phase};

/// What the functions of this interface see of an instance.
pub(crate) struct HttpView<'a> {
    phase: &'a Phase,
    table: &'a mut ResourceTable,
    in_flight: &'a mut InFlight,
    limiter: &'a mut Limiter,
    calls: &'a mut HostCalls,
}

pub(crate) struct HasHttp;

impl HasData for HasHttp {
    type Data<'a> = HttpView<'a>;
}

pub(crate) fn view(state: &mut GuestState) -> HttpView<'_> {
    HttpView {
        phase: &state.phase,
        table: &mut state.table,
        in_flight: &mut state.in_flight,
        limiter: &mut state.limiter,
        calls: &mut state.calls,
    }
}

impl HttpView<'_> {
    /// Lets a request go. It is given up when the last handle of what it brings goes, or when the call ends.
    fn begin(&mut self, request: Request, take: Take) -> Result<Arc<Incoming>, Failure> {
        let way = self.phase.way_out(Capability::Http)?;
        let complete = request.complete()?;
        let exchange = GuestRequest::new();
        let run = Arc::clone(&exchange).run(way.outlet, complete.request, take, self.limiter.memory_budget());
        let held = complete.held;
        let task = self.in_flight.spawn(&way.io, async move {
            run.await;
            drop(held);
        })?;
        Ok(Incoming::new(exchange, task.abort_handle()))
    }
}

impl Host for HttpView<'_> {
    async fn send(&mut self, request: Resource<Request>) -> wasmtime::Result<Result<Resource<Response>, Failure>> {
        self.calls.count()?;
        let request = self.table.delete(request)?;
        if request.is_streamed() {
            return Ok(Err(Failure {
                code: "invalid-request".to_owned(),
                message: "`send` waits for the answer, so nobody could write the body: use `start`".to_owned(),
                retryable: false,
                retry_after_ms: None,
                details: None,
            }));
        }
        let incoming = match self.begin(request, Take::Whole) {
            Ok(incoming) => incoming,
            Err(failure) => return Ok(Err(failure)),
        };
        let whole = incoming.whole().await?;
        match (whole, incoming.head().await) {
            (Ok(bytes), Ok(head)) => Ok(Ok(self.answer(head, incoming, bytes)?)),
            (Err(failure), _) | (Ok(_), Err(failure)) => Ok(Err(failure)),
        }
    }

    fn start(&mut self, request: Resource<Request>) -> wasmtime::Result<Resource<Pending>> {
        self.calls.count()?;
        let request = self.table.delete(request)?;
        let pending = Pending(self.begin(request, Take::Streamed));
        Ok(self.table.push(pending)?)
    }
}
