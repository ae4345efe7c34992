//! A declarative gRPC call: its message is made from the input, and the messages of the answer become the output.

mod status;

use std::sync::Arc;

use base64::Engine;
use bytes::Bytes;
use lockgate_domain::connector::{GrpcDefinition, Unfit};
use lockgate_domain::schema::Document;
use lockgate_domain::{Limit, LimitHit, Violation};
use lockgate_egress::grpc::{GrpcCall, MetadataValue, ServerStream, ShowMessage, Unary};
use lockgate_egress::{Backoff, EgressError};
use lockgate_engine::{Ended, Stop};
use lockgate_protobuf::{Method, NotDecoded, NotEncoded};
use serde_json::Value;

use super::{RunContext, RunReport};
use crate::FlowError;
use crate::call::cpu_time::{computed, counted};

/// What a message may have beside what the input gives.
const MESSAGE_MAX: u64 = 1024 * 1024;
/// Messages up to which are read where the call is; a larger one waits for its time slice beside other groups' guests.
const QUICK_BYTES: usize = 256 * 1024;
/// Bytes of JSON of one message that who tests a connector sees.
const SHOWN_MAX: usize = 256 * 1024;

/// One call of a method, as its connector wants it.
pub(crate) struct GrpcRun {
    pub(crate) definition: Arc<GrpcDefinition>,
    pub(crate) method: Method,
    /// Whether its author says that the same call may be made twice.
    pub(crate) idempotent: bool,
}

/// Makes the call of an input. The report is right in any case.
pub(super) async fn run(
    own: &GrpcRun,
    context: &RunContext<'_>,
    input: &str,
    report: &mut RunReport,
) -> Result<String, FlowError> {
    match tokio::time::timeout_at(context.deadline.into(), call(own, context, input, report)).await {
        Ok(result) => result,
        Err(_) => Err(context.ended(Ended::Stopped(Stop::Deadline))),
    }
}

async fn call(
    own: &GrpcRun,
    context: &RunContext<'_>,
    input: &str,
    report: &mut RunReport,
) -> Result<String, FlowError> {
    let call = counted(&mut report.usage, || request(own, context, input))?;
    report.usage.host_calls += 1;
    if report.usage.host_calls > context.limits.host_calls {
        return Err(context.ended(Ended::Stopped(Stop::HostCalls)));
    }
    if own.method.is_server_streaming() {
        return messages(own, context, call, report).await;
    }
    let answer = context.client.send(Unary(call)).await?;
    let answer = answer.map_err(|status| status::failed(&own.method, context, &status))?;
    let room = usize::try_from(context.limits.output_bytes).unwrap_or(usize::MAX);
    let text = decoded(own, context, answer.message, room, report).await?;
    text.ok_or_else(|| context.ended(Ended::OutputTooLarge))
}

/// The call with its message and metadata.
fn request(own: &GrpcRun, context: &RunContext<'_>, input: &str) -> Result<GrpcCall, FlowError> {
    let limits = &context.limits;
    let wrong = |pointer: &str, rule: &str, detail: String| {
        FlowError::InputInvalid(vec![Violation::new(pointer, rule, detail)])
    };
    let document = Document::parse(input).map_err(|error| wrong("", "json", error.to_string()))?;
    let max = usize::try_from(limits.input_bytes.saturating_add(MESSAGE_MAX)).unwrap_or(usize::MAX);
    let filled = own.definition.fill(document.root(), max).map_err(|unfit| match unfit {
        Unfit::Value(violation) => FlowError::InputInvalid(vec![violation]),
        Unfit::TooLarge(found) => FlowError::input_too_large(found, limits),
    })?;
    let (message, is_template) = match &filled.message {
        None => (own.method.encode_value(document.root()), false),
        Some(made) => {
            let made = Document::parse_bytes(made).map_err(|error| wrong("", "json", error.to_string()))?;
            (own.method.encode_value(made.root()), true)
        }
    };
    let message = message.map_err(|refused| match refused {
        NotEncoded::Value { pointer, detail } if is_template => {
            wrong("", "message", format!("in the message that `request` makes of it, `{pointer}` {detail}"))
        }
        NotEncoded::Value { pointer, detail } => wrong(&pointer, "message", format!("it {detail}")),
        NotEncoded::Json(error) => wrong("", "json", error.to_string()),
    })?;
    let metadata: Result<_, FlowError> = filled.metadata.into_iter().map(metadata).collect();
    Ok(GrpcCall {
        destination: own.definition.destination.as_ref().map(ToString::to_string),
        metadata: metadata?,
        idempotent: own.idempotent,
        retry: own.idempotent.then(Backoff::default),
        shown_by: Some(Arc::new(Shown(own.method.clone()))),
        ..GrpcCall::new(own.method.path(), message)
    })
}

