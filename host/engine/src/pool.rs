//! Who has how much of the pool of instances, and of the memory that guests may have together. An organization can take
//! three quarters of each and no more, so that there is always a rest for the others; a group can take a quarter of the
//! instances. What is counted are units: an ordinary instance is one, and one that takes a larger part of the pool's
//! memories or tables is as many as that part is worth. So none of them ends before the units do.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use arc_swap::ArcSwap;
use lockgate_domain::{GroupId, OrganizationId, Permit, Scope};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;
use wasmtime::component::Component;

use crate::settings::{MEMORIES, MEMORIES_MAX, TABLES, TABLES_MAX};

/// How long a call waits for its part of the pool before its caller has to come back.
const WAIT: Duration = Duration::from_secs(1);
/// Shares that are remembered before those that nobody uses are forgotten.
const SHARES: usize = 1024;
/// The units of an instance that takes as much as one may.
const WEIGHT_MAX: u32 = {
    let (memories, tables) = (MEMORIES_MAX.div_ceil(MEMORIES), TABLES_MAX.div_ceil(TABLES));
    if memories > tables { memories } else { tables }
};

/// For whom an instance is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct PoolUser {
    organization: OrganizationId,
    /// None while a component is loaded.
    group: Option<GroupId>,
}

impl PoolUser {
    /// A call, which uses the share of the scope in which it is made.
    pub(crate) fn call(permit: &Permit) -> Self {
        Self { organization: permit.scope().organization(), group: Some(permit.group()) }
    }

    /// A component that is loaded for a scope.
    pub(crate) fn load(scope: Scope) -> Self {
        Self { organization: scope.organization(), group: None }
    }
}

/// The units that an instance of a component takes.
pub(crate) fn weight(component: &Component) -> u32 {
    // One that says nothing of its needs counts as the largest.
    component.resources_required().map_or(WEIGHT_MAX, |needs| {
        let of = |number: u32, each: u32| number.div_ceil(each);
        of(needs.num_memories, MEMORIES).max(of(needs.num_tables, TABLES)).max(1)
    })
}

#[derive(Debug)]
pub(crate) struct Pool {
    all: Arc<Share>,
    shares: ArcSwap<HashMap<PoolUser, Arc<Share>>>,
    /// Instances that exist.
    instances: Arc<AtomicUsize>,
    units: usize,
    memory: u64,
}

/// What one user can take, or all together.
#[derive(Debug)]
struct Share {
    units: Arc<Semaphore>,
    most_units: usize,
    memory: AtomicU64,
    most_memory: u64,
}

impl Share {
    fn new(units: usize, memory: u64) -> Arc<Self> {
        let units = units.clamp(1, Semaphore::MAX_PERMITS);
        let free = Arc::new(Semaphore::new(units));
        Arc::new(Self { units: free, most_units: units, memory: AtomicU64::new(0), most_memory: memory })
    }

    async fn take(&self, units: u32, until: Instant) -> Option<OwnedSemaphorePermit> {
        let free = Arc::clone(&self.units);
        if let Ok(permit) = Arc::clone(&free).try_acquire_many_owned(units) {
            return Some(permit);
        }
        tokio::time::timeout_at(until, free.acquire_many_owned(units)).await.ok()?.ok()
    }

    fn grow(&self, bytes: u64) -> bool {
        let fits = self.memory.fetch_add(bytes, Relaxed).saturating_add(bytes) <= self.most_memory;
        if !fits {
            self.memory.fetch_sub(bytes, Relaxed);
        }
        fits
    }
}

/// A part of the pool, for one instance.
#[derive(Debug)]
pub(crate) struct PoolPermit {
    group: Option<(Arc<Share>, OwnedSemaphorePermit)>,
    _organization: Option<OwnedSemaphorePermit>,
    _all: OwnedSemaphorePermit,
    memory: [Option<Arc<Share>>; 2],
    instances: Arc<AtomicUsize>,
}

/// The memory of one instance, as its organization and the host count it.
#[derive(Debug)]
pub(crate) struct CountedMemory {
    shares: [Option<Arc<Share>>; 2],
    bytes: u64,
}

impl Pool {
    /// A pool of so many units, whose guests may have so much memory together.
    pub(crate) fn new(units: usize, memory: u64) -> Self {
        let all = Share::new(units, memory);
        Self { all, shares: ArcSwap::default(), instances: Arc::default(), units, memory }
    }

    /// Instances that exist.
    pub(crate) fn instances(&self) -> usize {
        self.instances.load(Relaxed)
    }

    /// The units that an instance can have at most: those of a group.
    pub(crate) fn most_for_one(&self) -> usize {
        self.of(true)
    }

    fn of(&self, group: bool) -> usize {
        let units = if group { self.units / 4 } else { self.units - self.units / 4 };
        // A small pool would have no share that the heaviest component fits in.
        units.max((WEIGHT_MAX as usize).min(self.units)).max(1)
    }

