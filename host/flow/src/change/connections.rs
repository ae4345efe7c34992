//! Changes of connections: made, changed, given new credentials, accepted after a change of their group.

use std::sync::Arc;

use lockgate_domain::{
    Caller, Comparison, ConnectionId, Denied, Digest, GroupReference, Owner, Scope, TenantName, Unresolved, Verdict,
    Violation,
};
use lockgate_store::{Action, ConnectionChange, StoredConnection};

use crate::change::credentials::{CredentialsGiven, checked};
use crate::change::unit_of_work::{Changes, UnitOfWork, bounded};
use crate::{Connection, FlowError, Group};

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

/// How the audit log names a connection: names can be used twice.
pub(crate) fn subject(group: &Group, connection: &StoredConnection) -> String {
    format!("{}/{} ({})", group.stored.definition.slug, connection.name, connection.id)
}

impl Changes<'_> {
    /// [`UnitOfWork::create_connection`] by itself.
    ///
    /// # Errors
    /// As for that step, or the store does not answer.
    pub async fn create_connection(
        self,
        scope: &Scope,
        reference: &GroupReference,
        new: NewConnection,
        by: &Caller,
    ) -> Result<Arc<Connection>, FlowError> {
        // Also here, so that a request that is refused takes no lock.
        check_name(&new.name)?;
        may_own(by, new.tenant.as_ref())?;
        let mut unit = self.begin(by).await?;
        let made = bounded(unit.create_connection(scope, reference, new)).await;
        unit.end(made).await
    }

    /// [`UnitOfWork::update_connection`] by itself.
    ///
    /// # Errors
    /// As for that step, or the store does not answer.
    pub async fn update_connection(
        self,
        scope: &Scope,
        named: (&GroupReference, &str),
        expected: Option<i64>,
        patch: ConnectionPatch,
        by: &Caller,
    ) -> Result<Arc<Connection>, FlowError> {
        let mut unit = self.begin(by).await?;
        let changed = bounded(unit.update_connection(scope, named, expected, patch)).await;
        unit.end(changed).await
    }

    /// [`UnitOfWork::set_credentials`] by itself.
    ///
    /// # Errors
    /// As for that step, or the store does not answer.
    pub async fn set_credentials(
        self,
        scope: &Scope,
        named: (&GroupReference, &str),
        expected: Option<i64>,
        given: CredentialsGiven,
        by: &Caller,
    ) -> Result<Arc<Connection>, FlowError> {
        let mut unit = self.begin(by).await?;
        let changed = bounded(unit.set_credentials(scope, named, expected, given)).await;
        unit.end(changed).await
    }

    /// [`UnitOfWork::accept_connection`] by itself.
    ///
    /// # Errors
    /// As for that step, or the store does not answer.
    pub async fn accept_connection(
        self,
        scope: &Scope,
        named: (&GroupReference, &str),
        expected: Option<i64>,
        seen: &Digest,
        by: &Caller,
    ) -> Result<(Arc<Connection>, Comparison), FlowError> {
        let mut unit = self.begin(by).await?;
        let accepted = bounded(unit.accept_connection(scope, named, expected, seen)).await;
        unit.end(accepted).await
    }

    /// [`UnitOfWork::delete_connection`] by itself.
    ///
    /// # Errors
    /// As for that step, or the store does not answer.
    pub async fn delete_connection(
        self,
        scope: &Scope,
        named: (&GroupReference, &str),
        expected: Option<i64>,
        by: &Caller,
    ) -> Result<(), FlowError> {
        let mut unit = self.begin(by).await?;
        let deleted = bounded(unit.delete_connection(scope, named, expected)).await;
        unit.end(deleted).await
    }
}

impl UnitOfWork {
    /// Makes a connection.
    ///
    /// # Errors
    /// [`FlowError::Values`], [`FlowError::Definition`] for its name, or it is there already.
    pub async fn create_connection(
        &mut self,
        scope: &Scope,
        reference: &GroupReference,
        new: NewConnection,
    ) -> Result<Arc<Connection>, FlowError> {
        check_name(&new.name)?;
        let owner = self.owner(scope, new.tenant)?;
        let group = self.catalog().find_group(scope, reference)?;
        if group.egress.activation.is_none() {
            return Err(FlowError::Denied(Denied::Connection(Unresolved::NoActivation)));
        }
        let mut stored = StoredConnection::new(group.stored.id, owner, new.name);
        (stored.default, stored.enabled) = (new.default, new.enabled);
        self.keep_connection(scope, &group, stored, new.given, Action::CreateConnection).await
    }

    /// Whose a connection of a scope is that names this tenant, if the caller may make one for them.
    fn owner(&self, scope: &Scope, tenant: Option<TenantName>) -> Result<Owner, FlowError> {
        may_own(&self.caller, tenant.as_ref())?;
        let Some(tenant) = tenant else { return Ok(Owner::Scope(*scope)) };
        self.catalog().takes_tenant(scope, &tenant)?;
        Ok(Owner::Tenant(*scope, tenant))
    }

