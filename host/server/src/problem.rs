//! The document of an answer that is not success (RFC 9457), with members of our own.

use axum::http::StatusCode;
use lockgate_domain::{CallId, Code, Failure, Fault, LimitHit, Problem, Violation};
use schemars::JsonSchema;
use serde::Serialize;

/// Where the pages of the codes are.
const PAGES: &str = "https://github.com/lockgate/lockgate/blob/main/docs/errors/";

/// Why a request was not fulfilled.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Problem")]
pub(crate) struct Document<'a> {
    /// The page of the code.
    #[schemars(extend("format" = "uri"))]
    r#type: String,
    /// The meaning of the code.
    title: &'a str,
    #[schemars(range(min = 400, max = 599))]
    status: u16,
    /// This occurrence, in a sentence.
    detail: &'a str,
    /// The call, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "CallId")]
    instance: Option<String>,
    /// What callers decide by; it never changes its meaning.
    #[schemars(with = "Code")]
    code: &'a str,
    /// Who can do something about it.
    #[schemars(with = "Fault")]
    fault: &'a str,
    /// Whether the same request may succeed later.
    retryable: bool,
    /// The limit that was reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "LimitHit")]
    limit: Option<&'a LimitHit>,
    /// Each place that breaks a schema or a rule.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [Violation],
    /// What the connector says of its failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Failure")]
    failure: Option<&'a Failure>,
}

impl<'a> Document<'a> {
    pub(crate) fn of(problem: &'a Problem, status: StatusCode, call: Option<CallId>) -> Self {
        Self {
            r#type: format!("{PAGES}{}.md", problem.code),
            title: problem.code.title(),
            status: status.as_u16(),
            detail: &problem.detail,
            instance: call.map(|id| id.to_string()),
            code: problem.code.as_str(),
            fault: problem.fault().as_str(),
            retryable: problem.retryable,
            limit: problem.limit.as_ref(),
            errors: &problem.errors,
            failure: problem.failure.as_ref(),
        }
    }
}
