//! How groups and connectors are named everywhere: `slug`, `org:slug`, `community:slug`, and with `/connector` or
//! `/connector@version` behind it. There is no search order: the text names the scope.

use std::fmt;
use std::str::FromStr;

use crate::{ConnectorName, Digest, InvalidName, Slug};

/// The scope in which a reference looks for its group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Origin {
    /// The scope that the reference is used in.
    Own,
    /// The organization of that scope.
    Organization,
    /// Among the ready-made groups that every scope sees.
    Community,
}

/// A reference to a group, such as `shop` or `org:shop`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct GroupReference {
    /// The scope to look in.
    pub origin: Origin,
    /// The group's slug there.
    pub slug: Slug,
}

/// A reference to a connector, such as `shop/price` or `shop/price@3`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ConnectorReference {
    /// The connector's group.
    pub group: GroupReference,
    /// The connector's name in it.
    pub connector: ConnectorName,
    /// The version, if it is not the current one.
    pub version: Option<ConnectorVersion>,
}

/// A version of a connector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ConnectorVersion {
    /// The number of a declarative connector's version.
    Number(i64),
    /// The digest of the plugin that has it.
    Digest(Digest),
}

/// Why a text is not a reference.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidReference {
    /// A part breaks the grammar of names.
    #[error(transparent)]
    Name(#[from] InvalidName),
    /// The part before the colon is unknown.
    #[error("`{0}:` is no place where groups live: expected `slug`, `org:slug` or `community:slug`")]
    Origin(String),
    /// No connector is named.
    #[error("`{0}` names no connector: expected `GROUP/CONNECTOR`, such as `shop/price`")]
    NoConnector(String),
    /// The part after `@` is not a version.
    #[error("`@{0}` is no version: expected a number, or the digest of a plugin (`sha256:` and 64 hex digits)")]
    Version(String),
}

impl FromStr for GroupReference {
    type Err = InvalidReference;

    fn from_str(text: &str) -> Result<Self, InvalidReference> {
        let (origin, slug) = match text.split_once(':') {
            None => (Origin::Own, text),
            Some(("org", slug)) => (Origin::Organization, slug),
            Some(("community", slug)) => (Origin::Community, slug),
            Some((other, _)) => return Err(InvalidReference::Origin(other.chars().take(80).collect())),
        };
        Ok(Self { origin, slug: slug.parse()? })
    }
}

impl fmt::Display for GroupReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let prefix = match self.origin {
            Origin::Own => "",
            Origin::Organization => "org:",
            Origin::Community => "community:",
        };
        write!(f, "{prefix}{}", self.slug)
    }
}

impl FromStr for ConnectorReference {
    type Err = InvalidReference;

    fn from_str(text: &str) -> Result<Self, InvalidReference> {
        let (group, connector) =
            text.split_once('/').ok_or_else(|| InvalidReference::NoConnector(text.chars().take(80).collect()))?;
        let (connector, version) = match connector.split_once('@') {
            None => (connector, None),
            Some((connector, version)) => (connector, Some(version.parse()?)),
        };
        Ok(Self { group: group.parse()?, connector: connector.parse()?, version })
    }
}

impl FromStr for ConnectorVersion {
    type Err = InvalidReference;

    fn from_str(text: &str) -> Result<Self, InvalidReference> {
        let number =
            text.parse().ok().filter(|number: &i64| *number > 0 && text.bytes().all(|one| one.is_ascii_digit()));
        let digest = || text.parse().map(Self::Digest).ok();
        let refused = || InvalidReference::Version(text.chars().take(80).flat_map(char::escape_debug).collect());
        number.map(Self::Number).or_else(digest).ok_or_else(refused)
    }
}

impl fmt::Display for ConnectorVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Digest(digest) => digest.fmt(f),
        }
    }
}

impl ConnectorReference {
    /// The part behind the group: `connector` or `connector@version`.
    pub fn versioned(&self) -> String {
        let version = self.version.iter().map(|version| format!("@{version}"));
        std::iter::once(self.connector.to_string()).chain(version).collect()
    }
}

impl fmt::Display for ConnectorReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.group, self.versioned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_says_where_the_group_lives() {
        for text in ["shop", "org:shop", "community:shop"] {
            assert_eq!(text.parse::<GroupReference>().unwrap().to_string(), text);
        }
        let digest = format!("shop/price@sha256:{}", "0a".repeat(32));
        for text in ["org:shop/price", "shop/price@12", &digest] {
            assert_eq!(text.parse::<ConnectorReference>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_no_reference_is_refused() {
        for bad in ["", ":", "org:", "else:shop", "org:a:b", "Shop"] {
            assert!(bad.parse::<GroupReference>().is_err(), "{bad}");
        }
        for bad in ["shop", "shop/", "/price", "shop/a/b", "shop/a-b", "shop/a@", "shop/a@0", "shop/a@+1", "shop/a@x"] {
            assert!(bad.parse::<ConnectorReference>().is_err(), "{bad}");
        }
    }
}
