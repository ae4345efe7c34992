//! The one decision about a call: whether this caller may run this connector, and with which connection and tenant.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    Caller, Capability, ConnectionChoice, ConnectionFacts, ConnectionId, GroupId, Role, Scope, TenantName, Unresolved,
    choose,
};

/// The facts about a group that the decision needs, from one snapshot of the catalog.
#[derive(Debug, Clone, Copy)]
pub struct GroupFacts<'a> {
    /// The id of the group.
    pub id: GroupId,
    /// The scope in which the call was made.
    pub scope: Scope,
    /// Whether its connectors can be called.
    pub enabled: bool,
    /// Whether the scope's own settings of the group allow calls.
    pub installation_enabled: bool,
    /// What its plugins may use.
    pub capabilities: &'a BTreeSet<Capability>,
    /// Whether the scope and its organization take calls.
    pub scope_enabled: bool,
    /// The tenants that calls of the scope may name.
    pub tenants: Tenants<'a>,
    /// Whether its calls need a connection.
    pub activation: bool,
    /// The connections that a call can choose from.
    pub connections: &'a [ConnectionFacts],
    /// When the call was made; milliseconds since 1970.
    pub now: i64,
}

/// The tenants that a workspace has declared.
#[derive(Debug, Clone, Copy)]
pub struct Tenants<'a> {
    /// The declared tenants, each with whether it is enabled.
    pub declared: &'a BTreeMap<TenantName, bool>,
    /// Whether calls may name declared tenants only.
    pub declared_only: bool,
}

static NO_TENANTS: BTreeMap<TenantName, bool> = BTreeMap::new();

impl Tenants<'static> {
    /// No tenant is declared, and calls may name any.
    pub const ANY: Self = Self { declared: &NO_TENANTS, declared_only: false };
}

/// The right to run one call. [`authorize`] is its only constructor, and whatever leaves the sandbox demands one:
/// ```compile_fail,E0451
/// let forged = lockgate_domain::Permit { capabilities: Default::default(), ..todo!() };
/// ```
#[derive(Debug, Clone)]
pub struct Permit {
    group: GroupId,
    scope: Scope,
    tenant: Option<TenantName>,
    connection: Option<ConnectionId>,
    capabilities: BTreeSet<Capability>,
}

impl Permit {
    /// The group whose identity the call has.
    pub fn group(&self) -> GroupId {
        self.group
    }

    /// The scope in which it runs.
    pub fn scope(&self) -> Scope {
        self.scope
    }

    /// The tenant on whose behalf it runs.
    pub fn tenant(&self) -> Option<&TenantName> {
        self.tenant.as_ref()
    }

    /// The connection whose credentials it uses; none in a group without activation.
    pub fn connection(&self) -> Option<ConnectionId> {
        self.connection
    }

    /// Whether the group grants a capability.
    pub fn grants(&self, capability: Capability) -> bool {
        self.capabilities.contains(&capability)
    }
}

/// Why a call is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// The caller's token holds in another scope, which the caller must not learn of.
    #[error("not found")]
    OtherScope,
    /// The role is too low.
    #[error("role `{has}` can't call connectors: expected `{needs}` or above", needs = Role::Invoker)]
    Role {
        /// The role of the token.
        has: Role,
    },
    /// The organization or workspace is disabled.
    #[error("the scope is disabled: calls and changes are refused until `enabled: true` is set on it")]
    ScopeDisabled,
    /// The token is restricted to other tenants, whether this one exists or not.
    #[error("the token is limited to other tenants than `{0}`")]
    TenantNotReached(TenantName),
    /// The token is restricted to several tenants, and the call names none of them.
    #[error("the token is limited to several tenants: say which one with the header `lockgate-tenant`")]
    TenantMissing,
    /// The tenant is disabled.
    #[error("tenant `{0}` is disabled: set `enabled: true` on it to allow its calls")]
    TenantDisabled(TenantName),
    /// The workspace takes declared tenants only.
    #[error("tenant `{0}` is not known, and the workspace has `known_tenants_only: true`: add it first")]
    TenantUnknown(TenantName),
    /// The group is disabled.
    #[error("the group is disabled: set `enabled: true` to allow calls")]
    Disabled,
    /// The scope, or its organization, has switched the group off for its calls.
    #[error("the installation of the group is disabled in this scope: set `enabled: true` on it to allow calls")]
    InstallationDisabled,
    /// No connection was chosen.
    #[error(transparent)]
    Connection(#[from] Unresolved),
}

