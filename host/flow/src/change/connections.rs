//! Connections: made, read, changed, given new credentials, accepted after a change of their group.

mod account;
mod credentials;
mod index;

use std::sync::Arc;

use lockgate_domain::{
    Caller, Comparison, ConnectionId, Digest, GroupReference, Owner, Scope, TenantName, Verdict, Violation,
};
use lockgate_store::{Action, Changed, ConnectionChange, StoredConnection};
use lockgate_vault::Place;

pub(crate) use credentials::checked;
pub use credentials::{CredentialsGiven, MASK, MethodGiven};
pub use index::Connection;
pub(crate) use index::Connections;

use crate::{Denied, FlowError, Group, Host};

/// Letters of a name: it stands in addresses and on command lines.
const NAME_MAX: usize = 64;

/// A connection that is to be made.
#[derive(Debug)]
pub struct NewConnection {
    /// Unique for its owner in the group.
    pub name: String,
    /// Whose it is, if it is a tenant's.
    pub tenant: Option<TenantName>,
    /// Whether it is taken when a call of its owner names none.
    pub default: bool,
    /// Whether calls may use it.
    pub enabled: bool,
    /// Its values; it waits for them without.
    pub given: Option<CredentialsGiven>,
}

/// What a change of a connection sets.
#[derive(Debug, Default)]
pub struct ConnectionPatch {
    /// Its name.
    pub name: Option<String>,
    /// Whether calls may use it.
    pub enabled: Option<bool>,
    /// Whether it is taken when a call of its owner names none.
    pub default: Option<bool>,
}

/// What became different for a connection since it was made.
#[derive(Debug)]
pub struct Review {
    /// In the order of the definition.
    pub comparison: Comparison,
    /// Of what it would be made for now: whoever accepts says what they have seen.
    pub digest: Digest,
}

/// Where a value of a connection is sealed for.
fn place<'p>(connection: &'p StoredConnection, field: &'p str) -> Place<'p> {
    Place {
        scope: connection.owner.scope(),
        tenant: connection.owner.tenant(),
        group: connection.group,
        record: connection.id.as_bytes(),
        field,
    }
}

/// How the trail names a connection: names can be used twice.
pub(crate) fn subject(group: &Group, connection: &StoredConnection) -> String {
    format!("{}/{} ({})", group.stored.definition.slug, connection.name, connection.id)
}

impl Connection {
    /// What became different since it was made; none while it waits for its credentials.
    pub fn difference_now(&self) -> Option<Review> {
        let (comparison, now) = self.difference()?;
        Some(Review { comparison, digest: now.digest().ok()? })
    }

    /// Whether it exists for a caller: a token of some tenants sees theirs alone.
    fn exists_for(&self, scope: &Scope, caller: &Caller) -> bool {
        let tenant = self.stored.owner.tenant();
        let reached = match tenant {
            None => caller.restrictions.tenants.is_none(),
            Some(tenant) => caller.restrictions.has_tenant(tenant),
        };
        self.stored.owner.scope() == *scope && reached
    }
}

impl Host {
    /// The connections of a group that a scope holds, in the order of making.
    ///
    /// # Errors
    /// [`FlowError::NotFound`] for the group.
    pub fn connections(
        &self,
        scope: &Scope,
        reference: &GroupReference,
        caller: &Caller,
    ) -> Result<Vec<Arc<Connection>>, FlowError> {
        let group = self.group(scope, reference)?;
        let catalog = self.catalog();
        let all = catalog.connections(&group.stored.id).into_iter().flat_map(|all| all.iter());
        Ok(all.filter(|one| one.exists_for(scope, caller)).cloned().collect())
    }

    /// All connections that a scope holds, with the groups that it sees.
    pub fn all_connections(&self, scope: &Scope, caller: &Caller) -> Vec<(GroupReference, Arc<Connection>)> {
        let catalog = self.catalog();
        let groups = catalog.visible(scope).filter(|(reference, _)| caller.reaches(scope, reference));
        let mut found = Vec::new();
        for (reference, group) in groups {
            let all = catalog.connections(&group.stored.id).into_iter().flat_map(|all| all.iter());
            let own = all.filter(|one| one.exists_for(scope, caller));
            found.extend(own.map(|one| (reference.clone(), Arc::clone(one))));
        }
        found.sort_unstable_by_key(|(_, one)| one.stored.id);
        found
    }

