//! `messages`: an answer that a guest reads message by message.

use std::sync::Arc;

use lockgate_domain::Limits;
use lockgate_egress::grpc::GrpcStream;
use wasmtime::component::Resource;
use wasmtime_wasi::p2::DynPollable;

use super::{GrpcView, Pairs, pair_bytes, received, status};
use crate::capability::arrived::{Arrived, End, Message};
use crate::capability::lockgate::grpc::client::HostMessages;
use crate::capability::outbound::{Outbound, Refusal};
use crate::capability::ready::when;
use crate::capability::streams::Messages;
use crate::capability::typed_message::{Typed, unknown};
use crate::capability::types::Failure;

impl GrpcView<'_> {
    /// Gives the guest a handle of an answer that began.
    pub(super) fn push_messages(
        &mut self,
        stream: GrpcStream,
        typed: Option<Typed>,
        limits: &Limits,
        outbound: &Outbound,
    ) -> wasmtime::Result<Result<Resource<Messages>, Failure>> {
        let metadata = received(stream.metadata().clone());
        let reserved = self.limiter.reserve(pair_bytes(&metadata))?;
        let arrived = Arrived::new();
        let receive = Arc::clone(&arrived).receive(stream, self.limiter.memory_budget());
        let task = match self.in_flight.spawn(&outbound.io.runtime, receive) {
            Ok(task) => task.abort_handle(),
            Err(refused) => return Ok(Err(refused.into())),
        };
        let (limits, trailers) = (*limits, Pairs::new());
        Ok(Ok(self.table.push(Messages { arrived, task, typed, limits, metadata, trailers, _reserved: reserved })?))
    }

    /// The next message; none at the end, whose trailers are kept.
    async fn next_message(
        &mut self,
        messages: &Resource<Messages>,
    ) -> wasmtime::Result<Result<Option<Message>, Failure>> {
        self.calls.count_streaming()?;
        let arrived = Arc::clone(&self.table.get(messages)?.arrived);
        let ended = match arrived.next().await {
            Ok(message) => {
                self.calls.bytes_moved().add(message.0.len());
                return Ok(Ok(Some(message)));
            }
            Err(ended) => ended,
        };
        Ok(match ended {
            End::Ok(trailers) => {
                self.table.get_mut(messages)?.trailers = received(trailers);
                Ok(None)
            }
            End::Status(own) => Err(status::failure(&own, self.phase.messages().0.as_ref())),
            End::Broken(error) => Err(Failure::from(&error)),
            End::Cancelled => Err(Refusal::Cancelled.into()),
        })
    }
}

impl HostMessages for GrpcView<'_> {
    fn metadata(&mut self, messages: Resource<Messages>) -> wasmtime::Result<Pairs> {
        self.calls.count()?;
        Ok(self.table.get(&messages)?.metadata.clone())
    }

    async fn next(&mut self, messages: Resource<Messages>) -> wasmtime::Result<Result<Option<String>, Failure>> {
        let (message, _reserved) = match self.next_message(&messages).await? {
            Ok(Some(message)) => message,
            Ok(None) => return Ok(Ok(None)),
            Err(failure) => return Ok(Err(failure)),
        };
        let own = self.table.get(&messages)?;
        let text = match &own.typed {
            Some(typed) => typed.decode(&message, &own.limits),
            None => Err(unknown("of these messages")),
        };
        match text {
            Ok(text) => {
                let _room = self.room_for(text.len())?;
                Ok(Ok(Some(text)))
            }
            Err(failure) => Ok(Err(failure)),
        }
    }

    async fn next_bytes(&mut self, messages: Resource<Messages>) -> wasmtime::Result<Result<Option<Vec<u8>>, Failure>> {
        let (message, _reserved) = match self.next_message(&messages).await? {
            Ok(Some(message)) => message,
            Ok(None) => return Ok(Ok(None)),
            Err(failure) => return Ok(Err(failure)),
        };
        let _room = self.room_for(message.len())?;
        Ok(Ok(Some(message.into())))
    }

    fn subscribe(&mut self, messages: Resource<Messages>) -> wasmtime::Result<Resource<DynPollable>> {
        self.calls.count_streaming()?;
        let arrived = Arc::downgrade(&self.table.get(&messages)?.arrived);
        when(self.table, move || {
            let arrived = arrived.upgrade();
            async move {
                if let Some(arrived) = arrived {
                    arrived.is_ready().await;
                }
            }
        })
    }

    fn trailers(&mut self, messages: Resource<Messages>) -> wasmtime::Result<Pairs> {
        self.calls.count()?;
        Ok(self.table.get(&messages)?.trailers.clone())
    }

    fn drop(&mut self, messages: Resource<Messages>) -> wasmtime::Result<()> {
        self.table.delete(messages)?;
        Ok(())
    }
}
