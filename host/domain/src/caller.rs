//! Who asks: the facts behind an access token.

use std::fmt;
use std::str::FromStr;

use std::sync::Arc;

use crate::{GroupReference, Origin, Scope, TenantName, TokenId};

/// What the holder of a token may do, each role including those below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// Reads definitions and records.
    Viewer,
    /// Calls connectors.
    Invoker,
    /// Changes groups, connectors and plugins.
    Editor,
    /// Grants capabilities and access to private addresses.
    Operator,
    /// Everything in its scope.
    Admin,
}

impl Role {
    /// All of them, from the least to the most.
    pub const ALL: [Role; 5] = [Self::Viewer, Self::Invoker, Self::Editor, Self::Operator, Self::Admin];

    /// The name in the store and in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Invoker => "invoker",
            Self::Editor => "editor",
            Self::Operator => "operator",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|role| role.as_str() == text).ok_or(())
    }
}

/// The authenticated sender of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The token that authenticated the request.
    pub token: TokenId,
    /// The scope in which the token is valid.
    pub scope: Scope,
    /// The token's role.
    pub role: Role,
    /// The groups and tenants that the token is restricted to.
    pub restrictions: TokenRestrictions,
}

/// The groups and tenants that a token is restricted to. For its holder, others do not exist.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TokenRestrictions {
    /// References as read in the token's own scope; none means all groups.
    pub groups: Option<Arc<[GroupReference]>>,
    /// None means all tenants.
    pub tenants: Option<Arc<[TenantName]>>,
}

impl TokenRestrictions {
    /// Whether it restricts anything.
    pub fn is_limited(&self) -> bool {
        self.groups.is_some() || self.tenants.is_some()
    }

    /// Whether everything that `other` reaches is reached by `self`.
    pub fn contains(&self, other: &TokenRestrictions) -> bool {
        within(self.groups.as_deref(), other.groups.as_deref())
            && within(self.tenants.as_deref(), other.tenants.as_deref())
    }

    /// Whether calls may name this tenant.
    pub fn has_tenant(&self, tenant: &TenantName) -> bool {
        self.tenants.as_ref().is_none_or(|own| own.contains(tenant))
    }

    /// The tenant that is meant when none is named: the only one.
    pub fn implied_tenant(&self) -> Option<&TenantName> {
        match self.tenants.as_deref() {
            Some([only]) => Some(only),
            Some(_) | None => None,
        }
    }
}

fn within<T: PartialEq>(own: Option<&[T]>, other: Option<&[T]>) -> bool {
    match (own, other) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(own), Some(other)) => other.iter().all(|one| own.contains(one)),
    }
}

impl Caller {
    /// Whether a group exists for this caller: `reference` is read in `scope`, the limits in the token's own scope.
    pub fn reaches(&self, scope: &Scope, reference: &GroupReference) -> bool {
        let Some(groups) = &self.restrictions.groups else { return true };
        let place = |scope: &Scope, reference: &GroupReference| match (reference.origin, scope) {
            (Origin::Own, Scope::Organization(_)) => Origin::Organization,
            (origin, _) => origin,
        };
        let wanted = place(scope, reference);
        groups.iter().any(|own| own.slug == reference.slug && place(&self.scope, own) == wanted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{OrganizationId, WorkspaceId};

    fn limited(scope: Scope, groups: &[&str]) -> Caller {
        let groups = groups.iter().map(|text| text.parse().unwrap()).collect();
        let restrictions = TokenRestrictions { groups: Some(groups), tenants: None };
        Caller { token: TokenId::new(), scope, role: Role::Editor, restrictions }
    }

    #[test]
    fn limits_are_read_in_the_scope_of_the_token() {
        let organization = OrganizationId::new();
        let (above, below) = (Scope::Organization(organization), Scope::Workspace(organization, WorkspaceId::new()));
        let reference = |text: &str| text.parse::<GroupReference>().unwrap();
        let caller = limited(above, &["shop"]);
        assert!(caller.reaches(&above, &reference("shop")) && caller.reaches(&below, &reference("org:shop")));
        assert!(!caller.reaches(&below, &reference("shop")) && !caller.reaches(&above, &reference("other")));
        let caller = limited(below, &["shop"]);
        assert!(caller.reaches(&below, &reference("shop")) && !caller.reaches(&below, &reference("org:shop")));
    }

    #[test]
    fn reach_is_handed_on_and_never_widened() {
        let tenants = |names: &[&str]| TokenRestrictions {
            groups: None,
            tenants: Some(names.iter().map(|name| name.parse().unwrap()).collect()),
        };
        let (all, two, one) = (TokenRestrictions::default(), tenants(&["ada", "bo"]), tenants(&["ada"]));
        assert!(all.contains(&two) && two.contains(&one) && all.contains(&all));
        assert!(!one.contains(&two) && !two.contains(&all));
        assert_eq!(one.implied_tenant().map(TenantName::as_str), Some("ada"));
        assert_eq!((two.implied_tenant(), all.implied_tenant()), (None, None));
    }
}
