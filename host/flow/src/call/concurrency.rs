//! ConcurrencyLimit of calls that run at one time: of a token over the whole host, of a tenant in a group, of a group. A call
//! holds one of each, so none of them can take all of what the others need.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use lockgate_domain::{Limit, LimitHit, Limits, TenantName};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use crate::FlowError;

/// How long a call waits for all of its places together.
const WAIT: Duration = Duration::from_secs(1);
/// Tenants that are remembered before those without calls are forgotten.
const TENANTS: usize = 1024;

/// The places of one token, tenant or group.
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

    /// The places of one token.
    pub(crate) fn of_token(calls: u64) -> Self {
        let setting = "calls_per_token of the host's configuration".to_owned();
        Self::new(LimitHit { name: "calls_per_token".to_owned(), value: calls, setting })
    }

    async fn take(&self, until: Instant) -> Result<OwnedSemaphorePermit, FlowError> {
        if let Ok(place) = Arc::clone(&self.free).try_acquire_owned() {
            return Ok(place);
        }
        match tokio::time::timeout_at(until, Arc::clone(&self.free).acquire_owned()).await {
            Ok(Ok(place)) => Ok(place),
            Ok(Err(_)) | Err(_) => Err(FlowError::TooManyCalls(self.limit.clone())),
        }
    }
}

/// The places of a group, and of each of its tenants.
#[derive(Debug)]
pub(crate) struct GroupConcurrency {
    group: ConcurrencyLimit,
    of_each: LimitHit,
    tenants: Mutex<HashMap<TenantName, Weak<ConcurrencyLimit>>>,
}

impl GroupConcurrency {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            group: ConcurrencyLimit::new(LimitHit::new(Limit::CallsInFlight, limits.calls_in_flight)),
            of_each: LimitHit::new(Limit::TenantCallsInFlight, limits.tenant_calls_in_flight),
            tenants: Mutex::default(),
        }
    }

    fn tenant(&self, tenant: &TenantName) -> Arc<ConcurrencyLimit> {
        let mut tenants = self.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(places) = tenants.get(tenant).and_then(Weak::upgrade) {
            return places;
        }
        if tenants.len() >= TENANTS {
            tenants.retain(|_, places| places.strong_count() > 0);
        }
        let places = Arc::new(ConcurrencyLimit::new(self.of_each.clone()));
        tenants.insert(tenant.clone(), Arc::downgrade(&places));
        places
    }
}

/// What a call holds while it runs.
#[derive(Debug)]
pub(crate) struct ConcurrencyPermit {
    _token: Option<OwnedSemaphorePermit>,
    _tenant: Option<(OwnedSemaphorePermit, Arc<ConcurrencyLimit>)>,
    _group: OwnedSemaphorePermit,
}

impl ConcurrencyPermit {
    /// Waits a moment for every place. The one that most others share comes last, so that a call which waits for its own
    /// kind holds up no other.
    pub(crate) async fn take(
        token: Option<&ConcurrencyLimit>,
        tenant: Option<&TenantName>,
        group: &GroupConcurrency,
    ) -> Result<Self, FlowError> {
        let until = Instant::now() + WAIT;
        let token = match token {
            Some(places) => Some(places.take(until).await?),
            None => None,
        };
        let tenant = match tenant.map(|tenant| group.tenant(tenant)) {
            Some(places) => Some((places.take(until).await?, places)),
            None => None,
        };
        Ok(Self { _token: token, _tenant: tenant, _group: group.group.take(until).await? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(calls: u64, of_each: u64) -> GroupConcurrency {
        GroupConcurrency::new(&Limits { calls_in_flight: calls, tenant_calls_in_flight: of_each, ..Limits::default() })
    }

    fn name(result: Result<ConcurrencyPermit, FlowError>) -> String {
        match result {
            Err(FlowError::TooManyCalls(limit)) => limit.name,
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn one_tenant_leaves_room_for_another() {
        let group = group(3, 2);
        let (ada, bo): (TenantName, TenantName) = ("ada".parse().unwrap(), "bo".parse().unwrap());
        let _held = [
            ConcurrencyPermit::take(None, Some(&ada), &group).await.unwrap(),
            ConcurrencyPermit::take(None, Some(&ada), &group).await.unwrap(),
        ];
        assert_eq!(name(ConcurrencyPermit::take(None, Some(&ada), &group).await), "tenant_calls_in_flight");
        let _third = ConcurrencyPermit::take(None, Some(&bo), &group).await.unwrap();
        assert_eq!(name(ConcurrencyPermit::take(None, Some(&bo), &group).await), "calls_in_flight");
    }

    #[tokio::test]
    async fn a_token_is_counted_over_all_groups() {
        let (token, groups) = (ConcurrencyLimit::of_token(2), [group(9, 9), group(9, 9)]);
        let first = ConcurrencyPermit::take(Some(&token), None, &groups[0]).await.unwrap();
        let _second = ConcurrencyPermit::take(Some(&token), None, &groups[1]).await.unwrap();
        assert_eq!(name(ConcurrencyPermit::take(Some(&token), None, &groups[0]).await), "calls_per_token");
        drop(first);
        assert!(ConcurrencyPermit::take(Some(&token), None, &groups[0]).await.is_ok());
    }

    #[test]
    fn tenants_without_calls_are_forgotten() {
        let group = group(1, 1);
        for number in 0..5 * TENANTS {
            group.tenant(&format!("t{number}").parse().unwrap());
        }
        assert!(group.tenants.lock().unwrap().len() <= TENANTS);
    }
}
