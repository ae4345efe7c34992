//! What a name means in a scope, for whoever may know of it.

use std::sync::Arc;

use lockgate_domain::{
    Caller, ConnectionId, CredentialName, Denied, Digest, GroupId, GroupReference, Installation, OauthClient, Role,
    Scope, TenantName, TokenId, Unresolved, Violation,
};
use lockgate_store::{SessionStep, StoredInstallation, StoredScope, StoredSession, StoredTenant};

use super::connections::Connection;
use super::definition::DefinitionEntry;
use super::tokens::Token;
use super::{Catalog, Connector, Group, PluginEntry, Source};
use crate::FlowError;
use crate::clock::now;

/// A group, what a scope sets for it, and what is in force there.
pub(crate) type FoundInstallation = (Arc<Group>, Arc<StoredInstallation>, Arc<Installation>);
/// A declarative connector, and the group that has it.
pub(crate) type FoundDefinition = (Arc<Group>, Arc<Connector>, Arc<DefinitionEntry>);

impl Catalog {
    pub(crate) fn find_group(&self, scope: &Scope, reference: &GroupReference) -> Result<Arc<Group>, FlowError> {
        let group = self.group(scope, reference);
        group.cloned().ok_or_else(|| FlowError::NotFound(format!("group `{reference}`")))
    }

    /// A group that lives in the scope itself, and so can be changed from there.
    pub(crate) fn find_owned_group(
        &self,
        scope: &Scope,
        reference: &GroupReference,
        expected: Option<i64>,
    ) -> Result<Arc<Group>, FlowError> {
        let group = self.find_group(scope, reference)?;
        if group.stored.scope != *scope {
            return Err(FlowError::ReadOnly { reference: reference.clone(), origin: reference.origin });
        }
        same_version(expected, group.stored.version)?;
        Ok(group)
    }

    pub(crate) fn find_definition(
        &self,
        scope: &Scope,
        reference: &GroupReference,
        name: &str,
    ) -> Result<FoundDefinition, FlowError> {
        let group = self.find_group(scope, reference)?;
        let connector = group.connector(reference, name)?;
        let entry = match &connector.source {
            Source::Definition(entry) => Arc::clone(entry),
            Source::Plugin { plugin, .. } => {
                let plugin = plugin.stored.name.clone();
                return Err(FlowError::OfPlugin { connector: connector.name.clone(), plugin });
            }
        };
        Ok((group, connector, entry))
    }

    /// A declarative connector of a group that lives in the scope itself.
    pub(crate) fn find_owned_definition(
        &self,
        scope: &Scope,
        reference: &GroupReference,
        name: &str,
        expected: Option<i64>,
    ) -> Result<FoundDefinition, FlowError> {
        // Who may not change the group learns no more than that, once the connector is known to exist.
        self.find_group(scope, reference)?.connector(reference, name)?;
        self.find_owned_group(scope, reference, None)?;
        let found = self.find_definition(scope, reference, name)?;
        same_version(expected, found.2.stored.version)?;
        Ok(found)
    }

    pub(crate) fn find_plugin(
        &self,
        scope: &Scope,
        reference: &GroupReference,
        digest: &Digest,
    ) -> Result<Arc<PluginEntry>, FlowError> {
        let plugin = self.find_group(scope, reference)?.plugin(digest).cloned();
        plugin.ok_or_else(|| FlowError::NotFound(format!("plugin {digest} of group `{reference}`")))
    }

    /// What a scope sets for a group, and what is in force there. One that sets nothing has version 0.
    pub(crate) fn find_installation(
        &self,
        scope: &Scope,
        reference: &GroupReference,
    ) -> Result<FoundInstallation, FlowError> {
        let group = self.find_group(scope, reference)?;
        let own = self.installation(scope, &group.stored.id).cloned();
        let own = own.unwrap_or_else(|| Arc::new(StoredInstallation::new(*scope, group.stored.id)));
        let in_force = self.installed(scope, &group.stored.id);
        Ok((group, own, in_force))
    }

