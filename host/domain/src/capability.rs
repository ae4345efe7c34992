//! What a plugin can use beyond pure computation: it requests capabilities, and a group grants them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One capability: a WIT package of the same name, `lockgate:{name}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Capability {
    /// HTTP requests to the group's destinations.
    Http,
    /// gRPC calls to the group's destinations.
    Grpc,
    /// Queries to the group's databases.
    Database,
    /// Signatures with a secret that stays in the host.
    Signing,
    /// Calls of the connectors that the group's `uses` names.
    Connectors,
}

impl Capability {
    /// All of them, in the order of the tables that show them.
    pub const ALL: [Capability; 5] = [Self::Http, Self::Grpc, Self::Database, Self::Signing, Self::Connectors];

    /// The name in manifests, groups and WIT packages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Grpc => "grpc",
            Self::Database => "database",
            Self::Signing => "signing",
            Self::Connectors => "connectors",
        }
    }

    /// The capability of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|capability| capability.name() == name)
    }
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
