//! The messages of OTLP that traces need (`trace.proto` and `common.proto` of opentelemetry-proto 1), with the numbers of
//! the fields that are sent. The tests decode them with the official definitions.

use crate::protobuf::Message;

/// What a span stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A part of the host's own work.
    Internal = 1,
    /// The answer to a request from outside.
    Server = 2,
    /// A request to an upstream.
    Client = 3,
}

/// The status of a span that failed.
const ERROR: u64 = 2;

/// A name or a number, noted of a span or of the host.
pub(crate) type Attribute = Message;

pub(crate) fn text(key: &str, value: &str) -> Attribute {
    attribute(key, &Message::default().bytes(1, value.as_bytes()))
}

pub(crate) fn number(key: &str, value: u64) -> Attribute {
    // Signed in the protocol.
    attribute(key, &Message::default().chosen_number(3, value.min(i64::MAX.unsigned_abs())))
}

fn attribute(key: &str, value: &Message) -> Attribute {
    Message::default().bytes(1, key.as_bytes()).message(2, value)
}

/// A span that has ended.
#[derive(Debug)]
pub(crate) struct Span<'s> {
    pub(crate) trace: [u8; 16],
    pub(crate) id: [u8; 8],
    pub(crate) parent: Option<[u8; 8]>,
    pub(crate) name: &'s str,
    pub(crate) kind: Kind,
    /// Nanoseconds since 1970.
    pub(crate) began: u64,
    pub(crate) ended: u64,
    pub(crate) attributes: &'s [Attribute],
    /// The code of what went wrong.
    pub(crate) failed: Option<&'s str>,
}

impl Span<'_> {
    pub(crate) fn message(&self) -> Message {
        let mut span = Message::default().bytes(1, &self.trace).bytes(2, &self.id);
        if let Some(parent) = &self.parent {
            span = span.bytes(4, parent);
        }
        span = span.bytes(5, self.name.as_bytes()).number(6, self.kind as u64);
        span = span.fixed64(7, self.began).fixed64(8, self.ended).messages(9, self.attributes);
        match self.failed {
            Some(code) => span.message(15, &Message::default().bytes(2, code.as_bytes()).number(3, ERROR)),
            None => span,
        }
    }
}

/// A request to a collector.
pub(crate) fn request<'m>(spans: impl IntoIterator<Item = &'m Message>) -> Message {
    let (name, version) = ("lockgate", env!("CARGO_PKG_VERSION"));
    let resource = [text("service.name", name), text("service.version", version)];
    let resource = Message::default().messages(1, &resource);
    let scope = Message::default().bytes(1, name.as_bytes()).bytes(2, version.as_bytes());
    let scope_spans = Message::default().message(1, &scope).messages(2, spans);
    let resource_spans = Message::default().message(1, &resource).message(2, &scope_spans);
    Message::default().message(1, &resource_spans)
}
