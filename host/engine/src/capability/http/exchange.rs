//! A whole answer: the request goes out and the guest gets nothing before all of it is there. `exchange` gives it in one
//! call of the host, `send` as resources.

use bytes::Bytes;
use lockgate_domain::Capability;
use lockgate_egress::{EgressError, OutboundClient};

use super::guest_request::Head;
use super::request::{Complete, HEADER_BYTES, REQUEST_BYTES, outbound_request};
use super::{HttpView, invalid, options};
use crate::Stop;
use crate::capability::lockgate::http::client::Reply;
use crate::capability::types::Failure;
use crate::limiter::MemoryBudget;

/// An answer that has come to its end.
pub(super) struct Whole {
    pub(super) head: Head,
    pub(super) body: Vec<u8>,
}

impl HttpView<'_> {
    /// Checks what the guest handed over, which counts as the call's memory until it is sent.
    pub(super) fn whole_request(
        &mut self,
        method: String,
        url: String,
        headers: Vec<(String, Vec<u8>)>,
        body: Vec<u8>,
        options: Option<String>,
    ) -> wasmtime::Result<Result<Complete, Failure>> {
        let of_headers = headers.iter().map(|(name, value)| HEADER_BYTES + name.len() + value.len());
        let bytes = REQUEST_BYTES + method.len() + url.len() + of_headers.sum::<usize>() + body.len();
        let reserved = self.limiter.reserve(bytes + options.as_ref().map_or(0, String::len))?;
        let request = options.map_or_else(|| Ok(Default::default()), |text| options::parse(&text)).map_err(invalid);
        let request =
            request.and_then(|options| outbound_request(&method, url, headers, Bytes::from(body).into(), options));
        Ok(request.map(|request| Complete { request, reserved: (reserved, None) }))
    }

    /// Sends a request and waits for the end of its answer.
    ///
    /// # Errors
    /// [`Stop::Memory`]: the answer is more than the call may have.
    pub(super) async fn whole_answer(&mut self, complete: Complete) -> wasmtime::Result<Result<Whole, Failure>> {
        let outbound = match self.phase.outbound(Capability::Http) {
            Ok(outbound) => outbound,
            Err(refused) => return Ok(Err(refused.into())),
        };
        let Complete { request, reserved } = complete;
        let (client, memory) = (outbound.client, self.limiter.memory_budget());
        let receive = async move {
            let whole = receive(client, request, memory).await;
            drop(reserved);
            whole
        };
        match self.in_flight.run(&outbound.io, receive).await {
            Ok(Ok(whole)) => Ok(Ok(whole)),
            Ok(Err(Unreceived::Egress(error))) => Ok(Err(Failure::from(&error))),
            Ok(Err(Unreceived::Memory)) => Err(Stop::Memory.into()),
            Err(refused) => Ok(Err(refused.into())),
        }
    }

    /// What the guest gets of it. There must be room for its own copy beside the host's.
    pub(super) fn reply(&mut self, whole: Whole) -> wasmtime::Result<Reply> {
        let Whole { head, body } = whole;
        let of_headers = head.headers.iter().map(|(name, value)| HEADER_BYTES + name.as_str().len() + value.len());
        let bytes = body.len() + of_headers.sum::<usize>();
        let _reserved = self.limiter.reserve(bytes)?;
        if self.limiter.memory_budget().is_exceeded_by(bytes) {
            return Err(Stop::Memory.into());
        }
        let headers = head.headers.iter().map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec()));
        Ok(Reply { status: head.status.as_u16(), headers: headers.collect(), body })
    }
}

/// Why there is no whole answer.
#[derive(Debug)]
enum Unreceived {
    Egress(EgressError),
    /// It is more than the call's memory.
    Memory,
}

impl From<EgressError> for Unreceived {
    fn from(error: EgressError) -> Self {
        Self::Egress(error)
    }
}

/// The host's side, from beginning to end.
async fn receive(
    client: OutboundClient,
    request: lockgate_egress::Request,
    memory: MemoryBudget,
) -> Result<Whole, Unreceived> {
    let response = client.send(request).await?;
    let head = Head { status: response.status, headers: response.headers };
    let (mut source, mut body) = (response.body, Vec::new());
    while let Some(chunk) = source.chunk().await? {
        if body.is_empty() {
            // Most answers are one chunk.
            body = chunk.into();
        } else {
            body.extend_from_slice(&chunk);
        }
        if memory.is_exceeded_by(body.capacity()) {
            return Err(Unreceived::Memory);
        }
    }
    Ok(Whole { head, body })
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use http::{HeaderMap, StatusCode};
    use lockgate_domain::Limits;

    use super::*;
    use crate::capability::http::view;
    use crate::capability::lockgate::http::client::Host;
    use crate::cpu::Meter;
    use crate::pool::CountedMemory;
    use crate::state::GuestState;

    fn state(memory_bytes: u64) -> GuestState {
        let limits = Limits { memory_bytes, ..Limits::default() };
        GuestState::new(&limits, Instant::now() + Duration::from_secs(60), Meter::new(), CountedMemory::unlimited())
    }

    /// The code of the failure with which a request is refused.
    fn refused(headers: Vec<(String, Vec<u8>)>, options: Option<&str>) -> Option<String> {
        let mut state = state(64 << 20);
        let mut view = view(&mut state);
        let request = view.whole_request("GET".into(), "/".into(), headers, Vec::new(), options.map(str::to_owned));
        request.unwrap().err().map(|failure| failure.code)
    }

    #[test]
    fn what_can_not_be_sent_is_refused() {
        let invalid = Some("invalid-request".to_owned());
        assert_eq!(refused(Vec::new(), None), None);
        assert_eq!(refused(Vec::new(), Some(r#"{"retries": 1}"#)), invalid);
        assert_eq!(refused(vec![("x-own".into(), b"a\nb".to_vec())], None), invalid);
        // More than a map of headers can have.
        assert_eq!(refused(vec![("x-own".into(), Vec::new()); 50_000], None), invalid);
    }

    #[tokio::test]
    async fn what_is_not_allowed_is_refused_before_it_is_read() {
        let mut state = state(64 << 20);
        let options = Some(r#"{"retries": 1}"#.to_owned());
        let exchange = view(&mut state).exchange("GET".into(), "/".into(), Vec::new(), Vec::new(), options).await;
        assert_eq!(exchange.unwrap().unwrap_err().code, "not-during-describe");
        assert_eq!(state.calls.made(), 1);
    }

    #[test]
    fn a_request_counts_as_memory() {
        let mut state = state(100_000);
        let request = view(&mut state).whole_request("POST".into(), "/".into(), Vec::new(), vec![1; 100_000], None);
        assert_eq!(request.err().and_then(|error| error.downcast_ref::<Stop>().cloned()), Some(Stop::Memory));
    }

    #[test]
    fn an_answer_needs_room_in_host_and_guest() {
        let mut state = state(100_000);
        let mut reply = |bytes: usize| {
            let head = Head { status: StatusCode::OK, headers: HeaderMap::new() };
            view(&mut state).reply(Whole { head, body: vec![1; bytes] })
        };
        assert_eq!(reply(50_000).unwrap().body.len(), 50_000);
        assert_eq!(reply(50_001).unwrap_err().downcast_ref::<Stop>(), Some(&Stop::Memory));
        assert_eq!(reply(50_000).unwrap().status, 200);
    }
}
