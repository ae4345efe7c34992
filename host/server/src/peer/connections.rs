//! The connections that are open, over all listeners. When there are as many as there may be, a new one is not kept
//! waiting: some of those that were idle for the longest are closed. What a peer, a token or a caller without one
//! can hold against all others is a share, so whoever comes next always finds a place, a health check too.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lockgate_domain::{Caller, Scope, TokenId};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::Room;
use super::bytes_in_flight::{ByteBudget, HeldBytes};

/// Of so many connections one is closed at a time, so that room is not looked for at every new one.
const BATCH: usize = 64;

/// Smaller answers are not counted: the system takes them at once.
const COUNTED_ANSWER: u64 = 4 * 1024;

/// All connections of the host.
#[derive(Debug)]
pub(crate) struct Connections {
    max: usize,
    began: Instant,
    next: AtomicU64,
    open: Mutex<HashMap<u64, Arc<Connection>>>,
    bodies: Bodies,
}

/// What bodies take, over all connections.
#[derive(Debug, Clone)]
struct Bodies {
    memory: Arc<ByteBudget>,
    disk: Arc<ByteBudget>,
}

/// One connection.
#[derive(Debug)]
pub(crate) struct Connection {
    number: u64,
    /// None behind a proxy, to which all connections belong.
    peer: Option<IpAddr>,
    began: Instant,
    /// When a request began or ended, in milliseconds since the start; else when it was opened.
    active: AtomicU64,
    /// Requests with a valid token that the host is working on, and the token of the first.
    work: Mutex<(usize, Option<TokenId>)>,
    closed: Notify,
    bodies: Bodies,
}

/// A connection for as long as it is open.
#[derive(Debug)]
pub(crate) struct Open {
    all: Arc<Connections>,
    pub(crate) connection: Arc<Connection>,
}

/// A request that the host is working on; cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Working(Arc<WorkingOn>);

#[derive(Debug)]
struct WorkingOn {
    connection: Arc<Connection>,
    state: Mutex<RequestState>,
}

#[derive(Debug, Default)]
struct RequestState {
    /// Once it has shown a valid token.
    scope: Option<Scope>,
    /// Once something of its body is there. Until the request is answered, since the call has what it was sent.
    held: Option<HeldBytes>,
}

impl Connections {
    pub(crate) fn new(room: Room) -> Arc<Self> {
        let max = room.connections.max(1);
        let (memory, disk) = (ByteBudget::new(room.bodies.memory), ByteBudget::new(room.bodies.disk));
        let bodies = Bodies { memory, disk };
        Arc::new(Self { max, began: Instant::now(), next: AtomicU64::new(0), open: Mutex::default(), bodies })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Arc<Connection>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a new connection. Others are closed for it if there are too many.
    pub(crate) fn open(self: &Arc<Self>, peer: Option<IpAddr>) -> Open {
        let connection = Arc::new(Connection {
            number: self.next.fetch_add(1, Relaxed),
            peer: peer.map(network),
            began: self.began,
            active: AtomicU64::new(0),
            work: Mutex::default(),
            closed: Notify::new(),
            bodies: self.bodies.clone(),
        });
        connection.touch();
        let mut open = self.lock();
        if open.len() >= self.max {
            Self::close_some(&mut open, self.max);
        }
        open.insert(connection.number, Arc::clone(&connection));
        drop(open);
        Open { all: Arc::clone(self), connection }
    }

    /// Closes some that nobody is working for, since the process can open no more.
    pub(crate) fn make_room(&self) {
        Self::close_some(&mut self.lock(), self.max);
    }

    fn close_some(open: &mut HashMap<u64, Arc<Connection>>, max: usize) {
        let seen = open.values().map(|connection| connection.seen()).collect();
        for number in closable(seen, max).into_iter().take((max / BATCH).max(1)) {
            if let Some(connection) = open.remove(&number) {
                connection.closed.notify_one();
            }
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.all.lock().remove(&self.connection.number);
    }
}

impl Connection {
    fn work(&self) -> MutexGuard<'_, (usize, Option<TokenId>)> {
        self.work.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn touch(&self) {
        let now = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.active.store(now, Relaxed);
    }

    /// Completes when it is closed for another one.
    pub(crate) async fn closed(&self) {
        self.closed.notified().await;
    }

    /// A request begins.
    pub(crate) fn request(self: &Arc<Self>) -> Working {
        self.touch();
        Working(Arc::new(WorkingOn { connection: Arc::clone(self), state: Mutex::default() }))
    }

    fn seen(&self) -> Seen {
        let (requests, token) = *self.work();
        let token = token.filter(|_| requests > 0);
        Seen { number: self.number, active: self.active.load(Relaxed), peer: self.peer, token }
    }
}

impl Working {
    fn state(&self) -> MutexGuard<'_, RequestState> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The request has a valid token.
    pub(crate) fn authenticated(&self, caller: &Caller) {
        if self.state().scope.replace(caller.scope).is_none() {
            let mut work = self.0.connection.work();
            work.0 += 1;
            if work.0 == 1 {
                work.1 = Some(caller.token);
            }
        }
    }

    /// What comes of the body goes to disk, not to memory.
    pub(crate) fn to_disk(&self) {
        let mut state = self.state();
        state.held = Some(self.0.connection.bodies.disk.hold(state.scope));
    }

    /// More of the body is there; false if there is no room for it.
    pub(crate) fn hold(&self, bytes: usize) -> bool {
        let mut state = self.state();
        let scope = state.scope;
        let held = state.held.get_or_insert_with(|| self.0.connection.bodies.memory.hold(scope));
        held.grow(bytes as u64)
    }

    /// Whether the scope of its token has room for bodies and answers.
    pub(crate) fn has_room(&self) -> bool {
        let scope = self.state().scope;
        self.0.connection.bodies.memory.hold(scope).has_room()
    }

    /// Counts an answer of so many bytes. What needs no token is one text for all, and counts nothing.
    pub(crate) fn answer(&self, bytes: u64) -> Option<HeldBytes> {
        let scope = self.state().scope.filter(|_| bytes >= COUNTED_ANSWER)?;
        let mut held = self.0.connection.bodies.memory.hold(Some(scope));
        held.add(bytes);
        Some(held)
    }
}

impl Drop for WorkingOn {
    fn drop(&mut self) {
        self.connection.touch();
        if self.state.get_mut().unwrap_or_else(PoisonError::into_inner).scope.is_some() {
            self.connection.work().0 -= 1;
        }
    }
}

/// A connection as it is at a moment.
#[derive(Debug, Clone, Copy)]
struct Seen {
    number: u64,
    active: u64,
    peer: Option<IpAddr>,
    /// Whose request the host is working on.
    token: Option<TokenId>,
}

/// The connections that may be closed for new ones, that which was active the longest ago first. Those on which the host
/// works for a token are kept, the most recent first, up to a quarter of all for each token, half of all for each peer and
/// seven eighths over all: the rest is for who comes next.
fn closable(mut seen: Vec<Seen>, max: usize) -> Vec<u64> {
    seen.sort_by_key(|one| Reverse((one.active, one.number)));
    let (of_token, of_peer, of_all) = ((max / 4).max(1), (max / 2).max(1), max - (max / 8).max(1));
    let (mut tokens, mut peers, mut all) = (HashMap::new(), HashMap::new(), 0_usize);
    let mut closable = Vec::new();
    for one in seen {
        let Some(token) = one.token else {
            closable.push(one.number);
            continue;
        };
        let own = tokens.entry(token).or_insert(0_usize);
        // Behind a proxy nothing is known of peers.
        let mut unknown = 0;
        let peer = one.peer.map_or(&mut unknown, |peer| peers.entry(peer).or_insert(0_usize));
        if *own < of_token && *peer < of_peer && all < of_all {
            (*own, *peer, all) = (*own + 1, *peer + 1, all + 1);
        } else {
            closable.push(one.number);
        }
    }
    closable.reverse();
    closable
}

/// The addresses that one peer has: of IPv6 a network of 64 bits, which is what a customer gets.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
    }
}

