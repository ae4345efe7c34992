//! Messages that are read as they come.

use super::{Pairs, call::text};
use crate::{Failure, host};
use serde::de::DeserializeOwned;
use std::marker::PhantomData;

/// The messages of an answer, made by [`Call::stream`](super::Call::stream). Dropped before their end, they end the call at
/// the server. A failure is the last item.
#[derive(Debug)]
pub struct Messages<T> {
    method: String,
    source: Source,
    message: PhantomData<fn() -> T>,
}

/// The same in the bytes of protobuf, made by [`Call::stream_bytes`](super::Call::stream_bytes).
#[derive(Debug)]
pub struct RawMessages(Source);

#[derive(Debug)]
struct Source {
    host: host::grpc::Messages,
    metadata: Pairs,
    trailers: Pairs,
    ended: bool,
}

impl Source {
    fn new(host: host::grpc::Messages) -> Self {
        Self { metadata: host.metadata(), trailers: Pairs::new(), ended: false, host }
    }

    fn next<M>(
        &mut self,
        next: impl FnOnce(&mut host::grpc::Messages) -> Result<Option<M>, Failure>,
    ) -> Option<Result<M, Failure>> {
        if self.ended {
            return None;
        }
        let found = next(&mut self.host).transpose();
        self.ended = !matches!(found, Some(Ok(_)));
        if found.is_none() {
            self.trailers = self.host.trailers();
        }
        found
    }
}

macro_rules! metadata {
    ($($source:tt)+) => {
        /// The first value of the metadata as text, if it is some.
        pub fn metadata(&self, name: &str) -> Option<&str> {
            text(&self.$($source)+.metadata, name)
        }

        /// The first value of a trailer as text, if it is some. There are none before the end.
        pub fn trailer(&self, name: &str) -> Option<&str> {
            text(&self.$($source)+.trailers, name)
        }
    };
}

impl<T> Messages<T> {
    pub(super) fn new(method: String, host: host::grpc::Messages) -> Self {
        Self { method, source: Source::new(host), message: PhantomData }
    }

    metadata!(source);
}

impl RawMessages {
    pub(super) fn new(host: host::grpc::Messages) -> Self {
        Self(Source::new(host))
    }

    metadata!(0);
}

impl<T: DeserializeOwned> Iterator for Messages<T> {
    type Item = Result<T, Failure>;

    fn next(&mut self) -> Option<Self::Item> {
        let message = self.source.next(host::grpc::Messages::next)?;
        let message = message.and_then(|message| read(&self.method, &message));
        self.source.ended |= message.is_err();
        Some(message)
    }
}

impl Iterator for RawMessages {
    type Item = Result<Vec<u8>, Failure>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next(host::grpc::Messages::next_bytes)
    }
}

/// A message as a type of the connector.
pub(super) fn read<T: DeserializeOwned>(method: &str, message: &str) -> Result<T, Failure> {
    serde_json::from_str(message).map_err(|error| {
        Failure::new("unexpected_message", format!("a message of {method} is not what is expected: {error}"))
    })
}
