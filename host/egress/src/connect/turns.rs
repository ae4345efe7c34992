//! Who is the next to have a connection to himself. Tenants that share a pool take turns, and none of them has all of it: a
//! request finds a connection, however many another tenant keeps and however long.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lockgate_domain::{FairQueue, TenantName};
use tokio::sync::oneshot;

/// Whose request it is; none where it is nobody's among those who share.
type Owner = Option<TenantName>;

/// The turns of one pool.
pub(super) struct Turns(Arc<Mutex<State>>);

struct State {
    /// How many are left.
    free: usize,
    /// How many a tenant may have at one time.
    share: usize,
    /// How many each tenant has that has some.
    held: HashMap<TenantName, usize>,
    /// None of them can have what is left.
    waiting: FairQueue<Owner, oneshot::Sender<Turn>>,
}

/// The right to have a connection to oneself. It is given back when it is dropped.
pub(crate) struct Turn {
    turns: Turns,
    owner: Owner,
}

impl Turns {
    /// So many at one time, of which a tenant has three quarters at the most.
    pub(super) fn new(max: usize) -> Self {
        let share = (max - max.div_ceil(4)).max(1);
        Self(Arc::new(Mutex::new(State { free: max, share, held: HashMap::new(), waiting: FairQueue::default() })))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a turn: those who wait are served tenant by tenant. None if the pool is gone.
    pub(super) async fn take(&self, tenant: Option<&TenantName>) -> Option<Turn> {
        let turn = match self.begin_or_wait(tenant.cloned()) {
            Ok(turn) => return Some(turn),
            Err(turn) => turn,
        };
        let mut waiting = Waiting { turns: self, turn, over: false };
        let turn = (&mut waiting.turn).await.ok();
        waiting.over = true;
        turn
    }

    fn begin_or_wait(&self, owner: Owner) -> Result<Turn, oneshot::Receiver<Turn>> {
        let mut state = self.lock();
        if state.free > 0 && has_share(&state.held, state.share, &owner) {
            state.begin(&owner);
            return Ok(self.turn(owner));
        }
        let (wanted, turn) = oneshot::channel();
        state.waiting.push(owner, wanted);
        Err(turn)
    }

    fn turn(&self, owner: Owner) -> Turn {
        Turn { turns: Self(Arc::clone(&self.0)), owner }
    }

    /// Gives a turn back, and what is left to those who can have it.
    fn end(&self, owner: &Owner) {
        let mut granted = Vec::new();
        let mut state = self.lock();
        state.end(owner);
        while let Some((owner, wanted)) = state.next() {
            granted.push((wanted, self.turn(owner)));
        }
        drop(state);
        for (wanted, turn) in granted {
            // Who has gone away in this moment leaves it to the next.
            drop(wanted.send(turn));
        }
    }

    /// How many are left.
    #[cfg(test)]
    pub(super) fn left(&self) -> usize {
        self.lock().free
    }
}

impl State {
    fn begin(&mut self, owner: &Owner) {
        self.free -= 1;
        if let Some(tenant) = owner {
            *self.held.entry(tenant.clone()).or_default() += 1;
        }
    }

    fn end(&mut self, owner: &Owner) {
        self.free += 1;
        let Some(tenant) = owner else { return };
        if let Some(held) = self.held.get_mut(tenant) {
            *held -= 1;
            if *held == 0 {
                self.held.remove(tenant);
            }
        }
    }

    /// Begins the turn of the next who can have one.
    fn next(&mut self) -> Option<(Owner, oneshot::Sender<Turn>)> {
        while self.free > 0 {
            let (held, share) = (&self.held, self.share);
            let (owner, wanted) = self.waiting.pop_of(|owner| has_share(held, share, owner))?;
            if !wanted.is_closed() {
                self.begin(&owner);
                return Some((owner, wanted));
            }
        }
        None
    }
}

/// Whether an owner has less than a tenant may have.
fn has_share(held: &HashMap<TenantName, usize>, share: usize, owner: &Owner) -> bool {
    owner.as_ref().and_then(|tenant| held.get(tenant)).is_none_or(|held| *held < share)
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.turns.end(&self.owner);
    }
}

