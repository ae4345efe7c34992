//! How groups and connectors are named everywhere: `slug`, `org:slug`, `community:slug`, and with `/connector` behind
//! it. There is no search order: the text says which scope is meant.

use std::fmt;
use std::str::FromStr;

use crate::{ConnectorName, InvalidName, Slug};

/// Where the group of a reference lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Origin {
    /// In the scope that the reference is read in.
    Own,
    /// In the organization of that scope.
    Organization,
    /// Among the ready-made groups that every scope sees.
    Community,
}

/// A group, seen from a scope.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct GroupReference {
    /// Where to look.
    pub origin: Origin,
    /// The group's slug there.
    pub slug: Slug,
}

/// A connector, seen from a scope.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ConnectorReference {
    /// The connector's group.
    pub group: GroupReference,
    /// The connector's name in it.
    pub connector: ConnectorName,
}

/// A text that is no reference.
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
        Ok(Self { group: group.parse()?, connector: connector.parse()? })
    }
}

impl fmt::Display for ConnectorReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.group, self.connector)
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
        assert_eq!("org:shop/price".parse::<ConnectorReference>().unwrap().to_string(), "org:shop/price");
    }

    #[test]
    fn what_is_no_reference_is_refused() {
        for bad in ["", ":", "org:", "else:shop", "org:a:b", "Shop"] {
            assert!(bad.parse::<GroupReference>().is_err(), "{bad}");
        }
        for bad in ["shop", "shop/", "/price", "shop/a/b", "shop/a-b"] {
            assert!(bad.parse::<ConnectorReference>().is_err(), "{bad}");
        }
    }
}
