//! A call that is being put together, and its answer.

use super::{Asked, Messages, Pairs, RawMessages, messages::read};
use crate::{Failure, host};
use serde::{Serialize, de::DeserializeOwned};
use std::time::Duration;

/// A call of one method; see [`method`](super::method).
#[derive(Debug, Clone)]
#[must_use = "nothing is called without `call` or `stream`"]
pub struct Call(Asked);

/// A whole answer with its metadata.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply<T> {
    /// The message.
    pub message: T,
    pub(super) metadata: Pairs,
    pub(super) trailers: Pairs,
}

impl Call {
    pub(super) fn new(method: String) -> Self {
        Self(Asked { method, ..Asked::default() })
    }

    /// Adds metadata. A value that is text has a name that does not end in `-bin`; a value of such a name is any bytes.
    ///
    /// ```
    /// # use lockgate_sdk::{grpc, prelude::{Value, json}, testing::grpc::{calls, on}};
    /// # on("a.B/C").reply(json!({}));
    /// let call = grpc::method("a.B/C").metadata("x-store", "9").metadata("x-trace-bin", [0, 255]);
    /// call.call::<Value>(json!({})).unwrap();
    /// assert_eq!(calls()[0].metadata[1], ("x-trace-bin".to_owned(), vec![0, 255]));
    /// ```
    pub fn metadata(mut self, name: impl Into<String>, value: impl AsRef<[u8]>) -> Self {
        self.0.metadata.push((name.into(), value.as_ref().to_vec()));
        self
    }

    /// Chooses among several gRPC servers of the group: by the name of a destination, or by the address that it has.
    ///
    /// ```
    /// # use lockgate_sdk::{grpc, prelude::{Value, json}, testing::grpc::{calls, on}};
    /// # on("a.B/C").reply(json!({}));
    /// grpc::method("a.B/C").destination("stock").call::<Value>(json!({})).unwrap();
    /// assert_eq!(calls()[0].options.as_deref(), Some(r#"{"destination":"stock"}"#));
    /// ```
    pub fn destination(mut self, name: impl Into<String>) -> Self {
        self.0.options.destination = Some(name.into());
        self
    }

    /// Says that calling the method twice has the effect of one call, and lets the host do so, as often in all, when the
    /// server can't answer now or is lost.
    pub fn idempotent(mut self, attempts: u32) -> Self {
        self.0.options.idempotent = true;
        self.0.options.attempts = Some(attempts);
        self
    }

    /// The wait before the second attempt, which doubles each time, and the longest.
    pub fn backoff(mut self, wait: Duration, longest: Duration) -> Self {
        (self.0.options.backoff, self.0.options.backoff_max) = (Some(wait), Some(longest));
        self
    }

    /// Packs the request by gzip.
    pub fn gzip(mut self) -> Self {
        self.0.options.gzip = true;
        self
    }

    /// The longest time until there is a connection.
    pub fn connect_timeout(mut self, time: Duration) -> Self {
        self.0.options.connect = Some(time);
        self
    }

    /// The longest time from the sent request to the beginning of the answer.
    pub fn first_byte_timeout(mut self, time: Duration) -> Self {
        self.0.options.first_byte = Some(time);
        self
    }

    /// The longest time between two messages of a stream.
    pub fn idle_timeout(mut self, time: Duration) -> Self {
        self.0.options.idle = Some(time);
        self
    }

    /// The longest time for all of it.
    pub fn timeout(mut self, time: Duration) -> Self {
        self.0.options.total = Some(time);
        self
    }

    /// Calls the method and reads its one message.
    ///
    /// # Errors
    /// Everything that keeps an answer from coming, a status that is not OK, and a message that is no `T`.
    pub fn call<T: DeserializeOwned>(self, request: impl Serialize) -> Result<T, Failure> {
        self.reply(request).map(|reply| reply.message)
    }

