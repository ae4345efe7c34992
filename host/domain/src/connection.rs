//! Which connection a call runs with.

use serde::{Deserialize, Serialize};

use crate::{Code, ConnectionId, Scope, TenantName};

/// The connection that a call names. There is no fallback from one kind to the other.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ConnectionChoice {
    /// The call names no connection.
    #[default]
    None,
    /// A connection of the organization or workspace, by name or id.
    Fixed(String),
    /// A connection that belongs to a tenant.
    Dynamic {
        /// The tenant that owns the connection.
        tenant: TenantName,
        /// The connection's name; none for the tenant's only or default one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
    },
}

/// The owner of a connection.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Owner {
    /// An organization's, usable in its workspaces, or a workspace's.
    Scope(Scope),
    /// A tenant of this workspace.
    Tenant(Scope, TenantName),
}

impl Owner {
    /// The scope that it is in.
    pub fn scope(&self) -> Scope {
        match self {
            Self::Scope(scope) | Self::Tenant(scope, _) => *scope,
        }
    }

    /// The owning tenant, if the owner is one.
    pub fn tenant(&self) -> Option<&TenantName> {
        match self {
            Self::Scope(_) => None,
            Self::Tenant(_, tenant) => Some(tenant),
        }
    }
}

/// The state of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnectionState {
    /// It has no credentials yet.
    Pending,
    /// Calls can use it.
    Active,
    /// Its credentials are renewed with the next call.
    Expired,
    /// The provider refused the stored token: a person must authorize the connection again.
    NeedsReauth,
    /// The group became wider or different since the connection was made: an admin must accept the change.
    NeedsReview,
    /// Its `enabled` is false.
    Disabled,
}

impl ConnectionState {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Pending, Self::Active, Self::Expired, Self::NeedsReauth, Self::NeedsReview, Self::Disabled];

    /// The name in answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Expired => "expired",
            Self::NeedsReauth => "needs_reauth",
            Self::NeedsReview => "needs_review",
            Self::Disabled => "disabled",
        }
    }
}

/// The facts about a connection of the group that the choice needs.
#[derive(Debug, Clone)]
pub struct ConnectionFacts {
    /// Its id.
    pub id: ConnectionId,
    /// Unique for its owner in the group; never the text of an id.
    pub name: String,
    /// Its owner.
    pub owner: Owner,
    /// Its state.
    pub state: ConnectionState,
    /// Whether its owner marked it as the one to take when a call names none.
    pub default: bool,
    /// Until when its credentials are good; milliseconds since 1970.
    pub ends_at: Option<i64>,
}

impl ConnectionFacts {
    /// What it can do at a time, in milliseconds since 1970. No method of this version renews what has ended.
    pub fn state_at(&self, now: i64) -> ConnectionState {
        match self.state {
            ConnectionState::Active if self.ends_at.is_some_and(|end| end <= now) => ConnectionState::NeedsReauth,
            state => state,
        }
    }
}

/// Why no connection was chosen.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unresolved {
    /// The group has no activation.
    #[error("the group has no activation, so it takes no connection: leave `connection` out")]
    NoActivation,
    /// The group has one, and the call names no connection.
    #[error(
        "the group needs a connection: expected `connection` with `fixed` (a name; `--connection NAME`) or \
         `dynamic` (a tenant; `--tenant NAME`)"
    )]
    Required,
    /// A server is asked for the schemas of a definition, and the request names no connection.
    #[error(
        "the definition leaves out a schema, which is asked from the database: name a connection for that (`--connection NAME`, \
         of the API `?connection=NAME`), or write `input_schema` and `output_schema`"
    )]
    RequiredForSchemas,
    /// The request names two tenants.
    #[error("the header says tenant `{header}` and the body says `{body}`: expected one tenant")]
    TenantsDiffer {
        /// The tenant of the header `lockgate-tenant`.
        header: TenantName,
        /// The tenant of the body's `connection`.
        body: TenantName,
    },
    /// `fixed` names a connection that belongs to a tenant.
    #[error("connection `{0}` belongs to a tenant: expected `dynamic` with that tenant")]
    Tenants(String),
    /// The scope has no connection of this name.
    #[error("there is no connection `{0}` of this workspace or its organization")]
    NoFixed(String),
    /// The tenant has no connection, or none of this name.
    #[error("tenant `{tenant}` has no connection{}: connect it first", named(name.as_deref()))]
    NoDynamic {
        /// The tenant.
        tenant: TenantName,
        /// The name in the call, if it has one.
        name: Option<String>,
    },
    /// Workspace and organization both have one of that name.
    #[error("the workspace and its organization both have a connection `{0}`: expected the id of one")]
    SeveralFixed(String),
    /// The tenant has several, and none is the default.
    #[error("tenant `{tenant}` has {count} connections: expected a `name`, or one of them marked as default")]
    SeveralDynamic {
        /// The tenant.
        tenant: TenantName,
        /// The number of connections that fit.
        count: usize,
    },
    /// The connection has no credentials yet.
    #[error("connection `{0}` is pending: give it its credentials first")]
    Pending(String),
    /// A person must authorize the connection again.
    #[error("connection `{0}` needs to be authorized again: reconnect it")]
    NeedsReauth(String),
    /// The group became wider or different since the connection was made.
    #[error(
        "the group became wider or different since connection `{0}` was made: an admin accepts the difference first"
    )]
    NeedsReview(String),
    /// The connection's `enabled` is false.
    #[error("connection `{0}` is disabled: set `enabled: true` to allow calls")]
    Disabled(String),
}

