//! Whose component is compiled next. Scopes take turns, as groups do where guests run, and one scope never has all of the
//! compilers: a neighbour's component does not wait for one that is made to take long.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lockgate_domain::{FairQueue, Scope};
use tokio::sync::oneshot;

/// Children that compile at one time, each with a share of the cores: one for a scope that takes long, and one for others.
pub(super) const CHILDREN: usize = 2;

/// The scope for which something is compiled; none for the host itself.
type Owner = Option<Scope>;

#[derive(Debug, Clone, Default)]
pub(super) struct CompileQueue(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    /// Those whose components are being compiled: one of each.
    compiling: HashSet<Owner>,
    waiting: FairQueue<Owner, oneshot::Sender<CompilePermit>>,
}

/// The right to compile one component.
#[derive(Debug)]
pub(super) struct CompilePermit {
    queue: CompileQueue,
    owner: Owner,
}

impl CompileQueue {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until it is this owner's turn; none if the queue is gone.
    pub(super) async fn acquire(&self, owner: Owner) -> Option<CompilePermit> {
        let (permit, turn) = oneshot::channel();
        self.lock().waiting.push(owner, permit);
        self.serve();
        turn.await.ok()
    }

    /// Gives permits to those who can have one.
    fn serve(&self) {
        loop {
            let mut state = self.lock();
            let State { compiling, waiting } = &mut *state;
            if compiling.len() >= CHILDREN {
                return;
            }
            let Some((owner, turn)) = waiting.pop_of(|owner| !compiling.contains(owner)) else { return };
            compiling.insert(owner);
            drop(state);
            // One that has gone away gives its permit back at once.
            drop(turn.send(CompilePermit { queue: self.clone(), owner }));
        }
    }
}

impl Drop for CompilePermit {
    fn drop(&mut self) {
        self.queue.lock().compiling.remove(&self.owner);
        self.queue.serve();
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::{Pin, pin};
    use std::task::{Context, Poll, Waker};

    use lockgate_domain::OrganizationId;

    use super::*;

    fn now<T>(future: Pin<&mut impl Future<Output = T>>) -> Option<T> {
        match future.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(value) => Some(value),
            Poll::Pending => None,
        }
    }

    #[test]
    fn one_scope_leaves_a_compiler_to_others_and_scopes_take_turns() {
        let queue = CompileQueue::default();
        let [a, b, c] = [(); 3].map(|()| Some(Scope::Organization(OrganizationId::new())));
        let mut first = pin!(queue.acquire(a));
        let first = now(first.as_mut()).flatten().unwrap();
        let (mut second, mut third) = (pin!(queue.acquire(a)), pin!(queue.acquire(a)));
        assert!(now(second.as_mut()).is_none() && now(third.as_mut()).is_none(), "a compiles already");
        let mut other = pin!(queue.acquire(b));
        let other = now(other.as_mut()).flatten().unwrap();
        let (mut another, mut again) = (pin!(queue.acquire(c)), pin!(queue.acquire(b)));
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
    fn who_goes_away_holds_up_nobody() {
        let queue = CompileQueue::default();
        let mut held = pin!(queue.acquire(None));
        let held = now(held.as_mut()).flatten().unwrap();
        {
            let mut gone = pin!(queue.acquire(None));
            assert!(now(gone.as_mut()).is_none());
        }
        let mut next = pin!(queue.acquire(None));
        assert!(now(next.as_mut()).is_none());
        drop(held);
        assert!(now(next.as_mut()).flatten().is_some());
    }
}
