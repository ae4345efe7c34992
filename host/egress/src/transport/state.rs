//! What transports keep from one request of a session to the next.

use std::sync::Arc;

use lockgate_domain::EgressDefinition;
use tokio::sync::Semaphore;

use super::Pools;
use crate::connect::{Breakers, ClientConfigs, LOOKUPS_MAX, RetryBudget};

/// The connections that are open, the health of those upstreams, and what may be sent again. None of it is a value of a
/// connection but for client certificates with their keys, which open connections.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) pools: Pools,
    pub(crate) breakers: Breakers,
    pub(crate) budget: RetryBudget,
    pub(crate) tls: ClientConfigs,
    /// The right to look a name up.
    pub(crate) lookups: Arc<Semaphore>,
}

impl State {
    /// With nothing open.
    pub(crate) fn new(definition: Arc<EgressDefinition>) -> Self {
        Self {
            pools: Pools::default(),
            breakers: Breakers::default(),
            budget: RetryBudget::default(),
            tls: ClientConfigs::new(definition),
            lookups: Arc::new(Semaphore::new(LOOKUPS_MAX)),
        }
    }
}