    /// The connections of a group that a scope holds, in the order of making.
    pub(crate) fn find_connections(
        &self,
        scope: &Scope,
        group: &Group,
        caller: &Caller,
    ) -> impl Iterator<Item = &Arc<Connection>> {
        let all = self.connections(&group.stored.id).into_iter().flat_map(|all| all.iter());
        all.filter(move |one| one.exists_for(scope, caller))
    }

    /// A connection that a scope holds, by its id, or by its name if no other owner has one of that name.
    pub(crate) fn find_connection(
        &self,
        scope: &Scope,
        (reference, text): (&GroupReference, &str),
        expected: Option<i64>,
        caller: &Caller,
    ) -> Result<(Arc<Group>, Arc<Connection>), FlowError> {
        let group = self.find_group(scope, reference)?;
        let id: Option<ConnectionId> = text.parse().ok();
        let meant = |one: &&Arc<Connection>| id.map_or(one.stored.name == text, |id| one.stored.id == id);
        let mut found = self.find_connections(scope, &group, caller).filter(meant).cloned();
        let one = match (found.next(), found.next()) {
            (Some(one), None) => one,
            (Some(_), Some(_)) => return Err(FlowError::SeveralConnections(text.to_owned())),
            (None, _) => return Err(FlowError::NotFound(format!("connection `{}`", text.escape_debug()))),
        };
        drop(found);
        same_version(expected, one.stored.version)?;
        Ok((group, one))
    }

    pub(crate) fn find_scope(&self, scope: &Scope, expected: Option<i64>) -> Result<Arc<StoredScope>, FlowError> {
        let stored = self.scopes().get(scope).cloned();
        let stored = stored.ok_or_else(|| FlowError::NotFound("the scope".to_owned()))?;
        same_version(expected, stored.version)?;
        Ok(stored)
    }

    pub(crate) fn find_tenant(
        &self,
        scope: &Scope,
        name: &str,
        expected: Option<i64>,
        caller: &Caller,
    ) -> Result<StoredTenant, FlowError> {
        let missing = || FlowError::NotFound(format!("tenant `{}`", name.escape_debug()));
        let name: TenantName = name.parse().map_err(|_| missing())?;
        let found = self.scopes().tenant(scope, &name).cloned();
        let found = found.filter(|_| caller.restrictions.has_tenant(&name)).ok_or_else(missing)?;
        same_version(expected, found.version)?;
        Ok(found)
    }

    pub(crate) fn find_token(
        &self,
        scope: &Scope,
        id: &str,
        expected: Option<i64>,
        caller: &Caller,
    ) -> Result<Arc<Token>, FlowError> {
        let found = id.parse::<TokenId>().ok().and_then(|id| self.tokens().get(&id).cloned());
        let seen = |token: &Arc<Token>| {
            token.stored.caller.scope == *scope && caller.restrictions.contains(&token.stored.caller.restrictions)
        };
        let found = found.filter(seen).ok_or_else(|| FlowError::NotFound(format!("token `{}`", id.escape_debug())))?;
        same_version(expected, found.stored.version)?;
        Ok(found)
    }

    /// The installation that has the OAuth client of a scope for a credential: its own, or its organization's.
    pub(crate) fn oauth_client(
        &self,
        scope: &Scope,
        group: &GroupId,
        credential: &CredentialName,
    ) -> Option<(&Arc<StoredInstallation>, &OauthClient)> {
        let above = Scope::Organization(scope.organization());
        let stored = [*scope, above].into_iter().filter_map(|scope| self.installation(&scope, group));
        let mut clients = stored.filter_map(|stored| Some((stored, stored.definition.oauth.get(credential)?)));
        clients.find(|(_, client)| client.client_id)
    }

    /// Who made an authorization, while their token is taken.
    pub(crate) fn maker(&self, token: &TokenId) -> Result<Arc<Token>, FlowError> {
        let token = self.tokens().get(token).filter(|token| token.is_taken(now()).is_ok());
        let token = token.filter(|token| token.stored.caller.role >= Role::Operator);
        token.cloned().ok_or(FlowError::AuthorizationEnded)
    }

