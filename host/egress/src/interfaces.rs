//! The host's own addresses.

use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::EgressError;
use crate::address::canonical;

/// How long a list is taken for true. Interfaces come and go seldom, and a new one is private at first.
const FRESH: Duration = Duration::from_secs(5);

/// The addresses of the machine's interfaces, looked up again when they are old.
#[derive(Debug, Default)]
pub(crate) struct Interfaces(Mutex<Option<(Instant, HashSet<IpAddr>)>>);

impl Interfaces {
    /// Whether the host itself has an address.
    pub(crate) fn have(&self, address: IpAddr) -> Result<bool, EgressError> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, addresses)) = &*known
            && at.elapsed() < FRESH
        {
            return Ok(addresses.contains(&address));
        }
        // Without the list nothing is dialled: an address of our own could be among what is asked for.
        let found = if_addrs::get_if_addrs().map_err(|_| EgressError::Host("the interfaces can't be listed"))?;
        let addresses: HashSet<IpAddr> = found.iter().map(|interface| canonical(interface.ip())).collect();
        let has = addresses.contains(&address);
        *known = Some((Instant::now(), addresses));
        Ok(has)
    }
}
