//! What callers ask of a gRPC server, and what they get.

use std::sync::Arc;

use bytes::Bytes;

use super::GrpcCode;
use super::stream::GrpcStream;
use crate::EgressError;
use crate::connect::{Backoff, Timeouts};

/// A call of one method with one message.
#[derive(Clone)]
pub struct GrpcCall {
    /// The server: the name of its destination, or its address (`https://host:port`). None for the only one.
    pub destination: Option<String>,
    /// `/package.Service/Method`.
    pub path: String,
    /// The request, as protobuf writes it.
    pub message: Bytes,
    /// What the caller adds. Not what is the host's or the auth method's.
    pub metadata: Metadata,
    /// How long its parts may take: an answer begins with its head, and a piece is one message.
    pub timeouts: Timeouts,
    /// Whether the method has the same effect when it is called twice. Only then is a call repeated that may have had
    /// its effect.
    pub idempotent: bool,
    /// How often it is called, and with what waits between, when the server says that it can't now. None for once; a call
    /// that no server has begun to work on is sent again nevertheless.
    pub retry: Option<Backoff>,
    /// Whether the message is compressed by gzip. Answers may always be.
    pub gzip: bool,
    /// Writes messages for who tests a connector. It stands for a method that the group's descriptors have.
    pub shown_by: Option<Arc<dyn ShowMessage>>,
}

impl GrpcCall {
    /// A call of a method of the only server, with everything else as it is by default.
    pub fn new(path: impl Into<String>, message: Bytes) -> Self {
        Self {
            destination: None,
            path: path.into(),
            message,
            metadata: Metadata::new(),
            timeouts: Timeouts::default(),
            idempotent: false,
            retry: None,
            gzip: false,
            shown_by: None,
        }
    }
}

/// Writes the messages of one method as JSON.
pub trait ShowMessage: Send + Sync {
    /// The request; none if it can't be written.
    fn request(&self, message: &[u8]) -> Option<serde_json::Value>;

    /// A message of the answer; none if it can't be written.
    fn response(&self, message: &[u8]) -> Option<serde_json::Value>;
}

/// One value of metadata.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MetadataValue {
    /// Printable ASCII.
    Text(String),
    /// Any bytes: of a name that ends in `-bin`.
    Binary(Bytes),
}

/// Metadata; a name can have several values. What is received is sorted by names.
pub type Metadata = Vec<(String, MetadataValue)>;

/// A call with one message as the answer. It answers with what the server says, which may be a status that is not OK;
/// errors are of the way there.
#[derive(Debug, Clone)]
pub struct Unary(pub GrpcCall);

/// A call with any number of messages as the answer. The request is complete with its message, so a method that streams
/// both ways has just the one.
#[derive(Debug, Clone)]
pub struct ServerStream(pub GrpcCall);

/// What [`Unary`] answers.
pub type Answered = Result<GrpcAnswer, GrpcStatus>;

/// What [`ServerStream`] answers.
pub type Opened = Result<GrpcStream, GrpcStatus>;

/// The answer of a call that succeeded. Secrets of the connection are masked in all of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrpcAnswer {
    /// The message.
    pub message: Bytes,
    /// What came before it.
    pub metadata: Metadata,
    /// What came after it.
    pub trailers: Metadata,
}

/// The status of a call that did not succeed. Secrets of the connection are masked in all of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrpcStatus {
    /// The code; never [`GrpcCode::Ok`].
    pub code: GrpcCode,
    /// What the server says.
    pub message: String,
    /// `google.rpc.Status`, as protobuf writes it, if the server gave more than a message (`grpc-status-details-bin`).
    pub details: Option<Bytes>,
    /// What came with it.
    pub metadata: Metadata,
    /// What the server says about a repetition.
    pub(super) pushback: Pushback,
}

/// `grpc-retry-pushback-ms` (gRPC proposal A6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pushback {
    /// It says nothing.
    None,
    /// It wants none.
    Never,
    /// After so long.
    After(std::time::Duration),
}

impl GrpcStatus {
    /// A status, as a server would send it.
    pub fn new(code: GrpcCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), details: None, metadata: Metadata::new(), pushback: Pushback::None }
    }

    /// After what time the server wants the call again, if it says that.
    pub fn retry_after(&self) -> Option<std::time::Duration> {
        match self.pushback {
            Pushback::After(wait) => Some(wait),
            Pushback::None | Pushback::Never => None,
        }
    }
}

impl std::fmt::Debug for GrpcCall {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "GrpcCall({}, {} bytes)", self.path, self.message.len())
    }
}

/// The service and the method of a path.
pub(super) fn names(path: &str) -> Result<(&str, &str), EgressError> {
    let word = |text: &str| {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'.';
        !text.is_empty() && text.bytes().all(allowed)
    };
    let names = path.strip_prefix('/').filter(|_| path.len() <= PATH_MAX).and_then(|rest| rest.split_once('/'));
    names.filter(|(service, method)| word(service) && word(method) && !method.contains('.')).ok_or_else(|| {
        let (shown, max) = (path.get(..path.floor_char_boundary(100)).unwrap_or_default().escape_default(), PATH_MAX);
        EgressError::Request(format!(
            "`{shown}` is no method: expected `package.Service/Method` of at most {max} bytes"
        ))
    })
}

/// Longer than any method of a public API.
const PATH_MAX: usize = 512;
