//! Answers. The one file that knows HTTP's status codes.

use axum::body::Body;
use axum::http::header::{ALLOW, CONTENT_TYPE, ETAG, LOCATION, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, Response, StatusCode};
use axum::response::IntoResponse;
use lockgate_domain::{CallId, Code, Problem};
use lockgate_flow::{FailedCall, FlowError};
use serde::Serialize;

use crate::problem::Document;

/// The media type of a problem document (RFC 9457).
pub(crate) const PROBLEM: &str = "application/problem+json";

/// A request that was not fulfilled.
#[derive(Debug)]
pub(crate) struct Refusal {
    problem: Box<Problem>,
    call: Option<CallId>,
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self { problem: Box::new(problem), call: None }
    }
}

impl From<FlowError> for Refusal {
    fn from(error: FlowError) -> Self {
        let problem = error.problem();
        if problem.code.fault() == lockgate_domain::Fault::Host {
            tracing::error!(code = %problem.code, %error, "request failed");
        }
        problem.into()
    }
}

impl Refusal {
    pub(crate) fn of_call(id: CallId, refused: FailedCall) -> Self {
        Self { problem: refused.problem, call: Some(id) }
    }

    pub(crate) fn code(&self) -> Code {
        self.problem.code
    }

    pub(crate) fn malformed(detail: impl Into<String>) -> Self {
        Problem::new(Code::MalformedRequest, detail).into()
    }
}

