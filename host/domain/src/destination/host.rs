//! Hosts: of a URL, and the patterns of destinations.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::UrlRefused;
use crate::FieldName;

/// The host of a URL. There is one spelling for each.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Host {
    /// A name in lower case, without a dot at its end.
    Name(String),
    /// An IP address.
    Address(IpAddr),
}

/// The hosts that a destination allows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum HostPattern {
    /// This host.
    Exact(Host),
    /// `{field}.suffix`: one label, which a connection's value gives. It holds nothing before that.
    Field(FieldName, String),
    /// `*.suffix`: every name below the suffix, at any depth.
    Below(String),
}

impl Host {
    pub(super) fn parse(text: &str) -> Result<Self, UrlRefused> {
        if let Some(inside) = text.strip_prefix('[') {
            let address: Option<Ipv6Addr> = inside.strip_suffix(']').and_then(|inside| inside.parse().ok());
            return address
                .map(|address| Self::Address(address.into()))
                .ok_or(UrlRefused::Host("an IPv6 address in brackets"));
        }
        // What ends in a number is an address to some readers, in octal, hex or with fewer dots; we take one spelling.
        let last = text.rsplit('.').next().unwrap_or_default();
        if last.starts_with(|first: char| first.is_ascii_digit()) {
            let address: Option<Ipv4Addr> = text.parse().ok();
            return address.map(|address| Self::Address(address.into())).ok_or(UrlRefused::Host(
                "a name whose last label begins with a letter, or an address of four decimal numbers",
            ));
        }
        name(text).map(Self::Name)
    }
}

/// A name in lower case: labels of letters, digits, hyphens and underscores. Others are written in Punycode (RFC 5891).
pub(super) fn name(text: &str) -> Result<String, UrlRefused> {
    if text.len() <= 253 && text.split('.').all(label) {
        Ok(text.to_ascii_lowercase())
    } else {
        Err(UrlRefused::Host("a name of letters, digits and hyphens in ASCII, without a dot at its end"))
    }
}

fn label(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (1..=63).contains(&text.len()) && text.bytes().all(allowed) && !text.starts_with('-') && !text.ends_with('-')
}

impl HostPattern {
    pub(super) fn parse(text: &str) -> Result<Self, UrlRefused> {
        let suffix = |text: &str| match Host::parse(text)? {
            Host::Name(name) => Ok(name),
            Host::Address(_) => Err(UrlRefused::Host("a name behind `{field}.` or `*.`")),
        };
        if let Some(rest) = text.strip_prefix("*.") {
            return suffix(rest).map(Self::Below);
        }
        let Some(inside) = text.strip_prefix('{') else { return Host::parse(text).map(Self::Exact) };
        let (field, rest) = inside.split_once("}.").ok_or(UrlRefused::Host("`{field}.` and a fixed suffix"))?;
        let field = field.parse().map_err(|_not_a_name| UrlRefused::Host("the name of a field in braces"))?;
        Ok(Self::Field(field, suffix(rest)?))
    }

    /// Whether it allows a host.
    pub fn matches(&self, host: &Host) -> bool {
        match (self, host) {
            (Self::Exact(own), host) => own == host,
            (Self::Below(suffix), Host::Name(name)) => is_below(suffix, name),
            (Self::Below(_), Host::Address(_)) | (Self::Field(..), _) => false,
        }
    }

    /// The host with a connection's value in it: one label of lower-case letters, digits and hyphens.
    pub(super) fn fixed(&self, value: &str) -> Option<Self> {
        match self {
            Self::Field(_, suffix) => {
                let lower = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
                let host = name(&format!("{value}.{suffix}")).ok()?;
                (label(value) && value.bytes().all(lower)).then_some(Self::Exact(Host::Name(host)))
            }
            Self::Exact(_) | Self::Below(_) => Some(self.clone()),
        }
    }

    /// The field whose value completes it.
    pub fn field(&self) -> Option<&FieldName> {
        match self {
            Self::Field(field, _) => Some(field),
            Self::Exact(_) | Self::Below(_) => None,
        }
    }

    /// Whether it holds every host that `other` holds, with any value.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Below(own), Self::Field(_, suffix) | Self::Below(suffix)) => own == suffix || is_below(own, suffix),
            (Self::Below(_), Self::Exact(host)) => self.matches(host),
            (Self::Exact(_) | Self::Field(..), _) => self == other,
        }
    }

    /// Whether some host may be held by both, with any value.
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Exact(Host::Name(name)), Self::Field(_, suffix))
            | (Self::Field(_, suffix), Self::Exact(Host::Name(name))) => {
                name.split_once('.').is_some_and(|(_, rest)| rest == suffix)
            }
            (Self::Field(_, own), Self::Field(_, other)) => own == other,
            (own, other) => own.covers(other) || other.covers(own),
        }
    }

    /// A rank: the larger, the more specific.
    pub(super) fn specificity(&self) -> usize {
        match self {
            Self::Exact(_) | Self::Field(..) => usize::MAX,
            Self::Below(suffix) => suffix.len(),
        }
    }
}

fn is_below(suffix: &str, name: &str) -> bool {
    name.strip_suffix(suffix).is_some_and(|rest| rest.ends_with('.'))
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Address(IpAddr::V4(address)) => write!(f, "{address}"),
            Self::Address(IpAddr::V6(address)) => write!(f, "[{address}]"),
        }
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(host) => write!(f, "{host}"),
            Self::Field(field, suffix) => write!(f, "{{{field}}}.{suffix}"),
            Self::Below(suffix) => write!(f, "*.{suffix}"),
        }
    }
}
