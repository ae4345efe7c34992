//! Permits for work of which few pieces are done at one time: compiling a component, reading a script. Scopes take turns, as
//! groups do where guests run, and nobody has all of the permits: what one scope makes to take long holds up no other.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lockgate_domain::{FairQueue, Scope};
use tokio::sync::oneshot;

/// How many permits there are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PermitBounds {
    /// Together.
    pub(crate) all: usize,
    /// Of one holder.
    pub(crate) of_one: usize,
    /// By whom the permits of a scope are counted: the scope itself, or its organization with all of its workspaces.
    pub(crate) holder: fn(Scope) -> Scope,
}

#[derive(Debug, Clone)]
pub(crate) struct FairPermits(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    bounds: PermitBounds,
    state: Mutex<State>,
}

/// No scope is the host itself.
#[derive(Debug, Default)]
struct State {
    /// Permits that are in use.
    used: usize,
    /// The same by their holder, each of which has one at least.
    held: HashMap<Option<Scope>, usize>,
    waiting: FairQueue<Option<Scope>, oneshot::Sender<FairPermit>>,
}

impl State {
    fn give_back(&mut self, holder: Option<Scope>) {
        self.used -= 1;
        if let Some(own) = self.held.get_mut(&holder) {
            *own -= 1;
            if *own == 0 {
                self.held.remove(&holder);
            }
        }
    }
}

/// The right to do one piece of work.
#[derive(Debug)]
pub(crate) struct FairPermit {
    permits: FairPermits,
    holder: Option<Scope>,
    /// Whether it is given back when it is dropped.
    is_counted: bool,
}

impl FairPermits {
    pub(crate) fn new(bounds: PermitBounds) -> Self {
        Self(Arc::new(Inner { bounds, state: Mutex::default() }))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until it is this scope's turn, or that of the host itself; none if the permits are gone.
    pub(crate) async fn acquire(&self, scope: Option<Scope>) -> Option<FairPermit> {
        let (permit, turn) = oneshot::channel();
        self.lock().waiting.push(scope, permit);
        self.serve();
        turn.await.ok()
    }

    /// Gives permits to those who can have one.
    fn serve(&self) {
        let PermitBounds { all, of_one, holder } = self.0.bounds;
        loop {
            let mut state = self.lock();
            let State { used, held, waiting } = &mut *state;
            if *used >= all {
                return;
            }
            let has_room = |scope: &Option<Scope>| held.get(&scope.map(holder)).is_none_or(|own| *own < of_one);
            let Some((scope, turn)) = waiting.pop_of(has_room) else { return };
            let holder = scope.map(holder);
            *used += 1;
            *held.entry(holder).or_default() += 1;
            drop(state);
            if let Err(mut unwanted) = turn.send(FairPermit { permits: self.clone(), holder, is_counted: true }) {
                // Whoever waited has gone away. Its drop would serve the next one from within, and so on through thousands.
                unwanted.is_counted = false;
                self.lock().give_back(holder);
            }
        }
    }
}

impl Drop for FairPermit {
    fn drop(&mut self) {
        if self.is_counted {
            self.permits.lock().give_back(self.holder);
            self.permits.serve();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::{Pin, pin};
    use std::task::{Context, Poll, Waker};

    use lockgate_domain::{OrganizationId, WorkspaceId};

    use super::*;

    fn now<T>(future: Pin<&mut impl Future<Output = T>>) -> Option<T> {
        match future.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(value) => Some(value),
            Poll::Pending => None,
        }
    }

    fn by_scope() -> FairPermits {
        FairPermits::new(PermitBounds { all: 2, of_one: 1, holder: |scope| scope })
    }

    #[test]
    fn one_scope_leaves_a_permit_to_others_and_scopes_take_turns() {
        let permits = by_scope();
        let [a, b, c] = [(); 3].map(|()| Some(Scope::Organization(OrganizationId::new())));
        let mut first = pin!(permits.acquire(a));
        let first = now(first.as_mut()).flatten().unwrap();
        let (mut second, mut third) = (pin!(permits.acquire(a)), pin!(permits.acquire(a)));
        assert!(now(second.as_mut()).is_none() && now(third.as_mut()).is_none(), "a has one already");
        let mut other = pin!(permits.acquire(b));
        let other = now(other.as_mut()).flatten().unwrap();
        let (mut another, mut again) = (pin!(permits.acquire(c)), pin!(permits.acquire(b)));
        assert!(now(another.as_mut()).is_none() && now(again.as_mut()).is_none());
        drop(other);
        let another = now(another.as_mut()).flatten().unwrap();
        assert!(now(again.as_mut()).is_none() && now(second.as_mut()).is_none());
        drop(another);
        let _again = now(again.as_mut()).flatten().unwrap();
        drop(first);
        assert!(now(second.as_mut()).flatten().is_some());
    }

    #[test]
    fn the_workspaces_of_an_organization_share_its_permits_and_take_turns() {
        let holder = |scope: Scope| Scope::Organization(scope.organization());
        let permits = FairPermits::new(PermitBounds { all: 3, of_one: 2, holder });
        let (one, other) = (OrganizationId::new(), OrganizationId::new());
        let [a, b] = [(); 2].map(|()| Some(Scope::Workspace(one, WorkspaceId::new())));
        let (mut first, mut second) = (pin!(permits.acquire(a)), pin!(permits.acquire(a)));
        let first = now(first.as_mut()).flatten().unwrap();
        let _second = now(second.as_mut()).flatten().unwrap();
        let (mut late, mut neighbour) = (pin!(permits.acquire(a)), pin!(permits.acquire(b)));
        assert!(now(late.as_mut()).is_none() && now(neighbour.as_mut()).is_none(), "the last one is for others");
        let mut of_other = pin!(permits.acquire(Some(Scope::Organization(other))));
        assert!(now(of_other.as_mut()).flatten().is_some());
        let mut later = pin!(permits.acquire(a));
        assert!(now(later.as_mut()).is_none());
        drop(first);
        let late = now(late.as_mut()).flatten().unwrap();
        assert!(now(neighbour.as_mut()).is_none() && now(later.as_mut()).is_none());
        drop(late);
        assert!(now(neighbour.as_mut()).flatten().is_some(), "the other workspace comes before what came later");
    }

    #[test]
    fn who_goes_away_holds_up_nobody() {
        let permits = by_scope();
        let mut held = pin!(permits.acquire(None));
        let held = now(held.as_mut()).flatten().unwrap();
        // So many that a drop within a drop for each would end the stack.
        for _ in 0..200_000 {
            let mut gone = pin!(permits.acquire(None));
            assert!(now(gone.as_mut()).is_none());
        }
        let mut next = pin!(permits.acquire(None));
        assert!(now(next.as_mut()).is_none());
        drop(held);
        assert!(now(next.as_mut()).flatten().is_some());
    }
}
