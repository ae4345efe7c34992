//! Whether an address may be dialled: one decision for every request.

use std::net::{IpAddr, SocketAddr};

use super::address::{Class, canonical, classify, leads_to};
use super::interfaces::Interfaces;
use super::settings::{EgressSettings, Grants};
use crate::EgressError;

/// What the group, its scope and its destination say about addresses.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules<'r> {
    /// Whether the group is INTERNAL.
    pub(crate) internal: bool,
    /// Whether the destination may have an address that is not public: not where a tenant's value leads to it.
    pub(crate) private: bool,
    /// What the operator granted to the scope.
    pub(crate) grants: &'r Grants,
}

/// Why an address is not dialled, with what would allow it.
pub(crate) type Why = String;

impl Rules<'_> {
    /// Decides about one address, which comes back in the form in which it is dialled.
    pub(crate) fn decide(
        &self,
        settings: &EgressSettings,
        interfaces: &Interfaces,
        address: IpAddr,
        port: u16,
    ) -> Result<Result<SocketAddr, Why>, EgressError> {
        let address = canonical(address);
        let dialled = SocketAddr::new(address, port);
        let class = classify(address);
        let tenants = "a value of a tenant's connection leads to an address that is not public: the destination would \
                       need `tenant_private: true`";
        let named = settings.reachable.contains(&dialled);
        let public = class == Class::Public;
        Ok(if named && (public || self.private) {
            Ok(dialled)
        } else if named {
            Err(tenants.to_owned())
        } else if own(settings, dialled) {
            Err(format!("{address} belongs to this host"))
        } else if address.is_loopback() {
            Err(format!(
                "{address} is this machine: expected `--reachable {dialled}` beside `--group` (of a host: \
                 `reachable = [\"{dialled}\"]` in its configuration) and, for a credential over http://, \
                 `resource_type: INTERNAL` in the group and `plaintext: true` in its destination"
            ))
        } else if interfaces.have(address)? {
            Err(format!("{address} belongs to this host"))
        } else {
            match class {
                Class::Public => Ok(dialled),
                Class::Never(what) => Err(format!("it has {what}, which no group reaches")),
                Class::Private(what) if !self.internal => {
                    Err(format!("it has {what}, and only groups of `resource_type: INTERNAL` reach those"))
                }
                Class::Private(_) if !self.private => Err(tenants.to_owned()),
                Class::Private(_) if self.grants.hold(address, port) => Ok(dialled),
                Class::Private(what) => Err(format!(
                    "it has {what}, and no `[[internal]]` entry of the host's configuration grants {address} port \
                     {port} to this workspace"
                )),
            }
        })
    }
}

