//! Whether a group may reach addresses that are not public.

use serde::{Deserialize, Serialize};

/// The addresses that a group's destinations may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum ResourceType {
    /// Public addresses only.
    External,
    /// Also the private ranges that the operator grants to the group's scope.
    Internal,
}

impl ResourceType {
    /// The words of definitions.
    pub const WORDS: [(&str, Self); 2] = [("EXTERNAL", Self::External), ("INTERNAL", Self::Internal)];
}
