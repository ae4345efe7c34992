//! What an address is: public, private, or one that is never reached. The tables are those of IANA's special-purpose
//! registries (RFC 6890), read so that in doubt an address is not public.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The kind of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// Anybody's, on the Internet.
    Public,
    /// Somebody's own network; an operator can grant ranges of it.
    Private(&'static str),
    /// No range of it can be granted.
    Never(&'static str),
}

/// The address as it is dialled: an IPv4 address in its IPv6 form (RFC 4291 section 2.5.5.2) is the IPv4 address.
pub(crate) fn canonical(address: IpAddr) -> IpAddr {
    address.to_canonical()
}

/// Where an address may lead: there, and to the IPv4 address that it carries.
pub(crate) fn leads_to(address: IpAddr) -> impl Iterator<Item = IpAddr> {
    let carried = match address {
        IpAddr::V4(_) => None,
        IpAddr::V6(address) => embedded(address).map(IpAddr::V4),
    };
    std::iter::once(address).chain(carried)
}

/// Sorts an address. One that carries an IPv4 address is no better than that.
pub(crate) fn classify(address: IpAddr) -> Class {
    match canonical(address) {
        IpAddr::V4(address) => v4(address),
        IpAddr::V6(address) => {
            let own = v6(address);
            match embedded(address).map(v4) {
                None | Some(Class::Public) => own,
                Some(Class::Private(_) | Class::Never(_)) => {
                    Class::Never("an IPv6 address that carries an IPv4 address which is not public")
                }
            }
        }
    }
}

fn v4(address: Ipv4Addr) -> Class {
    let [a, b, c, d] = address.octets();
    match (a, b, c, d) {
        (0, ..) => Class::Never("an unspecified address (0.0.0.0/8)"),
        (10, ..) | (172, 16..=31, ..) | (192, 168, ..) => Class::Private("a private address (RFC 1918)"),
        // Alibaba Cloud, inside of the shared range.
        (100, 100, 100, 200) => Class::Never("a cloud's metadata address"),
        (100, 64..=127, ..) => Class::Private("a shared address (100.64.0.0/10, RFC 6598)"),
        (127, ..) => Class::Never("a loopback address (127.0.0.0/8)"),
        (169, 254, ..) => Class::Never("a link-local or metadata address (169.254.0.0/16)"),
        // Azure, among the public ones.
        (168, 63, 129, 16) => Class::Never("a cloud's metadata address"),
        // With Oracle Cloud's metadata at 192.0.0.192.
        (192, 0, 0, _) => Class::Never("an address of a protocol (192.0.0.0/24)"),
        (192, 0, 2, _) | (198, 51, 100, _) | (203, 0, 113, _) => {
            Class::Never("an address for documentation (RFC 5737)")
        }
        (192, 88, 99, _) => Class::Never("a 6to4 relay (192.88.99.0/24)"),
        (198, 18..=19, ..) => Class::Never("an address for benchmarks (198.18.0.0/15)"),
        (224..=239, ..) => Class::Never("a multicast address (224.0.0.0/4)"),
        (240..=255, ..) => Class::Never("a reserved or broadcast address (240.0.0.0/4)"),
        _ => Class::Public,
    }
}

fn v6(address: Ipv6Addr) -> Class {
    match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0] => Class::Never("the unspecified address (::)"),
        [0, 0, 0, 0, 0, 0, 0, 1] => Class::Never("the loopback address (::1)"),
        // NAT64 (RFC 6052): as good as what it carries.
        [0x64, 0xff9b, 0, 0, 0, 0, ..] => Class::Public,
        [0x64, 0xff9b, 1, ..] => Class::Private("an address of a local NAT64 (64:ff9b:1::/48, RFC 8215)"),
        // Amazon and Google, Oracle and Scaleway, among the unique local ones. The last two have prefixes that others may
        // have chosen too.
        [0xfd00, 0xec2, ..]
        | [0xfd20, 0xce, ..]
        | [0xfd00, 0xc1, 0, 0, 0, 0, 0xa9fe, 0xa9fe]
        | [0xfd00, 0x42, 0, 0, 0, 0, 0, 0x42] => Class::Never("a cloud's metadata address"),
        [0xfc00..=0xfdff, ..] => Class::Private("a unique local address (fc00::/7, RFC 4193)"),
        [0xfe80..=0xfebf, ..] => Class::Never("a link-local address (fe80::/10)"),
        [0xff00..=0xffff, ..] => Class::Never("a multicast address (ff00::/8)"),
        [0x2001, 0, ..] => Class::Never("a Teredo address (2001::/32)"),
        [0x2001, 0..=0x1ff, ..] => Class::Never("an address of a protocol (2001::/23)"),
        [0x2001, 0xdb8, ..] => Class::Never("an address for documentation (2001:db8::/32)"),
        [0x2002, ..] => Class::Never("a 6to4 address (2002::/16)"),
        [0x3fff, 0..=0x0fff, ..] => Class::Never("an address for documentation (3fff::/20)"),
        // Global unicast is all that IANA has given out (RFC 4291 section 2.4).
        [0x2000..=0x3fff, ..] => Class::Public,
        _ => Class::Never("a reserved address"),
    }
}

/// The IPv4 address that some network on the way may take out of an IPv6 address.
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let four = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Ipv4Addr::new(a, b, c, d)
    };
    match address.segments() {
        // NAT64; local ones have it there too if their prefix is of 96 bits (RFC 6052 section 2.2).
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => Some(four(high, low)),
        [0x64, 0xff9b, 1, first, second, third, high, low] => {
            // With a prefix of 48 bits it lies around the byte that RFC 6052 keeps zero.
            let ([_, c], [d, _]) = (second.to_be_bytes(), third.to_be_bytes());
            let around = four(first, u16::from_be_bytes([c, d]));
            match v4(around) {
                Class::Private(_) | Class::Never(_) if !around.is_unspecified() => Some(around),
                Class::Public | Class::Private(_) | Class::Never(_) => Some(four(high, low)),
            }
        }
        // ISATAP (RFC 5214 section 6.1), under any prefix.
        [.., 0 | 0x200, 0x5efe, high, low] => Some(four(high, low)),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
