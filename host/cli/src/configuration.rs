//! The configuration of a host: a TOML file, overridden by environment variables, overridden by arguments. Every default
//! is stated here once.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use lockgate_domain::Slug;
use lockgate_egress::{EgressSettings, Internal, InvalidRange};
use lockgate_flow::{HostSettings, Retention};
use lockgate_store::DatabaseUrl;
use serde::Deserialize;

use crate::data_folder;
use crate::exit::Usage;
use crate::key_source::KeySettings;

/// Loopback: a host that nobody has configured is nobody else's.
const LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 7747);
/// What an orchestrator usually waits before it kills.
const DRAIN_SECONDS: u64 = 30;
/// Instances that can exist at one time: far more than two cores can use, 8 TiB of address space.
const INSTANCES: u32 = 1000;
/// What is logged.
const LOG: &str = "info";

/// The file as people write it. Unknown keys are errors.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    data_dir: Option<PathBuf>,
    database_url: Option<String>,
    listen: Option<String>,
    #[serde(default)]
    community_dirs: Vec<PathBuf>,
    behind_proxy: Option<bool>,
    drain_seconds: Option<u64>,
    instances: Option<u32>,
    calls_per_token: Option<u64>,
    loaded_plugins: Option<usize>,
    calls_days: Option<u32>,
    calls_bytes: Option<u64>,
    audit_days: Option<u32>,
    master_key_file: Option<PathBuf>,
    master_key_command: Option<Vec<String>>,
    reachable: Option<BTreeSet<SocketAddr>>,
    internal: Option<Vec<InternalEntry>>,
    log: Option<String>,
}

/// The values in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Configuration {
    pub(crate) data_dir: PathBuf,
    /// Printed without user and password.
    pub(crate) database_url: Option<DatabaseUrl>,
    pub(crate) listen: SocketAddr,
    pub(crate) community_dirs: Vec<PathBuf>,
    pub(crate) drain: Duration,
    pub(crate) instances: u32,
    pub(crate) host: HostSettings,
    pub(crate) keys: KeySettings,
    /// Without what belongs to the host, which is known when it listens.
    pub(crate) egress: EgressSettings,
    pub(crate) log: String,
}

/// What arguments and environment say. Not printable: the URL may hold a password.
#[derive(Default)]
pub(crate) struct Overrides {
    pub(crate) data_dir: Option<PathBuf>,
    pub(crate) database_url: Option<String>,
    pub(crate) listen: Option<String>,
    pub(crate) community_dirs: Vec<PathBuf>,
    pub(crate) behind_proxy: bool,
    pub(crate) log: Option<String>,
}

impl Configuration {
    pub(crate) fn read(path: Option<&Path>, overrides: Overrides) -> anyhow::Result<Self> {
        let text = match path {
            Some(path) => std::fs::read_to_string(path).with_context(|| format!("can't read `{}`", path.display()))?,
            None => String::new(),
        };
        Self::parse(&text, overrides).with_context(|| match path {
            Some(path) => format!("configuration `{}`", path.display()),
            None => "configuration".to_owned(),
        })
    }

    fn parse(text: &str, overrides: Overrides) -> anyhow::Result<Self> {
        // Without the line at fault, which may hold a password.
        let file: File = toml::from_str(text).map_err(|error| Usage(said(text, &error)))?;
        let database_url = overrides.database_url.or(file.database_url).filter(|url| !url.is_empty());
        let database_url = database_url.map(|url| url.parse::<DatabaseUrl>()).transpose();
        let database_url = database_url.map_err(|error| Usage(format!("`database_url`: {error}")))?;
        let listen = match overrides.listen.or(file.listen) {
            None => LISTEN,
            Some(text) => {
                let expected = || Usage(format!("`listen = {text}`: expected an address and a port, such as {LISTEN}"));
                text.parse().map_err(|_| expected())?
            }
        };
        let defaults = HostSettings::default();
        let behind_proxy = overrides.behind_proxy || file.behind_proxy.unwrap_or(false);
        if !listen.ip().is_loopback() && !behind_proxy {
            let text = format!(
                "`listen = {listen}` is reachable from other machines, and tokens would travel in the clear: put a proxy \
                 with TLS before it and say `--behind-proxy`, or listen on 127.0.0.1"
            );
            return Err(Usage(text).into());
        }
        Ok(Self {
            data_dir: overrides.data_dir.or(file.data_dir).unwrap_or_else(|| PathBuf::from(data_folder::DEFAULT)),
            database_url,
            listen,
            community_dirs: overrides.community_dirs.into_iter().chain(file.community_dirs).collect(),
            drain: Duration::from_secs(file.drain_seconds.unwrap_or(DRAIN_SECONDS)),
            instances: file.instances.unwrap_or(INSTANCES).max(1),
            host: HostSettings {
                calls_per_token: file.calls_per_token.unwrap_or(defaults.calls_per_token).max(1),
                loaded_plugins: file.loaded_plugins.unwrap_or(defaults.loaded_plugins).max(1),
                retention: Retention {
                    calls_days: file.calls_days.unwrap_or(defaults.retention.calls_days),
                    calls_bytes: file.calls_bytes.unwrap_or(defaults.retention.calls_bytes),
                    audit_days: file.audit_days.unwrap_or(defaults.retention.audit_days),
                },
            },
            keys: KeySettings::new(file.master_key_file, file.master_key_command)?,
            egress: EgressSettings {
                internal: granted(file.internal.unwrap_or_default())?,
                reachable: file.reachable.unwrap_or_default(),
                ..EgressSettings::default()
            },
            log: overrides.log.or(file.log).unwrap_or_else(|| LOG.to_owned()),
        })
    }
}

