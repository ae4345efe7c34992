//! One execution of a connector: what it used, how it ended, what is kept of it.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{CallId, Code, ConnectionId, ConnectorName, Digest, GroupId, JsonText, Scope, TenantName, TokenId};

/// The resources that a call used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Usage {
    /// CPU time of the guest and of the checks of its input and output, in microseconds.
    pub cpu_us: u64,
    /// The most that its linear memories and tables had together, in bytes.
    pub peak_memory_bytes: u64,
    /// Calls of host functions.
    pub host_calls: u64,
}

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The connector returned an output.
    Success,
    /// The call failed with this code.
    Problem(Code),
    /// The caller closed its connection before the call ended.
    Gone,
}

impl Outcome {
    /// `ok`, `gone`, or the problem's code: the word in records, logs and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Success => "ok",
            Self::Problem(code) => code.as_str(),
            Self::Gone => "gone",
        }
    }
}

impl FromStr for Outcome {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "ok" => Ok(Self::Success),
            "gone" => Ok(Self::Gone),
            code => Code::ALL.iter().find(|own| own.as_str() == code).map(|own| Self::Problem(*own)).ok_or(()),
        }
    }
}

/// How much a log line matters: the WIT enum `level`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// Every step.
    Trace,
    /// Details for finding a fault.
    Debug,
    /// The normal course of a call.
    Info,
    /// Something unexpected that the call survived.
    Warn,
    /// A failure.
    Error,
}

impl LogLevel {
    /// The name in answers, logs and configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Trace => "trace",
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }
}

/// One line that a guest wrote.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct LogLine {
    /// Its severity.
    pub level: LogLevel,
    /// The text, with control characters escaped.
    pub message: String,
    /// Structured values beside the text, with every digit of their numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<serde_json::Value>")]
    pub fields: Option<JsonText>,
}

/// Why a call failed, as far as its outcome does not say it.
#[derive(Debug, Clone, PartialEq)]
pub struct FailureRecord {
    /// The code of the failure that the connector returned, if it returned one.
    pub code: Option<String>,
    /// What the guest logged; the last lines.
    pub logs: Vec<LogLine>,
}

/// What is kept of a call: metadata, never a body.
#[derive(Debug, Clone)]
pub struct CallRecord {
    /// The id of the call.
    pub id: CallId,
    /// The scope that it ran in.
    pub scope: Scope,
    /// The group of the connector.
    pub group: GroupId,
    /// The name of the connector.
    pub connector: ConnectorName,
    /// The digest of the code that ran, if any.
    pub plugin: Option<Digest>,
    /// The number of the definition that ran, if any. A connector that is code and a definition has both.
    pub version: Option<i64>,
    /// The token of the caller.
    pub token: TokenId,
    /// The tenant that the call was made for.
    pub tenant: Option<TenantName>,
    /// The outcome.
    pub outcome: Outcome,
    /// From the request's arrival to the answer, in microseconds.
    pub duration_us: u64,
    /// The resources that it used.
    pub usage: Usage,
    /// When it ended; milliseconds since 1970.
    pub ended_at: i64,
    /// The connection that it was permitted to use.
    pub connection: Option<ConnectionId>,
    /// The most attempts that one request to an upstream took; 0 if it sent none.
    pub attempts: u32,
    /// The call whose code made it; none for one that a caller made.
    pub parent: Option<CallId>,
    /// More about a failure. Boxed, since most calls have none and their records wait in memory.
    pub failure: Option<Box<FailureRecord>>,
}
