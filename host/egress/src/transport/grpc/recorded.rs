//! What a test route shows of a gRPC call. Credentials are masked before anything is kept.

use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine;
use http::{HeaderMap, HeaderValue};
use serde::Serialize;
use serde_json::{Value, json};

use super::GrpcCode;
use super::metadata::BASE64;
use super::request::{GrpcCall, GrpcStatus, Metadata, MetadataValue, ShowMessage, names};
use super::server::Server;
use crate::EgressError;
use crate::observe::{Recording, Traced};
use crate::scrub::Scrubber;
use crate::transport::{RecordedExchange, SendContext};

/// How much is kept of a message.
const MESSAGE_MAX: usize = 64 * 1024;
/// Messages that are read for who tests a connector; a larger one is shown as bytes.
const READ_MAX: usize = 1024 * 1024;
/// Messages of one answer that are kept; further ones are counted.
const MESSAGES_MAX: usize = 20;

/// One call that was made, and what came back.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct GrpcExchange {
    /// What it was for: `request`, `login` or `verify`.
    #[schemars(extend("enum" = ["request", "login", "verify"]))]
    pub purpose: &'static str,
    /// The server, as `grpc://host:port`.
    pub target: String,
    /// The service, with its package.
    pub service: String,
    /// The method.
    pub method: String,
    /// What was sent as metadata; what the auth method adds is masked.
    pub request_metadata: Vec<(String, String)>,
    /// The message that was sent: as JSON, if the group's descriptors have the method; else `{"base64": …}`, cut where it
    /// is long.
    pub request_message: Value,
    /// How many bytes it has.
    pub request_bytes: u64,
    /// The code of the status (`OK`, `NOT_FOUND`), if there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<&'static str>,
    /// What the server says with a status that is not OK.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_message: Option<String>,
    /// What came before the messages.
    pub response_metadata: Vec<(String, String)>,
    /// The first 20 messages of the answer, as the connector got them.
    pub response_messages: Vec<Value>,
    /// How many messages were read.
    pub response_count: u64,
    /// How many bytes they have.
    pub response_bytes: u64,
    /// What came after the messages.
    pub response_trailers: Vec<(String, String)>,
    /// Why there was no answer, or no end of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Which time it was made, from 1.
    pub attempt: u32,
    /// From the beginning of the attempt until the end of its answer, as far as it was read.
    pub duration_us: u64,
}

/// One attempt that is watched: by who tests a connector, and by the trace of the call.
pub(super) struct Watched {
    recording: Option<Recording<RecordedExchange>>,
    traced: Option<Traced>,
    shown_by: Option<Arc<dyn ShowMessage>>,
    began: Instant,
}

impl Watched {
    pub(super) fn begin(
        context: &SendContext<'_>,
        call: &GrpcCall,
        server: &Server<'_>,
        scrubber: &Arc<Scrubber>,
        attempt: u32,
    ) -> Result<Self, EgressError> {
        let (service, method) = names(&call.path)?;
        let mut traced = Traced::begin(context.trace, context.purpose, attempt);
        // A method that the group's descriptors have has a name that the author chose.
        traced.rpc(call.shown_by.as_ref().map(|_| (service, method)));
        let recording = context.recorder.and_then(|recorder| {
            let shown_by = call.shown_by.as_deref();
            let request = shown_by.and_then(|shown_by| shown_by.request(&call.message));
            recorder.add(RecordedExchange::Grpc(GrpcExchange {
                purpose: context.purpose.as_str(),
                target: server.target.origin(),
                service: scrubber.clean_text(service),
                method: scrubber.clean_text(method),
                request_message: shown(request, &call.message, scrubber),
                request_bytes: call.message.len() as u64,
                attempt,
                ..GrpcExchange::default()
            }))
        });
        let shown_by = call.shown_by.clone().filter(|_| recording.is_some());
        Ok(Self { recording, traced: Some(traced), shown_by, began: Instant::now() })
    }

