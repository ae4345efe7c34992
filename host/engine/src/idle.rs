//! Instances that came back clean and wait for another call of exactly the same kind. Only groups that set
//! `limits.calls_per_instance` above 1 ever have any.

use std::sync::{Arc, Mutex, PoisonError};

use lockgate_domain::{ConnectionId, GroupId, Limits, Scope, TenantName};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::CallFacts;
use crate::binding::Idle;

/// Instances of one plugin that wait at one time: enough for every guest thread.
const WAITING_MAX: usize = 16;

/// Everything that two calls must share before one may see what the other left in memory. The plugin's digest belongs to
/// it too: each plugin has a list of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ReuseKey {
    scope: Scope,
    group: GroupId,
    connection: Option<ConnectionId>,
    tenant: Option<TenantName>,
    limits: Limits,
}

impl ReuseKey {
    pub(crate) fn of(facts: &CallFacts) -> Self {
        Self {
            scope: facts.permit.scope(),
            group: facts.permit.group(),
            connection: facts.permit.connection(),
            tenant: facts.permit.tenant().cloned(),
            limits: facts.limits,
        }
    }
}

#[derive(Default)]
pub(crate) struct IdleInstances(Mutex<Vec<Waiting>>);

struct Waiting {
    key: ReuseKey,
    idle: Idle,
    /// For one of the instances that may wait, over all plugins.
    _permit: OwnedSemaphorePermit,
}

impl IdleInstances {
    /// The instance that waited the shortest, whose memory is warmest.
    pub(crate) fn take(&self, key: &ReuseKey) -> Option<Idle> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let index = waiting.iter().rposition(|one| one.key == *key)?;
        Some(waiting.remove(index).idle)
    }

    /// Keeps an instance; the one of this plugin that waited the longest makes room. Without a permit left, as when many
    /// plugins have instances that wait, it goes back to the pool.
    pub(crate) fn put(&self, key: ReuseKey, idle: Idle, permits: &Arc<Semaphore>) {
        if !idle.may_wait() {
            return;
        }
        let Ok(permit) = Arc::clone(permits).try_acquire_owned() else { return };
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let oldest = (waiting.len() >= WAITING_MAX).then(|| waiting.remove(0));
        waiting.push(Waiting { key, idle, _permit: permit });
        drop(waiting);
        // Given back to the pool outside of the lock.
        drop(oldest);
    }
}
