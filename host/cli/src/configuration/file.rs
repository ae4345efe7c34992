//! The configuration file as people write it.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::PathBuf;

use lockgate_domain::LimitsPatch;
use serde::Deserialize;

use super::internal::InternalEntry;
use crate::exit::Usage;

/// Unknown keys are errors. What is left out has its default.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) data_dir: Option<PathBuf>,
    pub(super) database_url: Option<String>,
    pub(super) listen: Option<String>,
    pub(super) tls_cert: Option<PathBuf>,
    pub(super) tls_key: Option<PathBuf>,
    pub(super) behind_proxy: Option<bool>,
    pub(super) public_url: Option<String>,
    pub(super) allow_remote_admin: Option<bool>,
    pub(super) otlp_endpoint: Option<String>,
    pub(super) otlp_headers: Option<String>,
    pub(super) trace_ratio: Option<f64>,
    pub(super) drain_seconds: Option<u64>,
    pub(super) instances: Option<u32>,
    pub(super) guest_memory_bytes: Option<u64>,
    pub(super) connections: Option<usize>,
    pub(super) body_bytes: Option<u64>,
    pub(super) upload_bytes: Option<u64>,
    pub(super) ceilings: Option<LimitsPatch>,
    pub(super) calls_per_token: Option<u64>,
    pub(super) loaded_plugins: Option<usize>,
    pub(super) calls_days: Option<u32>,
    pub(super) calls_bytes: Option<u64>,
    pub(super) audit_days: Option<u32>,
    pub(super) internal_logs: Option<bool>,
    pub(super) console_idle_seconds: Option<u32>,
    pub(super) console_session_seconds: Option<u32>,
    pub(super) master_key_file: Option<PathBuf>,
    pub(super) master_key_command: Option<Vec<String>>,
    #[serde(default)]
    pub(super) community_dirs: Vec<PathBuf>,
    pub(super) reachable: Option<BTreeSet<SocketAddr>>,
    pub(super) internal: Option<Vec<InternalEntry>>,
    #[serde(default)]
    pub(super) upstream_authorities: Vec<PathBuf>,
    pub(super) log: Option<String>,
}

impl File {
    pub(super) fn parse(text: &str) -> Result<Self, Usage> {
        // Without the line at fault, which may hold a password.
        toml::from_str(text).map_err(|error| Usage(said(text, &error)))
    }
}

/// Formats a parse error with the key that it belongs to.
fn said(text: &str, error: &toml::de::Error) -> String {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    let number = before.matches('\n').count();
    let key = text.lines().nth(number).and_then(|line| line.split_once('=')).map_or("", |(key, _)| key.trim());
    format!("line {}: `{}`: {}", number + 1, key.escape_debug(), error.message())
}