    /// What tells the server of the span.
    pub(super) fn traceparent(&self) -> Option<HeaderValue> {
        self.traced.as_ref()?.traceparent().and_then(|text| HeaderValue::try_from(text).ok())
    }

    /// The headers as they are sent.
    pub(super) fn sent(&self, headers: &HeaderMap, scrubber: &Arc<Scrubber>) {
        let value = |value: &HeaderValue| match value.is_sensitive() {
            true => "***".to_owned(),
            false => String::from_utf8_lossy(&scrubber.clean(value.as_bytes())).into_owned(),
        };
        let listed = || headers.iter().map(|(name, own)| (scrubber.clean_text(name.as_str()), value(own))).collect();
        self.change(|exchange| exchange.request_metadata = listed());
    }

    /// The answer began.
    pub(super) fn begun(&self, metadata: &Metadata) {
        self.change(|exchange| exchange.response_metadata = listed(metadata));
    }

    /// A message, cleaned already.
    pub(super) fn message(&self, message: &[u8]) {
        let after = self.began.elapsed();
        self.change(|exchange| {
            exchange.response_count += 1;
            exchange.response_bytes = exchange.response_bytes.saturating_add(message.len() as u64);
            exchange.duration_us = micros(after);
            if exchange.response_messages.len() < MESSAGES_MAX {
                let shown_by = self.shown_by.as_ref().filter(|_| message.len() <= READ_MAX);
                let json = shown_by.and_then(|shown_by| shown_by.response(message));
                exchange.response_messages.push(json.unwrap_or_else(|| bytes(message)));
            }
        });
    }

    /// It came to its end, with a status.
    pub(super) fn ended(&mut self, ended: Result<&Metadata, &GrpcStatus>) {
        let after = self.began.elapsed();
        let (code, message, trailers) = match ended {
            Ok(trailers) => (GrpcCode::Ok, None, trailers),
            Err(status) => (status.code, Some(status.message.clone()), &status.metadata),
        };
        self.change(|exchange| {
            exchange.status = Some(code.name());
            exchange.status_message = message;
            exchange.response_trailers = listed(trailers);
            exchange.duration_us = micros(after);
        });
        if let Some(traced) = self.traced.take() {
            traced.rpc_ended(code.number());
        }
    }

    /// It did not.
    pub(super) fn failed(&mut self, error: &EgressError) {
        let after = self.began.elapsed();
        self.change(|exchange| (exchange.error, exchange.duration_us) = (Some(error.to_string()), micros(after)));
        if let Some(traced) = self.traced.take() {
            traced.failed(error);
        }
    }

    fn change(&self, change: impl FnOnce(&mut GrpcExchange)) {
        let Some(recording) = &self.recording else { return };
        recording.change(|exchange| match exchange {
            RecordedExchange::Grpc(exchange) => change(exchange),
            RecordedExchange::Http(_) | RecordedExchange::Database(_) => {}
        });
    }
}

/// A request, cleaned. A connector may have put a secret of its own into it.
fn shown(json: Option<Value>, message: &[u8], scrubber: &Arc<Scrubber>) -> Value {
    match json {
        Some(json) => {
            let text = scrubber.clean_text(&json.to_string());
            serde_json::from_str(&text).unwrap_or(Value::String(text))
        }
        None => bytes(&scrubber.clean(message)),
    }
}

fn bytes(message: &[u8]) -> Value {
    json!({"base64": BASE64.encode(message.get(..MESSAGE_MAX).unwrap_or(message))})
}

fn listed(metadata: &Metadata) -> Vec<(String, String)> {
    let text = |value: &MetadataValue| match value {
        MetadataValue::Text(text) => text.clone(),
        MetadataValue::Binary(bytes) => BASE64.encode(bytes),
    };
    metadata.iter().map(|(name, value)| (name.clone(), text(value))).collect()
}

fn micros(after: Duration) -> u64 {
    u64::try_from(after.as_micros()).unwrap_or(u64::MAX)
}
