//! Scopes: the organizations and workspaces that hold groups and tokens.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{OrganizationId, Slug, WorkspaceId};

/// The slug of the organization and of the workspace that the first start makes. An admin of this organization is the
/// owner of the host: who makes organizations, switches them off and deletes them.
pub const DEFAULT_SCOPE: &str = "default";

/// An organization, or a workspace in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// An organization, whose groups all of its workspaces can use.
    Organization(OrganizationId),
    /// A workspace, with the organization that it belongs to.
    Workspace(OrganizationId, WorkspaceId),
}

impl Scope {
    /// The scope of ready-made groups: an organization without members. No token and no row of the store has it,
    /// so nobody has rights in it, and what is in it can only be seen and used from elsewhere.
    pub const COMMUNITY: Self = Self::Organization(OrganizationId::NIL);

    /// The bytes of its own id.
    pub fn id_bytes(&self) -> &[u8] {
        match self {
            Self::Organization(organization) => organization.as_bytes(),
            Self::Workspace(_, workspace) => workspace.as_bytes(),
        }
    }

    /// The organization of this scope.
    pub fn organization(&self) -> OrganizationId {
        match self {
            Self::Organization(organization) | Self::Workspace(organization, _) => *organization,
        }
    }

    /// Whether rights in `self` are also rights in `other`: a workspace in itself alone, an organization also
    /// in its workspaces.
    pub fn contains(&self, other: &Scope) -> bool {
        self == other || matches!(self, Self::Organization(mine) if *mine == other.organization())
    }
}

/// A scope by name, as a route or a command line names it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScopeName {
    /// `/v1/organizations/{organization}`
    Organization(Slug),
    /// `/v1/workspaces/{workspace}`
    Workspace(Slug),
}

impl fmt::Display for ScopeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Organization(slug) => write!(f, "organization `{slug}`"),
            Self::Workspace(slug) => write!(f, "workspace `{slug}`"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rights_reach_down_and_never_up_or_across() {
        let (mine, other) = (OrganizationId::new(), OrganizationId::new());
        let workspace = Scope::Workspace(mine, WorkspaceId::new());
        assert!(Scope::Organization(mine).contains(&workspace));
        assert!(!workspace.contains(&Scope::Organization(mine)));
        assert!(!workspace.contains(&Scope::Workspace(mine, WorkspaceId::new())));
        assert!(!Scope::Organization(other).contains(&workspace));
        for scope in [workspace, Scope::Organization(mine)] {
            assert!(!scope.contains(&Scope::COMMUNITY) && !Scope::COMMUNITY.contains(&scope));
        }
    }
}
