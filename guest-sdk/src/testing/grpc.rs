//! Answers to [`grpc`](crate::grpc) calls, and a record of what was called. No call leaves the test.
//!
//! ```
//! use lockgate_sdk::{grpc, prelude::{Value, json}, testing::grpc::{Message, calls, on}};
//!
//! on("shop.v1.Stock/Get").reply(json!({ "pieces": 3 }));
//!
//! let product: Value = grpc::method("shop.v1.Stock/Get").call(json!({ "sku": "desk-oak" })).unwrap();
//! assert_eq!(product["pieces"], 3);
//! assert_eq!(calls()[0].request, Message::Json(json!({ "sku": "desk-oak" })));
//! ```
//!
//! A call without an answer fails with the code `unexpected_call`, and says which answers there are. Nothing here knows the
//! types of a service: whether a message fits is for a test with a host.

use crate::{
    Failure,
    grpc::{Pairs, Status},
    host::native::{self, grpc::plain},
};
use serde_json::Value;

/// Begins an answer to one call of a method.
pub fn on(method: &str) -> On {
    On(plain(method))
}

/// A call that will have an answer.
#[derive(Debug)]
#[must_use = "without `answer`, `reply`, `status` or `fail` nothing is set"]
pub struct On(String);

impl On {
    /// Sets the answer. It is used once; several for one method are used in the order in which they were set.
    pub fn answer(self, answer: Answer) {
        self.set(Ok(answer));
    }

    /// Sets one message.
    pub fn reply(self, message: Value) {
        self.answer(Answer::new(message));
    }

    /// Sets a status that is not OK.
    pub fn status(self, status: Status) {
        self.fail(status.into_failure());
    }

    /// Sets a failure of the host, as `connect` or `denied`.
    pub fn fail(self, failure: Failure) {
        self.set(Err(failure));
    }

    fn set(self, answer: Result<Answer, Failure>) {
        native::STATE.with_borrow_mut(|state| state.grpc.answers.push_back((self.0, answer)));
    }
}

/// A message of a call.
#[derive(Debug, Clone, PartialEq)]
pub enum Message {
    /// As JSON.
    Json(Value),
    /// In the bytes of protobuf.
    Bytes(Vec<u8>),
}

/// What a call gets.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Answer {
    pub(crate) messages: Vec<Message>,
    pub(crate) metadata: Pairs,
    pub(crate) trailers: Pairs,
    pub(crate) end: Option<Failure>,
}

impl Answer {
    /// One message.
    pub fn new(message: Value) -> Self {
        Self::stream([message])
    }

    /// One message in bytes.
    pub fn bytes(message: impl Into<Vec<u8>>) -> Self {
        Self::stream_bytes([message])
    }

    /// Messages of a stream.
    pub fn stream(messages: impl IntoIterator<Item = Value>) -> Self {
        Self { messages: messages.into_iter().map(Message::Json).collect(), ..Self::default() }
    }

    /// Messages of a stream in bytes.
    pub fn stream_bytes(messages: impl IntoIterator<Item = impl Into<Vec<u8>>>) -> Self {
        let messages = messages.into_iter().map(|message| Message::Bytes(message.into()));
        Self { messages: messages.collect(), ..Self::default() }
    }

    /// Adds metadata.
    #[must_use]
    pub fn metadata(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.metadata.push((name.to_owned(), value.as_ref().to_vec()));
        self
    }

    /// Adds a trailer.
    #[must_use]
    pub fn trailer(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.trailers.push((name.to_owned(), value.as_ref().to_vec()));
        self
    }

    /// Ends it, after its messages, with a status that is not OK.
    ///
    /// ```
    /// # use lockgate_sdk::{grpc::{self, Code, Status}, prelude::{Value, json}, testing::grpc::{Answer, on}};
    /// on("a.B/Watch").answer(Answer::stream([json!({})]).ended(Status::new(Code::Aborted, "try again")));
    /// let mut events = grpc::method("a.B/Watch").stream::<Value>(json!({})).unwrap();
    /// assert!(events.next().unwrap().is_ok());
    /// assert_eq!(events.next().unwrap().unwrap_err().code(), "grpc-aborted");
    /// assert!(events.next().is_none());
    /// ```
    #[must_use]
    pub fn ended(mut self, status: Status) -> Self {
        self.end = Some(status.into_failure());
        self
    }
}

/// A call that was made.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Recorded {
    /// The method, `package.Service/Method`.
    pub method: String,
    /// The message that was sent.
    pub request: Message,
    /// Its metadata.
    pub metadata: Vec<(String, Vec<u8>)>,
    /// Its options, as the JSON text of the contract.
    pub options: Option<String>,
}

/// Takes the calls that were made in this thread.
pub fn calls() -> Vec<Recorded> {
    native::STATE.with_borrow_mut(|state| std::mem::take(&mut state.grpc.calls))
}

/// Fails when an answer was set and not used.
///
/// # Panics
/// It names the methods that nobody called.
///
/// ```
/// use lockgate_sdk::{grpc, prelude::{Value, json}, testing::grpc::{assert_all_used, on}};
/// on("a.B/C").reply(json!({}));
/// grpc::method("a.B/C").call::<Value>(json!({})).unwrap();
/// assert_all_used();
/// ```
pub fn assert_all_used() {
    native::STATE.with_borrow(|state| {
        let left: Vec<_> = state.grpc.answers.iter().map(|(method, _)| method.as_str()).collect();
        assert!(left.is_empty(), "nobody called {}", left.join("; "));
    });
}