    /// Waits a moment for a part of the pool. The host itself has no share of its own to keep to.
    pub(crate) async fn acquire(&self, user: Option<PoolUser>, units: u32) -> Option<PoolPermit> {
        let until = Instant::now() + WAIT;
        let organization = user.map(|user| self.share(PoolUser { group: None, ..user }));
        let group = user.filter(|user| user.group.is_some()).map(|user| self.share(user));
        // What most others share comes last, so that who waits for its own share holds up nobody.
        let group = match group {
            Some(share) => {
                let permit = share.take(units, until).await?;
                Some((share, permit))
            }
            None => None,
        };
        let of_organization = match &organization {
            Some(share) => Some(share.take(units, until).await?),
            None => None,
        };
        let all = self.all.take(units, until).await?;
        self.instances.fetch_add(1, Relaxed);
        let (memory, instances) = ([organization, Some(Arc::clone(&self.all))], Arc::clone(&self.instances));
        Some(PoolPermit { group, _organization: of_organization, _all: all, memory, instances })
    }

    /// The share of a user. No lock is taken for one that is known.
    fn share(&self, user: PoolUser) -> Arc<Share> {
        if let Some(known) = self.shares.load().get(&user) {
            return Arc::clone(known);
        }
        let made = Share::new(self.of(user.group.is_some()), self.memory - self.memory / 4);
        self.shares.rcu(|shares| {
            let mut shares = HashMap::clone(shares);
            if shares.len() >= SHARES {
                shares.retain(|_, share| Arc::strong_count(share) > 2);
            }
            shares.entry(user).or_insert_with(|| Arc::clone(&made));
            shares
        });
        // Another call may have been first.
        self.shares.load().get(&user).cloned().unwrap_or(made)
    }
}

impl PoolPermit {
    /// Whether the instance may stay when its call has ended: not if its group has little left for fresh ones.
    pub(crate) fn may_idle(&self) -> bool {
        self.group.as_ref().is_none_or(|(share, _)| share.units.available_permits() > share.most_units / 2)
    }

    /// Counts the memory of the instance.
    pub(crate) fn memory(&self) -> CountedMemory {
        CountedMemory { shares: self.memory.clone(), bytes: 0 }
    }
}

impl Drop for PoolPermit {
    fn drop(&mut self) {
        self.instances.fetch_sub(1, Relaxed);
    }
}

impl CountedMemory {
    /// Counts more bytes; false if those are more than the organization or all guests together may have.
    pub(crate) fn grow(&mut self, bytes: usize) -> bool {
        let bytes = bytes as u64;
        let [organization, all] = &self.shares;
        if organization.as_ref().is_some_and(|share| !share.grow(bytes)) {
            return false;
        }
        if all.as_ref().is_some_and(|share| !share.grow(bytes)) {
            if let Some(share) = organization {
                share.memory.fetch_sub(bytes, Relaxed);
            }
            return false;
        }
        self.bytes += bytes;
        true
    }

    #[cfg(test)]
    pub(crate) fn unlimited() -> Self {
        Self { shares: [None, None], bytes: 0 }
    }
}

impl Drop for CountedMemory {
    fn drop(&mut self) {
        self.shares.iter().flatten().for_each(|share| {
            share.memory.fetch_sub(self.bytes, Relaxed);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(organization: OrganizationId) -> Option<PoolUser> {
        Some(PoolUser { organization, group: Some(GroupId::new()) })
    }

    #[tokio::test]
    async fn an_organization_and_a_group_leave_a_rest_to_others() {
        let (pool, one, other) = (Pool::new(64, 0), OrganizationId::new(), OrganizationId::new());
        let group = user(one);
        let mut held = Vec::new();
        for _ in 0..16 {
            held.push(pool.acquire(group, 1).await.unwrap());
        }
        assert!(pool.acquire(group, 1).await.is_none(), "a quarter is for the group");
        for _ in 0..4 {
            held.push(pool.acquire(user(one), 8).await.unwrap());
        }
        assert!(pool.acquire(user(one), 1).await.is_none(), "three quarters are for the organization");
        assert!(pool.acquire(Some(PoolUser { organization: one, group: None }), 1).await.is_none(), "its loads too");
        held.push(pool.acquire(user(other), 16).await.unwrap());
        assert!(pool.acquire(None, 1).await.is_none());
        assert_eq!(pool.instances(), 21);
        held.clear();
        assert!(pool.acquire(group, 16).await.is_some() && pool.instances() == 0);
    }

    #[tokio::test]
    async fn memory_is_counted_over_all_and_for_each_organization() {
        let (pool, one, other) = (Pool::new(64, 1000), OrganizationId::new(), OrganizationId::new());
        let [first, second] = [pool.acquire(user(one), 1).await.unwrap(), pool.acquire(user(one), 1).await.unwrap()];
        let (mut some, mut more) = (first.memory(), second.memory());
        assert!(some.grow(700) && !more.grow(51) && more.grow(50));
        let third = pool.acquire(user(other), 1).await.unwrap();
        let mut rest = third.memory();
        assert!(!rest.grow(251) && rest.grow(250));
        drop(some);
        assert!(rest.grow(400));
    }

    #[tokio::test]
    async fn a_small_pool_takes_every_component() {
        for units in [1, 2, 8, 9, 100] {
            let pool = Pool::new(units, 0);
            let most = u32::try_from(pool.most_for_one()).unwrap();
            assert!(most >= WEIGHT_MAX.min(u32::try_from(units).unwrap()), "{units}");
            assert!(pool.acquire(user(OrganizationId::new()), most).await.is_some());
        }
    }

    #[tokio::test]
    async fn shares_that_nobody_uses_are_forgotten() {
        let pool = Pool::new(8, 0);
        for _ in 0..SHARES {
            drop(pool.acquire(user(OrganizationId::new()), 1).await.unwrap());
        }
        assert!(pool.shares.load().len() <= SHARES + 1);
    }
}