/// An `[[internal]]` entry: private addresses that INTERNAL groups of an organization or workspace may reach.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct InternalEntry {
    organization: Slug,
    workspace: Option<Slug>,
    ranges: Vec<String>,
    #[serde(default)]
    ports: Vec<Ports>,
}

/// `443`, or `"8000-8999"`.
#[derive(Deserialize)]
#[serde(untagged)]
enum Ports {
    One(u16),
    Range(String),
}

fn granted(entries: Vec<InternalEntry>) -> Result<Vec<Internal>, Usage> {
    let ports = |ports: &Ports| match ports {
        Ports::One(port) => Ok(*port..=*port),
        Ports::Range(text) => {
            let range = text.split_once('-').and_then(|(from, to)| Some((from.parse().ok()?, to.parse().ok()?)));
            let (from, to) = range.filter(|(from, to)| from <= to).ok_or_else(|| {
                Usage(format!("`internal.ports = {text}`: expected a port, or two with a hyphen: \"8000-8999\""))
            })?;
            Ok(from..=to)
        }
    };
    let entry = |entry: InternalEntry| {
        let ranges = entry.ranges.iter().map(|text| text.parse());
        let ranges: Result<_, InvalidRange> = ranges.collect();
        Ok(Internal {
            organization: entry.organization,
            workspace: entry.workspace,
            ranges: ranges.map_err(|error| Usage(format!("`internal.ranges`: {error}")))?,
            ports: entry.ports.iter().map(ports).collect::<Result<_, _>>()?,
        })
    };
    entries.into_iter().map(entry).collect()
}

/// What is wrong with the file, and at which key.
fn said(text: &str, error: &toml::de::Error) -> String {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    let number = before.matches('\n').count();
    let key = text.lines().nth(number).and_then(|line| line.split_once('=')).map_or("", |(key, _)| key.trim());
    format!("line {}: `{}`: {}", number + 1, key.escape_debug(), error.message())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_file_is_the_defaults() {
        let defaults = Configuration {
            data_dir: "lockgate-data".into(),
            database_url: None,
            listen: "127.0.0.1:7747".parse().unwrap(),
            community_dirs: Vec::new(),
            drain: Duration::from_secs(30),
            instances: 1000,
            keys: KeySettings::default(),
            host: HostSettings {
                calls_per_token: 256,
                loaded_plugins: 1000,
                retention: Retention { calls_days: 7, calls_bytes: 1 << 30, audit_days: 365 },
            },
            egress: EgressSettings::default(),
            log: "info".into(),
        };
        assert_eq!(Configuration::parse("", Overrides::default()).unwrap(), defaults);
    }

    #[test]
    fn arguments_beat_the_file_and_unknown_keys_are_errors() {
        let overrides = Overrides { listen: Some("127.0.0.1:0".into()), ..Overrides::default() };
        let read = Configuration::parse("listen = '127.0.0.1:1'\ninstances = 5", overrides).unwrap();
        assert_eq!((read.listen.port(), read.instances), (0, 5));
        let error = Configuration::parse("colour = 'red'", Overrides::default()).unwrap_err();
        assert!(error.is::<Usage>() && error.to_string().contains("colour"), "{error:#}");
    }

    #[test]
    fn what_groups_may_reach_is_granted_by_name() {
        let text = "reachable = ['127.0.0.1:8080']\n[[internal]]\norganization = 'acme'\nworkspace = 'shop'\n\
                    ranges = ['10.1.0.0/16']\nports = [443, '8000-8999']";
        let read = Configuration::parse(text, Overrides::default()).unwrap().egress;
        assert!(read.reachable.contains(&"127.0.0.1:8080".parse().unwrap()));
        let grants = read.grants(&"acme".parse().unwrap(), Some(&"shop".parse().unwrap()));
        let holds = |address: &str, port| grants.hold(address.parse().unwrap(), port);
        assert!(holds("10.1.2.3", 8500) && !holds("10.1.2.3", 80) && !holds("10.2.0.1", 443));
        for wrong in ["ranges = ['10.1.0.1/16']", "ranges = []\nports = ['9-1']", "ranges = []\ncolour = 1"] {
            let text = format!("[[internal]]\norganization = 'acme'\n{wrong}");
            assert!(Configuration::parse(&text, Overrides::default()).unwrap_err().is::<Usage>(), "{wrong}");
        }
    }

    #[test]
    fn a_database_url_is_never_repeated() {
        let url = "postgres://ada:hunter2@db.example/lockgate";
        let read = Configuration::parse(&format!("database_url = '{url}'"), Overrides::default()).unwrap();
        let shown = format!("{read:?}");
        assert!(shown.contains("postgres://***@db.example:5432/lockgate") && !shown.contains("hunter2"), "{shown}");
        for wrong in
            ["database_url = 'mysql://ada:hunter2@x/y'", "database_url = 'hunter2", "database_url = ['hunter2']"]
        {
            let error = format!("{:#}", Configuration::parse(wrong, Overrides::default()).unwrap_err());
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn a_public_listener_needs_a_proxy() {
        let public = "listen = '0.0.0.0:80'";
        assert!(Configuration::parse(public, Overrides::default()).unwrap_err().to_string().contains("--behind-proxy"));
        assert!(Configuration::parse(&format!("{public}\nbehind_proxy = true"), Overrides::default()).is_ok());
    }
}
