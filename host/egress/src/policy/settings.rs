//! What an operator says about egress.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;

use lockgate_domain::Slug;

/// The settings of a host's egress. The default lets groups reach public addresses and nothing else.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EgressSettings {
    /// Private ranges that are granted to organizations and workspaces.
    pub internal: Vec<Internal>,
    /// Addresses with their ports that every group may reach whatever they are. The one way to loopback, link-local
    /// and metadata addresses and to the host itself; for tests and local development.
    pub reachable: BTreeSet<SocketAddr>,
    /// The host's listeners. Never reachable, but for `reachable`.
    pub own: Vec<SocketAddr>,
    /// Servers that the host itself uses, by name or address and port: its store, its telemetry sinks. Likewise.
    pub used: Vec<(String, u16)>,
    /// Certificates in DER (RFC 5280) that every group trusts beside the public authorities and its own.
    pub authorities: Vec<Vec<u8>>,
}

/// Private addresses that the INTERNAL groups of a scope may reach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Internal {
    /// Of this organization,
    pub organization: Slug,
    /// or of this workspace in it alone.
    pub workspace: Option<Slug>,
    /// The addresses.
    pub ranges: Vec<Range>,
    /// The ports; none for all.
    pub ports: Vec<RangeInclusive<u16>>,
}

/// A range of addresses, as in `10.0.0.0/8` (RFC 4632).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    first: IpAddr,
    bits: u8,
}

/// A text that is no range of addresses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no range of addresses: expected one such as `10.20.0.0/16`, with nothing behind the prefix")]
pub struct InvalidRange(String);

impl Range {
    /// Whether an address lies in it. An IPv4 range holds no IPv6 address.
    pub fn contains(&self, address: IpAddr) -> bool {
        same_prefix(self.first, address, self.bits)
    }
}

impl std::str::FromStr for Range {
    type Err = InvalidRange;

    fn from_str(text: &str) -> Result<Self, InvalidRange> {
        let invalid = || InvalidRange(text.chars().take(60).flat_map(char::escape_debug).collect());
        let (address, bits) = text.split_once('/').ok_or_else(invalid)?;
        let first: IpAddr = address.parse().map_err(|_| invalid())?;
        let bits: u8 = bits.parse().map_err(|_| invalid())?;
        let (width, value) = number(first);
        let behind = u32::from(width.checked_sub(bits).ok_or_else(invalid)?);
        // A network with bits behind its prefix is most often a slip.
        let clean = behind == 0 || value.trailing_zeros() >= behind;
        if clean { Ok(Self { first, bits }) } else { Err(invalid()) }
    }
}

fn number(address: IpAddr) -> (u8, u128) {
    match address {
        IpAddr::V4(address) => (32, address.to_bits().into()),
        IpAddr::V6(address) => (128, address.to_bits()),
    }
}

/// Whether two addresses of one family have the same first bits.
fn same_prefix(one: IpAddr, other: IpAddr, bits: u8) -> bool {
    let ((width, one), (other_width, other)) = (number(one), number(other));
    width == other_width && (one ^ other).checked_shr(u32::from(width.saturating_sub(bits))).unwrap_or(0) == 0
}

/// The grants of one scope.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grants(Vec<(Vec<Range>, Vec<RangeInclusive<u16>>)>);

impl Grants {
    /// Whether an address is granted on a port.
    pub fn hold(&self, address: IpAddr, port: u16) -> bool {
        self.0.iter().any(|(ranges, ports)| {
            ranges.iter().any(|range| range.contains(address))
                && (ports.is_empty() || ports.iter().any(|ports| ports.contains(&port)))
        })
    }
}

impl EgressSettings {
    /// What is granted to a scope by its name: a workspace has what its organization has, and what is its own.
    pub fn grants(&self, organization: &Slug, workspace: Option<&Slug>) -> Grants {
        let own = |entry: &&Internal| {
            entry.organization == *organization && (entry.workspace.is_none() || entry.workspace.as_ref() == workspace)
        };
        Grants(self.internal.iter().filter(own).map(|entry| (entry.ranges.clone(), entry.ports.clone())).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(text: &str) -> Range {
        text.parse().unwrap()
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_range_ends_where_it_says() {
        for (range, first, last, before, behind) in [
            ("10.0.0.0/8", "10.0.0.0", "10.255.255.255", "9.255.255.255", "11.0.0.0"),
            ("10.1.2.3/32", "10.1.2.3", "10.1.2.3", "10.1.2.2", "10.1.2.4"),
            ("fd00:1::/32", "fd00:1::", "fd00:1:ffff:ffff:ffff:ffff:ffff:ffff", "fd00::", "fd00:2::"),
            ("fd00::7/128", "fd00::7", "fd00::7", "fd00::6", "fd00::8"),
        ] {
            let range: Range = range.parse().unwrap();
            assert!(range.contains(ip(first)) && range.contains(ip(last)), "{range:?}");
            assert!(!range.contains(ip(before)) && !range.contains(ip(behind)), "{range:?}");
        }
        assert!(range("0.0.0.0/0").contains(ip("9.9.9.9")) && !range("0.0.0.0/0").contains(ip("::1")));
        assert!(range("::/0").contains(ip("::1")) && !range("::/0").contains(ip("1.1.1.1")));
    }

    #[test]
    fn what_is_no_range_is_refused() {
        for text in ["10.0.0.0", "10.0.0.0/33", "10.0.0.1/8", "10.0.0.0/", "10/8", "::/129", "fd00::1/64", "x/8", ""] {
            assert!(text.parse::<Range>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_workspace_has_its_own_grants_and_those_of_its_organization() {
        let slug = |text: &str| text.parse::<Slug>().unwrap();
        let entry = |workspace: Option<&str>, text: &str, ports: &[RangeInclusive<u16>]| Internal {
            organization: slug("acme"),
            workspace: workspace.map(slug),
            ranges: vec![range(text)],
            ports: ports.to_vec(),
        };
        let internal = vec![entry(None, "10.0.0.0/8", &[443..=443]), entry(Some("ops"), "192.168.0.0/16", &[])];
        let settings = EgressSettings { internal, ..EgressSettings::default() };
        let ops = settings.grants(&slug("acme"), Some(&slug("ops")));
        assert!(ops.hold(ip("10.1.1.1"), 443) && !ops.hold(ip("10.1.1.1"), 80) && ops.hold(ip("192.168.1.1"), 80));
        for (organization, workspace) in [("acme", None), ("acme", Some("shop"))] {
            let grants = settings.grants(&slug(organization), workspace.map(slug).as_ref());
            assert!(grants.hold(ip("10.1.1.1"), 443) && !grants.hold(ip("192.168.1.1"), 80));
        }
        assert_eq!(settings.grants(&slug("other"), Some(&slug("ops"))), Grants::default());
    }
}