impl Unresolved {
    /// The error code of the refusal.
    pub fn code(&self) -> Code {
        match self {
            Self::NoActivation => Code::NoActivation,
            Self::Required | Self::RequiredForSchemas => Code::ConnectionRequired,
            Self::TenantsDiffer { .. } => Code::MalformedRequest,
            Self::Tenants(_) => Code::TenantConnection,
            Self::NoFixed(_) | Self::NoDynamic { .. } => Code::NoConnection,
            Self::SeveralFixed(_) | Self::SeveralDynamic { .. } => Code::SeveralConnections,
            Self::Pending(_) => Code::ConnectionPending,
            Self::NeedsReauth(_) => Code::NeedsReauth,
            Self::NeedsReview(_) => Code::NeedsReview,
            Self::Disabled(_) => Code::Disabled,
        }
    }
}

/// Chooses among the connections of a group, for a call in `scope` at the time `now`. Pure: the same facts give the
/// same answer. The header's tenant is named beside the choice; it never makes a choice by itself. None is for a group
/// without activation.
///
/// # Errors
/// Each reason is a case of [`Unresolved`].
pub fn choose<'c>(
    scope: Scope,
    activation: bool,
    choice: &ConnectionChoice,
    header: Option<&TenantName>,
    connections: &'c [ConnectionFacts],
    now: i64,
) -> Result<Option<&'c ConnectionFacts>, Unresolved> {
    if let (Some(header), ConnectionChoice::Dynamic { tenant, .. }) = (header, choice)
        && header != tenant
    {
        return Err(Unresolved::TenantsDiffer { header: header.clone(), body: tenant.clone() });
    }
    let chosen = match (choice, activation) {
        (ConnectionChoice::None, false) => return Ok(None),
        (ConnectionChoice::Fixed(_) | ConnectionChoice::Dynamic { .. }, false) => return Err(Unresolved::NoActivation),
        (ConnectionChoice::None, true) => return Err(Unresolved::Required),
        (ConnectionChoice::Fixed(name), true) => fixed(scope, name, connections)?,
        (ConnectionChoice::Dynamic { tenant, name }, true) => dynamic(scope, tenant, name.as_deref(), connections)?,
    };
    chosen.usable(now).map(|()| Some(chosen))
}

/// A connection of the scope or of its organization. If both have the name, neither goes first: deleting one would else
/// turn calls over to the other's account.
fn fixed<'c>(scope: Scope, name: &str, all: &'c [ConnectionFacts]) -> Result<&'c ConnectionFacts, Unresolved> {
    let id: Option<ConnectionId> = name.parse().ok();
    let meant = |connection: &&ConnectionFacts| id.map_or(connection.name == name, |id| connection.id == id);
    let own = |connection: &&ConnectionFacts| match &connection.owner {
        Owner::Scope(owner) => owner.contains(&scope),
        Owner::Tenant(..) => false,
    };
    let tenants = |connection: &ConnectionFacts| match &connection.owner {
        Owner::Scope(_) => false,
        Owner::Tenant(owner, _) => *owner == scope,
    };
    let mut found = all.iter().filter(meant).filter(own);
    match (found.next(), found.next()) {
        (Some(one), None) => Ok(one),
        (Some(_), Some(_)) => Err(Unresolved::SeveralFixed(name.to_owned())),
        (None, _) if all.iter().filter(meant).any(tenants) => Err(Unresolved::Tenants(name.to_owned())),
        (None, _) => Err(Unresolved::NoFixed(name.to_owned())),
    }
}

/// A connection of the tenant: the one of that name; without a name the only one, else the default. All states count,
/// so that a disabled connection never redirects calls to another account.
fn dynamic<'c>(
    scope: Scope,
    tenant: &TenantName,
    name: Option<&str>,
    all: &'c [ConnectionFacts],
) -> Result<&'c ConnectionFacts, Unresolved> {
    let own = |connection: &&ConnectionFacts| match &connection.owner {
        Owner::Scope(_) => false,
        Owner::Tenant(owner, other) => *owner == scope && other == tenant,
    };
    let meant = |connection: &&ConnectionFacts| name.is_none_or(|name| connection.name == name);
    let found: Vec<_> = all.iter().filter(own).filter(meant).collect();
    match found.as_slice() {
        [] => Err(Unresolved::NoDynamic { tenant: tenant.clone(), name: name.map(str::to_owned) }),
        [one] => Ok(one),
        several => {
            let several_found = || Unresolved::SeveralDynamic { tenant: tenant.clone(), count: several.len() };
            several.iter().find(|connection| connection.default).copied().ok_or_else(several_found)
        }
    }
}

impl ConnectionFacts {
    /// Whether calls may use it at a time, in milliseconds since 1970.
    ///
    /// # Errors
    /// Its state, as the caller is shown it.
    pub fn usable(&self, now: i64) -> Result<(), Unresolved> {
        let name = || self.name.clone();
        match self.state_at(now) {
            ConnectionState::Active | ConnectionState::Expired => Ok(()),
            ConnectionState::Pending => Err(Unresolved::Pending(name())),
            ConnectionState::NeedsReauth => Err(Unresolved::NeedsReauth(name())),
            ConnectionState::NeedsReview => Err(Unresolved::NeedsReview(name())),
            ConnectionState::Disabled => Err(Unresolved::Disabled(name())),
        }
    }
}

fn named(name: Option<&str>) -> String {
    name.map_or(String::new(), |name| format!(" `{name}`"))
}

#[cfg(test)]
mod tests;
