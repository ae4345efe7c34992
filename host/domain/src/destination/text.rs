//! A destination as JSON, as what a connection was made for is kept.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::url::split;
use super::{Destination, HostPattern, SchemeRule, UrlRefused, resolve};
use crate::CredentialName;
use crate::database::TlsMode;

/// Keys in the order of the alphabet, so that there is one text for each destination.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    credential: Option<CredentialName>,
    /// Left out when it is not so, as in what was stored before it could be said.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    encoded_slashes: bool,
    methods: Option<BTreeSet<String>>,
    /// Left out when there are none, as in what was stored before databases could be reached.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    options: BTreeMap<String, String>,
    plaintext: bool,
    tenant_private: bool,
    /// Left out when it is what is meant without it.
    #[serde(default, skip_serializing_if = "TlsMode::is_default")]
    tls: TlsMode,
    url: String,
}

impl From<Destination> for Written {
    fn from(destination: Destination) -> Self {
        Self {
            url: destination.url(),
            encoded_slashes: destination.rule.encoded_slashes(),
            methods: destination.rule.methods().cloned(),
            credential: destination.credential,
            plaintext: destination.plaintext,
            tenant_private: destination.tenant_private,
            tls: destination.rule.tls().unwrap_or_default(),
            options: match destination.rule {
                SchemeRule::Database { options, .. } => options,
                SchemeRule::Http { .. } | SchemeRule::Grpc { .. } => BTreeMap::new(),
            },
        }
    }
}

impl TryFrom<Written> for Destination {
    type Error = UrlRefused;

    fn try_from(written: Written) -> Result<Self, UrlRefused> {
        let Written { credential, encoded_slashes, methods, options, plaintext, tenant_private, tls, url } = written;
        let place = place(&url)?;
        let rule = place.rule.limited_to(methods).with_encoded_slashes(encoded_slashes).secured(tls, options);
        Ok(Self { rule, credential, plaintext, tenant_private, ..place })
    }
}

impl Destination {
    /// The place that it holds, as people write it.
    pub fn place(&self) -> String {
        self.grpc_address().unwrap_or_else(|| self.url())
    }

    /// Scheme, host, port and path in their one spelling.
    pub(super) fn url(&self) -> String {
        let port = if self.scheme.default_port() == self.port { String::new() } else { format!(":{}", self.port) };
        format!("{}://{}{port}{}", self.scheme, self.host, self.rule.path())
    }
}

/// Reads the URL of a destination; all other parts have their defaults.
pub(super) fn place(url: &str) -> Result<Destination, UrlRefused> {
    let pieces = split(url)?;
    if pieces.query.is_some() {
        return Err(UrlRefused::Query);
    }
    Ok(Destination {
        scheme: pieces.scheme,
        host: HostPattern::parse(pieces.host)?,
        port: pieces.port,
        rule: SchemeRule::new(pieces.scheme, resolve(pieces.path)?),
        name: None,
        credential: None,
        tenant_private: false,
        plaintext: false,
    })
}
