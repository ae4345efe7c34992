//! A loaded plugin: compiled, linked, ready to make instances.

use std::fmt;
use std::sync::Arc;

use lockgate_domain::Digest;

use crate::capability::FullPre as ConnectorPre;
use crate::contract::Interfaces;
use crate::idle::IdleInstances;
use crate::poll_history::PollHistory;
use crate::state::GuestState;

/// Cheap to clone; the code is shared and lives as long as one clone does.
#[derive(Clone)]
pub struct Plugin(pub(crate) Arc<Loaded>);

pub(crate) struct Loaded {
    pub(crate) digest: Digest,
    pub(crate) pre: ConnectorPre<GuestState>,
    pub(crate) interfaces: Interfaces,
    /// Units of the pool that an instance takes.
    pub(crate) takes: u32,
    pub(crate) idle: IdleInstances,
    pub(crate) poll_history: PollHistory,
}

impl Plugin {
    /// The SHA-256 of the component.
    pub fn digest(&self) -> Digest {
        self.0.digest
    }

    /// What the component imports and exports.
    pub fn interfaces(&self) -> &Interfaces {
        &self.0.interfaces
    }
}

impl fmt::Debug for Plugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Plugin").field(&self.0.digest).finish()
    }
}
