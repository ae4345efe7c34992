//! `lockgate:grpc/client`: calls of the group's gRPC servers. Messages are JSON where the group has descriptors of them, and
//! bytes everywhere; turning one into the other is work of the guest's own turn, and so of its CPU time.

mod messages;
mod options;
mod status;

use bytes::Bytes;
use lockgate_domain::{Capability, Limits};
use lockgate_egress::EgressError;
use lockgate_egress::grpc::{Answered, GrpcAnswer, GrpcCall, Metadata, MetadataValue, ServerStream, Unary};
use lockgate_protobuf::Descriptors;
use wasmtime::component::{HasData, Linker, Resource, ResourceTable};

use super::lockgate::grpc::client::{self, Answer, AnswerBytes, Host};
use super::outbound::{InFlight, Outbound};
use super::streams::Messages;
use super::typed_message::{Typed, failure, unknown};
use super::types::Failure;
use crate::Stop;
use crate::host_calls::HostCalls;
use crate::limiter::{Limiter, MemoryReservation};
use crate::state::{GuestState, Phase};

/// What metadata take besides their bytes.
const ENTRY_BYTES: usize = 64;

/// What the functions of this interface see of an instance.
pub(crate) struct GrpcView<'a> {
    phase: &'a Phase,
    table: &'a mut ResourceTable,
    in_flight: &'a mut InFlight,
    limiter: &'a mut Limiter,
    calls: &'a mut HostCalls,
}

struct HasGrpc;

impl HasData for HasGrpc {
    type Data<'a> = GrpcView<'a>;
}

pub(crate) fn link(linker: &mut Linker<GuestState>) -> wasmtime::Result<()> {
    client::add_to_linker::<_, HasGrpc>(linker, view)
}

fn view(state: &mut GuestState) -> GrpcView<'_> {
    GrpcView {
        phase: &state.phase,
        table: &mut state.table,
        in_flight: &mut state.in_flight,

        limiter: &mut state.limiter,
        calls: &mut state.calls,
    }
}

/// Metadata as the contract has them.
type Pairs = Vec<(String, Vec<u8>)>;

/// A request as a guest hands it over.
enum Request {
    Json(String),
    Bytes(Vec<u8>),
}

/// A call as a guest put it together, and what it takes of the call's memory until it is answered.
struct Complete {
    call: GrpcCall,
    typed: Option<Typed>,
    limits: Limits,
    reserved: MemoryReservation,
}

impl Phase {
    /// What the group knows of messages, and the limits of the call.
    fn messages(&self) -> (Option<Descriptors>, Limits) {
        match self {
            Self::Bound(facts, _) => (facts.descriptors.clone(), facts.limits),
            Self::Idle => (None, Limits::default()),
        }
    }
}