    /// The token that made a session, while it is taken.
    pub(crate) fn session_token(&self, session: &StoredSession) -> Result<Arc<Token>, FlowError> {
        let token = self.tokens().get(&session.token).filter(|token| token.is_taken(now()).is_ok());
        token.cloned().ok_or_else(|| FlowError::NotFound("the page".to_owned()))
    }

    /// A session that the store has and that can be used: everything that was asked when it was made still holds.
    pub(crate) fn find_session(&self, found: Option<StoredSession>) -> Result<StoredSession, FlowError> {
        let session = found.ok_or_else(|| FlowError::NotFound("the page".to_owned()))?;
        self.takes_changes(&session.scope)?;
        self.may_connect(&session, &self.session_token(&session)?.stored.caller)?;
        Ok(session)
    }

    /// Whether a caller may have a session: for those who make one, and each time it is used.
    pub(crate) fn may_connect(&self, session: &StoredSession, by: &Caller) -> Result<(), FlowError> {
        let (scope, needs) = (&session.scope, Role::Operator);
        if by.role < needs {
            return Err(FlowError::Role { what: "a page for connections", needs, has: by.role });
        }
        let is_own = match &session.tenant {
            Some(tenant) => by.restrictions.has_tenant(tenant),
            None => by.restrictions.tenants.is_none(),
        };
        if !is_own || !by.scope.contains(scope) {
            return Err(FlowError::Limited);
        }
        if let Some(tenant) = &session.tenant {
            self.takes_tenant(scope, tenant)?;
            if self.scopes().tenants(scope).declared.get(tenant) == Some(&false) {
                return Err(FlowError::Denied(Denied::TenantDisabled(tenant.clone())));
            }
        }
        for step in &session.steps {
            if !by.reaches(scope, &step.reference) {
                return Err(FlowError::NotFound(format!("group `{}`", step.reference)));
            }
            let group = self.find_session_group(session, step)?;
            if group.egress.activation.is_none() {
                return Err(FlowError::Denied(Denied::Connection(Unresolved::NoActivation)));
            }
            let installed = self.installed(scope, &step.group);
            let mut urls = installed.return_urls.iter().flatten();
            if session.return_url.as_ref().is_some_and(|wanted| !urls.any(|url| url == wanted)) {
                let detail = format!("expected one of `return_urls` of the installation of group `{}`", step.reference);
                return Err(FlowError::Definition(vec![Violation::new("/return_url", "enum", detail)]));
            }
        }
        Ok(())
    }

    /// The group of a session's step, if it is still the one that was meant.
    pub(crate) fn find_session_group(
        &self,
        session: &StoredSession,
        step: &SessionStep,
    ) -> Result<Arc<Group>, FlowError> {
        let group = self.find_group(&session.scope, &step.reference)?;
        if group.stored.id == step.group { Ok(group) } else { Err(FlowError::NotFound("the group".to_owned())) }
    }

    /// Whether a scope takes changes: it is not switched off, nor its organization.
    pub(crate) fn takes_changes(&self, scope: &Scope) -> Result<(), FlowError> {
        if self.scopes().is_enabled(scope) { Ok(()) } else { Err(FlowError::Denied(Denied::ScopeDisabled)) }
    }

    /// Whether a workspace takes calls and connections of a tenant.
    pub(crate) fn takes_tenant(&self, scope: &Scope, tenant: &TenantName) -> Result<(), FlowError> {
        if matches!(scope, Scope::Organization(_)) {
            let detail = "an organization has no tenants: make the connection in a workspace";
            return Err(FlowError::Definition(vec![Violation::new("/tenant", "unknown", detail)]));
        }
        let tenants = self.scopes().tenants(scope);
        if tenants.declared_only && !tenants.declared.contains_key(tenant) {
            return Err(FlowError::Denied(Denied::TenantUnknown(tenant.clone())));
        }
        Ok(())
    }
}

/// Whether an object still has the version that its caller read, if they said so.
fn same_version(expected: Option<i64>, found: i64) -> Result<(), FlowError> {
    match expected {
        Some(version) if version != found => Err(FlowError::Changed),
        Some(_) | None => Ok(()),
    }
}
