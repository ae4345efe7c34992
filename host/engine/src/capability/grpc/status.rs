//! The status of a call that did not succeed, as the one failure of the contract.

use lockgate_egress::grpc::{GrpcCode, GrpcStatus, Metadata, MetadataValue};
use lockgate_protobuf::Descriptors;
use serde_json::{Map, Value, json};

use crate::capability::types::Failure;

/// What people read of a message.
const MESSAGE_MAX: usize = 4 * 1024;
/// JSON of all details, of the 64 KiB that a failure may have.
const DETAILS_MAX: usize = 32 * 1024;
/// Bytes of metadata in a failure.
const METADATA_MAX: usize = 16 * 1024;

/// What a guest gets of a status. Details are read by the group's descriptors, or by those that every group has.
pub(super) fn failure(status: &GrpcStatus, descriptors: Option<&Descriptors>) -> Failure {
    let message = shortened(&status.message);
    let mut details = Map::new();
    details.insert("status".to_owned(), status.code.name().into());
    details.insert("message".to_owned(), message.into());
    details.insert("metadata".to_owned(), listed(&status.metadata));
    if let Some(bytes) = &status.details {
        let known = descriptors.cloned().map_or_else(|| Descriptors::builtin().ok(), Some);
        let read = known.and_then(|known| known.status(bytes, DETAILS_MAX).ok());
        let read =
            read.map(|read| read.details.iter().filter_map(|one| serde_json::from_str(&one.json).ok()).collect());
        details.insert("details".to_owned(), Value::Array(read.unwrap_or_default()));
    }
    let said = if message.is_empty() { "the server says nothing more" } else { message };
    Failure {
        code: code(status.code),
        message: format!("the server answered {}: {said}", status.code),
        retryable: is_retryable(status.code),
        retry_after_ms: status.retry_after().map(|wait| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)),
        details: Some(Value::Object(details).to_string()),
    }
}

/// `grpc-not-found` of `NOT_FOUND`.
fn code(code: GrpcCode) -> String {
    format!("grpc-{}", code.name().to_ascii_lowercase().replace('_', "-"))
}

/// Whether the same call may succeed later. Says nothing about whether it had an effect.
fn is_retryable(code: GrpcCode) -> bool {
    match code {
        GrpcCode::DeadlineExceeded | GrpcCode::ResourceExhausted | GrpcCode::Aborted | GrpcCode::Unavailable => true,
        GrpcCode::Ok
        | GrpcCode::Cancelled
        | GrpcCode::Unknown
        | GrpcCode::InvalidArgument
        | GrpcCode::NotFound
        | GrpcCode::AlreadyExists
        | GrpcCode::PermissionDenied
        | GrpcCode::FailedPrecondition
        | GrpcCode::OutOfRange
        | GrpcCode::Unimplemented
        | GrpcCode::Internal
        | GrpcCode::DataLoss
        | GrpcCode::Unauthenticated => false,
    }
}

fn shortened(text: &str) -> &str {
    text.get(..text.floor_char_boundary(MESSAGE_MAX)).unwrap_or_default()
}

/// The values of each name that are text, as far as there is room.
fn listed(metadata: &Metadata) -> Value {
    let (mut listed, mut left) = (Map::new(), METADATA_MAX);
    for (name, value) in metadata {
        let MetadataValue::Text(text) = value else { continue };
        let Some(less) = left.checked_sub(name.len() + text.len()) else { break };
        left = less;
        if let Value::Array(values) = listed.entry(name.clone()).or_insert_with(|| json!([])) {
            values.push(text.clone().into());
        }
    }
    Value::Object(listed)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    #[test]
    fn a_status_is_a_failure_with_its_code_and_details() {
        let mut status = GrpcStatus::new(GrpcCode::NotFound, "no order 7");
        status.metadata = vec![
            ("x-hint".to_owned(), MetadataValue::Text("a".to_owned())),
            ("x-hint".to_owned(), MetadataValue::Text("b".to_owned())),
            ("x-bin".to_owned(), MetadataValue::Binary(Bytes::from_static(&[0]))),
        ];
        // google.rpc.Status with an ErrorInfo of reason `gone`, and a detail of a type that nobody knows.
        let info = b"\x0a\x04gone";
        let any = |url: &str, value: &[u8]| {
            let mut any = vec![0x0a, url.len() as u8];
            any.extend_from_slice(url.as_bytes());
            any.extend_from_slice(&[0x12, value.len() as u8]);
            any.extend_from_slice(value);
            let mut field = vec![0x1a, any.len() as u8];
            field.extend_from_slice(&any);
            field
        };
        let mut bytes = vec![0x08, 5, 0x12, 1, b'm'];
        bytes.extend(any("type.googleapis.com/google.rpc.ErrorInfo", info));
        bytes.extend(any("type.googleapis.com/shop.Secret", &[1, 2]));
        status.details = Some(bytes.into());
        let found = failure(&status, None);
        assert_eq!((found.code.as_str(), found.retryable), ("grpc-not-found", false));
        assert_eq!(found.message, "the server answered NOT_FOUND: no order 7");
        let details: Value = serde_json::from_str(&found.details.unwrap()).unwrap();
        assert_eq!(details["status"], "NOT_FOUND");
        assert_eq!(details["metadata"], json!({"x-hint": ["a", "b"]}));
        assert_eq!(details["details"][0]["reason"], "gone");
        assert_eq!(details["details"][1]["value"], "AQI=");
    }

    #[test]
    fn what_a_server_says_at_length_is_cut() {
        let mut status = GrpcStatus::new(GrpcCode::Unavailable, "ä".repeat(50_000));
        status.details = Some(Bytes::from_static(b"\xff\xff"));
        status.metadata = vec![("x-a".to_owned(), MetadataValue::Text("x".repeat(20_000)))];
        let found = failure(&status, None);
        assert!(found.retryable && found.message.len() < 5_000, "{}", found.message.len());
        let details: Value = serde_json::from_str(&found.details.unwrap()).unwrap();
        assert_eq!((&details["metadata"], &details["details"]), (&json!({}), &json!([])));
    }
}
