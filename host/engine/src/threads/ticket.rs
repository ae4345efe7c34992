//! What the queues know of a piece of work: whose it is, and how much it has computed.

use std::sync::Arc;
use std::time::Duration;

use lockgate_domain::{GroupId, Limits, Scope};

use crate::cpu::Meter;

/// CPU time from which on a call waits in the slow queue.
const QUICK: Duration = Duration::from_millis(20);

/// Memory above which a call is slow from the beginning: an instruction that fills all of it can't be interrupted, and
/// takes as long as some time slices together.
const LARGE: u64 = 128 * 1024 * 1024;

/// The owners between which the queues are fair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum QueueOwner {
    /// All calls of a group, and what the host does for them.
    Group(GroupId),
    /// All that is loaded, read and checked for a scope.
    Scope(Scope),
    /// The host itself, or the process of an author.
    Host,
}

impl From<GroupId> for QueueOwner {
    fn from(group: GroupId) -> Self {
        Self::Group(group)
    }
}

impl From<Scope> for QueueOwner {
    fn from(scope: Scope) -> Self {
        Self::Scope(scope)
    }
}

/// Goes with a piece of work through the queues.
#[derive(Debug, Clone)]
pub(crate) struct Ticket {
    pub(crate) owner: QueueOwner,
    /// What it has used; `None` for work that is slow from the beginning.
    pub(crate) meter: Option<Arc<Meter>>,
}

impl Ticket {
    /// A guest with these limits.
    pub(crate) fn new(owner: QueueOwner, limits: &Limits, meter: &Arc<Meter>) -> Self {
        Self { owner, meter: (limits.memory_bytes <= LARGE).then(|| Arc::clone(meter)) }
    }

    pub(super) fn is_quick(&self) -> bool {
        !self.has_used(QUICK)
    }

    /// Whether a call that did not end waits for something, and did not just use up its time slice.
    pub(super) fn is_waiting(&self) -> bool {
        self.is_quick() && self.meter.as_ref().is_some_and(|meter| !meter.has_yielded())
    }

    pub(super) fn has_used(&self, time: Duration) -> bool {
        self.meter.as_ref().is_none_or(|meter| meter.spent() >= time)
    }
}
