//! `lockgate:http/client`: requests to the group's destinations. The work is done on the threads that serve connections;
//! a guest that waits for it takes no time of the guest threads and no CPU time.

mod answer;
mod exchange;
mod guest_request;
mod options;
mod request;
mod retry;
mod writer;

use std::sync::Arc;

use lockgate_domain::Capability;
use wasmtime::component::{HasData, Linker, Resource, ResourceTable};

pub use answer::{Body, Pending, Response};
pub(crate) use guest_request::{GuestRequest, Incoming};
pub use request::Request;
pub use writer::BodyWriter;

use super::lockgate::http::client::{self, Host, Reply};
use super::outbound::InFlight;
use super::types::Failure;
use crate::host_calls::HostCalls;
use crate::limiter::Limiter;
use crate::state::{GuestState, Phase};

/// What the functions of this interface see of an instance.
pub(crate) struct HttpView<'a> {
    phase: &'a Phase,
    table: &'a mut ResourceTable,
    in_flight: &'a mut InFlight,
    limiter: &'a mut Limiter,
    calls: &'a mut HostCalls,
}

struct HasHttp;

impl HasData for HasHttp {
    type Data<'a> = HttpView<'a>;
}

pub(crate) fn link(linker: &mut Linker<GuestState>) -> wasmtime::Result<()> {
    client::add_to_linker::<_, HasHttp>(linker, view)
}

fn view(state: &mut GuestState) -> HttpView<'_> {
    HttpView {
        phase: &state.phase,
        table: &mut state.table,
        in_flight: &mut state.in_flight,
        limiter: &mut state.limiter,
        calls: &mut state.calls,
    }
}

impl HttpView<'_> {
    /// Sends a request whose answer is read as it comes. It is cancelled when the last handle of what it brings is dropped,
    /// or when the call ends.
    fn begin(&mut self, request: Request) -> Result<Arc<Incoming>, Failure> {
        let outbound = self.phase.outbound(Capability::Http)?;
        let complete = request.complete()?;
        let own = GuestRequest::new();
        let run = Arc::clone(&own).run(outbound.client, complete.request, self.limiter.memory_budget());
        let reserved = complete.reserved;
        let task = self.in_flight.spawn(&outbound.io.runtime, async move {
            run.await;
            drop(reserved);
        })?;
        Ok(Incoming::new(own, task.abort_handle()))
    }
}

/// A request that can't be sent as the guest put it together.
fn invalid(message: impl Into<String>) -> Failure {
    Failure {
        code: "invalid-request".to_owned(),
        message: message.into(),
        retryable: false,
        retry_after_ms: None,
        details: None,
    }
}

impl Host for HttpView<'_> {
    async fn exchange(
        &mut self,
        method: String,
        url: String,
        headers: Vec<(String, Vec<u8>)>,
        body: Vec<u8>,
        options: Option<String>,
    ) -> wasmtime::Result<Result<Reply, Failure>> {
        self.calls.count()?;
        // What is not granted is told so before anything of the request is read.
        if let Err(refusal) = self.phase.outbound(Capability::Http) {
            return Ok(Err(refusal.into()));
        }
        let complete = match self.whole_request(method, url, headers, body, options)? {
            Ok(complete) => complete,
            Err(failure) => return Ok(Err(failure)),
        };
        match self.whole_answer(complete).await? {
            Ok(whole) => Ok(Ok(self.reply(whole)?)),
            Err(failure) => Ok(Err(failure)),
        }
    }

    async fn send(&mut self, request: Resource<Request>) -> wasmtime::Result<Result<Resource<Response>, Failure>> {
        self.calls.count()?;
        let request = self.table.delete(request)?;
        if request.is_streamed() {
            return Ok(Err(invalid("`send` waits for the answer, so nobody could write the body: use `start`")));
        }
        let complete = match request.complete() {
            Ok(complete) => complete,
            Err(failure) => return Ok(Err(failure)),
        };
        match self.whole_answer(complete).await? {
            Ok(whole) => {
                // Without what the buffer could still take: that would stay beside the reservation.
                let body = whole.body.into_boxed_slice();
                let bytes = body.len();
                let incoming = Incoming::arrived(body.into());
                Ok(Ok(self.answer(whole.head, incoming, bytes)?))
            }
            Err(failure) => Ok(Err(failure)),
        }
    }

    fn start(&mut self, request: Resource<Request>) -> wasmtime::Result<Resource<Pending>> {
        self.calls.count()?;
        let request = self.table.delete(request)?;
        let pending = Pending(self.begin(request));
        Ok(self.table.push(pending)?)
    }
}
