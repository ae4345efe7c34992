//! Turns to fetch images: few at a time for each scope, so that a silent server of one keeps no other from its own.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use lockgate_domain::Scope;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};

/// Images that are fetched at one time, for all who look at the console.
const ALL: usize = 64;
/// The same for those who look from one scope: browsers ask for about as many at a time.
const OF_SCOPE: usize = 6;

/// The turns of a host.
#[derive(Debug)]
pub(crate) struct ImageTurns {
    all: Semaphore,
    scopes: Mutex<HashMap<Scope, Weak<Semaphore>>>,
}

/// A turn, while it is kept.
#[derive(Debug)]
pub(crate) struct ImageTurn<'t> {
    _own: OwnedSemaphorePermit,
    _one: SemaphorePermit<'t>,
}

impl Default for ImageTurns {
    fn default() -> Self {
        Self { all: Semaphore::new(ALL), scopes: Mutex::default() }
    }
}

impl ImageTurns {
    /// Waits for a turn of a scope, then for one of all. None once they are closed, which nobody does.
    pub(crate) async fn take(&self, scope: &Scope) -> Option<ImageTurn<'_>> {
        let own = self.of(scope).acquire_owned().await.ok()?;
        let one = self.all.acquire().await.ok()?;
        Some(ImageTurn { _own: own, _one: one })
    }

    fn of(&self, scope: &Scope) -> Arc<Semaphore> {
        let mut scopes = self.scopes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = scopes.get(scope).and_then(Weak::upgrade) {
            return own;
        }
        scopes.retain(|_, own| own.strong_count() > 0);
        let own = Arc::new(Semaphore::new(OF_SCOPE));
        scopes.insert(*scope, Arc::downgrade(&own));
        own
    }
}

#[cfg(test)]
mod tests {
    use lockgate_domain::{OrganizationId, WorkspaceId};

    use super::*;

    #[tokio::test]
    async fn a_scope_that_waits_for_its_own_keeps_no_other_waiting() {
        let turns = ImageTurns::default();
        let organization = OrganizationId::new();
        let scope = || Scope::Workspace(organization, WorkspaceId::new());
        let (one, other) = (scope(), scope());
        let mut taken = Vec::new();
        for _ in 0..OF_SCOPE {
            taken.push(turns.take(&one).await);
        }
        let waits = tokio::time::timeout(std::time::Duration::from_millis(50), turns.take(&one)).await;
        assert!(waits.is_err());
        assert!(turns.take(&other).await.is_some());
        taken.clear();
        assert!(turns.take(&one).await.is_some());
    }
}