    /// A connection that a scope holds, by its id, or by its name if no other owner has one of that name.
    ///
    /// # Errors
    /// [`FlowError::NotFound`], [`FlowError::SeveralConnections`].
    pub fn connection(
        &self,
        scope: &Scope,
        reference: &GroupReference,
        text: &str,
        caller: &Caller,
    ) -> Result<(Arc<Group>, Arc<Connection>), FlowError> {
        let group = self.group(scope, reference)?;
        let id: Option<ConnectionId> = text.parse().ok();
        let meant = |one: &Arc<Connection>| id.map_or(one.stored.name == text, |id| one.stored.id == id);
        let mut found = self.connections(scope, reference, caller)?.into_iter().filter(meant);
        match (found.next(), found.next()) {
            (Some(one), None) => Ok((group, one)),
            (Some(_), Some(_)) => Err(FlowError::SeveralConnections(text.to_owned())),
            (None, _) => Err(FlowError::NotFound(format!("connection `{}`", text.escape_debug()))),
        }
    }

    fn connection_at(
        &self,
        scope: &Scope,
        reference: &GroupReference,
        text: &str,
        expected: Option<i64>,
        caller: &Caller,
    ) -> Result<(Arc<Group>, Arc<Connection>), FlowError> {
        let (group, connection) = self.connection(scope, reference, text, caller)?;
        match expected {
            Some(version) if version != connection.stored.version => Err(FlowError::Changed),
            _ => Ok((group, connection)),
        }
    }

    /// Makes a connection.
    ///
    /// # Errors
    /// [`FlowError::Values`], [`FlowError::Definition`] for its name, or it is there already.
    pub async fn create_connection(
        &self,
        scope: &Scope,
        reference: &GroupReference,
        new: NewConnection,
        by: &Caller,
    ) -> Result<Arc<Connection>, FlowError> {
        check_name(&new.name)?;
        let owner = self.owner(scope, new.tenant.clone(), by)?;
        let _turn = self.turn().await?;
        let group = self.group(scope, reference)?;
        if group.egress.activation.is_none() {
            return Err(FlowError::Denied(Denied::Connection(lockgate_domain::Unresolved::NoActivation)));
        }
        let mut stored = StoredConnection::new(group.stored.id, owner, new.name);
        (stored.default, stored.enabled) = (new.default, new.enabled);
        let vault = self.0.keys.vault();
        let values = match new.given {
            None => None,
            Some(given) => {
                let installed = self.catalog().installed(scope, &group.stored.id);
                Some((&*vault, checked(&group.egress, &installed, given)?.seal(&mut stored, &vault)?))
            }
        };
        let subject = subject(&group, &stored);
        let made = ConnectionChange { action: Action::CreateConnection, subject, values, by: Some(by.token) };
        let others = self.0.store.create_connection(&stored, made).await?;
        self.reload(&others, &stored.id, &group).await
    }

    /// Whose a connection of a scope is that names this tenant, if the caller may make one for them.
    fn owner(&self, scope: &Scope, tenant: Option<TenantName>, by: &Caller) -> Result<Owner, FlowError> {
        let Some(tenant) = tenant else {
            return if by.restrictions.tenants.is_some() { Err(FlowError::Limited) } else { Ok(Owner::Scope(*scope)) };
        };
        if !by.restrictions.has_tenant(&tenant) {
            return Err(FlowError::Limited);
        }
        self.takes_tenant(scope, &tenant)?;
        Ok(Owner::Tenant(*scope, tenant))
    }

    /// Whether a workspace takes calls and connections of a tenant.
    pub(crate) fn takes_tenant(&self, scope: &Scope, tenant: &TenantName) -> Result<(), FlowError> {
        if matches!(scope, Scope::Organization(_)) {
            let detail = "an organization has no tenants: make the connection in a workspace";
            return Err(FlowError::Definition(vec![Violation::new("/tenant", "unknown", detail)]));
        }
        let catalog = self.catalog();
        let tenants = catalog.scopes().tenants(scope);
        if tenants.declared_only && !tenants.declared.contains_key(tenant) {
            return Err(FlowError::Denied(Denied::TenantUnknown(tenant.clone())));
        }
        Ok(())
    }

    /// Changes name, switch or mark of a connection.
    ///
    /// # Errors
    /// [`FlowError::NotFound`], [`FlowError::Changed`], [`FlowError::Definition`].
    pub async fn update_connection(
        &self,
        scope: &Scope,
        (reference, text): (&GroupReference, &str),
        expected: Option<i64>,
        patch: ConnectionPatch,
        by: &Caller,
    ) -> Result<Arc<Connection>, FlowError> {
        patch.name.as_deref().map_or(Ok(()), check_name)?;
        let _turn = self.turn().await?;
        let (group, connection) = self.connection_at(scope, reference, text, expected, by)?;
        let mut stored = connection.stored.clone();
        stored.name = patch.name.unwrap_or(stored.name);
        stored.enabled = patch.enabled.unwrap_or(stored.enabled);
        stored.default = patch.default.unwrap_or(stored.default);
        let subject = subject(&group, &stored);
        let made = ConnectionChange { action: Action::UpdateConnection, subject, values: None, by: Some(by.token) };
        let others = self.0.store.update_connection(&stored, made).await?;
        self.reload(&others, &stored.id, &group).await
    }