impl GrpcView<'_> {
    /// Checks what the guest handed over. What is not granted is said before anything of it is read.
    fn complete(
        &mut self,
        method: &str,
        request: Request,
        metadata: Pairs,
        options: Option<String>,
    ) -> wasmtime::Result<Result<(Outbound, Complete), Failure>> {
        self.calls.count()?;
        let outbound = match self.phase.outbound(Capability::Grpc) {
            Ok(outbound) => outbound,
            Err(refused) => return Ok(Err(refused.into())),
        };
        let text = match &request {
            Request::Json(text) => text.len(),
            Request::Bytes(bytes) => bytes.len(),
        };
        let bytes = method.len() + text + pair_bytes(&metadata) + options.as_ref().map_or(0, String::len);
        let mut reserved = self.limiter.reserve(bytes)?;
        let (descriptors, limits) = self.phase.messages();
        let typed = Typed::of(descriptors.as_ref(), method);
        let message = match request {
            Request::Bytes(bytes) => Ok(Bytes::from(bytes)),
            Request::Json(text) => typed.as_ref().map_err(Failure::clone).and_then(|typed| typed.encode(&text)),
        };
        let message = match message {
            Ok(message) => message,
            Err(failure) => return Ok(Err(failure)),
        };
        reserved.join(self.limiter.reserve(message.len())?);
        let typed = typed.ok();
        let shown_by = typed.clone().map(|typed| typed.shown());
        let call = options::call(options.as_deref(), method, message, sent(metadata));
        let call = call.map(|call| GrpcCall { shown_by, ..call });
        Ok(call.map(|call| (outbound, Complete { call, typed, limits, reserved })).map_err(invalid))
    }

    /// Waits for an exchange with a server.
    async fn wait<T: Send + 'static>(
        &mut self,
        outbound: &Outbound,
        exchange: impl Future<Output = Result<T, EgressError>> + Send + 'static,
    ) -> Result<T, Failure> {
        match self.in_flight.run(&outbound.io, exchange).await {
            Ok(done) => done.map_err(|error| Failure::from(&error)),
            Err(refused) => Err(refused.into()),
        }
    }

    /// What the guest gets. There must be room for its own copy beside the host's.
    fn room_for(&mut self, bytes: usize) -> wasmtime::Result<MemoryReservation> {
        let reserved = self.limiter.reserve(bytes)?;
        if self.limiter.memory_budget().is_exceeded_by(bytes) {
            return Err(Stop::Memory.into());
        }
        Ok(reserved)
    }

    /// The answer of a call with one message, and what reads it.
    async fn answered(
        &mut self,
        (outbound, complete): (Outbound, Complete),
    ) -> Result<(GrpcAnswer, Option<Typed>, Limits), Failure> {
        let Complete { call, typed, limits, reserved } = complete;
        let client = outbound.client.clone();
        let exchange = async move {
            let answer = client.send(Unary(call)).await;
            drop(reserved);
            answer
        };
        let answer: Answered = self.wait(&outbound, exchange).await?;
        let descriptors = self.phase.messages().0;
        answer.map(|answer| (answer, typed, limits)).map_err(|status| status::failure(&status, descriptors.as_ref()))
    }

    async fn opened(
        &mut self,
        (outbound, complete): (Outbound, Complete),
    ) -> wasmtime::Result<Result<Resource<Messages>, Failure>> {
        let Complete { call, typed, limits, reserved } = complete;
        let client = outbound.client.clone();
        let exchange = async move {
            let opened = client.send(ServerStream(call)).await;
            drop(reserved);
            opened
        };
        let stream = match self.wait(&outbound, exchange).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(status)) => return Ok(Err(status::failure(&status, self.phase.messages().0.as_ref()))),
            Err(failure) => return Ok(Err(failure)),
        };
        self.push_messages(stream, typed, &limits, &outbound)
    }
}

/// What can't be sent as the guest put it together.
fn invalid(message: String) -> Failure {
    failure("invalid-request", message)
}

fn pair_bytes(pairs: &Pairs) -> usize {
    pairs.iter().map(|(name, value)| ENTRY_BYTES + name.len() + value.len()).sum()
}

/// Metadata of a guest: text, unless the name says that they are bytes. Egress refuses what is neither.
fn sent(pairs: Pairs) -> Metadata {
    let value = |name: &str, value: Vec<u8>| match name.ends_with("-bin") || name.ends_with("-BIN") {
        true => MetadataValue::Binary(value.into()),
        // A replaced byte is none of those that metadata may have.
        false => MetadataValue::Text(String::from_utf8_lossy(&value).into_owned()),
    };
    pairs.into_iter().map(|(name, own)| (name.clone(), value(&name, own))).collect()
}

/// Metadata of a server, as the guest gets them.
fn received(metadata: Metadata) -> Pairs {
    let bytes = |value| match value {
        MetadataValue::Text(text) => String::into_bytes(text),
        MetadataValue::Binary(bytes) => Vec::from(bytes),
    };
    metadata.into_iter().map(|(name, value)| (name, bytes(value))).collect()
}

