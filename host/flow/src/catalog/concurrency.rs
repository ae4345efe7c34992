//! How many calls may run at one time: of a token over the whole host, of a group, and of each tenant in a group. The
//! numbers belong to the snapshot; `call/concurrency.rs` takes the permits.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use lockgate_domain::{Limit, LimitHit, Limits, TenantName};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use crate::FlowError;

/// Tenants that are remembered before those without calls are forgotten.
const TENANTS: usize = 1024;

/// The calls that one token, tenant or group may have at one time.
#[derive(Debug)]
pub(crate) struct ConcurrencyLimit {
    free: Arc<Semaphore>,
    limit: LimitHit,
}

impl ConcurrencyLimit {
    pub(crate) fn new(limit: LimitHit) -> Self {
        let number = usize::try_from(limit.value).unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS);
        Self { free: Arc::new(Semaphore::new(number)), limit }
    }

    /// The limit of one token, which the operator sets for all tokens.
    pub(crate) fn of_token(calls: u64) -> Self {
        let setting = "calls_per_token of the host's configuration".to_owned();
        Self::new(LimitHit { name: "calls_per_token".to_owned(), value: calls, setting })
    }

    /// A permit for one call, waited for until then.
    ///
    /// # Errors
    /// [`FlowError::TooManyCalls`]: none became free in time.
    pub(crate) async fn acquire(&self, until: Instant) -> Result<OwnedSemaphorePermit, FlowError> {
        if let Ok(permit) = Arc::clone(&self.free).try_acquire_owned() {
            return Ok(permit);
        }
        match tokio::time::timeout_at(until, Arc::clone(&self.free).acquire_owned()).await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) | Err(_) => Err(FlowError::TooManyCalls(self.limit.clone())),
        }
    }
}

/// The limits of a group and of each of its tenants.
#[derive(Debug)]
pub(crate) struct GroupConcurrency {
    pub(crate) group: ConcurrencyLimit,
    each_tenant: LimitHit,
    tenants: Mutex<HashMap<TenantName, Weak<ConcurrencyLimit>>>,
}

impl GroupConcurrency {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            group: ConcurrencyLimit::new(LimitHit::new(Limit::CallsInFlight, limits.calls_in_flight)),
            each_tenant: LimitHit::new(Limit::TenantCallsInFlight, limits.tenant_calls_in_flight),
            tenants: Mutex::default(),
        }
    }

    /// The limit of a tenant, which lives as long as a call of the tenant keeps it.
    pub(crate) fn tenant(&self, tenant: &TenantName) -> Arc<ConcurrencyLimit> {
        let mut tenants = self.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(limit) = tenants.get(tenant).and_then(Weak::upgrade) {
            return limit;
        }
        if tenants.len() >= TENANTS {
            tenants.retain(|_, limit| limit.strong_count() > 0);
        }
        let limit = Arc::new(ConcurrencyLimit::new(self.each_tenant.clone()));
        tenants.insert(tenant.clone(), Arc::downgrade(&limit));
        limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tenants_without_calls_are_forgotten() {
        let group =
            GroupConcurrency::new(&Limits { calls_in_flight: 1, tenant_calls_in_flight: 1, ..Limits::default() });
        for number in 0..5 * TENANTS {
            group.tenant(&format!("t{number}").parse().unwrap());
        }
        assert!(group.tenants.lock().unwrap().len() <= TENANTS);
    }
}
