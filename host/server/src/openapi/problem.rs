//! Answers that are not success: their document, and which of them an operation has.

use std::collections::BTreeMap;

use lockgate_domain::{Code, Role};
use serde_json::{Map, Value, json};

use super::schema::{array, count, nullable, object, reference, text, uuid};
use crate::response::status;
use crate::routes::Needs;

/// What the choice of a connection ends with.
pub(super) const CONNECTION: &[Code] = &[
    Code::NoActivation,
    Code::ConnectionRequired,
    Code::TenantConnection,
    Code::NoConnection,
    Code::SeveralConnections,
    Code::ConnectionPending,
    Code::NeedsReauth,
    Code::NeedsReview,
    Code::ValuesInvalid,
];
/// What a request to an outside system ends with.
pub(super) const OUTGOING: &[Code] = &[
    Code::DestinationDenied,
    Code::AddressDenied,
    Code::NameNotResolved,
    Code::ConnectFailed,
    Code::TlsFailed,
    Code::UpstreamTimeout,
    Code::UpstreamTooLarge,
    Code::UpstreamProtocol,
    Code::UpstreamBody,
    Code::CircuitOpen,
    Code::NoCredential,
    Code::OutgoingInvalid,
    Code::LoginFailed,
    Code::AuthUnsupported,
    Code::RedirectRefused,
];
/// What a call ends with beside these.
pub(super) const RUNNING: &[Code] = &[
    Code::Forbidden,
    Code::TenantUnknown,
    Code::TenantDisabled,
    Code::Disabled,
    Code::ScopeDisabled,
    Code::InputInvalid,
    Code::ConnectorFailure,
    Code::TooManyCalls,
    Code::PoolExhausted,
    Code::Trapped,
    Code::Aborted,
    Code::CpuExceeded,
    Code::MemoryExceeded,
    Code::OutputTooLarge,
    Code::OutputNotJson,
    Code::OutputInvalid,
    Code::HostCallsExceeded,
    Code::ContractBroken,
    Code::HandlesExceeded,
    Code::DeadlineExceeded,
    Code::Draining,
];

pub(super) fn schemas() -> Map<String, Value> {
    let codes: Vec<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
    let limit = object(
        &["name", "value", "setting"],
        json!({"name": text("Such as `memory_bytes`."), "value": count("The value in force."), "setting": text("Where it is set.")}),
    );
    let failure = object(
        &["code", "message", "retryable"],
        json!({
            "code": text("A word that callers decide by."),
            "message": text("One sentence for a person."),
            "retryable": {"type": "boolean"},
            "retry_after_ms": count("Milliseconds to wait before a retry."),
            "details": {"description": "More, of any shape."},
        }),
    );
    let violation = object(
        &["pointer", "rule", "detail"],
        json!({
            "pointer": text("JSON pointer (RFC 6901) into what was sent; empty for all of it."),
            "rule": text("The rule that is broken."),
            "detail": text("What was found and what was expected."),
        }),
    );
    let problem = object(
        &["type", "title", "status", "detail", "code", "fault", "retryable"],
        json!({
            "type": {"type": "string", "format": "uri", "description": "The page of the code."},
            "title": text("The meaning of the code."),
            "status": {"type": "integer", "minimum": 400, "maximum": 599},
            "detail": text("This occurrence, in a sentence."),
            "instance": uuid("The call, where there is one."),
            "code": {"type": "string", "enum": codes},
            "fault": {"type": "string", "enum": ["caller", "plugin", "upstream", "host"]},
            "retryable": {"type": "boolean", "description": "Whether the same request may succeed later."},
            "limit": reference("LimitHit"),
            "errors": array(reference("Violation"), "Each place that breaks a schema or a rule."),
            "failure": reference("Failure"),
        }),
    );
    let schemas = [("Problem", problem), ("LimitHit", limit), ("Violation", violation), ("Failure", failure)];
    schemas.into_iter().map(|(name, schema)| (name.to_owned(), schema)).collect()
}

/// What every route answers that asks for this.
pub(super) fn of_needs(needs: Needs) -> &'static [Code] {
    match needs {
        Needs::Nothing => &[],
        Needs::Role(Role::Viewer) => {
            &[Code::Unauthenticated, Code::TooManyRequests, Code::Internal, Code::StoreUnavailable]
        }
        Needs::Role(_) | Needs::RoleOrOwner(_) | Needs::Owner => {
            &[Code::Unauthenticated, Code::Forbidden, Code::TooManyRequests, Code::Internal, Code::StoreUnavailable]
        }
    }
}

/// The answers of an operation that can end with these codes.
pub(super) fn answers(codes: &[Code]) -> BTreeMap<String, Value> {
    let mut by_status: BTreeMap<u16, Vec<Code>> = BTreeMap::new();
    for code in codes {
        let of_status = by_status.entry(status(*code).as_u16()).or_default();
        if !of_status.contains(code) {
            of_status.push(*code);
        }
    }
    by_status.into_iter().map(|(status, codes)| (status.to_string(), answer(status, &codes))).collect()
}

fn answer(status: u16, codes: &[Code]) -> Value {
    let described: Vec<_> = codes.iter().map(|code| format!("`{code}` {}", code.title())).collect();
    let mut answer = json!({
        "description": described.join(", "),
        "content": {"application/problem+json": {"schema": reference("Problem")}},
    });
    let header = match status {
        401 => Some(("WWW-Authenticate", json!({"required": true, "schema": {"type": "string"}}))),
        429 | 503 => {
            let schema = nullable(count("Seconds to wait."));
            Some(("Retry-After", json!({"description": "Seconds to wait before a retry.", "schema": schema})))
        }
        _ => None,
    };
    if let (Some((name, header)), Some(members)) = (header, answer.as_object_mut()) {
        members.insert("headers".to_owned(), json!({name: header}));
    }
    answer
}