    /// Changes name, switch or mark of a connection.
    ///
    /// # Errors
    /// [`FlowError::NotFound`], [`FlowError::Changed`], [`FlowError::Definition`].
    pub async fn update_connection(
        &mut self,
        scope: &Scope,
        named: (&GroupReference, &str),
        expected: Option<i64>,
        patch: ConnectionPatch,
    ) -> Result<Arc<Connection>, FlowError> {
        patch.name.as_deref().map_or(Ok(()), check_name)?;
        let (group, connection) = self.catalog().find_connection(scope, named, expected, &self.caller)?;
        let mut stored = connection.stored.clone();
        stored.name = patch.name.unwrap_or(stored.name);
        stored.enabled = patch.enabled.unwrap_or(stored.enabled);
        stored.default = patch.default.unwrap_or(stored.default);
        self.keep_connection(scope, &group, stored, None, Action::UpdateConnection).await
    }

    /// Replaces the values of a connection, which keeps its id. Whoever gives them gives them for what the group is now.
    ///
    /// # Errors
    /// [`FlowError::Values`], [`FlowError::NotFound`], [`FlowError::Changed`].
    pub async fn set_credentials(
        &mut self,
        scope: &Scope,
        named: (&GroupReference, &str),
        expected: Option<i64>,
        given: CredentialsGiven,
    ) -> Result<Arc<Connection>, FlowError> {
        let (group, connection) = self.catalog().find_connection(scope, named, expected, &self.caller)?;
        let stored = connection.stored.clone();
        self.keep_connection(scope, &group, stored, Some(given), Action::SetCredentials).await
    }

    /// Accepts what became different for a connection since it was made. `seen` is the digest that came with the
    /// difference, so that nobody changes the group between looking and accepting.
    ///
    /// # Errors
    /// [`FlowError::Changed`], [`FlowError::NotFound`], or the connection waits for its credentials.
    pub async fn accept_connection(
        &mut self,
        scope: &Scope,
        named: (&GroupReference, &str),
        expected: Option<i64>,
        seen: &Digest,
    ) -> Result<(Arc<Connection>, Comparison), FlowError> {
        let (group, connection) = self.catalog().find_connection(scope, named, expected, &self.caller)?;
        let name = || connection.stored.name.clone();
        let pending = || FlowError::Denied(Denied::Connection(Unresolved::Pending(name())));
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
        let made = ConnectionChange { action: Action::AcceptConnection, subject, values: None, by: self.by() };
        self.write().update_connection(&stored, made).await?;
        Ok((self.written_connection(&group, &stored.id).await?, comparison))
    }

    /// Deletes a connection with its values.
    ///
    /// # Errors
    /// [`FlowError::NotFound`], [`FlowError::Changed`].
    pub async fn delete_connection(
        &mut self,
        scope: &Scope,
        named: (&GroupReference, &str),
        expected: Option<i64>,
    ) -> Result<(), FlowError> {
        let (group, connection) = self.catalog().find_connection(scope, named, expected, &self.caller)?;
        let (subject, by) = (subject(&group, &connection.stored), self.by());
        self.write().delete_connection(&connection.stored, &subject, by).await?;
        self.written().await
    }

    /// Keeps a connection of a scope, with the values that are given for it.
    pub(super) async fn keep_connection(
        &mut self,
        scope: &Scope,
        group: &Group,
        mut stored: StoredConnection,
        given: Option<CredentialsGiven>,
        action: Action,
    ) -> Result<Arc<Connection>, FlowError> {
        let vault = self.host.0.keys.vault();
        let replaced = given.is_some();
        let values = match given {
            None => None,
            Some(given) => {
                let installed = self.catalog().installed(scope, &group.stored.id);
                let checked = checked(&group.egress, &installed, given)?;
                if checked.awaits_grant() && self.host.public_url().is_none() {
                    return Err(FlowError::PublicUrlMissing);
                }
                Some((&*vault, checked.seal(&mut stored, &vault)?))
            }
        };
        let is_new = matches!(action, Action::CreateConnection);
        let made = ConnectionChange { action, subject: subject(group, &stored), values, by: self.by() };
        let change = self.write();
        if is_new {
            change.create_connection(&stored, made).await?;
        } else {
            change.update_connection(&stored, made).await?;
            // They were got with the values before.
            if replaced {
                change.clear_tokens(&stored.id).await?;
            }
        }
        self.written_connection(group, &stored.id).await
    }

    pub(super) async fn written_connection(
        &mut self,
        group: &Group,
        id: &ConnectionId,
    ) -> Result<Arc<Connection>, FlowError> {
        self.written().await?;
        let found = self.catalog().connections(&group.stored.id).and_then(|all| all.get(id)).cloned();
        found.ok_or_else(|| FlowError::NotFound("the connection".to_owned()))
    }
}

/// Whether a caller may make connections of a tenant, or of the scope itself.
fn may_own(by: &Caller, tenant: Option<&TenantName>) -> Result<(), FlowError> {
    let may = tenant.map_or(by.restrictions.tenants.is_none(), |tenant| by.restrictions.has_tenant(tenant));
    if may { Ok(()) } else { Err(FlowError::Limited) }
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
