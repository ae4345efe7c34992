//! The messages of OTLP that traces need (`trace.proto`, `common.proto`, `resource.proto` and `trace_service.proto` of
//! opentelemetry-proto 1), with the fields that are sent. The tests of the whole host decode them with the official
//! definitions.

use prost::{Message, Oneof};

/// What a span stands for, with the numbers of `Span.SpanKind`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A part of the host's own work.
    Internal = 1,
    /// The answer to a request from outside.
    Server = 2,
    /// A request to an upstream.
    Client = 3,
}

/// `Status.StatusCode` of a span that failed.
const ERROR: i32 = 2;

#[derive(Clone, PartialEq, Message)]
pub(crate) struct ExportTraceServiceRequest {
    #[prost(message, repeated, tag = "1")]
    resource_spans: Vec<ResourceSpans>,
}

#[derive(Clone, PartialEq, Message)]
struct ResourceSpans {
    #[prost(message, optional, tag = "1")]
    resource: Option<Resource>,
    #[prost(message, repeated, tag = "2")]
    scope_spans: Vec<ScopeSpans>,
}

#[derive(Clone, PartialEq, Message)]
struct Resource {
    #[prost(message, repeated, tag = "1")]
    attributes: Vec<KeyValue>,
}

#[derive(Clone, PartialEq, Message)]
struct ScopeSpans {
    #[prost(message, optional, tag = "1")]
    scope: Option<InstrumentationScope>,
    #[prost(message, repeated, tag = "2")]
    spans: Vec<Span>,
}

#[derive(Clone, PartialEq, Message)]
struct InstrumentationScope {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, tag = "2")]
    version: String,
}

/// A span that has ended.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Span {
    #[prost(bytes = "vec", tag = "1")]
    pub(crate) trace_id: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    pub(crate) span_id: Vec<u8>,
    /// Empty for a span without a parent.
    #[prost(bytes = "vec", tag = "4")]
    pub(crate) parent_span_id: Vec<u8>,
    #[prost(string, tag = "5")]
    pub(crate) name: String,
    /// A [`Kind`].
    #[prost(int32, tag = "6")]
    pub(crate) kind: i32,
    /// Nanoseconds since 1970.
    #[prost(fixed64, tag = "7")]
    pub(crate) start_time_unix_nano: u64,
    /// Nanoseconds since 1970.
    #[prost(fixed64, tag = "8")]
    pub(crate) end_time_unix_nano: u64,
    #[prost(message, repeated, tag = "9")]
    pub(crate) attributes: Vec<KeyValue>,
    #[prost(message, optional, tag = "15")]
    pub(crate) status: Option<Status>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Status {
    #[prost(string, tag = "2")]
    message: String,
    #[prost(int32, tag = "3")]
    code: i32,
}

/// A name or a number, noted of a span or of the host.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct KeyValue {
    #[prost(string, tag = "1")]
    key: String,
    #[prost(message, optional, tag = "2")]
    value: Option<AnyValue>,
}

#[derive(Clone, PartialEq, Message)]
struct AnyValue {
    #[prost(oneof = "Value", tags = "1, 3")]
    value: Option<Value>,
}

#[derive(Clone, PartialEq, Oneof)]
enum Value {
    #[prost(string, tag = "1")]
    String(String),
    #[prost(int64, tag = "3")]
    Int(i64),
}

impl KeyValue {
    pub(crate) fn text(key: &str, value: String) -> Self {
        Self::of(key, Value::String(value))
    }

    pub(crate) fn number(key: &str, value: u64) -> Self {
        Self::of(key, Value::Int(i64::try_from(value).unwrap_or(i64::MAX)))
    }

    fn of(key: &str, value: Value) -> Self {
        Self { key: key.to_owned(), value: Some(AnyValue { value: Some(value) }) }
    }
}

impl Status {
    /// Of a span that failed, with the code of what went wrong.
    pub(crate) fn failed(code: &str) -> Self {
        Self { message: code.to_owned(), code: ERROR }
    }
}

/// A request to a collector.
pub(crate) fn request(spans: Vec<Span>) -> ExportTraceServiceRequest {
    let (name, version) = ("lockgate".to_owned(), env!("CARGO_PKG_VERSION").to_owned());
    let attributes =
        vec![KeyValue::text("service.name", name.clone()), KeyValue::text("service.version", version.clone())];
    let scope_spans = vec![ScopeSpans { scope: Some(InstrumentationScope { name, version }), spans }];
    let resource = Some(Resource { attributes });
    ExportTraceServiceRequest { resource_spans: vec![ResourceSpans { resource, scope_spans }] }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Field numbers and kinds, written out as the encoding guide of protobuf has them.
    #[test]
    fn a_span_has_the_bytes_of_its_definition() {
        let span = Span {
            trace_id: vec![1, 2],
            span_id: vec![3],
            parent_span_id: Vec::new(),
            name: "n".to_owned(),
            kind: Kind::Internal as i32,
            start_time_unix_nano: 1,
            end_time_unix_nano: 2,
            attributes: vec![KeyValue::number("k", 0)],
            status: Some(Status::failed("c")),
        };
        let expected: [&[u8]; 8] = [
            &[0x0a, 2, 1, 2],
            &[0x12, 1, 3],
            &[0x2a, 1, b'n'],
            &[0x30, 1],
            &[0x39, 1, 0, 0, 0, 0, 0, 0, 0],
            &[0x41, 2, 0, 0, 0, 0, 0, 0, 0],
            // Zero is a value in a `oneof`.
            &[0x4a, 7, 0x0a, 1, b'k', 0x12, 2, 0x18, 0],
            &[0x7a, 5, 0x12, 1, b'c', 0x18, 2],
        ];
        assert_eq!(span.encode_to_vec(), expected.concat());
    }

    #[test]
    fn a_request_holds_the_spans_of_the_host() {
        let bytes = request(vec![Span { name: "call".to_owned(), ..Span::default() }]).encode_to_vec();
        let read = ExportTraceServiceRequest::decode(bytes.as_slice()).unwrap();
        let [of_host] = read.resource_spans.as_slice() else { panic!("{read:?}") };
        assert_eq!(of_host.scope_spans[0].spans[0].name, "call");
        let first = &of_host.resource.as_ref().unwrap().attributes[0];
        assert_eq!(*first, KeyValue::text("service.name", "lockgate".to_owned()));
    }
}
