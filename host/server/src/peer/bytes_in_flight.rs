//! The bytes of requests and answers that the host holds at one time, in memory or on disk: all of them have a sum, and each
//! scope a share of it. Nobody waits for room, since who waits would keep what arrived already: what does not fit is
//! refused. An answer is not, since its work is done: it counts, and further requests are refused until it was sent.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use arc_swap::ArcSwap;
use lockgate_domain::Scope;

/// Shares that are remembered before those of which nothing is held are forgotten.
const SHARES: usize = 1024;

/// How much the bodies of requests and answers may take, each with its shares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BodyBytes {
    /// In memory, answers included that are not sent yet.
    pub memory: u64,
    /// On disk, where plugins lie while they are loaded.
    pub disk: u64,
}

/// Bytes of one kind.
#[derive(Debug)]
pub(crate) struct ByteBudget {
    most: u64,
    all: AtomicU64,
    shares: ArcSwap<HashMap<Option<Scope>, Arc<AtomicU64>>>,
}

/// What one request holds.
#[derive(Debug)]
pub(crate) struct HeldBytes {
    budget: Arc<ByteBudget>,
    /// Of its scope and its organization, or of those without a token, each with the most.
    shares: Vec<(Arc<AtomicU64>, u64)>,
    bytes: u64,
}

impl ByteBudget {
    pub(crate) fn new(most: u64) -> Arc<Self> {
        Arc::new(Self { most, all: AtomicU64::new(0), shares: ArcSwap::default() })
    }

    /// Begins to hold bytes for a scope; for nobody's without one. A workspace can have half of all, an organization with
    /// its workspaces three quarters, and all who show no token an eighth.
    pub(crate) fn hold(self: &Arc<Self>, scope: Option<Scope>) -> HeldBytes {
        let shares = match scope {
            None => vec![(self.share(None), self.most / 8)],
            Some(scope) => {
                let organization = Scope::Organization(scope.organization());
                let own = (scope != organization).then(|| (self.share(Some(scope)), self.most / 2));
                own.into_iter().chain([(self.share(Some(organization)), self.most / 4 * 3)]).collect()
            }
        };
        HeldBytes { budget: Arc::clone(self), shares, bytes: 0 }
    }

    /// What is held by one. No lock is taken for one that is known.
    fn share(&self, of: Option<Scope>) -> Arc<AtomicU64> {
        if let Some(known) = self.shares.load().get(&of) {
            return Arc::clone(known);
        }
        let made = Arc::new(AtomicU64::new(0));
        self.shares.rcu(|shares| {
            let mut shares = HashMap::clone(shares);
            if shares.len() >= SHARES {
                shares.retain(|_, share| Arc::strong_count(share) > 2);
            }
            shares.entry(of).or_insert_with(|| Arc::clone(&made));
            shares
        });
        // Another request may have been first.
        self.shares.load().get(&of).cloned().unwrap_or(made)
    }
}

impl HeldBytes {
    /// What is held of each sum, and the most of it.
    fn sums(&self) -> impl Iterator<Item = (&AtomicU64, u64)> {
        let shares = self.shares.iter().map(|(held, most)| (held.as_ref(), *most));
        shares.chain([(&self.budget.all, self.budget.most)])
    }

    /// Whether there is room for a byte more.
    pub(crate) fn has_room(&self) -> bool {
        self.sums().all(|(held, most)| held.load(Relaxed) < most)
    }

    /// Holds more, whether there is room for it or not.
    pub(crate) fn add(&mut self, bytes: u64) {
        for (held, _) in self.sums() {
            held.fetch_add(bytes, Relaxed);
        }
        self.bytes += bytes;
    }

    /// Holds more; false if there is no room for it.
    pub(crate) fn grow(&mut self, bytes: u64) -> bool {
        let mut taken: Vec<&AtomicU64> = Vec::with_capacity(3);
        for (held, most) in self.sums() {
            let before = held.fetch_add(bytes, Relaxed);
            taken.push(held);
            if before.saturating_add(bytes) > most {
                for held in taken {
                    held.fetch_sub(bytes, Relaxed);
                }
                return false;
            }
        }
        self.bytes += bytes;
        true
    }
}

impl Drop for HeldBytes {
    fn drop(&mut self) {
        for (held, _) in self.sums() {
            held.fetch_sub(self.bytes, Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use lockgate_domain::{OrganizationId, WorkspaceId};

    use super::*;

    #[test]
    fn workspaces_organizations_and_strangers_have_shares() {
        let budget = ByteBudget::new(800);
        let organization = OrganizationId::new();
        let workspace = || Some(Scope::Workspace(organization, WorkspaceId::new()));
        let other = Some(Scope::Organization(OrganizationId::new()));
        let [mut one, mut two] = [workspace(), workspace()].map(|scope| budget.hold(scope));
        assert!(!one.grow(401) && one.grow(400) && !one.grow(1));
        assert!(!two.grow(201) && two.grow(200) && !two.grow(1));
        let (mut stranger, mut neighbour) = (budget.hold(None), budget.hold(other));
        assert!(!stranger.grow(101) && stranger.grow(100));
        assert!(!neighbour.grow(101) && neighbour.grow(100), "all of it is held");
        drop(one);
        assert!(neighbour.grow(400) && !two.grow(1));
        drop((two, stranger, neighbour));
        assert_eq!(budget.all.load(Relaxed), 0);
    }

    #[test]
    fn an_answer_counts_beyond_what_there_is() {
        let budget = ByteBudget::new(800);
        let organization = OrganizationId::new();
        let scope = Some(Scope::Workspace(organization, WorkspaceId::new()));
        let mut answer = budget.hold(scope);
        answer.add(399);
        assert!(budget.hold(scope).has_room());
        answer.add(1000);
        assert!(!budget.hold(scope).has_room() && !budget.hold(scope).grow(1));
        assert!(!budget.hold(None).has_room(), "all of it is held");
        drop(answer);
        assert!(budget.hold(scope).has_room() && budget.all.load(Relaxed) == 0);
    }

    #[test]
    fn shares_of_which_nothing_is_held_are_forgotten() {
        let budget = ByteBudget::new(1);
        for _ in 0..3 * SHARES {
            drop(budget.hold(Some(Scope::Organization(OrganizationId::new()))));
        }
        assert!(budget.shares.load().len() <= SHARES + 1);
    }
}
