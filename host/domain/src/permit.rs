//! The one decision about a call: whether this caller may run this connector, and as whom.

use std::collections::BTreeSet;

use crate::{Caller, Capability, ConnectionChoice, GroupId, Role, Scope, TenantName};

/// The facts about a group that the decision needs, from one snapshot of the catalog.
#[derive(Debug, Clone, Copy)]
pub struct GroupFacts<'a> {
    /// The group.
    pub id: GroupId,
    /// The scope in which the call was made.
    pub scope: Scope,
    /// Whether its connectors can be called.
    pub enabled: bool,
    /// What its plugins may use.
    pub capabilities: &'a BTreeSet<Capability>,
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

    /// Whether the group grants a capability.
    pub fn grants(&self, capability: Capability) -> bool {
        self.capabilities.contains(&capability)
    }
}

/// Why a call may not run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// The caller's token holds in another scope, which the caller must not learn of.
    #[error("not found")]
    OtherScope,
    /// The role is too low.
    #[error("role `{has}` can't call connectors: expected `{needs}` or above", needs = Role::Invoker)]
    Role {
        /// What the token has.
        has: Role,
    },
    /// The group is switched off.
    #[error("the group is disabled: set `enabled: true` to allow calls")]
    Disabled,
    /// The call names a connection of a group that has none.
    #[error("the group has no activation, so it takes no connection: leave `connection` out")]
    NoActivation,
}

/// Decides about one call. Pure: the same facts give the same answer. `tenant` is whom the request names beside its
/// connection.
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
    if !group.enabled {
        return Err(Denied::Disabled);
    }
    match choice {
        ConnectionChoice::None => {}
        ConnectionChoice::Fixed(_) | ConnectionChoice::Dynamic { .. } => return Err(Denied::NoActivation),
    }
    Ok(Permit { group: group.id, scope: group.scope, tenant, capabilities: group.capabilities.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{OrganizationId, TokenId, WorkspaceId};

    fn decide(role: Role, enabled: bool, same: bool, choice: &ConnectionChoice) -> Result<Permit, Denied> {
        let scope = Scope::Workspace(OrganizationId::new(), WorkspaceId::new());
        let other = Scope::Organization(OrganizationId::new());
        let caller = Caller { token: TokenId::new(), scope: if same { scope } else { other }, role };
        let capabilities = BTreeSet::from([Capability::Http]);
        let group = GroupFacts { id: GroupId::new(), scope, enabled, capabilities: &capabilities };
        authorize(&caller, group, choice, None)
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
        assert_eq!(decide(Role::Invoker, true, true, &fixed).unwrap_err(), Denied::NoActivation);
    }
}
