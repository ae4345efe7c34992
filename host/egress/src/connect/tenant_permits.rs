//! Permits to have a connection of a pool to oneself. Tenants that share a pool are served in turn, and none of them has all of it:
//! a request finds a connection, however many another tenant keeps and however long.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lockgate_domain::{FairQueue, TenantName};
use tokio::sync::oneshot;

/// Whose request it is; none where it is nobody's among those who share.
type Owner = Option<TenantName>;

/// The permits of one pool.
pub(super) struct TenantPermits(Arc<Mutex<State>>);

struct State {
    /// How many are left.
    free: usize,
    /// How many a tenant may have at one time.
    share: usize,
    /// How many each tenant has that has some.
    held: HashMap<TenantName, usize>,
    /// None of them can have what is left.
    waiting: FairQueue<Owner, oneshot::Sender<TenantPermit>>,
}

/// The right to have a connection to oneself. It is given back when it is dropped.
pub(crate) struct TenantPermit {
    permits: TenantPermits,
    owner: Owner,
}

impl TenantPermits {
    /// So many at one time, of which a tenant has three quarters at the most.
    pub(super) fn new(max: usize) -> Self {
        let share = (max - max.div_ceil(4)).max(1);
        Self(Arc::new(Mutex::new(State { free: max, share, held: HashMap::new(), waiting: FairQueue::default() })))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a permit: those who wait are served tenant by tenant. None if the pool is gone.
    pub(super) async fn take(&self, tenant: Option<&TenantName>) -> Option<TenantPermit> {
        let permit = match self.begin_or_wait(tenant.cloned()) {
            Ok(permit) => return Some(permit),
            Err(permit) => permit,
        };
        let mut waiting = Waiting { permits: self, permit, over: false };
        let permit = (&mut waiting.permit).await.ok();
        waiting.over = true;
        permit
    }

    fn begin_or_wait(&self, owner: Owner) -> Result<TenantPermit, oneshot::Receiver<TenantPermit>> {
        let mut state = self.lock();
        if state.free > 0 && has_share(&state.held, state.share, &owner) {
            state.begin(&owner);
            return Ok(self.permit(owner));
        }
        let (wanted, permit) = oneshot::channel();
        state.waiting.push(owner, wanted);
        Err(permit)
    }

    fn permit(&self, owner: Owner) -> TenantPermit {
        TenantPermit { permits: Self(Arc::clone(&self.0)), owner }
    }

    /// Gives a permit back, and what is left to those who can have it.
    fn end(&self, owner: &Owner) {
        let mut granted = Vec::new();
        let mut state = self.lock();
        state.end(owner);
        while let Some((owner, wanted)) = state.next() {
            granted.push((wanted, self.permit(owner)));
        }
        drop(state);
        for (wanted, permit) in granted {
            // Who has gone away in this moment leaves it to the next.
            drop(wanted.send(permit));
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

    /// Begins the permit of the next who can have one.
    fn next(&mut self) -> Option<(Owner, oneshot::Sender<TenantPermit>)> {
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

impl Drop for TenantPermit {
    fn drop(&mut self) {
        self.permits.end(&self.owner);
    }
}

/// Somebody who waits, and leaves the queue when he goes away.
struct Waiting<'t> {
    permits: &'t TenantPermits,
    permit: oneshot::Receiver<TenantPermit>,
    over: bool,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if !self.over {
            self.permit.close();
            self.permits.lock().waiting.retain(|wanted| !wanted.is_closed());
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

    fn taken(permits: &TenantPermits, tenant: Option<&TenantName>) -> Option<TenantPermit> {
        now(pin!(permits.take(tenant)))
    }

    #[test]
    fn a_tenant_leaves_some_to_others() {
        let (permits, [a, b, _]) = (TenantPermits::new(8), tenants());
        let mut held: Vec<_> = (0..6).map(|_| taken(&permits, Some(&a)).unwrap()).collect();
        assert!(taken(&permits, Some(&a)).is_none(), "it has its share");
        let other = taken(&permits, Some(&b)).unwrap();
        let none = taken(&permits, None).unwrap();
        assert!(taken(&permits, Some(&b)).is_none() && taken(&permits, None).is_none(), "none is left");
        drop(other);
        assert!(taken(&permits, Some(&a)).is_none());
        held.pop();
        held.push(taken(&permits, Some(&a)).unwrap());
        drop((held, none));
        assert_eq!((permits.left(), permits.lock().held.len()), (8, 0));
    }

    /// What names no tenant is the workspace's own.
    #[test]
    fn who_names_no_tenant_may_have_all() {
        let permits = TenantPermits::new(4);
        let held: Vec<_> = (0..4).map(|_| taken(&permits, None).unwrap()).collect();
        assert!(taken(&permits, None).is_none());
        drop(held);
        assert_eq!(permits.left(), 4);
    }

    #[test]
    fn a_pool_of_one_is_for_everybody() {
        let (permits, [a, b, _]) = (TenantPermits::new(1), tenants());
        let held = taken(&permits, Some(&a)).unwrap();
        let mut next = pin!(permits.take(Some(&b)));
        assert!(now(next.as_mut()).is_none());
        drop(held);
        assert!(now(next.as_mut()).is_some());
    }

    #[test]
    fn those_who_wait_are_served_tenant_by_tenant() {
        let (permits, [a, b, c]) = (TenantPermits::new(2), tenants());
        let mut held = vec![taken(&permits, Some(&a)).unwrap(), taken(&permits, None).unwrap()];
        let order = [&a, &a, &b, &b, &c];
        let mut waiting: Vec<_> = order.into_iter().map(|tenant| Box::pin(permits.take(Some(tenant)))).collect();
        for one in &mut waiting {
            assert!(now(one.as_mut()).is_none());
        }
        let mut served = Vec::new();
        while let Some(one) = held.pop() {
            drop(one);
            let all = waiting.iter_mut().enumerate();
            let got: Vec<_> = all.filter(|(index, _)| !served.contains(index)).collect();
            let got = got.into_iter().find_map(|(index, one)| Some((index, now(one.as_mut())?)));
            if let Some((index, permit)) = got {
                served.push(index);
                // The next is served when this one ends.
                held.push(permit);
            }
        }
        // Those of a wait while a has its share, which is one of two.
        assert_eq!(served, [2, 4, 3, 0, 1]);
        drop(waiting);
        assert_eq!((permits.left(), permits.lock().held.len()), (2, 0));
    }

    #[test]
    fn who_goes_away_leaves_nothing() {
        let (permits, [a, b, _]) = (TenantPermits::new(1), tenants());
        let held = taken(&permits, Some(&a)).unwrap();
        {
            let mut gone = pin!(permits.take(Some(&b)));
            assert!(now(gone.as_mut()).is_none());
        }
        assert!(permits.lock().waiting.is_empty());
        let mut granted = Box::pin(permits.take(Some(&b)));
        assert!(now(granted.as_mut()).is_none());
        let mut next = pin!(permits.take(Some(&a)));
        assert!(now(next.as_mut()).is_none());
        drop(held);
        // It has its permit, and goes away before it knows.
        drop(granted);
        assert!(now(next.as_mut()).is_some());
        assert_eq!(permits.left(), 1);
    }
}
