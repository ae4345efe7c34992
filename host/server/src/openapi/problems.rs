//! Answers that are not success: which of them an operation has.

use std::collections::BTreeMap;

use lockgate_domain::{Code, Role};
use serde_json::{Map, Value, json};

use super::schemas::{self, Schemas};
use crate::problem::Document;
use crate::response::{PROBLEM, status};
use crate::route::Needs;

/// What the choice of a connection ends with.
pub(crate) const CONNECTION: &[Code] = &[
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
pub(crate) const OUTGOING: &[Code] = &[
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
    Code::OauthClientMissing,
    Code::GrantRefused,
    Code::OauthClientRefused,
    Code::TokenUnavailable,
    Code::TokenReplyInvalid,
    Code::TokenOutcomeUnknown,
    Code::RedirectRefused,
    Code::StatementRefused,
    Code::GrpcAnswerUnusable,
];
/// What a call ends with beside these.
pub(crate) const RUNNING: &[Code] = &[
    Code::Forbidden,
    Code::TenantUnknown,
    Code::TenantDisabled,
    Code::Disabled,
    Code::ScopeDisabled,
    Code::InputInvalid,
    Code::ConnectorFailure,
    Code::TooManyCalls,
    Code::PoolExhausted,
    Code::MemoryExhausted,
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

/// What every route answers that asks for this.
pub(super) fn of_needs(needs: Needs) -> &'static [Code] {
    match needs {
        Needs::Nothing => &[],
        Needs::Role(Role::Viewer) => {
            &[Code::Unauthenticated, Code::ForeignPage, Code::TooManyRequests, Code::Internal, Code::StoreUnavailable]
        }
        Needs::Role(_) | Needs::RoleOrOwner(_) | Needs::Owner => &[
            Code::Unauthenticated,
            Code::Forbidden,
            Code::ForeignPage,
            Code::TooManyRequests,
            Code::Internal,
            Code::StoreUnavailable,
        ],
    }
}

/// The answers of an operation that can end with these codes, by status.
pub(super) fn answers(codes: &[Code], schemas: &mut Schemas) -> Map<String, Value> {
    let mut by_status: BTreeMap<u16, Vec<Code>> = BTreeMap::new();
    for code in codes {
        let of_status = by_status.entry(status(*code).as_u16()).or_default();
        if !of_status.contains(code) {
            of_status.push(*code);
        }
    }
    by_status.into_iter().map(|(status, codes)| (status.to_string(), answer(status, &codes, schemas))).collect()
}

/// The answer of codes with one status.
fn answer(status: u16, codes: &[Code], schemas: &mut Schemas) -> Value {
    let described: Vec<_> = codes.iter().map(|code| format!("`{code}` {}", code.title())).collect();
    let mut answer = json!({
        "description": described.join(", "),
        "content": {PROBLEM: {"schema": schemas::of::<Document<'_>>(&mut schemas.shown)}},
    });
    let header = match status {
        401 => Some(("WWW-Authenticate", json!({"required": true, "schema": {"type": "string"}}))),
        429 | 503 => {
            let schema = json!({"type": ["integer", "null"], "minimum": 0, "description": "Seconds to wait."});
            Some(("Retry-After", json!({"description": "Seconds to wait before a retry.", "schema": schema})))
        }
        _ => None,
    };
    if let (Some((name, header)), Some(members)) = (header, answer.as_object_mut()) {
        members.insert("headers".to_owned(), json!({name: header}));
    }
    answer
}