    /// The same, with metadata and trailers.
    ///
    /// ```
    /// # use lockgate_sdk::{grpc, prelude::{Value, json}, testing::grpc::{Answer, on}};
    /// # on("a.B/C").answer(Answer::new(json!({})).metadata("x-served-by", "one").trailer("x-cost", "3"));
    /// let reply = grpc::method("a.B/C").reply::<Value>(json!({})).unwrap();
    /// assert_eq!((reply.metadata("x-served-by"), reply.trailer("x-cost")), (Some("one"), Some("3")));
    /// ```
    ///
    /// # Errors
    /// As for [`call`](Self::call).
    pub fn reply<T: DeserializeOwned>(self, request: impl Serialize) -> Result<Reply<T>, Failure> {
        let method = self.0.method.clone();
        let answer = host::grpc::call(self.0, written(&request)?)?;
        Ok(Reply { message: read(&method, &answer.message)?, metadata: answer.metadata, trailers: answer.trailers })
    }

    /// Calls the method with a message in the bytes of protobuf, for types of one's own.
    ///
    /// ```
    /// # use lockgate_sdk::{grpc, testing::grpc::{Answer, on}};
    /// # on("a.B/C").answer(Answer::bytes([8, 1]));
    /// assert_eq!(grpc::method("a.B/C").call_bytes([8, 7]).unwrap().message, [8, 1]);
    /// ```
    ///
    /// # Errors
    /// Everything that keeps an answer from coming, and a status that is not OK.
    pub fn call_bytes(self, request: impl AsRef<[u8]>) -> Result<Reply<Vec<u8>>, Failure> {
        let answer = host::grpc::call_bytes(self.0, request.as_ref())?;
        Ok(Reply { message: answer.message, metadata: answer.metadata, trailers: answer.trailers })
    }

    /// Calls the method and reads its messages one by one. The server sends no more than some of them ahead.
    ///
    /// ```
    /// # use lockgate_sdk::{Failure, grpc, prelude::json, testing::grpc::{Answer, on}};
    /// # on("a.B/Count").answer(Answer::stream([json!(1), json!(2), json!(3)]));
    /// let numbers = grpc::method("a.B/Count").stream::<u32>(json!({ "to": 3 })).unwrap();
    /// assert_eq!(numbers.sum::<Result<u32, Failure>>().unwrap(), 6);
    /// ```
    ///
    /// # Errors
    /// Everything that keeps an answer from beginning. A status that comes later is the last item.
    pub fn stream<T: DeserializeOwned>(self, request: impl Serialize) -> Result<Messages<T>, Failure> {
        let method = self.0.method.clone();
        let source = host::grpc::open(self.0, written(&request)?)?;
        Ok(Messages::new(method, source))
    }

    /// The same, with messages in the bytes of protobuf.
    ///
    /// # Errors
    /// As for [`stream`](Self::stream).
    pub fn stream_bytes(self, request: impl AsRef<[u8]>) -> Result<RawMessages, Failure> {
        host::grpc::open_bytes(self.0, request.as_ref()).map(RawMessages::new)
    }
}

impl<T> Reply<T> {
    /// The first value of metadata as text, if it is some.
    pub fn metadata(&self, name: &str) -> Option<&str> {
        text(&self.metadata, name)
    }

    /// All metadata, sorted by names.
    pub fn all_metadata(&self) -> &[(String, Vec<u8>)] {
        &self.metadata
    }

    /// The first value of a trailer as text, if it is some.
    pub fn trailer(&self, name: &str) -> Option<&str> {
        text(&self.trailers, name)
    }

    /// All trailers, sorted by names.
    pub fn all_trailers(&self) -> &[(String, Vec<u8>)] {
        &self.trailers
    }
}

/// The first value of a name, if it is text.
pub(super) fn text<'p>(pairs: &'p Pairs, name: &str) -> Option<&'p str> {
    let found = pairs.iter().find(|(own, _)| own.eq_ignore_ascii_case(name));
    found.and_then(|(_, value)| std::str::from_utf8(value).ok())
}

fn written(request: &impl Serialize) -> Result<String, Failure> {
    serde_json::to_string(request)
        .map_err(|error| Failure::new("invalid-request", format!("the request has no JSON form: {error}")))
}
