//! Where a call that code of another call made comes from: the calls above it, which all wait for it.

use lockgate_domain::{CallId, ConnectorName, GroupId};
use lockgate_telemetry::Here;

use crate::call::request::Call;

/// Calls of one tree that wait for each other: the caller's own and those below it. Deeper is no flow but a mistake, and
/// each holds an instance.
pub(crate) const DEPTH_MAX: usize = 4;

/// The calls above one that code made, beginning with the caller's own.
#[derive(Debug, Clone)]
pub struct Ancestors {
    parent: CallId,
    above: Vec<(GroupId, ConnectorName)>,
    /// Where its spans belong, if its caller's call is traced.
    pub(crate) here: Option<Here>,
}

/// Why a connector can't be called from here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TooDeep {
    /// It is one of those that wait for the call.
    Cycle,
    /// As many calls wait for each other as may.
    Depth,
}

impl Ancestors {
    /// Of a call that the code of `call` makes of `connector`.
    pub(crate) fn below(call: &Call, (group, connector): (GroupId, &ConnectorName)) -> Result<Self, TooDeep> {
        let own = (call.resolved.group.stored.id, call.resolved.connector.name.clone());
        let above = call.ancestors.iter().flat_map(|ancestors| ancestors.above.iter().cloned());
        let above: Vec<_> = above.chain([own]).collect();
        if above.iter().any(|(of, name)| *of == group && name == connector) {
            return Err(TooDeep::Cycle);
        }
        if above.len() >= DEPTH_MAX {
            return Err(TooDeep::Depth);
        }
        Ok(Self { parent: call.id, above, here: None })
    }

    /// The call whose code made it.
    pub(crate) fn parent(&self) -> CallId {
        self.parent
    }

    /// Whether a call above it is of the same group.
    pub(crate) fn is_within(&self, group: &GroupId) -> bool {
        self.above.iter().any(|(own, _)| own == group)
    }
}
