//! The only file that resolves a name or opens a connection. A name is resolved once, each address is checked, and one
//! that passed is dialled: whatever the name means a moment later changes nothing.
//!
//! The name of a destination is absolute. A resolver with search domains (`search` and `ndots` of resolv.conf, which
//! Kubernetes sets) would ask for `api.example.cluster.local` too, and that is a name that no destination has.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use lockgate_domain::destination::Host;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

use super::hosts;
use crate::EgressError;
use crate::policy::{EgressSettings, Interfaces, Rules, Why, canonical, leads_to};

/// Lookups of one session that run at one time. Each takes a thread of the host until the resolver
/// answers or gives up, also when nobody waits for it any longer, and a group with a wildcard can ask for any number of
/// names.
pub(crate) const LOOKUPS_MAX: usize = 8;
/// The same for all of them: a quarter of the threads that do such work, so that some are left for everything else.
const ALL_LOOKUPS_MAX: usize = 128;
/// More than any service needs; a name with thousands is an attempt to keep us dialling.
const ADDRESSES_MAX: usize = 16;
/// When the next address is tried beside the one that does not answer (RFC 8305 section 5).
const STAGGER: Duration = Duration::from_millis(250);

/// A name to resolve.
#[derive(Debug, Clone, Copy)]
enum Name<'n> {
    /// Of a destination: it means one name of the DNS, or what the machine's hosts file says of it.
    Absolute(&'n str),
    /// Of a server that the host itself uses: it means what the driver takes it for, which asks the resolver.
    AsConfigured(&'n str),
}

/// Opens connections.
#[derive(Debug)]
pub(crate) struct Dialer {
    pub(crate) settings: EgressSettings,
    pub(crate) interfaces: Interfaces,
    /// Lookups of all groups.
    lookups: Arc<Semaphore>,
    #[cfg(test)]
    pub(crate) names: Option<fn(&str) -> Vec<IpAddr>>,
}

impl Dialer {
    pub(crate) fn new(settings: EgressSettings) -> Self {
        Self {
            settings,
            interfaces: Interfaces::default(),
            lookups: Arc::new(Semaphore::new(ALL_LOOKUPS_MAX)),
            #[cfg(test)]
            names: None,
        }
    }

    /// Opens a connection to one of a host's addresses that the rules allow. They are tried in turns: with each `turn` it
    /// begins with the next one.
    pub(crate) async fn dial(
        &self,
        host: &Host,
        port: u16,
        rules: Rules<'_>,
        lookups: &Arc<Semaphore>,
        turn: usize,
    ) -> Result<TcpStream, EgressError> {
        let addresses = match host {
            Host::Address(address) => vec![*address],
            Host::Name(name) => self.resolve(name, lookups).await?,
        };
        let used = self.used(port).await?;
        let passed = self.check(addresses, port, rules, &used)?;
        let mut passed = passed.map_err(|why| EgressError::Address { host: host.to_string(), why })?;
        let first = turn.checked_rem(passed.len()).unwrap_or_default();
        passed.rotate_left(first);
        match passed.as_slice() {
            [] => Err(EgressError::Dns { host: host.to_string(), cause: "it has no address".to_owned() }),
            passed => connect(passed)
                .await
                .map_err(|error| EgressError::Connect { origin: format!("{host}:{port}"), cause: error.to_string() }),
        }
    }

    /// The addresses that may be dialled; why not, if there are some and none may.
    fn check(
        &self,
        addresses: Vec<IpAddr>,
        port: u16,
        rules: Rules<'_>,
        used: &[IpAddr],
    ) -> Result<Result<Vec<SocketAddr>, Why>, EgressError> {
        let is_used = |address| leads_to(address).any(|one| used.contains(&one));
        let (mut passed, mut refused) = (Vec::new(), None);
        for address in addresses {
            match rules.decide(&self.settings, &self.interfaces, address, port)? {
                Ok(address) if is_used(address.ip()) && !self.settings.reachable.contains(&address) => {
                    refused = Some(format!("{} is a server that this host uses itself", address.ip()));
                }
                Ok(address) => passed.push(address),
                Err(why) => refused = Some(why),
            }
        }
        Ok(refused.filter(|_| passed.is_empty()).map_or(Ok(passed), Err))
    }

    /// The addresses on a port of what the host itself uses, as they are now. Few requests go to such a port.
    async fn used(&self, port: u16) -> Result<Vec<IpAddr>, EgressError> {
        let mut used = Vec::new();
        for (name, _) in self.settings.used.iter().filter(|(_, own)| *own == port) {
            let found = self.look_up(Name::AsConfigured(name), None).await;
            // It could be what the request leads to, so nothing on that port is dialled.
            let unknown =
                EgressError::Host("a server that the host uses has no address, so nothing is sent to its port");
            used.extend(found.map_err(|_| unknown)?.into_iter().map(canonical));
        }
        Ok(used)
    }

    async fn resolve(&self, name: &str, lookups: &Arc<Semaphore>) -> Result<Vec<IpAddr>, EgressError> {
        #[cfg(test)]
        if let Some(names) = self.names {
            return Ok(names(name));
        }
        let found = self.look_up(Name::Absolute(name), Some(lookups)).await;
        let found = found.map_err(|error| EgressError::Dns { host: name.to_owned(), cause: error.to_string() })?;
        Ok(found.into_iter().take(ADDRESSES_MAX).collect())
    }

    /// Asks the resolver, when the others leave room for it. Its permits are given back with the end of the lookup, which nothing can break off.
    #[expect(clippy::disallowed_methods, reason = "the one place that resolves names")]
    async fn look_up(&self, name: Name<'_>, own: Option<&Arc<Semaphore>>) -> std::io::Result<Vec<IpAddr>> {
        let permit = |lookups: &Arc<Semaphore>| Arc::clone(lookups).acquire_owned();
        let own = match own {
            Some(own) => Some(permit(own).await.map_err(std::io::Error::other)?),
            None => None,
        };
        let all = permit(&self.lookups).await.map_err(std::io::Error::other)?;
        let name = match name {
            Name::AsConfigured(name) => name.to_owned(),
            Name::Absolute(name) => {
                let found = hosts::addresses(name).await;
                if !found.is_empty() {
                    return Ok(found);
                }
                format!("{}.", name.trim_end_matches('.'))
            }
        };
        let looked = tokio::spawn(async move {
            let _permits = (own, all);
            let found = tokio::net::lookup_host((name, 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        });
        looked.await.map_err(std::io::Error::other)?
    }
}

/// Connects to the first that answers. They are tried in the order of the resolver (RFC 6724), each next one when the
/// one before failed or hesitates.
#[expect(clippy::disallowed_methods, reason = "the one place that opens connections")]
async fn connect(addresses: &[SocketAddr]) -> std::io::Result<TcpStream> {
    let mut waiting = addresses.iter();
    let mut running = FuturesUnordered::new();
    let mut failed = std::io::Error::other("no address answered");
    loop {
        let next = waiting.next();
        let last = next.is_none();
        if let Some(address) = next {
            running.push(TcpStream::connect(address));
        }
        let connected = if last {
            running.next().await
        } else {
            match tokio::time::timeout(STAGGER, running.next()).await {
                Ok(connected) => connected,
                Err(_) => continue,
            }
        };
        match connected {
            Some(Ok(stream)) => {
                stream.set_nodelay(true)?;
                return Ok(stream);
            }
            Some(Err(error)) => failed = error,
            None => return Err(failed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Grants;

    const PORT: u16 = 5432;

    fn dialer(settings: EgressSettings) -> Dialer {
        Dialer::new(settings)
    }

    fn checked(dialer: &Dialer, addresses: &[&str], used: &[&str]) -> Result<Vec<String>, Why> {
        let parse = |list: &[&str]| list.iter().map(|one| one.parse().unwrap()).collect::<Vec<IpAddr>>();
        let rules = Rules { internal: true, private: true, grants: &Grants::default() };
        let passed = dialer.check(parse(addresses), PORT, rules, &parse(used)).unwrap();
        passed.map(|passed| passed.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn what_the_host_uses_is_left_out_and_the_others_are_dialled() {
        let dialer = dialer(EgressSettings::default());
        assert_eq!(checked(&dialer, &["9.9.9.9"], &[]).unwrap(), ["9.9.9.9:5432"]);
        assert_eq!(checked(&dialer, &["9.9.9.9"], &["9.9.9.10"]).unwrap(), ["9.9.9.9:5432"]);
        assert!(checked(&dialer, &["9.9.9.9"], &["9.9.9.9"]).unwrap_err().contains("uses itself"));
        assert!(checked(&dialer, &["::ffff:9.9.9.9"], &["9.9.9.9"]).unwrap_err().contains("uses itself"));
        assert!(checked(&dialer, &["64:ff9b::9.9.9.9"], &["9.9.9.9"]).unwrap_err().contains("uses itself"));
        assert_eq!(checked(&dialer, &["9.9.9.9", "9.9.9.10"], &["9.9.9.9"]).unwrap(), ["9.9.9.10:5432"]);
        assert_eq!(checked(&dialer, &["9.9.9.10", "10.0.0.1"], &[]).unwrap(), ["9.9.9.10:5432"]);
        assert!(checked(&dialer, &["10.0.0.1"], &[]).unwrap_err().contains("10.0.0.1"));
        assert!(checked(&dialer, &[], &[]).unwrap().is_empty());
    }

    #[test]
    fn what_the_operator_made_reachable_is_dialled_though_the_host_uses_it() {
        let dialer =
            dialer(EgressSettings { reachable: ["127.0.0.1:5432".parse().unwrap()].into(), ..Default::default() });
        assert_eq!(checked(&dialer, &["127.0.0.1"], &["127.0.0.1"]).unwrap(), ["127.0.0.1:5432"]);
        assert!(checked(&dialer, &["127.0.0.2"], &["127.0.0.2"]).is_err());
    }

    #[tokio::test]
    async fn the_hosts_own_servers_are_looked_up_for_their_port_alone() {
        let localhost: IpAddr = "127.0.0.1".parse().unwrap();
        // Too long for a label, so that no resolver is asked.
        let unknown = "x".repeat(64);
        let used = vec![("localhost".into(), PORT), (unknown, 25)];
        let dialer = dialer(EgressSettings { used, ..EgressSettings::default() });
        assert!(dialer.used(PORT).await.unwrap().contains(&localhost));
        assert!(dialer.used(PORT + 1).await.unwrap().is_empty());
        let error = dialer.used(25).await.unwrap_err();
        assert!(error.to_string().contains("has no address"), "{error}");
    }

    #[tokio::test]
    async fn a_name_is_resolved_or_the_error_says_which() {
        let (dialer, lookups) = (dialer(EgressSettings::default()), Arc::new(Semaphore::new(1)));
        let localhost: IpAddr = "127.0.0.1".parse().unwrap();
        assert!(dialer.resolve("localhost", &lookups).await.unwrap().contains(&localhost));
        let unknown = "x".repeat(64);
        let error = dialer.resolve(&unknown, &lookups).await.unwrap_err();
        assert!(matches!(&error, EgressError::Dns { host, .. } if *host == unknown), "{error:?}");
    }
}
