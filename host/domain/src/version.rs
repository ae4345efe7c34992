//! Which version of a connector a call ran.

use crate::Digest;

/// What identifies one version of a connector. A function of a plugin has a digest, a declarative connector has a number,
/// and a connector that is code and a definition at once has both.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct VersionId {
    /// The digest of its code.
    pub code: Option<Digest>,
    /// The number of its definition, from 1 in the order of saving; 0 for one that is not saved.
    pub number: Option<i64>,
}
