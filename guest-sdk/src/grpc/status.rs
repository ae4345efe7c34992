//! The status of a call that did not succeed.

use crate::Failure;
use serde_json::Value;
use std::{collections::BTreeMap, fmt};

/// What a server says about a call that did not succeed.
///
/// ```
/// use lockgate_sdk::{grpc::{self, Code, Status}, prelude::{Value, json}, testing::grpc::{Answer, on}};
///
/// let reason = json!({ "@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "SOLD_OUT" });
/// on("shop.v1.Orders/Place").status(Status::new(Code::FailedPrecondition, "nothing is left").detail(reason));
///
/// let failure = grpc::method("shop.v1.Orders/Place").call::<Value>(json!({})).unwrap_err();
/// assert_eq!(failure.code(), "grpc-failed-precondition");
/// let status = Status::of(&failure).unwrap();
/// assert_eq!(status.code(), Code::FailedPrecondition);
/// assert_eq!(status.find("google.rpc.ErrorInfo").unwrap()["reason"], "SOLD_OUT");
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Status {
    code: Code,
    message: String,
    details: Vec<Value>,
    metadata: BTreeMap<String, Vec<String>>,
}

macro_rules! codes {
    ($($name:ident $word:literal $doc:literal,)*) => {
        /// How a call ended.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code {
            $(#[doc = $doc] $name,)*
        }

        impl Code {
            const ALL: &'static [Code] = &[$(Self::$name,)*];

            /// Its name, such as `NOT_FOUND`.
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }
        }
    };
}

codes! {
    Cancelled "CANCELLED" "Somebody ended it.",
    Unknown "UNKNOWN" "Nobody knows, or the code is none of these.",
    InvalidArgument "INVALID_ARGUMENT" "The request is wrong whatever the state of the server.",
    DeadlineExceeded "DEADLINE_EXCEEDED" "There was no time left; it may have had its effect.",
    NotFound "NOT_FOUND" "What it is about is not there.",
    AlreadyExists "ALREADY_EXISTS" "What it would make is there.",
    PermissionDenied "PERMISSION_DENIED" "Who asks may not.",
    ResourceExhausted "RESOURCE_EXHAUSTED" "Something is used up, such as a quota.",
    FailedPrecondition "FAILED_PRECONDITION" "The state of the server is not the one that it needs.",
    Aborted "ABORTED" "Something else was done at the same time.",
    OutOfRange "OUT_OF_RANGE" "It went past the end of something.",
    Unimplemented "UNIMPLEMENTED" "The server does not have the method.",
    Internal "INTERNAL" "The server broke its own rules.",
    Unavailable "UNAVAILABLE" "The server can't do it now.",
    DataLoss "DATA_LOSS" "Data are lost.",
    Unauthenticated "UNAUTHENTICATED" "Who asks did not prove who they are.",
}

impl Status {
    /// A status, for tests.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), details: Vec::new(), metadata: BTreeMap::new() }
    }

    /// The same with a detail more: an object with `@type`.
    #[must_use]
    pub fn detail(mut self, detail: Value) -> Self {
        self.details.push(detail);
        self
    }

    /// The status that a failure stands for, if it does.
    pub fn of(failure: &Failure) -> Option<Self> {
        let details = failure.details_value()?;
        let name = details.get("status")?.as_str()?;
        let code = *Code::ALL.iter().find(|code| code.name() == name)?;
        let list = details.get("details").and_then(Value::as_array).cloned().unwrap_or_default();
        let metadata = details.get("metadata").cloned().unwrap_or_default();
        let message = details.get("message").and_then(Value::as_str).unwrap_or_default();
        Some(Self {
            code,
            message: message.to_owned(),
            details: list,
            metadata: serde_json::from_value(metadata).unwrap_or_default(),
        })
    }

    /// The code.
    pub fn code(&self) -> Code {
        self.code
    }

    /// What the server says.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The details of a `google.rpc.Status`: objects with `@type` and the fields of the message, or with `value`, its bytes in
    /// base64, where the host does not know the type.
    pub fn details(&self) -> &[Value] {
        &self.details
    }

    /// The first detail of a type, such as `google.rpc.RetryInfo`.
    pub fn find(&self, type_name: &str) -> Option<&Value> {
        let is = |url: &str| url.rsplit('/').next() == Some(type_name);
        self.details.iter().find(|detail| detail.get("@type").and_then(Value::as_str).is_some_and(is))
    }

    /// The first value of the metadata that came with it.
    pub fn metadata(&self, name: &str) -> Option<&str> {
        self.metadata.get(name)?.first().map(String::as_str)
    }

    /// The failure that a host makes of it.
    #[cfg(not(target_arch = "wasm32"))]
    pub(crate) fn into_failure(self) -> Failure {
        let code = format!("grpc-{}", self.code.name().to_ascii_lowercase().replace('_', "-"));
        let failure = Failure::new(code, format!("the server answered {}: {}", self.code, self.message));
        let failure = failure.details(serde_json::json!({
            "status": self.code.name(), "message": self.message, "details": self.details, "metadata": self.metadata,
        }));
        match self.code {
            Code::DeadlineExceeded | Code::ResourceExhausted | Code::Aborted | Code::Unavailable => failure.retryable(),
            Code::Cancelled
            | Code::Unknown
            | Code::InvalidArgument
            | Code::NotFound
            | Code::AlreadyExists
            | Code::PermissionDenied
            | Code::FailedPrecondition
            | Code::OutOfRange
            | Code::Unimplemented
            | Code::Internal
            | Code::DataLoss
            | Code::Unauthenticated => failure,
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}
