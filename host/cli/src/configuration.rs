//! The configuration of a host: a TOML file, overridden by environment variables, overridden by arguments. Every
//! default is stated here once.

mod authorities;
mod ceilings;
mod console;
mod file;
mod internal;
mod listener;
mod overrides;
#[cfg(test)]
mod tests;
mod traces;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use lockgate_egress::EgressSettings;
use lockgate_flow::{HostSettings, Retention};
use lockgate_server::BodyBytes;
use lockgate_store::DatabaseUrl;
use lockgate_telemetry::TraceSettings;

pub(crate) use listener::{Listener, TlsFiles};
pub(crate) use overrides::Overrides;

use crate::data_folder;
use crate::exit::Usage;
use crate::key_source::KeySettings;
use file::File;

/// Loopback: without configuration, no other machine can reach the host.
const LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 7747);
/// What an orchestrator usually waits before it kills.
const DRAIN_SECONDS: u64 = 30;
/// Instances that can exist at one time: far more than two cores can use, 8 TiB of address space.
const INSTANCES: u32 = 1000;
/// Bodies of requests in memory at one time: some hundreds of the largest that a group takes by default.
const BODY_BYTES: u64 = 512 * 1024 * 1024;
/// Plugins that are being loaded, on disk: sixteen of the largest that a group can take.
const UPLOAD_BYTES: u64 = 4 * 1024 * 1024 * 1024;
/// Connections at one time, over all listeners: some 20 KB each while they are idle.
const CONNECTIONS: usize = 10_000;
/// Fewer than these, and the shares of peers and tokens are none.
const CONNECTIONS_LEAST: usize = 16;
/// The default log filter.
const LOG: &str = "info";

/// The configuration in force, with all defaults filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Configuration {
    pub(crate) data_dir: PathBuf,
    /// Printed without user and password.
    pub(crate) database_url: Option<DatabaseUrl>,
    pub(crate) listener: Listener,
    pub(crate) community_dirs: Vec<PathBuf>,
    pub(crate) drain: Duration,
    pub(crate) instances: u32,
    /// Bytes of memory that all guests may have together; what the machine suggests without it.
    pub(crate) guest_memory_bytes: Option<u64>,
    /// Connections at one time, over all listeners.
    pub(crate) connections: usize,
    /// Bodies of requests at one time.
    pub(crate) bodies: BodyBytes,
    pub(crate) host: HostSettings,
    pub(crate) keys: KeySettings,
    /// Without what belongs to the host, which is known when it listens.
    pub(crate) egress: EgressSettings,
    pub(crate) log: String,
}

impl Configuration {
    /// Reads the file that the overrides name, if they name one.
    pub(crate) fn read(overrides: Overrides) -> anyhow::Result<Self> {
        let path = overrides.config.clone();
        let text = match &path {
            Some(path) => std::fs::read_to_string(path).with_context(|| format!("can't read `{}`", path.display()))?,
            None => String::new(),
        };
        Self::parse(&text, overrides).with_context(|| match &path {
            Some(path) => format!("configuration `{}`", path.display()),
            None => "configuration".to_owned(),
        })
    }

    fn parse(text: &str, overrides: Overrides) -> anyhow::Result<Self> {
        let file = File::parse(text)?;
        let listener = Listener::of(&overrides, &file)?;
        let traces = traces::of(&overrides, &file)?;
        let public_url = overrides.public_url.or(file.public_url).filter(|url| !url.is_empty());
        let public_url = public_url.map(|url| url.parse()).transpose();
        let public_url =
            public_url.map_err(|error: lockgate_domain::InvalidPublicUrl| Usage(format!("`public_url`: {error}")))?;
        let database_url = overrides.database_url.or(file.database_url).filter(|url| !url.is_empty());
        let database_url = database_url.map(|url| url.parse::<DatabaseUrl>()).transpose();
        let database_url = database_url.map_err(|error| Usage(format!("`database_url`: {error}")))?;
        let used = database_url.as_ref().and_then(DatabaseUrl::server).into_iter();
        let used = used.chain(traces.as_ref().map(TraceSettings::sink)).collect();
        let defaults = HostSettings::default();
        Ok(Self {
            data_dir: overrides.data_dir.or(file.data_dir).unwrap_or_else(|| PathBuf::from(data_folder::DEFAULT)),
            database_url,
            listener,
            community_dirs: overrides.community_dirs.into_iter().chain(file.community_dirs).collect(),
            drain: Duration::from_secs(file.drain_seconds.unwrap_or(DRAIN_SECONDS)),
            instances: file.instances.unwrap_or(INSTANCES).max(1),
            guest_memory_bytes: file.guest_memory_bytes,
            connections: file.connections.unwrap_or(CONNECTIONS).max(CONNECTIONS_LEAST),
            bodies: BodyBytes {
                memory: file.body_bytes.unwrap_or(BODY_BYTES),
                disk: file.upload_bytes.unwrap_or(UPLOAD_BYTES),
            },
            host: HostSettings {
                public_url,
                allow_remote_admin: overrides
                    .allow_remote_admin
                    .or(file.allow_remote_admin)
                    .unwrap_or(defaults.allow_remote_admin),
                traces,
                calls_per_token: file.calls_per_token.unwrap_or(defaults.calls_per_token).max(1),
                ceilings: ceilings::read(file.ceilings.as_ref())?,
                loaded_plugins: file.loaded_plugins.unwrap_or(defaults.loaded_plugins).max(1),
                retention: Retention {
                    calls_days: file.calls_days.unwrap_or(defaults.retention.calls_days),
                    calls_bytes: file.calls_bytes.unwrap_or(defaults.retention.calls_bytes),
                    audit_days: file.audit_days.unwrap_or(defaults.retention.audit_days),
                },
                internal_logs: file.internal_logs.unwrap_or(defaults.internal_logs),
                console: console::read(file.console_idle_seconds, file.console_session_seconds, defaults.console),
            },
            keys: KeySettings::new(file.master_key_file, file.master_key_command)?,
            egress: EgressSettings {
                internal: internal::granted(file.internal.unwrap_or_default())?,
                reachable: file.reachable.unwrap_or_default(),
                authorities: authorities::read(&file.upstream_authorities)?,
                used,
                ..EgressSettings::default()
            },
            log: overrides.log.or(file.log).unwrap_or_else(|| LOG.to_owned()),
        })
    }
}