/// A value of metadata. Of a name that ends in `-bin` it is bytes, and base64 in the definition.
fn metadata((name, value): (String, String)) -> Result<(String, MetadataValue), FlowError> {
    if !name.ends_with("-bin") {
        return Ok((name, MetadataValue::Text(value)));
    }
    match base64::engine::general_purpose::STANDARD.decode(&value) {
        Ok(bytes) => Ok((name, MetadataValue::Binary(bytes.into()))),
        Err(_) => {
            let detail = format!("the metadata `{name}` is bytes: expected base64");
            Err(FlowError::InputInvalid(vec![Violation::new("", "base64", detail)]))
        }
    }
}

/// `{"messages": […], "more": false}` of a stream, up to the messages that the connector wants.
async fn messages(
    own: &GrpcRun,
    context: &RunContext<'_>,
    call: GrpcCall,
    report: &mut RunReport,
) -> Result<String, FlowError> {
    let limits = &context.limits;
    let wanted = own.definition.max_messages.min(limits.rows);
    let room = usize::try_from(limits.output_bytes).unwrap_or(usize::MAX);
    let mut stream = context
        .client
        .send(ServerStream(call))
        .await?
        .map_err(|status| status::failed(&own.method, context, &status))?;
    let (mut text, mut count, mut more) = ("{\"messages\":[".to_owned(), 0_u64, false);
    while let Some(message) = stream.message().await? {
        if count >= wanted {
            if own.definition.max_messages > limits.rows {
                let limit = LimitHit::new(Limit::Rows, limits.rows);
                return Err(EgressError::TooLarge { what: "answer's stream of messages", limit }.into());
            }
            more = true;
            break;
        }
        let next = decoded(own, context, message, room.saturating_sub(text.len()), report).await?;
        let next = next.ok_or_else(|| context.ended(Ended::OutputTooLarge))?;
        if count > 0 {
            text.push(',');
        }
        text.push_str(&next);
        count += 1;
    }
    if !more && let Some(Err(status)) = stream.ended() {
        return Err(status::failed(&own.method, context, status));
    }
    text.push_str(&format!("],\"more\":{more}}}"));
    if text.len() > room { Err(context.ended(Ended::OutputTooLarge)) } else { Ok(text) }
}

/// The JSON of a message; none if it is larger than `room`.
async fn decoded(
    own: &GrpcRun,
    context: &RunContext<'_>,
    message: Bytes,
    room: usize,
    report: &mut RunReport,
) -> Result<Option<String>, FlowError> {
    let decoded = if message.len() <= QUICK_BYTES {
        counted(&mut report.usage, || own.method.decode(&message, room))
    } else {
        let method = own.method.clone();
        let decode = move || method.decode(&message, room);
        computed(context.engine, context.permit.group(), &mut report.usage, decode).await?
    };
    match decoded {
        Ok(text) => Ok(Some(text)),
        Err(NotDecoded::TooLarge { .. }) => Ok(None),
        Err(invalid @ NotDecoded::Invalid { .. }) => Err(FlowError::GrpcAnswer(invalid.to_string())),
    }
}

/// Messages as JSON for who tests a connector.
struct Shown(Method);

impl ShowMessage for Shown {
    fn request(&self, message: &[u8]) -> Option<Value> {
        let text = self.0.decode_request(message, SHOWN_MAX).ok()?;
        serde_json::from_str(&text).ok()
    }

    fn response(&self, message: &[u8]) -> Option<Value> {
        let text = self.0.decode(message, SHOWN_MAX).ok()?;
        serde_json::from_str(&text).ok()
    }
}