    /// Replaces the values of a connection, which keeps its id. Whoever gives them gives them for what the group is now.
    ///
    /// # Errors
    /// [`FlowError::Values`], [`FlowError::NotFound`], [`FlowError::Changed`].
    pub async fn set_credentials(
        &self,
        scope: &Scope,
        (reference, text): (&GroupReference, &str),
        expected: Option<i64>,
        given: CredentialsGiven,
        by: &Caller,
    ) -> Result<Arc<Connection>, FlowError> {
        let _turn = self.turn().await?;
        let (group, connection) = self.connection_at(scope, reference, text, expected, by)?;
        let mut stored = connection.stored.clone();
        let installed = self.catalog().installed(scope, &group.stored.id);
        let vault = self.0.keys.vault();
        let values = checked(&group.egress, &installed, given)?.seal(&mut stored, &vault)?;
        let made = ConnectionChange {
            action: Action::SetCredentials,
            subject: subject(&group, &stored),
            values: Some((&*vault, values)),
            by: Some(by.token),
        };
        let others = self.0.store.update_connection(&stored, made).await?;
        self.reload(&others, &stored.id, &group).await
    }

    /// Accepts what became different for a connection since it was made. `seen` is the digest that came with the
    /// difference, so that nobody changes the group between looking and accepting.
    ///
    /// # Errors
    /// [`FlowError::Changed`], [`FlowError::NotFound`], or the connection waits for its credentials.
    pub async fn accept_connection(
        &self,
        scope: &Scope,
        (reference, text): (&GroupReference, &str),
        expected: Option<i64>,
        seen: &Digest,
        by: &Caller,
    ) -> Result<(Arc<Connection>, Comparison), FlowError> {
        let _turn = self.turn().await?;
        let (group, connection) = self.connection_at(scope, reference, text, expected, by)?;
        let name = || connection.stored.name.clone();
        let pending = || FlowError::Denied(Denied::Connection(lockgate_domain::Unresolved::Pending(name())));
        let (comparison, now) = connection.difference().ok_or_else(pending)?;
        if now.digest().ok().as_ref() != Some(seen) {
            return Err(FlowError::Changed);
        }
        if comparison.verdict() == Verdict::Same {
            return Ok((connection, comparison));
        }
        let mut stored = connection.stored.clone();
        stored.consent = Some(now);
        let subject = format!("{}, as {seen}", subject(&group, &stored));
        let made = ConnectionChange { action: Action::AcceptConnection, subject, values: None, by: Some(by.token) };
        let others = self.0.store.update_connection(&stored, made).await?;
        Ok((self.reload(&others, &stored.id, &group).await?, comparison))
    }

    /// Deletes a connection with its values.
    ///
    /// # Errors
    /// [`FlowError::NotFound`], [`FlowError::Changed`].
    pub async fn delete_connection(
        &self,
        scope: &Scope,
        (reference, text): (&GroupReference, &str),
        expected: Option<i64>,
        by: &Caller,
    ) -> Result<(), FlowError> {
        let _turn = self.turn().await?;
        let (group, connection) = self.connection_at(scope, reference, text, expected, by)?;
        let subject = subject(&group, &connection.stored);
        self.0.store.delete_connection(&connection.stored, &subject, Some(by.token)).await?;
        self.apply(&Changed::Connection(connection.stored.id)).await
    }

    /// Takes over a change of connections. The caller has the turn.
    pub(crate) async fn reload(
        &self,
        others: &[ConnectionId],
        id: &ConnectionId,
        group: &Group,
    ) -> Result<Arc<Connection>, FlowError> {
        for other in others.iter().chain([id]) {
            self.apply(&Changed::Connection(*other)).await?;
        }
        let catalog = self.catalog();
        let found = catalog.connections(&group.stored.id).and_then(|all| all.get(id)).cloned();
        found.ok_or_else(|| FlowError::NotFound("the connection".to_owned()))
    }
}

pub(crate) fn check_name(name: &str) -> Result<(), FlowError> {
    let letter = |byte: u8| byte.is_ascii_alphanumeric();
    let fits = (1..=NAME_MAX).contains(&name.len())
        && name.bytes().next().is_some_and(letter)
        && name.bytes().all(|byte| letter(byte) || b"._-".contains(&byte));
    // Else the id of one connection could name another.
    let is_id = name.parse::<ConnectionId>().is_ok();
    if fits && !is_id {
        return Ok(());
    }
    let detail = "expected 1 to 64 letters, digits, `.`, `_` and `-`, beginning with a letter or digit, and no id";
    Err(FlowError::Definition(vec![Violation::new("/name", "name", detail)]))
}
