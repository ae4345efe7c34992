//! Which connection a call runs with.

use serde::{Deserialize, Serialize};

use crate::TenantName;

/// A caller's choice. There is no fall-back from one kind to the other.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ConnectionChoice {
    /// None named.
    #[default]
    None,
    /// A connection of the organization or workspace, by name or id.
    Fixed(String),
    /// A connection of a tenant.
    Dynamic {
        /// Whose.
        tenant: TenantName,
        /// Which, if the tenant has several.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
    },
}
