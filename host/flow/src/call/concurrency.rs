//! The permits that a call holds while it runs: of its token, of its tenant in the group, of the group. A call holds one
//! of each, so none of them can take all of what the others need.

use std::sync::Arc;
use std::time::Duration;

use lockgate_domain::TenantName;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;

use crate::FlowError;
use crate::catalog::concurrency::{ConcurrencyLimit, GroupConcurrency};

/// How long a call waits for all of its permits together.
const WAIT: Duration = Duration::from_secs(1);

/// What a call holds while it runs.
#[derive(Debug)]
pub(crate) struct ConcurrencyPermit {
    _token: Option<OwnedSemaphorePermit>,
    _tenant: Option<(OwnedSemaphorePermit, Arc<ConcurrencyLimit>)>,
    _group: OwnedSemaphorePermit,
}

impl ConcurrencyPermit {
    /// Waits a moment for each permit. The one that most others share comes last, so that a call which waits for its own
    /// kind holds up no other.
    ///
    /// # Errors
    /// [`FlowError::TooManyCalls`], which names the limit that was reached.
    pub(crate) async fn acquire(
        token: Option<&ConcurrencyLimit>,
        tenant: Option<&TenantName>,
        group: &GroupConcurrency,
    ) -> Result<Self, FlowError> {
        let until = Instant::now() + WAIT;
        let token = match token {
            Some(limit) => Some(limit.acquire(until).await?),
            None => None,
        };
        let tenant = match tenant.map(|tenant| group.tenant(tenant)) {
            Some(limit) => Some((limit.acquire(until).await?, limit)),
            None => None,
        };
        Ok(Self { _token: token, _tenant: tenant, _group: group.group.acquire(until).await? })
    }
}

#[cfg(test)]
mod tests {
    use lockgate_domain::Limits;

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
            ConcurrencyPermit::acquire(None, Some(&ada), &group).await.unwrap(),
            ConcurrencyPermit::acquire(None, Some(&ada), &group).await.unwrap(),
        ];
        assert_eq!(name(ConcurrencyPermit::acquire(None, Some(&ada), &group).await), "tenant_calls_in_flight");
        let _third = ConcurrencyPermit::acquire(None, Some(&bo), &group).await.unwrap();
        assert_eq!(name(ConcurrencyPermit::acquire(None, Some(&bo), &group).await), "calls_in_flight");
    }

    #[tokio::test]
    async fn a_token_is_counted_over_all_groups() {
        let (token, groups) = (ConcurrencyLimit::of_token(2), [group(9, 9), group(9, 9)]);
        let first = ConcurrencyPermit::acquire(Some(&token), None, &groups[0]).await.unwrap();
        let _second = ConcurrencyPermit::acquire(Some(&token), None, &groups[1]).await.unwrap();
        assert_eq!(name(ConcurrencyPermit::acquire(Some(&token), None, &groups[0]).await), "calls_per_token");
        drop(first);
        assert!(ConcurrencyPermit::acquire(Some(&token), None, &groups[0]).await.is_ok());
    }
}