#[cfg(test)]
mod tests {
    use lockgate_domain::{OrganizationId, Role, TokenRestrictions};

    use super::super::BodyBytes;
    use super::*;

    fn one(number: u64, peer: u8, token: Option<TokenId>) -> Seen {
        Seen { number, active: number, peer: Some(IpAddr::from([192, 0, 2, peer])), token }
    }

    #[test]
    fn what_was_idle_the_longest_goes_first_and_work_stays() {
        let token = TokenId::new();
        let seen = (0..16).map(|number| one(number, 1, (number == 3).then_some(token))).collect();
        let expected: Vec<_> = (0..16).filter(|number| *number != 3).collect();
        assert_eq!(closable(seen, 16), expected);
    }

    #[test]
    fn a_token_a_peer_and_all_tokens_together_keep_a_share() {
        let (token, many) = (TokenId::new(), || Some(TokenId::new()));
        let kept = |seen: Vec<Seen>| 64 - closable(seen, 64).len();
        assert_eq!(kept((0..64).map(|number| one(number, number as u8, Some(token))).collect()), 16);
        assert_eq!(kept((0..64).map(|number| one(number, 1, many())).collect()), 32);
        assert_eq!(kept((0..64).map(|number| one(number, number as u8, many())).collect()), 56);
        let oldest: Vec<_> = (0..48).collect();
        assert_eq!(closable((0..64).map(|number| one(number, 1, Some(token))).collect(), 64), oldest);
    }

    #[test]
    fn one_is_closed_for_a_new_one_and_none_is_remembered() {
        let bodies = BodyBytes { memory: 0, disk: 0 };
        let all = Connections::new(Room { connections: 2, bodies });
        let first = all.open(None);
        let working = first.connection.request();
        let scope = Scope::Organization(OrganizationId::new());
        let restrictions = TokenRestrictions::default();
        working.authenticated(&Caller { token: TokenId::new(), scope, role: Role::Viewer, restrictions });
        let (second, third) = (all.open(None), all.open(None));
        assert_eq!(all.lock().len(), 2);
        assert!(all.lock().contains_key(&first.connection.number), "the host works on it");
        drop((first, second, third));
        assert!(all.lock().is_empty());
        drop(working);
    }

    #[test]
    fn a_peer_of_ipv6_is_its_network() {
        let of = |text: &str| network(text.parse().unwrap());
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:2"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
    }
}
