//! Destinations: where a group may go, and with which credential. One parsed [`Target`] is what policy looks at and
//! what is then dialled and sent, so that no two readers of an address can disagree.

pub(crate) mod database;
mod grpc;
mod host;
mod join;
mod list;
mod path;
mod public_suffix;
mod rule;
mod template;
mod text;
mod url;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use host::{Host, HostPattern};
pub(crate) use list::{DESTINATIONS_MAX, Facts, METHODS_MAX, NO_CREDENTIAL};
pub use list::{Destinations, FieldRefused};
pub use path::{PathRefused, Slashes, resolve};
pub use rule::SchemeRule;
pub use template::UrlTemplate;
pub use url::{Scheme, Target, UrlRefused};

use crate::database::TlsMode;
use crate::{CredentialName, DestinationName};

/// One destination of a group. The order of its parts is that in which consents list destinations, so it may not change.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "text::Written", into = "text::Written")]
pub struct Destination {
    /// The scheme.
    pub scheme: Scheme,
    /// The hosts.
    pub host: HostPattern,
    /// The port.
    pub port: u16,
    /// What only its scheme has: a path, and for HTTP the methods.
    pub rule: SchemeRule,
    /// The name by which connectors choose it, if it has one. It is no part of where it leads.
    pub name: Option<DestinationName>,
    /// The credential that is added to its requests, if it has one.
    pub credential: Option<CredentialName>,
    /// Whether values of a tenant's connection may lead to a private address.
    pub tenant_private: bool,
    /// Whether a credential may go there without TLS.
    pub plaintext: bool,
}

impl Destination {
    /// Whether it holds a request. The method counts on HTTP alone.
    pub fn matches(&self, target: &Target, method: &str) -> bool {
        self.scheme == target.scheme()
            && self.port == target.port()
            && self.host.matches(target.host())
            && self.rule.matches(target, method)
    }

    /// Refuses a request that it holds, if the path has encoded slashes that are not for it. Asked of the one that decides,
    /// so that a less specific one does not take over.
    ///
    /// # Errors
    /// There is a `%2F`, its sender leaves the decision to the destination, and this one has no `encoded_slashes`.
    pub fn check_slashes(&self, target: &Target) -> Result<(), UrlRefused> {
        if target.asks_for_slashes() && !self.rule.encoded_slashes() {
            return Err(UrlRefused::Path(PathRefused::Slash));
        }
        Ok(())
    }

    /// Whether what goes there is not encrypted.
    pub fn is_clear(&self) -> bool {
        match self.scheme {
            Scheme::Https => false,
            Scheme::Http => true,
            Scheme::Grpc => self.plaintext,
            Scheme::Postgres | Scheme::Mysql | Scheme::Redshift => self.rule.tls() == Some(TlsMode::Disable),
        }
    }

    /// The same place without the name that connectors have for it.
    #[must_use]
    pub fn unnamed(self) -> Self {
        Self { name: None, ..self }
    }

    /// Whether every request that `other` holds is held by this one too, whatever the credential.
    pub fn covers(&self, other: &Self) -> bool {
        self.same_port(other) && self.host.covers(&other.host) && self.rule.covers(&other.rule)
    }

    /// Whether some request may be held by both. In doubt, yes.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.same_port(other) && self.host.overlaps(&other.host) && self.rule.overlaps(&other.rule)
    }

    /// The port of a destination that is this machine itself.
    pub(crate) fn loopback_port(&self) -> Option<u16> {
        let loopback = match &self.host {
            HostPattern::Exact(Host::Address(address)) => address.to_canonical().is_loopback(),
            HostPattern::Exact(Host::Name(name)) => name == "localhost" || name.ends_with(".localhost"),
            HostPattern::Field(..) | HostPattern::Below(_) => false,
        };
        loopback.then_some(self.port)
    }

    fn same_port(&self, other: &Self) -> bool {
        self.scheme == other.scheme && self.port == other.port
    }

    /// Whether the two are equally specific for some request, so that neither's credential goes before the other's.
    fn collides(&self, other: &Self) -> bool {
        // Connectors choose between databases by name.
        let chosen_apart = self.scheme.engine().is_some() && self.name != other.name;
        !chosen_apart && self.same_port(other) && self.host == other.host && self.rule.collides(&other.rule)
    }

    /// What decides between destinations that hold the same request: the more specific host, then the longer path.
    pub(crate) fn specificity(&self) -> (usize, usize) {
        (self.host.specificity(), self.rule.path().len())
    }
}

/// Whether a resolved path is a prefix itself or lies below it.
pub(crate) fn below(prefix: &str, path: &str) -> bool {
    path.strip_prefix(prefix).is_some_and(|rest| prefix.ends_with('/') || rest.is_empty() || rest.starts_with('/'))
}

/// As people read it in a difference.
impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.url())?;
        if let Some(methods) = self.rule.methods() {
            write!(f, " {}", methods.iter().map(String::as_str).collect::<Vec<_>>().join(" "))?;
        }
        if self.rule.encoded_slashes() {
            f.write_str(" encoded_slashes")?;
        }
        if let SchemeRule::Database { tls, options, .. } = &self.rule {
            write!(f, " tls {tls}")?;
            options.iter().try_for_each(|(key, value)| write!(f, " {key}={value}"))?;
        }
        write!(f, " credential {}", self.credential.as_ref().map_or("none", CredentialName::as_str))?;
        f.write_str(if self.tenant_private { " tenant_private" } else { "" })?;
        f.write_str(if self.plaintext { " plaintext" } else { "" })
    }
}

#[cfg(test)]
mod tests;
