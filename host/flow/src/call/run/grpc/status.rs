//! A status that is not OK, as a failure of the connector.

use lockgate_domain::{Failure, JsonText};
use lockgate_egress::grpc::{GrpcCode, GrpcStatus};
use lockgate_engine::Ended;
use lockgate_protobuf::{Detail, Method};
use serde_json::{Value, json};

use super::RunContext;
use crate::FlowError;

/// Bytes of JSON of all details of a status.
const DETAILS_MAX: usize = 64 * 1024;
/// The detail in which a server says when to try again.
const RETRY: &str = "google.rpc.RetryInfo";

/// The failure that a status is.
pub(super) fn failed(method: &Method, context: &RunContext<'_>, status: &GrpcStatus) -> FlowError {
    // Details that can't be read take nothing from the status itself.
    let rich = status.details.as_ref().and_then(|details| method.status(details, DETAILS_MAX).ok());
    let details = rich.map(|rich| rich.details).unwrap_or_default();
    context.ended(Ended::Failed(failure(status, &details)))
}

fn failure(status: &GrpcStatus, details: &[Detail]) -> Failure {
    let shown: Vec<Value> = details.iter().filter_map(|detail| serde_json::from_str(&detail.json).ok()).collect();
    let whole = json!({"status": status.code.name(), "details": shown});
    Failure {
        code: status.code.name().to_ascii_lowercase(),
        message: if status.message.is_empty() {
            format!("the server ended the call with {}", status.code)
        } else {
            status.message.clone()
        },
        retryable: retryable(status.code),
        retry_after_ms: details.iter().find_map(retry_after),
        details: JsonText::parse(&whole.to_string()).ok(),
    }
}

/// Whether the same call may succeed later, by what the codes mean.
fn retryable(code: GrpcCode) -> bool {
    match code {
        GrpcCode::Unavailable | GrpcCode::ResourceExhausted | GrpcCode::Aborted => true,
        GrpcCode::Ok
        | GrpcCode::Cancelled
        | GrpcCode::Unknown
        | GrpcCode::InvalidArgument
        | GrpcCode::DeadlineExceeded
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

/// When to try again, if this detail says so: a duration such as `1.5s`.
fn retry_after(detail: &Detail) -> Option<u64> {
    detail.type_url.rsplit_once('/').filter(|(_, name)| *name == RETRY)?;
    let value: Value = serde_json::from_str(&detail.json).ok()?;
    let seconds: f64 = value.get("retryDelay")?.as_str()?.strip_suffix('s')?.parse().ok()?;
    (seconds.is_finite() && seconds >= 0.0).then_some((seconds * 1000.0) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_a_failure_with_its_details() {
        let status = GrpcStatus::new(GrpcCode::ResourceExhausted, "quota");
        let detail = |kind: &str, json: Value| Detail { type_url: format!("x/{kind}"), json: json.to_string() };
        let details = [
            detail("google.rpc.ErrorInfo", json!({"@type": "x/google.rpc.ErrorInfo", "reason": "LIMIT"})),
            detail(RETRY, json!({"@type": "x/google.rpc.RetryInfo", "retryDelay": "1.500s"})),
        ];
        let made = failure(&status, &details);
        assert_eq!((made.code.as_str(), made.message.as_str()), ("resource_exhausted", "quota"));
        assert!(made.retryable && made.retry_after_ms == Some(1_500));
        let shown = made.details.unwrap().value();
        assert_eq!((&shown["status"], &shown["details"][0]["reason"]), (&json!("RESOURCE_EXHAUSTED"), &json!("LIMIT")));
        let plain = failure(&GrpcStatus::new(GrpcCode::NotFound, ""), &[]);
        assert!(!plain.retryable && plain.retry_after_ms.is_none() && plain.message.contains("NOT_FOUND"));
        assert!(GrpcCode::ALL.iter().all(|code| lockgate_domain::is_failure_code(&code.name().to_ascii_lowercase())));
    }
}