impl Host for GrpcView<'_> {
    async fn call(
        &mut self,
        method: String,
        request: String,
        metadata: Pairs,
        options: Option<String>,
    ) -> wasmtime::Result<Result<Answer, Failure>> {
        let complete = match self.complete(&method, Request::Json(request), metadata, options)? {
            Ok(complete) => complete,
            Err(failure) => return Ok(Err(failure)),
        };
        let (answer, typed, limits) = match self.answered(complete).await {
            Ok(answered) => answered,
            Err(failure) => return Ok(Err(failure)),
        };
        let _held = self.limiter.reserve(answer.message.len())?;
        let message = match typed.ok_or_else(|| unknown(&method)).and_then(|own| own.decode(&answer.message, &limits)) {
            Ok(message) => message,
            Err(failure) => return Ok(Err(failure)),
        };
        let (metadata, trailers) = (received(answer.metadata), received(answer.trailers));
        let _room = self.room_for(message.len() + pair_bytes(&metadata) + pair_bytes(&trailers))?;
        Ok(Ok(Answer { message, metadata, trailers }))
    }

    async fn call_bytes(
        &mut self,
        method: String,
        request: Vec<u8>,
        metadata: Pairs,
        options: Option<String>,
    ) -> wasmtime::Result<Result<AnswerBytes, Failure>> {
        let complete = match self.complete(&method, Request::Bytes(request), metadata, options)? {
            Ok(complete) => complete,
            Err(failure) => return Ok(Err(failure)),
        };
        let answer = match self.answered(complete).await {
            Ok((answer, ..)) => answer,
            Err(failure) => return Ok(Err(failure)),
        };
        let (metadata, trailers) = (received(answer.metadata), received(answer.trailers));
        let _room = self.room_for(answer.message.len() + pair_bytes(&metadata) + pair_bytes(&trailers))?;
        Ok(Ok(AnswerBytes { message: answer.message.into(), metadata, trailers }))
    }

    async fn open(
        &mut self,
        method: String,
        request: String,
        metadata: Pairs,
        options: Option<String>,
    ) -> wasmtime::Result<Result<Resource<Messages>, Failure>> {
        match self.complete(&method, Request::Json(request), metadata, options)? {
            Ok(complete) => self.opened(complete).await,
            Err(failure) => Ok(Err(failure)),
        }
    }

    async fn open_bytes(
        &mut self,
        method: String,
        request: Vec<u8>,
        metadata: Pairs,
        options: Option<String>,
    ) -> wasmtime::Result<Result<Resource<Messages>, Failure>> {
        match self.complete(&method, Request::Bytes(request), metadata, options)? {
            Ok(complete) => self.opened(complete).await,
            Err(failure) => Ok(Err(failure)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;
    use crate::cpu::Meter;
    use crate::pool::CountedMemory;

    fn state(memory_bytes: u64) -> GuestState {
        let limits = Limits { memory_bytes, ..Limits::default() };
        GuestState::new(&limits, Instant::now() + Duration::from_secs(60), Meter::new(), CountedMemory::unlimited())
    }

    #[tokio::test]
    async fn what_is_not_allowed_is_refused_before_it_is_read() {
        let mut state = state(64 << 20);
        let options = || Some(r#"{"retries": 1}"#.to_owned());
        let refused = view(&mut state).call("a.B/C".into(), "{".into(), Vec::new(), options()).await;
        assert_eq!(refused.unwrap().unwrap_err().code, "not-during-describe");
        let refused = view(&mut state).open_bytes("a.B/C".into(), Vec::new(), Vec::new(), options()).await;
        assert_eq!(refused.unwrap().unwrap_err().code, "not-during-describe");
        assert_eq!(state.calls.made(), 2);
    }

    #[test]
    fn messages_need_room_in_host_and_guest() {
        let mut state = state(100_000);
        assert!(view(&mut state).room_for(50_000).is_ok());
        let refused = view(&mut state).room_for(50_001).unwrap_err();
        assert_eq!(refused.downcast_ref::<Stop>(), Some(&Stop::Memory));
    }

    #[test]
    fn metadata_are_text_or_bytes_by_their_names() {
        let pairs = vec![("x-a".to_owned(), b"one".to_vec()), ("x-bin".to_owned(), vec![0, 255])];
        let own = sent(pairs.clone());
        assert_eq!(own[0].1, MetadataValue::Text("one".to_owned()));
        assert_eq!(own[1].1, MetadataValue::Binary(Bytes::from_static(&[0, 255])));
        assert_eq!((received(own), pair_bytes(&pairs)), (pairs, 2 * ENTRY_BYTES + 13));
    }
}