/// Somebody who waits, and leaves the queue when he goes away.
struct Waiting<'t> {
    turns: &'t Turns,
    turn: oneshot::Receiver<Turn>,
    over: bool,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if !self.over {
            self.turn.close();
            self.turns.lock().waiting.retain(|wanted| !wanted.is_closed());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::{Pin, pin};
    use std::task::{Context, Poll, Waker};

    use super::*;

    fn now<T>(future: Pin<&mut impl Future<Output = Option<T>>>) -> Option<T> {
        match future.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(value) => value,
            Poll::Pending => None,
        }
    }

    fn tenants() -> [TenantName; 3] {
        ["a", "b", "c"].map(|name| name.parse().unwrap())
    }

    fn taken(turns: &Turns, tenant: Option<&TenantName>) -> Option<Turn> {
        now(pin!(turns.take(tenant)))
    }

    #[test]
    fn a_tenant_leaves_some_to_others() {
        let (turns, [a, b, _]) = (Turns::new(8), tenants());
        let mut held: Vec<_> = (0..6).map(|_| taken(&turns, Some(&a)).unwrap()).collect();
        assert!(taken(&turns, Some(&a)).is_none(), "it has its share");
        let other = taken(&turns, Some(&b)).unwrap();
        let none = taken(&turns, None).unwrap();
        assert!(taken(&turns, Some(&b)).is_none() && taken(&turns, None).is_none(), "none is left");
        drop(other);
        assert!(taken(&turns, Some(&a)).is_none());
        held.pop();
        held.push(taken(&turns, Some(&a)).unwrap());
        drop((held, none));
        assert_eq!((turns.left(), turns.lock().held.len()), (8, 0));
    }

    /// What names no tenant is the workspace's own.
    #[test]
    fn who_names_no_tenant_may_have_all() {
        let turns = Turns::new(4);
        let held: Vec<_> = (0..4).map(|_| taken(&turns, None).unwrap()).collect();
        assert!(taken(&turns, None).is_none());
        drop(held);
        assert_eq!(turns.left(), 4);
    }

    #[test]
    fn a_pool_of_one_is_for_everybody() {
        let (turns, [a, b, _]) = (Turns::new(1), tenants());
        let held = taken(&turns, Some(&a)).unwrap();
        let mut next = pin!(turns.take(Some(&b)));
        assert!(now(next.as_mut()).is_none());
        drop(held);
        assert!(now(next.as_mut()).is_some());
    }

    #[test]
    fn those_who_wait_are_served_tenant_by_tenant() {
        let (turns, [a, b, c]) = (Turns::new(2), tenants());
        let mut held = vec![taken(&turns, Some(&a)).unwrap(), taken(&turns, None).unwrap()];
        let order = [&a, &a, &b, &b, &c];
        let mut waiting: Vec<_> = order.into_iter().map(|tenant| Box::pin(turns.take(Some(tenant)))).collect();
        for one in &mut waiting {
            assert!(now(one.as_mut()).is_none());
        }
        let mut served = Vec::new();
        while let Some(one) = held.pop() {
            drop(one);
            let all = waiting.iter_mut().enumerate();
            let got: Vec<_> = all.filter(|(index, _)| !served.contains(index)).collect();
            let got = got.into_iter().find_map(|(index, one)| Some((index, now(one.as_mut())?)));
            if let Some((index, turn)) = got {
                served.push(index);
                // The next is served when this one ends.
                held.push(turn);
            }
        }
        // Those of a wait while a has its share, which is one of two.
        assert_eq!(served, [2, 4, 3, 0, 1]);
        drop(waiting);
        assert_eq!((turns.left(), turns.lock().held.len()), (2, 0));
    }

    #[test]
    fn who_goes_away_leaves_nothing() {
        let (turns, [a, b, _]) = (Turns::new(1), tenants());
        let held = taken(&turns, Some(&a)).unwrap();
        {
            let mut gone = pin!(turns.take(Some(&b)));
            assert!(now(gone.as_mut()).is_none());
        }
        assert!(turns.lock().waiting.is_empty());
        let mut granted = Box::pin(turns.take(Some(&b)));
        assert!(now(granted.as_mut()).is_none());
        let mut next = pin!(turns.take(Some(&a)));
        assert!(now(next.as_mut()).is_none());
        drop(held);
        // It has its turn, and goes away before it knows.
        drop(granted);
        assert!(now(next.as_mut()).is_some());
        assert_eq!(turns.left(), 1);
    }
}