/// The document of a problem, inside of another answer.
pub(crate) fn document(problem: &Problem, call: CallId) -> serde_json::Value {
    serde_json::to_value(Document::of(problem, status(problem.code), Some(call))).unwrap_or_default()
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response<Body> {
        let problem = &*self.problem;
        let status = status(problem.code);
        let body = serde_json::to_vec(&Document::of(problem, status, self.call)).unwrap_or_default();
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM));
        if let Some(seconds) = problem.retry_after_s {
            headers.insert(RETRY_AFTER, seconds.into());
        }
        if problem.code == Code::Unauthenticated {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

/// The status of each code. Exhaustive, so that a new code can't be forgotten.
pub(crate) fn status(code: Code) -> StatusCode {
    match code {
        Code::MalformedRequest | Code::NoActivation | Code::ConnectionRequired | Code::TenantConnection => {
            StatusCode::BAD_REQUEST
        }
        Code::Unauthenticated => StatusCode::UNAUTHORIZED,
        Code::Forbidden
        | Code::ReadOnly
        | Code::LocalTokenOnly
        | Code::TlsRequired
        | Code::AuthorizationForeign
        | Code::ForeignPage
        | Code::AuthorizationDenied => StatusCode::FORBIDDEN,
        Code::AuthorizationEnded | Code::SignInEnded => StatusCode::GONE,
        Code::NotFound | Code::NoConnection | Code::TenantUnknown => StatusCode::NOT_FOUND,
        Code::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        Code::BodyTooSlow => StatusCode::REQUEST_TIMEOUT,
        Code::Conflict
        | Code::Disabled
        | Code::ScopeDisabled
        | Code::TenantDisabled
        | Code::SeveralConnections
        | Code::ConnectionPending
        | Code::NeedsReauth
        | Code::NeedsReview
        | Code::RemovalNotAllowed
        | Code::NameTaken
        | Code::ConnectorTaken
        | Code::UseCycle
        | Code::KeyInUse
        | Code::OutcomeUnknown
        | Code::OutcomeNotKept
        | Code::OauthClientMissing
        | Code::NothingToRefresh
        | Code::NoCredential => StatusCode::CONFLICT,
        Code::PreconditionFailed => StatusCode::PRECONDITION_FAILED,
        Code::InputTooLarge | Code::ComponentTooLarge | Code::PackageTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Code::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Code::InputInvalid
        | Code::DefinitionInvalid
        | Code::PackageUnreadable
        | Code::PluginMissing
        | Code::PluginDigestWrong
        | Code::ValuesInvalid
        | Code::MethodUnsupported
        | Code::NotAComponent
        | Code::UnknownImport
        | Code::MissingExport
        | Code::CompileFailed
        | Code::NeedsTooMuch
        | Code::DescribeFailed
        | Code::ManifestInvalid
        | Code::SchemaRefused
        | Code::ConnectorFailure
        | Code::DestinationDenied
        | Code::AddressDenied
        | Code::OutgoingInvalid
        | Code::AuthUnsupported
        | Code::SigningRefused
        | Code::NoDescriptors
        | Code::KeyOfOther
        | Code::StatementRefused => StatusCode::UNPROCESSABLE_ENTITY,
        Code::TooManyCalls
        | Code::TooManyKeys
        | Code::TooManyRequests
        | Code::PoolExhausted
        | Code::MemoryExhausted
        | Code::TooManyBytes => StatusCode::TOO_MANY_REQUESTS,
        Code::Trapped
        | Code::Aborted
        | Code::CpuExceeded
        | Code::MemoryExceeded
        | Code::OutputTooLarge
        | Code::OutputNotJson
        | Code::OutputInvalid
        | Code::HostCallsExceeded
        | Code::ContractBroken
        | Code::HandlesExceeded
        | Code::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        Code::NameNotResolved
        | Code::ConnectFailed
        | Code::TlsFailed
        | Code::UpstreamTooLarge
        | Code::UpstreamProtocol
        | Code::UpstreamBody
        | Code::LoginFailed
        | Code::GrpcAnswerUnusable
        | Code::GrantRefused
        | Code::OauthClientRefused
        | Code::TokenReplyInvalid
        | Code::TokenOutcomeUnknown
        | Code::IssuerMismatch
        | Code::AuthorizationFailed
        | Code::ImageUnusable
        | Code::RedirectRefused => StatusCode::BAD_GATEWAY,
        Code::DeadlineExceeded | Code::UpstreamTimeout => StatusCode::GATEWAY_TIMEOUT,
        Code::StoreUnavailable
        | Code::Draining
        | Code::CircuitOpen
        | Code::PublicUrlMissing
        | Code::TokenUnavailable => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// An answer that is no problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Success {
    /// With what was asked for.
    Ok,
    /// With what was made.
    Created,
    /// With nothing.
    Gone,
    /// With an address where the browser goes by a GET.
    Elsewhere,
    /// With nothing, since the browser has it.
    Unchanged,
}

impl Success {
    pub(crate) fn status(self) -> StatusCode {
        match self {
            Self::Ok => StatusCode::OK,
            Self::Created => StatusCode::CREATED,
            Self::Gone => StatusCode::NO_CONTENT,
            Self::Elsewhere => StatusCode::SEE_OTHER,
            Self::Unchanged => StatusCode::NOT_MODIFIED,
        }
    }
}

/// 200 with JSON, its members in the order of their names.
pub(crate) fn json(value: &impl Serialize) -> Response<Body> {
    json_as_declared(&serde_json::to_value(value).unwrap_or_default())
}

/// 200 with JSON, its members in the order of their type.
pub(crate) fn json_as_declared(value: &impl Serialize) -> Response<Body> {
    let body = serde_json::to_vec(value).unwrap_or_default();
    with_type(Body::from(body), "application/json")
}

pub(crate) fn with_type(body: Body, r#type: &'static str) -> Response<Body> {
    let mut response = Response::new(body);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(r#type));
    response
}

/// 201 with JSON.
pub(crate) fn created(value: &impl Serialize) -> Response<Body> {
    let mut response = json(value);
    *response.status_mut() = Success::Created.status();
    response
}

/// 204.
pub(crate) fn gone() -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = Success::Gone.status();
    response
}

/// 304 (RFC 9110 section 15.4.5).
pub(crate) fn not_modified() -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = Success::Unchanged.status();
    response
}

/// HTML, with the status of what is wrong if something is.
pub(crate) fn page(text: String, wrong: Option<Code>) -> Response<Body> {
    let mut response = with_type(Body::from(text), "text/html; charset=utf-8");
    *response.status_mut() = wrong.map_or(Success::Ok.status(), status);
    response
}

/// 303: the browser goes there with a GET.
pub(crate) fn see_other(url: &str) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = Success::Elsewhere.status();
    if let Ok(value) = HeaderValue::from_str(url) {
        response.headers_mut().insert(LOCATION, value);
    }
    response
}

/// Adds the object's version.
pub(crate) fn tagged(response: Response<Body>, version: i64) -> Response<Body> {
    etagged(response, &crate::etag::text(version))
}

/// Adds an `ETag`, quotes included.
pub(crate) fn etagged(mut response: Response<Body>, tag: &str) -> Response<Body> {
    if let Ok(value) = HeaderValue::from_str(tag) {
        response.headers_mut().insert(ETAG, value);
    }
    response
}

/// The answer to a known address with another method.
pub(crate) fn method_not_allowed(allowed: &str) -> Response<Body> {
    let detail = format!("expected one of {allowed}");
    let mut response = Refusal::from(Problem::new(Code::MethodNotAllowed, detail)).into_response();
    if let Ok(value) = HeaderValue::from_str(allowed) {
        response.headers_mut().insert(ALLOW, value);
    }
    response
}