/// Decides about one call. Pure: the same facts give the same answer. `tenant` is the one that the request names beside
/// its connection.
///
/// # Errors
/// Each reason to refuse is a case of [`Denied`].
pub fn authorize(
    caller: &Caller,
    group: GroupFacts<'_>,
    choice: &ConnectionChoice,
    tenant: Option<TenantName>,
) -> Result<Permit, Denied> {
    if !caller.scope.contains(&group.scope) {
        return Err(Denied::OtherScope);
    }
    if caller.role < Role::Invoker {
        return Err(Denied::Role { has: caller.role });
    }
    if !group.scope_enabled {
        return Err(Denied::ScopeDisabled);
    }
    if !group.enabled {
        return Err(Denied::Disabled);
    }
    if !group.installation_enabled {
        return Err(Denied::InstallationDisabled);
    }
    let said = match choice {
        ConnectionChoice::Dynamic { tenant, .. } => Some(tenant),
        ConnectionChoice::None | ConnectionChoice::Fixed(_) => None,
    };
    let tenant = tenant.as_ref().or(said).or_else(|| caller.restrictions.implied_tenant()).cloned();
    match &tenant {
        None if caller.restrictions.tenants.is_some() => return Err(Denied::TenantMissing),
        None => {}
        Some(tenant) if !caller.restrictions.has_tenant(tenant) => {
            return Err(Denied::TenantNotReached(tenant.clone()));
        }
        Some(tenant) => match group.tenants.declared.get(tenant) {
            Some(true) => {}
            Some(false) => return Err(Denied::TenantDisabled(tenant.clone())),
            None if group.tenants.declared_only => return Err(Denied::TenantUnknown(tenant.clone())),
            None => {}
        },
    }
    let chosen = choose(group.scope, group.activation, choice, tenant.as_ref(), group.connections, group.now)?;
    let connection = chosen.map(|connection| connection.id);
    Ok(Permit { group: group.id, scope: group.scope, tenant, connection, capabilities: group.capabilities.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ConnectionState, OrganizationId, Owner, TokenId, TokenRestrictions, WorkspaceId};

    fn tenant(name: &str) -> TenantName {
        name.parse().unwrap()
    }

    /// A call of an admin with these tenants in a workspace that has declared `ada`, and `bo` as disabled.
    fn named(allowed: &[&str], said: Option<&str>, declared_only: bool) -> Result<Option<TenantName>, Denied> {
        let scope = Scope::Organization(OrganizationId::new());
        let restrictions = (!allowed.is_empty()).then(|| allowed.iter().map(|name| tenant(name)).collect());
        let restrictions = TokenRestrictions { groups: None, tenants: restrictions };
        let caller = Caller { token: TokenId::new(), scope, role: Role::Admin, restrictions };
        let declared = BTreeMap::from([(tenant("ada"), true), (tenant("bo"), false)]);
        let tenants = Tenants { declared: &declared, declared_only };
        let capabilities = BTreeSet::new();
        let group = GroupFacts {
            id: GroupId::new(),
            scope,
            enabled: true,
            installation_enabled: true,
            capabilities: &capabilities,
            scope_enabled: true,
            tenants,
            activation: false,
            connections: &[],
            now: 0,
        };
        authorize(&caller, group, &ConnectionChoice::None, said.map(tenant)).map(|permit| permit.tenant().cloned())
    }

    #[test]
    fn a_token_says_its_own_tenants_alone() {
        assert_eq!(named(&[], None, true), Ok(None));
        assert_eq!(named(&["ada"], None, true), Ok(Some(tenant("ada"))));
        assert_eq!(named(&["ada", "cy"], Some("cy"), false), Ok(Some(tenant("cy"))));
        assert_eq!(named(&["ada", "cy"], None, false), Err(Denied::TenantMissing));
        for other in ["bo", "nobody"] {
            assert_eq!(named(&["ada"], Some(other), true), Err(Denied::TenantNotReached(tenant(other))));
        }
    }

    #[test]
    fn a_workspace_decides_which_tenants_it_takes() {
        assert_eq!(named(&[], Some("new"), false), Ok(Some(tenant("new"))));
        assert_eq!(named(&[], Some("new"), true), Err(Denied::TenantUnknown(tenant("new"))));
        for declared_only in [false, true] {
            assert_eq!(named(&[], Some("ada"), declared_only), Ok(Some(tenant("ada"))));
            assert_eq!(named(&[], Some("bo"), declared_only), Err(Denied::TenantDisabled(tenant("bo"))));
        }
    }

    fn decide(role: Role, enabled: bool, same: bool, choice: &ConnectionChoice) -> Result<Permit, Denied> {
        let scope = Scope::Workspace(OrganizationId::new(), WorkspaceId::new());
        let other = Scope::Organization(OrganizationId::new());
        let scope_of = if same { scope } else { other };
        let caller =
            Caller { token: TokenId::new(), scope: scope_of, role, restrictions: TokenRestrictions::default() };
        let capabilities = BTreeSet::from([Capability::Http]);
        let group = GroupFacts {
            id: GroupId::new(),
            scope,
            enabled,
            installation_enabled: true,
            capabilities: &capabilities,
            scope_enabled: true,
            tenants: Tenants::ANY,
            activation: false,
            connections: &[],
            now: 0,
        };
        authorize(&caller, group, choice, None)
    }

    #[test]
    fn a_permit_names_the_connection_of_its_call() {
        let scope = Scope::Workspace(OrganizationId::new(), WorkspaceId::new());
        let owner = Owner::Tenant(scope, tenant("ada"));
        let (id, name, state) = (ConnectionId::new(), "main".to_owned(), ConnectionState::Active);
        let connections = [ConnectionFacts { id, name, owner, state, default: false, ends_at: None }];
        let restrictions = TokenRestrictions { groups: None, tenants: Some([tenant("ada")].into()) };
        let caller = Caller { token: TokenId::new(), scope, role: Role::Invoker, restrictions };
        let group = GroupFacts {
            id: GroupId::new(),
            scope,
            enabled: true,
            installation_enabled: true,
            capabilities: &BTreeSet::new(),
            scope_enabled: true,
            tenants: Tenants::ANY,
            activation: true,
            connections: &connections,
            now: 0,
        };
        let of = |name: &str| ConnectionChoice::Dynamic { tenant: tenant(name), name: None };
        let permit = authorize(&caller, group, &of("ada"), None).unwrap();
        assert_eq!((permit.connection(), permit.tenant()), (Some(id), Some(&tenant("ada"))));
        assert_eq!(authorize(&caller, group, &of("bo"), None).unwrap_err(), Denied::TenantNotReached(tenant("bo")));
        let none = authorize(&caller, group, &ConnectionChoice::None, None).unwrap_err();
        assert_eq!(none, Denied::Connection(Unresolved::Required));
    }

    #[test]
    fn an_invoker_of_the_scope_gets_what_the_group_grants_and_no_more() {
        let permit = decide(Role::Invoker, true, true, &ConnectionChoice::None).unwrap();
        assert!(permit.grants(Capability::Http) && !permit.grants(Capability::Database));
    }

    #[test]
    fn every_reason_to_refuse() {
        let none = ConnectionChoice::None;
        assert_eq!(decide(Role::Admin, true, false, &none).unwrap_err(), Denied::OtherScope);
        assert_eq!(decide(Role::Viewer, true, true, &none).unwrap_err(), Denied::Role { has: Role::Viewer });
        assert_eq!(decide(Role::Invoker, false, true, &none).unwrap_err(), Denied::Disabled);
        let fixed = ConnectionChoice::Fixed("main".into());
        let refused = decide(Role::Invoker, true, true, &fixed).unwrap_err();
        assert_eq!(refused, Denied::Connection(Unresolved::NoActivation));
    }
}
