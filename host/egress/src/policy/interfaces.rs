//! The host's own addresses.

use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::address::{canonical, leads_to};
use crate::EgressError;

/// How long a list is taken for true. Interfaces come and go seldom, and a new one is private at first.
const FRESH: Duration = Duration::from_secs(5);

/// The addresses of the machine's interfaces, looked up again when they are old.
#[derive(Debug, Default)]
pub(crate) struct Interfaces(Mutex<Option<(Instant, HashSet<IpAddr>)>>);

impl Interfaces {
    /// Whether the host itself has an address, or the one that it carries.
    pub(crate) fn have(&self, address: IpAddr) -> Result<bool, EgressError> {
        let has = |own: &HashSet<IpAddr>| leads_to(address).any(|one| own.contains(&one));
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, addresses)) = &*known
            && at.elapsed() < FRESH
        {
            return Ok(has(addresses));
        }
        // Without the list nothing is dialled: an address of our own could be among what is asked for.
        let found = if_addrs::get_if_addrs().map_err(|_| EgressError::Host("the interfaces can't be listed"))?;
        let addresses: HashSet<IpAddr> = found.iter().map(|interface| canonical(interface.ip())).collect();
        let has = has(&addresses);
        *known = Some((Instant::now(), addresses));
        Ok(has)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_the_host_is_its_own_also_inside_another() {
        let own: HashSet<IpAddr> = ["9.9.9.9".parse().unwrap()].into();
        let interfaces = Interfaces(Mutex::new(Some((Instant::now(), own))));
        for (address, expected) in [("9.9.9.9", true), ("64:ff9b::9.9.9.9", true), ("64:ff9b::9.9.9.8", false)] {
            assert_eq!(interfaces.have(address.parse().unwrap()).unwrap(), expected, "{address}");
        }
    }
}