/// Whether the host listens there, or keeps something there. A listener on all addresses is on those of the interfaces,
/// which are never reachable.
fn own(settings: &EgressSettings, dialled: SocketAddr) -> bool {
    let mut own = settings.own.iter().filter(|own| own.port() == dialled.port()).map(|own| canonical(own.ip()));
    own.any(|own| leads_to(dialled.ip()).any(|one| one == own))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decide(rules: Rules<'_>, settings: &EgressSettings, address: &str, port: u16) -> Result<String, String> {
        let decided = rules.decide(settings, &Interfaces::default(), address.parse().unwrap(), port).unwrap();
        decided.map(|address| address.to_string())
    }

    fn granted(range: &str, ports: std::ops::RangeInclusive<u16>) -> Grants {
        let entry = crate::policy::Internal {
            organization: "acme".parse().unwrap(),
            workspace: None,
            ranges: vec![range.parse().unwrap()],
            ports: vec![ports],
        };
        let settings = EgressSettings { internal: vec![entry], ..EgressSettings::default() };
        settings.grants(&"acme".parse().unwrap(), None)
    }

    #[test]
    fn private_addresses_take_an_internal_group_a_grant_and_no_tenants_value() {
        let settings = EgressSettings::default();
        let grants = granted("10.9.0.0/16", 443..=443);
        let rules = Rules { internal: true, private: true, grants: &grants };
        assert_eq!(decide(rules, &settings, "10.9.0.1", 443).unwrap(), "10.9.0.1:443");
        assert_eq!(decide(rules, &settings, "::ffff:10.9.0.1", 443).unwrap(), "10.9.0.1:443");
        assert!(decide(rules, &settings, "10.9.0.1", 80).unwrap_err().contains("[[internal]]"));
        assert!(decide(rules, &settings, "10.8.0.1", 443).unwrap_err().contains("[[internal]]"));
        let external = Rules { internal: false, ..rules };
        assert!(decide(external, &settings, "10.9.0.1", 443).unwrap_err().contains("INTERNAL"));
        let tenants = Rules { private: false, ..rules };
        assert!(decide(tenants, &settings, "10.9.0.1", 443).unwrap_err().contains("tenant_private"));
        for rules in [rules, external, tenants] {
            assert_eq!(decide(rules, &settings, "1.1.1.1", 443).unwrap(), "1.1.1.1:443");
        }
    }

    #[test]
    fn no_range_grants_what_is_never_reached() {
        let grants = granted("0.0.0.0/0", 1..=65535);
        let rules = Rules { internal: true, private: true, grants: &grants };
        let settings = EgressSettings::default();
        for address in ["127.0.0.1", "169.254.169.254", "0.0.0.0", "224.0.0.1", "100.100.100.200", "192.0.2.1"] {
            assert!(decide(rules, &settings, address, 80).is_err(), "{address}");
        }
    }

    #[test]
    fn an_address_is_named_with_its_port() {
        let reachable = ["127.0.0.1:8080".parse().unwrap(), "[::1]:1".parse().unwrap()].into();
        let settings = EgressSettings { reachable, ..EgressSettings::default() };
        let rules = Rules { internal: false, private: true, grants: &Grants::default() };
        assert_eq!(decide(rules, &settings, "127.0.0.1", 8080).unwrap(), "127.0.0.1:8080");
        assert_eq!(decide(rules, &settings, "::ffff:127.0.0.1", 8080).unwrap(), "127.0.0.1:8080");
        assert_eq!(decide(rules, &settings, "::1", 1).unwrap(), "[::1]:1");
        for (address, port) in [("127.0.0.1", 8081), ("127.0.0.2", 8080), ("::1", 8080)] {
            let why = decide(rules, &settings, address, port).unwrap_err();
            let named = format!("--reachable {}", SocketAddr::new(address.parse().unwrap(), port));
            for part in [named.as_str(), "`resource_type: INTERNAL`", "`plaintext: true`"] {
                assert!(why.contains(part), "{address} {port}: {why}");
            }
        }
        let tenants = Rules { private: false, ..rules };
        assert!(decide(tenants, &settings, "127.0.0.1", 8080).unwrap_err().contains("tenant_private"));
    }

    #[test]
    fn what_is_the_hosts_is_not_reached_though_it_is_public_or_granted() {
        let grants = granted("10.0.0.0/8", 1..=65535);
        let rules = Rules { internal: true, private: true, grants: &grants };
        let own = vec!["9.9.9.9:5432".parse().unwrap(), "10.1.1.1:5432".parse().unwrap()];
        let settings = EgressSettings { own, ..EgressSettings::default() };
        assert!(decide(rules, &settings, "9.9.9.9", 5432).unwrap_err().contains("belongs to this host"));
        assert!(decide(rules, &settings, "10.1.1.1", 5432).unwrap_err().contains("belongs to this host"));
        // A network with NAT64 would lead there.
        assert!(decide(rules, &settings, "64:ff9b::9.9.9.9", 5432).unwrap_err().contains("belongs to this host"));
        assert!(decide(rules, &settings, "64:ff9b::9.9.9.9", 5433).is_ok());
        assert!(decide(rules, &settings, "9.9.9.9", 443).is_ok() && decide(rules, &settings, "10.1.1.2", 5432).is_ok());
        let everything = granted("0.0.0.0/0", 1..=65535);
        let rules = Rules { grants: &everything, ..rules };
        for interface in if_addrs::get_if_addrs().unwrap() {
            assert!(decide(rules, &settings, &interface.ip().to_string(), 443).is_err(), "{}", interface.ip());
        }
    }
}
