//! An outcome that is not success, in a shape that each entry point (HTTP, command line, guest) can show.

use serde::{Deserialize, Serialize};

use crate::{Code, Fault, JsonText, LimitHit};

/// The code of the failure that says that an upstream answered in another way than was expected.
pub const UNEXPECTED_ANSWER: &str = "unexpected_answer";

/// The failure that a connector returns: the WIT record `failure`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Failure {
    /// A stable code that callers can branch on.
    pub code: String,
    /// One sentence for a person.
    pub message: String,
    /// Whether the same call may succeed later.
    #[serde(default)]
    pub retryable: bool,
    /// How long to wait before a retry, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
    /// Further details, as any JSON value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<serde_json::Value>")]
    pub details: Option<JsonText>,
}

/// The most bytes of a failure's code.
const CODE_MAX: usize = 64;

/// Whether a text can be the code of a failure: `^[a-z][a-z0-9_.-]{0,63}$`.
pub fn is_failure_code(text: &str) -> bool {
    let rest = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'.' | b'-');
    text.len() <= CODE_MAX && text.starts_with(|first: char| first.is_ascii_lowercase()) && text.bytes().all(rest)
}

/// One rule that a document breaks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Violation {
    /// JSON pointer (RFC 6901) into the document; empty for the document itself.
    pub pointer: String,
    /// The rule that is broken: a keyword of JSON Schema, or a word of ours.
    pub rule: String,
    /// What was found and what was expected.
    pub detail: String,
}

impl Violation {
    /// Makes a violation of a rule that no JSON Schema keyword names.
    pub fn new(pointer: impl Into<String>, rule: &str, detail: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), rule: rule.to_owned(), detail: detail.into() }
    }
}

/// The public side of an error: everything in it may be shown to the caller.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    /// The code of the error.
    pub code: Code,
    /// A sentence about this occurrence: what was expected, what was found and what to do.
    pub detail: String,
    /// Whether the same request may succeed later without a change.
    pub retryable: bool,
    /// How long to wait before a retry, in seconds.
    pub retry_after_s: Option<u64>,
    /// The limit that was reached.
    pub limit: Option<LimitHit>,
    /// The rules that a document breaks.
    pub errors: Vec<Violation>,
    /// The failure that the connector returned.
    pub failure: Option<Failure>,
}

impl Problem {
    /// Who has to change something. A declarative connector that found another answer than its definition says has no
    /// fault of its own.
    pub fn fault(&self) -> Fault {
        match &self.failure {
            Some(failure) if failure.code == UNEXPECTED_ANSWER => Fault::Upstream,
            Some(_) | None => self.code.fault(),
        }
    }

    /// Makes a problem that is not retryable.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
            retryable: false,
            retry_after_s: None,
            limit: None,
            errors: Vec::new(),
            failure: None,
        }
    }

    /// Marks it as retryable, after this many seconds if they are known.
    pub fn retryable(mut self, after_s: Option<u64>) -> Self {
        self.retryable = true;
        self.retry_after_s = after_s;
        self
    }

    /// Adds the limit that was reached.
    pub fn limit(mut self, limit: LimitHit) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Adds the rules that a document breaks.
    pub fn errors(mut self, errors: Vec<Violation>) -> Self {
        self.errors = errors;
        self
    }

    /// Adds the connector's own words, which decide whether a retry makes sense.
    pub fn failure(mut self, failure: Failure) -> Self {
        self.retryable = failure.retryable;
        self.retry_after_s = failure.retry_after_ms.map(|ms| ms.div_ceil(1000));
        self.failure = Some(failure);
        self
    }
}
