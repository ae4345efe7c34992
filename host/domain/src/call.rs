//! One execution of a connector: what it used, how it ended, what is kept of it.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{CallId, Code, ConnectorName, Digest, GroupId, Scope, TenantName, TokenId};

/// What a call used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// CPU time of the guest, in microseconds.
    pub cpu_us: u64,
    /// The most that its linear memories and tables had together, in bytes.
    pub peak_memory_bytes: u64,
    /// Calls of host functions.
    pub host_calls: u64,
}

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// With an output.
    Success,
    /// With a problem.
    Problem(Code),
    /// Its caller did not wait for it.
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// Step by step.
    Trace,
    /// To find a fault.
    Debug,
    /// To follow the call.
    Info,
    /// Unexpected.
    Warn,
    /// Failed.
    Error,
}

impl LogLevel {
    /// The word in output.
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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LogLine {
    /// How much it matters.
    pub level: LogLevel,
    /// The text, with control characters escaped.
    pub message: String,
    /// Further values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fields: Option<serde_json::Value>,
}

/// What is kept of a call: metadata, never a body.
#[derive(Debug, Clone)]
pub struct CallRecord {
    /// The call.
    pub id: CallId,
    /// Where it ran.
    pub scope: Scope,
    /// In which group.
    pub group: GroupId,
    /// Which connector.
    pub connector: ConnectorName,
    /// Which code; none for a connector without.
    pub plugin: Option<Digest>,
    /// Which version of a connector without code.
    pub version: Option<i64>,
    /// Who asked.
    pub token: TokenId,
    /// For whom.
    pub tenant: Option<TenantName>,
    /// How it ended.
    pub outcome: Outcome,
    /// From the request's arrival to the answer, in microseconds.
    pub duration_us: u64,
    /// What it used.
    pub usage: Usage,
    /// When it ended; milliseconds since 1970.
    pub ended_at: i64,
}
